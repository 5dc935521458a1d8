"""``settle``: prints the verdicts on the registered forecasts that have come true, and names bad lines."""

import argparse
from collections.abc import Sequence

from cryptoforecast.cli.parser import Parser
from cryptoforecast.cli.register import refuse_options_of_predict
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.printed_verdict import print_verdict
from cryptoforecast.register.chain import say_problems
from cryptoforecast.register.run import REGISTER
from cryptoforecast.register.settle import settle_words
from cryptoforecast.terminal import default_console


def run(words: Sequence[str]) -> None:
    """Carry out ``settle``.

    Raises:
        UserError: naming each line that is not as it should be, after what could be scored was printed.
    """
    options, left = _parser().parse_known_args(list(words)[1:])
    refuse_options_of_predict("settle", left)
    settled = settle_words(["predict", *left], path=options.register, head=options.head)
    for name, verdict in settled.verdicts.items():
        print_verdict(verdict, default_console())
        print("\n".join(settled.remarks[name]), end="\n" if settled.remarks[name] else "")
    by_step = settled.by_step()
    if len(by_step) > len(settled.verdicts):
        print(by_step.round(4).to_string(index=False))
    print(settled.sentences[0])
    if settled.problems:
        raise UserError(f"{settled.path}: {say_problems(settled.problems)}")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m cryptoforecast settle", add_help=False, allow_abbrev=False)
    parser.add_argument("--register", default=REGISTER)
    parser.add_argument("--head")
    return parser
