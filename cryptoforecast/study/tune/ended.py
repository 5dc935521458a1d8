"""What is known of the trials of a search that have ended: values, forecasts, noise, and the test of the best."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cryptoforecast.evaluation.comparison.losses import losses_of
from cryptoforecast.evaluation.comparison.measures import CRPS, SQUARED
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.rows import read_written_rows
from cryptoforecast.evaluation.verdict import Verdict
from cryptoforecast.study.curves import VALUES
from cryptoforecast.study.fit import SECONDS, TRIALS, VALIDATION
from cryptoforecast.study.tune.journal import FAILURE, WORDS, Journal
from cryptoforecast.study.tune.noise import Noise, best_of_noise
from cryptoforecast.study.tune.result import Trial
from cryptoforecast.training.checkpoint_of_run import checkpoint_of_run
from cryptoforecast.training.judge import judge_words

MEASURES = {"val/skill": SQUARED, "val/density_skill": CRPS}  # of the objectives whose noise is known


def value_of(folder: Path) -> tuple[float, bool]:
    """The value of a finished trial, and whether it was pruned."""
    record = json.loads((folder / VALUES).read_text(encoding="utf-8"))
    return float(record["value"]), bool(record["pruned"])


def trials_of(journal: Journal, folder: Path) -> list[Trial]:
    """The trials that have ended, by their order.

    Args:
        journal: of the search.
        folder: the search's.
    """
    trials = []
    for order, ended in sorted(journal.trials.items()):
        of_trial, failure = folder / TRIALS / f"trial_{order}", ended.user_attrs.get(FAILURE, "")
        seconds = of_trial / SECONDS
        trials.append(
            Trial(
                order=order,
                state="failed" if failure else ended.state.name.lower(),
                value=None if failure else ended.value,
                parameters=dict(ended.params),
                words=list(ended.user_attrs.get(WORDS, [])),
                seconds=float(seconds.read_text()) if seconds.is_file() else None,
                folder=None if failure else of_trial,
                failure=failure,
            )
        )
    return trials


def noise_of(trials: Sequence[Trial], objective: str, horizon: int) -> Noise | None:
    """What as many trials without skill would have shown on the validation targets; None of another objective.

    Args:
        trials: that have ended; those that came to their end count.
        objective: the curve that was searched by.
        horizon: steps of a forecast.
    """
    measure = MEASURES.get(objective)
    complete = [trial for trial in trials if trial.state == "complete" and trial.folder is not None]
    if measure is None or not complete:
        return None
    parts = list[pd.DataFrame]()
    for trial in complete:
        assert trial.folder is not None
        rows = read_written_rows(trial.folder / VALIDATION)
        model = rows["model"].iloc[0]
        kept = rows[rows["model"].isin([model, *([] if parts else [RANDOM_WALK])])]
        parts.append(kept.assign(model=kept["model"].replace({model: f"trial {trial.order}"})))
    losses = losses_of(pd.concat(parts, ignore_index=True), measure.loss)
    of_trials = losses.drop(columns=RANDOM_WALK).to_numpy()
    return best_of_noise(of_trials, losses[RANDOM_WALK].to_numpy(), horizon, root=measure is SQUARED)


def judge_best(best: Trial) -> Verdict:
    """The verdict of a trial on the test targets, as ``test`` gives it; forecasts and scores are in its folder."""
    assert best.folder is not None
    checkpoint = checkpoint_of_run(best.folder)
    return judge_words(["test", f"--ckpt_path={checkpoint}"]).verdict
