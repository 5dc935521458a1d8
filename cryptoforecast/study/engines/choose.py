"""The choice of an engine by its name, on the command line and in Python."""

import argparse
import importlib
from typing import Any, NamedTuple, Self

from cryptoforecast.data.sources.loaded_once import Loaded
from cryptoforecast.errors import UsageError
from cryptoforecast.formatting import join_names
from cryptoforecast.study.engines.engine import Engine

LOCAL = "local"
# The module of each engine; it has a function make_engine(options, loaded, accelerator).
ENGINES = {
    LOCAL: "cryptoforecast.study.engines.local",
    "ray": "cryptoforecast.study.engines.ray",
}
HELP = {
    "engine": "what carries out the fits: processes of this machine, or tasks of a Ray cluster",
    "address": "of the Ray cluster: HOST:PORT, or auto for the one that this machine belongs to",
    "num_cpus": "CPUs that Ray keeps free for a fit; by default 1",
    "num_gpus": "GPUs that Ray keeps free for a fit; of 0.25, four fits share one; by default none",
}
ALONE = ("address", "num_cpus", "num_gpus")  # options of a cluster, which the engine local does not have


class EngineOptions(NamedTuple):
    """What carries out the fits. The result of a study does not depend on it.

    Attributes:
        engine: ``local`` for processes of this machine, ``ray`` for tasks of a Ray cluster.
        workers: how many fits at a time; None for one on this machine, and for as many as a cluster has room for.
        address: of the cluster: ``HOST:PORT``, or ``auto`` for the one that this machine belongs to, as by default.
        num_cpus: CPUs that Ray keeps free for a fit; None for one.
        num_gpus: GPUs that Ray keeps free for a fit; of 0.25, four fits share one; None for none.
    """

    engine: str = LOCAL
    workers: int | None = None
    address: str | None = None
    num_cpus: float | None = None
    num_gpus: float | None = None

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> Self:
        """The options of the engine among named options, which are taken out; checked.

        Raises:
            UsageError: naming an option that the engine does not have, or whose value is out of range.

        >>> options = {"folds": 5, "workers": 2}
        >>> EngineOptions.taken_from(options).workers, options
        (2, {'folds': 5})
        """
        taken = cls(**{name: options.pop(name) for name in cls._fields if name in options})
        taken.check()
        return taken

    def check(self) -> None:
        """Refuse options that the engine does not have, and values out of range.

        Raises:
            UsageError: naming the option.
        """
        if self.engine not in ENGINES:
            raise UsageError(f"--engine is {self.engine!r}; it is one of {join_names(list(ENGINES))}.")
        if self.workers is not None and self.workers < 1:
            raise UsageError(f"--workers is {self.workers}; it must be at least 1.")
        for name in ALONE:
            if self.engine == LOCAL and getattr(self, name) is not None:
                raise UsageError(f"--{name} is an option of a cluster; set --engine ray too, or leave it out.")
        for name in ("num_cpus", "num_gpus"):
            if (getattr(self, name) or 0) < 0:
                raise UsageError(f"--{name} is {getattr(self, name)}; it must be at least 0.")


def make_engine(options: EngineOptions, loaded: Loaded, accelerator: str) -> Engine:
    """The engine that some options name.

    Args:
        options: checked.
        loaded: the closes, as :func:`~cryptoforecast.data.sources.loaded_once.loaded_once` has them; what is not there
            each fit loads by itself.
        accelerator: the class of the device that computes.

    Raises:
        UserError: if the engine takes a package that is not installed.
    """
    engine: Engine = importlib.import_module(ENGINES[options.engine]).make_engine(options, loaded, accelerator)
    return engine


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add the options of :class:`EngineOptions`.

    Args:
        parser: the verb's.

    >>> parser = argparse.ArgumentParser()
    >>> add_engine(parser)
    >>> EngineOptions(**vars(parser.parse_args(["--engine=ray", "--num_gpus=0.25"])))
    EngineOptions(engine='ray', workers=None, address=None, num_cpus=None, num_gpus=0.25)
    """
    parser.add_argument("--workers", type=int, help="how many fits at a time, each with one thread")
    parser.add_argument("--engine", choices=list(ENGINES), default=LOCAL, help=HELP["engine"])
    parser.add_argument("--address", help=HELP["address"])
    parser.add_argument("--num_cpus", type=float, metavar="N", help=HELP["num_cpus"])
    parser.add_argument("--num_gpus", type=float, metavar="N", help=HELP["num_gpus"])
