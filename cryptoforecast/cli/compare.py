"""``compare``: ranks runs, prints and writes leaderboards and claim. It loads neither torch nor Lightning."""

import argparse
import shlex
from collections.abc import Sequence

from cryptoforecast.cli.judging import METRICS, add_judging
from cryptoforecast.cli.parser import Parser
from cryptoforecast.errors import UserError
from cryptoforecast.user_folders import expand_home

DESCRIPTION = """Rank the forecasts of many runs, or of other tools, on the targets that all have in common, beside the
random walk; and say whether the best of all that were tried is better than luck."""
FILES = "comparison.json and comparison.html"


def run(words: Sequence[str]) -> None:
    """Carry out ``compare``.

    Raises:
        UserError: if there are no such runs, or they cannot be compared.
    """
    options = _parser().parse_args(list(words)[1:])
    folder = expand_home(options.output_dir)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is no folder; --output_dir names one.")

    from cryptoforecast.evaluation.comparison.compare import compare
    from cryptoforecast.terminal import default_console

    result = compare(*options.runs, by=options.by, metrics=options.metrics, seeds=options.seeds)
    result.print(default_console())
    result.write(folder, shlex.join(["python", "-m", "cryptoforecast", *words]))
    print(f"\nwrote {FILES} into {folder}")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m cryptoforecast compare", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument(
        "runs", nargs="+", metavar="RUN", help="a run or backtest folder, or a file of forecast rows of any tool"
    )
    parser.add_argument(
        "--by",
        default="rmse",
        metavar="MEASURE",
        help="rmse of points, crps of distributions or qlike of volatilities; %(default)s",
    )
    parser.add_argument(
        "--seeds", choices=("each", "mean"), default="each", help="a line for each seed of a backtest, or one for all"
    )
    add_judging(parser, (METRICS,), default=None)
    parser.add_argument("--output_dir", default="comparison", metavar="D", help=f"folder for {FILES}; ./%(default)s")
    return parser
