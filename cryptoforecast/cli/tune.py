"""``tune``: searches for the options of a model, and prints the best trials and the test of the best."""

import argparse
from collections.abc import Sequence

from cryptoforecast.cli.interrupted import saying_what_is_kept
from cryptoforecast.cli.parser import Parser
from cryptoforecast.errors import UserError
from cryptoforecast.study.engines.choose import add_engine
from cryptoforecast.study.tune.run import carry_out_search
from cryptoforecast.study.tune.searching import add_ways_to_search

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
    with saying_what_is_kept():
        result = carry_out_search(of_fit, **vars(options))
    print(f"\n{result!r}\n\nwrote tune.json, journal.log and a folder for each trial into {result.folder}")
    if failures := result.failures():
        raise UserError(failures)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m cryptoforecast tune", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--search", required=True, metavar="FILE", help="what is searched")
    parser.add_argument("--trials", type=int, required=True, help="how many")
    add_ways_to_search(parser)
    parser.add_argument("--output_dir", metavar="FOLDER", help="where all goes; by default beside the runs")
    add_engine(parser)
    return parser
