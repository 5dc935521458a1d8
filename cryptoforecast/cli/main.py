"""The way in: runs a verb, and says in one sentence what went wrong."""

import sys
from collections.abc import Sequence
from importlib import import_module

from cryptoforecast.cli.streams import steady_streams
from cryptoforecast.cli.surroundings import settle_in
from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.training.console import is_first_process, quiet_console
from cryptoforecast.user_code.exception_origin import is_raised_by_user
from cryptoforecast.user_code.opened_files import entry_point

VERBS = {
    "data": "look at a price file: format, gaps, duplicates, largest moves, SHA-256",
    "fit": "train a model, with curves in TensorBoard, and judge it on the validation targets",
    "test": "judge a checkpoint on the test targets, beside the random walk",
    "validate": "judge a checkpoint on the validation targets",
    "backtest": "fit and judge a model again and again, walking forward through the closes",
    "predict": "forecast the closes after the last one there is",
    "compare": "judge many runs on their common targets: is the best of all that were tried better than luck?",
    "runs": "list what was tried: settings, seeds and skill of each run, sorted and filtered",
    "audit": "look for look-ahead: does anything before a border depend on what comes after it?",
}
VERBS_OF_LIGHTNING = {
    "validate": "cryptoforecast.cli.judge",
    "test": "cryptoforecast.cli.judge",
    "predict": "cryptoforecast.cli.predict",
}
FAILED, MISTYPED, INTERRUPTED = 1, 2, 130


@entry_point
def main(args: Sequence[str] | None = None) -> int:
    """Run ``python -m cryptoforecast`` with these arguments, by default the command line's.

    Returns:
        The exit status: 0, or 1 where the data, a setting or a checkpoint is at fault. A command that cannot be
        understood raises ``SystemExit(2)``, as is usual.
    """
    with steady_streams() as problems:
        try:
            status = _run(args)
        except KeyboardInterrupt:
            status = _fail("interrupted.", INTERRUPTED) if is_first_process() else INTERRUPTED
    return _fail(problems[0]) if problems and not status else status


def _run(args: Sequence[str] | None) -> int:
    quiet_console()
    words = list(sys.argv[1:] if args is None else args)
    try:
        settle_in()
        if not words:
            raise UsageError(f"A verb is wanted: {', '.join(VERBS)}; --help tells more.")
        if words[0] in ("-h", "--help"):
            print(_overview())
        elif words[0] == "data":
            from cryptoforecast.cli.data import run

            run(words[1:])
        elif words[0] in ("compare", "runs"):
            import_module(f"cryptoforecast.cli.{words[0]}").run(words[1:])
        else:
            _run_with_lightning(words)
    except UsageError as mistake:
        return _fail(str(mistake), MISTYPED)
    except UserError as mistake:
        return _fail(str(mistake))
    except OSError as problem:  # a folder that cannot be written, a disk that is full
        if is_raised_by_user(problem):
            raise
        return _fail(f"{problem.filename}: {problem.strerror}." if problem.filename else str(problem))
    return 0


def _overview() -> str:
    verbs = [f"  {verb:<10}{what}" for verb, what in VERBS.items()]
    usage, more = (
        "usage: python -m cryptoforecast VERB [options]",
        "python -m cryptoforecast VERB --help lists a verb's options.",
    )
    return "\n".join([usage, "", *verbs, "", more])


def _run_with_lightning(words: list[str]) -> None:
    """Verbs that train or forecast; what takes seconds to load is loaded for them alone."""
    if words[0] in ("backtest", "audit") and not {"-h", "--help"} & set(words):
        from cryptoforecast.training.forkserver import start_forkserver

        start_forkserver()
    import_module("cryptoforecast.training.preload")
    quiet_console()  # anew: Lightning sets its own levels while it is imported
    from cryptoforecast.training.setting_errors import refusals_in_one_sentence

    with refusals_in_one_sentence():
        if words[0] == "audit":
            from cryptoforecast.user_code.opened_files import record_opened_files

            with record_opened_files():
                import_module("cryptoforecast.cli.audit").run(words)
        elif words[0] == "backtest":
            import_module("cryptoforecast.cli.backtest").run(words)
        else:
            import_module(VERBS_OF_LIGHTNING.get(words[0], "cryptoforecast.cli.fit")).run(words)


def _fail(sentence: str, status: int = FAILED) -> int:
    print(f"error: {sentence}", file=sys.stderr)
    return status
