"""``study``: backtests many variants, and prints the comparison of all."""

import argparse
from collections.abc import Sequence

from cryptoforecast.cli.interrupted import saying_what_is_kept
from cryptoforecast.cli.judging import BASELINES, METRICS, add_judging
from cryptoforecast.cli.parser import Parser
from cryptoforecast.study.engines.choose import add_engine
from cryptoforecast.study.run import carry_out_study, say_command
from cryptoforecast.study.walk import WINDOWS
from cryptoforecast.terminal import default_console

DESCRIPTION = """Walk forward with every variant of a configuration, on the same targets, and compare them all. All
options of fit are options of study too, and hold for all variants. Run again after an interruption, it keeps the fits
that are finished, and goes on with the others."""


def run(words: Sequence[str]) -> None:
    """Carry out ``study``.

    Args:
        words: ``study`` and its options, those of ``fit`` among them.

    Raises:
        UserError: if the study, a variant, the data or the folder is not as it should be, or a fit fails.
    """
    options, of_fit = _parser().parse_known_args(list(words[1:]))
    with saying_what_is_kept():
        result = carry_out_study(of_fit, **vars(options), command=say_command(words))
    print()
    result.print(default_console())
    print(f"\nwrote study.html, study.json and a folder for each variant into {result.folder}")
    result.require_all()


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m cryptoforecast study", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--folds", type=int, help="how many test parts; by default the configuration's")
    parser.add_argument("--seeds", type=int, help="how many fits of each fold; by default the configuration's, or 1")
    add_engine(parser)
    parser.add_argument("--window", choices=WINDOWS, help="train on all before, or the last of it")
    parser.add_argument("--by", default="rmse", metavar="MEASURE", help="what ranks: rmse, crps or qlike")
    parser.add_argument("--output_dir", metavar="FOLDER", help="where all goes; by default beside the runs")
    add_judging(parser, (METRICS, BASELINES))
    return parser
