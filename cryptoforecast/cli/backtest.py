"""``backtest``: walks forward, and prints the scores by fold and what they come to."""

import argparse
from collections.abc import Sequence

from cryptoforecast.backtest.run import walk_forward
from cryptoforecast.cli.interrupted import saying_what_is_kept
from cryptoforecast.cli.judging import BASELINES, METRICS, add_judging
from cryptoforecast.cli.parser import Parser
from cryptoforecast.evaluation.distribution.adaptive import ADAPTIVE_STEP, adaptation_of
from cryptoforecast.evaluation.walk_forward.table import print_backtest
from cryptoforecast.study.engines.choose import add_engine
from cryptoforecast.study.tune.nested import say_found
from cryptoforecast.study.tune.searching import add_ways_to_search
from cryptoforecast.study.walk import WINDOWS
from cryptoforecast.terminal import default_console

DESCRIPTION = """Walk forward: cut the closes from data.test_from on into consecutive test parts, and for each of them
fit the model from scratch on the closes before it. All options of fit are options of backtest too. Run again after an
interruption, it keeps the fits that are finished, and goes on with the others."""


def run(words: Sequence[str]) -> None:
    """Carry out ``backtest``.

    Args:
        words: ``backtest`` and its options, those of ``fit`` among them.

    Raises:
        UserError: if the command, the data or the folder is not as it should be, or a fit fails.
    """
    options, of_fit = _parser().parse_known_args(list(words[1:]))
    with saying_what_is_kept():
        result = walk_forward(of_fit, **vars(options))
    print()
    print_backtest(result.verdict, default_console())
    if (adaptation := adaptation_of(result.rows)) is not None:
        print(adaptation.sentence)
    for line in say_found(result.found):
        print(line)
    names = ["forecasts.csv", *(["forecasts.parquet"] if options.parquet else []), "scores.json"]
    print(f"\nwrote {', '.join(names)} into {result.folder}")


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text == "true"


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m cryptoforecast backtest", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--folds", type=int, required=True, help="how many test parts; at least 1")
    parser.add_argument("--seeds", type=int, default=1, help="how many fits of each fold, from seed_everything on")
    add_engine(parser)
    parser.add_argument("--window", choices=WINDOWS, default="expanding", help="train on all before, or the last of it")
    parser.add_argument("--output_dir", metavar="FOLDER", help="where all goes; by default beside the runs")
    parser.add_argument(
        "--ensemble",
        type=_truth,
        metavar="true|false",
        help="judge the mean of the seeds too; by default where there are several and the model has a distribution",
    )
    parser.add_argument(
        "--judge.adaptive",
        dest="adaptive",
        type=_truth,
        default=False,
        metavar="true|false",
        help="judge the quantiles once more, moved by adaptive conformal inference",
    )
    parser.add_argument(
        "--judge.adaptive_step",
        dest="adaptive_step",
        type=float,
        default=ADAPTIVE_STEP,
        metavar="STEP",
        help="how fast the levels of the quantiles follow what was seen",
    )
    parser.add_argument("--tune", metavar="FILE", help="what to search inside each fold, by its own validation part")
    parser.add_argument("--trials", type=int, help="how many trials each of these searches has")
    add_ways_to_search(parser)
    add_judging(parser, (METRICS, BASELINES))
    parser.add_argument("--parquet", action="store_true", help="write forecasts.parquet too; takes pyarrow")
    return parser
