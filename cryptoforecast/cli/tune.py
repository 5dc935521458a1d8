"""``tune``: searches for the options of a model, and prints the best trials and the test of the best."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.study.engines.choose import add_engine
from cryptoforecast.study.tune.run import carry_out_search
from cryptoforecast.study.tune.samplers import PRUNERS, SAMPLERS

DESCRIPTION = """Search for the options of a model by its validation targets, and test the best trial once. All options
of fit are options of tune too, and hold for all trials. Run again after an interruption, it goes on."""


def run(words: Sequence[str]) -> None:
    """Carry out ``tune``.

    Args:
        words: ``tune`` and its options, those of ``fit`` among them.

    Raises:
        UserError: if the search, the data or the folder is not as it should be, or a trial fails.
    """
    options, of_fit = _parser().parse_known_args(list(words[1:]))
    try:
        result = carry_out_search(of_fit, **vars(options))
    except KeyboardInterrupt as stopped:
        if str(stopped):
            print(f"\n{stopped}", file=sys.stderr)
        raise
    print(f"\n{result!r}\n\nwrote tune.json, journal.log and a folder for each trial into {result.folder}")
    if failures := result.failures():
        raise UserError(failures)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see tune --help.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m cryptoforecast tune", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--search", required=True, metavar="FILE", help="what is searched")
    parser.add_argument("--trials", type=int, required=True, help="how many")
    parser.add_argument("--sampler", choices=SAMPLERS, default="tpe", help="what suggests them")
    parser.add_argument("--pruner", choices=PRUNERS, default="none", help="what ends trials that look hopeless")
    parser.add_argument("--objective", metavar="CURVE", help="by default val/skill, or val/density_skill")
    parser.add_argument("--output_dir", metavar="FOLDER", help="where all goes; by default beside the runs")
    add_engine(parser)
    return parser
