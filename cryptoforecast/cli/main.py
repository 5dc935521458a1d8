"""``python -m cryptoforecast``: runs a verb, and prints in one sentence what went wrong."""

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib import import_module
from typing import NamedTuple

from cryptoforecast.cli.environment import check_environment
from cryptoforecast.cli.help import HELP, asks_for_help, print_help
from cryptoforecast.cli.streams import streams_that_may_close
from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.training.console import is_first_process, quiet_console
from cryptoforecast.user_code.exception_origin import is_raised_by_user
from cryptoforecast.user_code.opened_files import entry_point


class Verb(NamedTuple):
    """A verb: its line in the overview, and the module whose ``run(words)`` carries it out.

    ``trains`` says that it needs torch and Lightning, which take seconds to load, and ``starts_processes`` that it
    fits in processes of its own.
    """

    summary: str
    module: str
    trains: bool = True
    starts_processes: bool = False


VERBS = {
    "data": Verb("look at a price file: format, gaps, duplicates, largest moves, SHA-256", "cli.data", trains=False),
    "fit": Verb("train a model, with curves in TensorBoard, and judge it on the validation targets", "cli.fit"),
    "test": Verb("judge a checkpoint on the test targets, beside the random walk", "cli.judge"),
    "validate": Verb("judge a checkpoint on the validation targets", "cli.judge"),
    "backtest": Verb(
        "fit and judge a model again and again, walking forward through the closes",
        "cli.backtest",
        starts_processes=True,
    ),
    "study": Verb(
        "backtest many variants on the same targets, and compare them all", "cli.study", starts_processes=True
    ),
    "tune": Verb("search for the options of a model, and test the best trial once", "cli.tune", starts_processes=True),
    "predict": Verb("forecast the closes after the last one there is", "cli.predict"),
    "export": Verb("write a checkpoint as a file that forecasts without this package, .pt2 or .onnx", "cli.export"),
    "register": Verb("register forecasts of bars that do not exist yet, in a chain of hashes", "cli.register"),
    "settle": Verb("score the registered forecasts that have come true since", "cli.settle"),
    "compare": Verb(
        "judge many runs on their common targets: is the best of all that were tried better than luck?",
        "cli.compare",
        trains=False,
    ),
    "runs": Verb(
        "list what was tried: settings, seeds and skill of each run, sorted and filtered", "cli.runs", trains=False
    ),
    "audit": Verb(
        "look for look-ahead: does anything before a border depend on what comes after it?",
        "cli.audit",
        starts_processes=True,
    ),
    "check": Verb("examine a model: what the framework relies on, and whether it finds what is planted", "cli.check"),
}
PACKAGE = __name__.partition(".")[0]
ASKED_BY_A_SHELL = "_ARGCOMPLETE"  # set by a shell that wants a completion
FAILED, MISTYPED, INTERRUPTED = 1, 2, 130  # exit statuses


@entry_point
def main(args: Sequence[str] | None = None) -> int:
    """Run ``python -m cryptoforecast`` with these arguments, by default the command line's.

    Returns:
        The exit status: 0, or 1 where the data, a setting or a checkpoint is at fault. A command that cannot be
        understood raises ``SystemExit(2)``, as is usual.
    """
    with streams_that_may_close() as problems:
        try:
            status = _run(args)
        except KeyboardInterrupt:
            status = _fail("interrupted.", INTERRUPTED) if is_first_process() else INTERRUPTED
    return _fail(problems[0]) if problems and not status else status


def _run(args: Sequence[str] | None) -> int:
    if args is None and ASKED_BY_A_SHELL in os.environ:
        import_module(f"{PACKAGE}.cli.completion").complete(VERBS)
    quiet_console()
    words = list(sys.argv[1:] if args is None else args)
    try:
        check_environment()
        _carry_out(words)
    except UsageError as mistake:
        return _fail(str(mistake), MISTYPED)
    except UserError as mistake:
        return _fail(str(mistake))
    except OSError as problem:  # a folder that cannot be written, a disk that is full
        if is_raised_by_user(problem):
            raise
        return _fail(f"{problem.filename}: {problem.strerror}." if problem.filename else str(problem))
    return 0


def _carry_out(words: list[str]) -> None:
    if not words:
        raise UsageError(f"A verb is wanted: {', '.join(VERBS)}; --help tells more.")
    if words[0] in HELP:
        print(_overview())
    elif words[0].startswith("-"):
        raise UsageError(f"A verb comes first: {', '.join(VERBS)}; --help tells more.")
    elif (verb := VERBS.get(words[0])) is None:
        from cryptoforecast.formatting import nearest_of

        raise UsageError(f"There is no verb {words[0]}{nearest_of(words[0], VERBS)}.")
    elif asks_for_help(words):
        print_help(words)
    elif verb.trains:
        _load_lightning(verb.starts_processes)
        _run_with_lightning(verb, words)
    else:
        import_module(f"{PACKAGE}.{verb.module}").run(words)


def _overview() -> str:
    verbs = [f"  {name:<10}{verb.summary}" for name, verb in VERBS.items()]
    usage, more = (
        "usage: python -m cryptoforecast VERB [options]",
        "python -m cryptoforecast VERB --help lists a verb's options.",
    )
    return "\n".join([usage, "", *verbs, "", more])


def _load_lightning(starts_processes: bool) -> None:
    if starts_processes:
        from cryptoforecast.training.forkserver import start_forkserver

        start_forkserver()
    import_module("cryptoforecast.training.preload")
    quiet_console()  # again: importing Lightning sets its own levels


def _run_with_lightning(verb: Verb, words: list[str]) -> None:
    from cryptoforecast.training.setting_errors import refusals_in_one_sentence
    from cryptoforecast.user_code.opened_files import record_opened_files

    with refusals_in_one_sentence(), record_opened_files() if words[0] == "audit" else nullcontext():
        import_module(f"{PACKAGE}.{verb.module}").run(words)


def _fail(sentence: str, status: int = FAILED) -> int:
    print(f"error: {sentence}", file=sys.stderr)
    return status
