"""``cryptoforecast.check``: the lines of the examination, one after the other, each with what it takes."""

import contextlib
import io
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.utilities.seed import isolate_rng

from cryptoforecast.check import (
    checkpoint_lines,
    contract_lines,
    engine_lines,
    forecast_lines,
    head_lines,
    planted_lines,
)
from cryptoforecast.check.examination import Examination
from cryptoforecast.check.outcomes import Missing, NotTried, in_one_sentence
from cryptoforecast.check.result import CheckResult, Line, Outcome
from cryptoforecast.check.subject import subject_of
from cryptoforecast.training.console import quiet_libraries
from cryptoforecast.training.fit_entries import without_ledger

Check = Callable[[Examination], str]

LINES: dict[str, Check] = {
    "construction": contract_lines.check_construction,
    "training": contract_lines.check_training,
    "horizons": contract_lines.check_horizons,
    "context lengths": contract_lines.check_context_lengths,
    "columns": contract_lines.check_columns,
    "coins": contract_lines.check_coins,
    "coins at once": contract_lines.check_across,
    "gradients": contract_lines.check_gradients,
    "loss": contract_lines.check_loss,
    "determinism": forecast_lines.check_determinism,
    "memory": forecast_lines.check_memory,
    "batch size": forecast_lines.check_batch_size,
    "order": forecast_lines.check_order,
    "later rows": forecast_lines.check_later_rows,
    "price unit": forecast_lines.check_price_unit,
    "checkpoint": checkpoint_lines.check_checkpoint,
    "resumption": checkpoint_lines.check_resumption,
    **head_lines.HEAD_LINES,
    "autocorrelation": planted_lines.check_autocorrelation,
    "clustering": planted_lines.check_clustering,
    "lead": planted_lines.check_lead,
    "walk": planted_lines.check_walk,
    "bfloat16": engine_lines.check_bfloat16,
    "compilation": engine_lines.check_compilation,
    "export": engine_lines.check_export,
}
# The line that has to hold before another is tried, which would only fail for the same reason.
NEEDS = {
    "memory": "determinism",
    "batch size": "memory",
    "order": "memory",
    "later rows": "memory",
    "price unit": "memory",
    "checkpoint": "memory",
    "resumption": "checkpoint",
    "compilation": "memory",
    "export": "memory",
}
SLOW = ("autocorrelation", "clustering", "lead", "walk", "compilation", "export")  # left out by quick


def check(
    model: Any, *, quick: bool = False, on_line: Callable[[Line], object] | None = None, **arguments: Any
) -> CheckResult:
    """Try what the framework relies on, on small made-up closes, and say in one line each what holds.

    Nothing is written, no fit is entered in the ledger, and random numbers go on as before. A line that fails names the
    error and what to do; what cannot be tried, or does not apply to the model, has the reason. Skill that is planted
    and not found, and a network that torch cannot compile, export or train in bfloat16, are warnings.

    Args:
        model: a class, the name of one, or a model, whose arguments are taken and not its weights.
        quick: whether to leave out what trains for long, and compilation and export.
        on_line: called with each line as soon as it is tried.
        arguments: of the class; ``context_length`` (24), ``horizon`` (1) and ``columns`` (Close) are those that most
            lines use.

    Returns:
        The lines, which print as text and, in a notebook, as a table; ``ok`` says whether no line fails.

    Raises:
        UserError: if there is no such class.

    >>> from cryptoforecast import LSTM
    >>> result = check(LSTM, hidden_size=4, quick=True)
    >>> result.ok, result["horizons"].text
    (True, '1, 7.')
    """
    subject = subject_of(model, arguments)
    names = [name for name in LINES if not (quick and name in SLOW)]
    lines: list[Line] = []
    with _surroundings() as folder:
        examination = Examination(subject, folder)
        for name in names:
            lines.append(_line(name, examination, lines))
            if on_line is not None:
                on_line(lines[-1])
    return CheckResult(subject.name, tuple(lines))


def require_check(model: Any, **arguments: Any) -> CheckResult:
    """The result of :func:`check`, if no line fails: what a test of a model calls.

    Args:
        model: as in :func:`check`.
        arguments: as there.

    Raises:
        AssertionError: with the lines that fail.

    >>> from cryptoforecast import GRU
    >>> def test_a_small_gru_is_sound():
    ...     require_check(GRU, hidden_size=4)
    """
    result = check(model, **arguments)
    if not result.ok:
        raise AssertionError("\n".join([result.sentence, *map(str, result.failing)]))
    return result


def _line(name: str, examination: Examination, before: Sequence[Line]) -> Line:
    """Try one thing; whatever is raised becomes the text of its line."""
    begin = time.perf_counter()
    outcome, text = _outcome(name, examination, {line.name: line.outcome for line in before})
    return Line(name, outcome, text, time.perf_counter() - begin)


def _outcome(name: str, examination: Examination, before: dict[str, Outcome]) -> tuple[Outcome, str]:
    for needed in ("construction", "training", NEEDS.get(name, "training")):
        if before.get(needed, "holds") != "holds":
            return "not tried", f"{needed} {'fails' if before[needed] == 'fails' else 'was not tried'}."
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return "holds", f"{LINES[name](examination)}."
    except NotTried as reason:
        return "not tried", str(reason)
    except Missing as found:
        return "warning", str(found)
    except Exception as problem:
        return "fails", in_one_sentence(problem)


@contextmanager
def _surroundings() -> Iterator[Path]:
    """A folder for checkpoints, one thread, random numbers of its own, no ledger and no advice of libraries."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several threads would not always add up in the same order
    try:
        with (
            isolate_rng(),
            quiet_libraries(),
            warnings.catch_warnings(),
            without_ledger(),
            tempfile.TemporaryDirectory() as folder,
        ):
            warnings.simplefilter("ignore")
            yield Path(folder)
    finally:
        torch.set_num_threads(threads)
