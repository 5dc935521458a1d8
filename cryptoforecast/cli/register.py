"""``register``: appends forecasts of bars that do not exist yet to a register, and prints the hash to publish."""

import argparse
from collections.abc import Sequence

from cryptoforecast.cli.parser import Parser
from cryptoforecast.errors import UsageError
from cryptoforecast.evaluation.forecasts import to_csv
from cryptoforecast.register.run import REGISTER, register_words

OF_PREDICT = ("--output", "--plot")  # options of predict that other verbs on its closes do not take


def run(words: Sequence[str]) -> None:
    """Carry out ``register``.

    Raises:
        UserError: if the command cannot be understood, a forecast would be late, or the register was edited.
    """
    options, left = _parser().parse_known_args(list(words)[1:])
    refuse_options_of_predict("register", left)
    done = register_words(["predict", *left], path=options.register, steps=options.steps, name=options.register_as)
    print(to_csv(done.table()), end="")
    print(done.sentence)


def refuse_options_of_predict(verb: str, words: Sequence[str]) -> None:
    """Refuse the options that only ``predict`` takes.

    Raises:
        UsageError: naming the first.
    """
    for word in words:
        if word.partition("=")[0] in OF_PREDICT:
            raise UsageError(f"{verb} takes no {word.partition('=')[0]}.")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m cryptoforecast register", add_help=False, allow_abbrev=False)
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--register", default=REGISTER)
    parser.add_argument("--register_as")
    return parser
