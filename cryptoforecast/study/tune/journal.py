"""The journal of a search: what each trial was, kept by Optuna in a file that survives any interruption."""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptoforecast.study.tune.samplers import make_pruner, make_sampler
from cryptoforecast.study.tune.search_space import suggest

if TYPE_CHECKING:
    import optuna

FILE, STUDY = "journal.log", "tune"
ORDER, WORDS, INTERRUPTED, FAILURE = "order", "words", "interrupted", "failure"  # attributes of a trial


class Journal:
    """The trials of a search, by their order; Optuna's own numbers also count those that were interrupted.

    A trial is interrupted if the search ended before it did. It is told as failed, and taken up again, under a new
    number, with the same order and the same parameters.

    Args:
        folder: the search's, in which no other process is at work.
        space: what is searched.
        maximise: whether larger values are better.
        sampler: its name.
        pruner: its name.
        seed: of the sampler.
    """

    def __init__(
        self, folder: Path, space: Mapping[str, Any], maximise: bool, sampler: str, pruner: str, seed: int
    ) -> None:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend

        self._space, self._sampler, self._seed = space, sampler, seed
        self._states = optuna.trial.TrialState
        file = folder / FILE
        _mend(file)
        self.study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(file))),
            study_name=STUDY,
            direction="maximize" if maximise else "minimize",
            pruner=make_pruner(pruner),
            load_if_exists=True,
        )
        self._running: dict[int, optuna.Trial] = {}  # by order
        self._reported: dict[int, set[int]] = {}  # epochs by Optuna's number
        self._tell_interrupted()

    @property
    def trials(self) -> dict[int, "optuna.trial.FrozenTrial"]:
        """The trials that have ended by themselves, by order."""
        return {
            trial.user_attrs[ORDER]: trial
            for trial in self.study.get_trials(deepcopy=False)
            if ORDER in trial.user_attrs and INTERRUPTED not in trial.user_attrs and trial.state.is_finished()
        }

    @property
    def best_value(self) -> float | None:
        """The value of the best trial so far; None before one has come to its end."""
        complete = self.study.get_trials(deepcopy=False, states=(self._states.COMPLETE,))
        return self.study.best_value if complete else None

    def ask(self, order: int) -> list[str]:
        """The words of the trial of an order: suggested, or those that it had before it was interrupted."""
        self.study.sampler = make_sampler(self._sampler, self._seed, order)
        if (before := self._interrupted(order)) is not None:
            self.study.enqueue_trial(dict(before.params))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is experimental in Optuna
            trial = self.study.ask()
            words = suggest(self._space, trial)
        trial.set_user_attr(WORDS, words)
        trial.set_user_attr(ORDER, order)  # last: a trial without it was never begun
        self._running[order] = trial
        return words

    def goes_on(self, order: int, values: Mapping[int, float]) -> bool:
        """Whether the trial of an order goes on, after the values of its epochs so far."""
        trial = self._running[order]
        reported = self._reported.setdefault(trial.number, set())
        for epoch in sorted(values.keys() - reported):
            trial.report(values[epoch], epoch)
        reported.update(values)
        return not trial.should_prune()

    def tell(self, order: int, value: float | None, failure: str | None = None, pruned: bool = False) -> None:
        """Tell how the trial of an order has ended.

        Args:
            order: its place.
            value: of the objective; None if it failed.
            failure: why, in a sentence.
            pruned: whether it was ended early.
        """
        trial = self._running.pop(order)
        if failure is not None or value is None or value != value:
            trial.set_user_attr(FAILURE, failure or "its value is no number")
            self.study.tell(trial, state=self._states.FAIL)
        elif pruned:
            self.study.tell(trial, state=self._states.PRUNED)
        else:
            self.study.tell(trial, value)

    def _tell_interrupted(self) -> None:
        """Tell of all trials that no process is at work on any more."""
        unfinished = (self._states.RUNNING, self._states.WAITING)
        while waiting := self.study.get_trials(deepcopy=False, states=unfinished[1:]):
            self.study.ask()  # takes it up, so that it can be told
            if len(self.study.get_trials(deepcopy=False, states=unfinished[1:])) >= len(waiting):
                break
        for trial in self.study.get_trials(deepcopy=False, states=unfinished[:1]):
            self.study._storage.set_trial_user_attr(trial._trial_id, INTERRUPTED, True)
            self.study.tell(trial.number, state=self._states.FAIL)

    def _interrupted(self, order: int) -> "optuna.trial.FrozenTrial | None":
        """The trial of an order that was interrupted, if it had begun."""
        known = [trial for trial in self.study.get_trials(deepcopy=False) if trial.user_attrs.get(ORDER) == order]
        return known[-1] if known else None


def _mend(file: Path) -> None:
    """Cut off a last line that a crash has left half written, and drop the lock of a process that is gone."""
    for lock in file.parent.glob(f"{file.name}.lock*"):
        lock.unlink()
    if not file.exists():
        return
    content = file.read_bytes()
    if content and not content.endswith(b"\n"):
        with file.open("r+b") as journal:
            journal.truncate(content.rfind(b"\n") + 1)
            os.fsync(journal.fileno())
