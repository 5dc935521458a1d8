"""The options ``--judge.metrics`` and ``--judge.baselines`` of verbs that Lightning's parser does not read."""

import argparse
from collections.abc import Sequence
from typing import Any

METRICS, BASELINES = "metrics", "baselines"
HELP = {
    METRICS: "a function of one model's forecast rows that gives a number, such as my_metrics.hits; += adds one",
    BASELINES: "a class of a model without training that stands in the tables, such as my_baselines.Momentum; += adds",
}


def add_judging(parser: argparse.ArgumentParser, kinds: Sequence[str], default: Any = ()) -> None:
    """Add options that may be given several times, each with a path, a list, or a class path with arguments.

    Args:
        parser: the verb's.
        kinds: ``metrics``, ``baselines`` or both.
        default: the value where none is given.
    """
    for kind in kinds:
        parser.add_argument(
            f"--judge.{kind}", f"--judge.{kind}+", dest=kind, action=_Listed, default=default, metavar="PATH",
            help=HELP[kind],
        )  # fmt: skip


class _Listed(argparse.Action):
    """Adds what is given to a list."""

    def __call__(self, parser: Any, namespace: Any, value: Any, option_string: str | None = None) -> None:
        """Add one value, or each of a list."""
        import yaml

        try:
            given = yaml.safe_load(value) if value.lstrip().startswith(("[", "{")) else value
        except yaml.YAMLError:
            parser.error(f"{option_string}: {value} is no list and no class path with arguments")
        before = getattr(namespace, self.dest) or []
        setattr(namespace, self.dest, [*before, *(given if isinstance(given, list) else [given])])
