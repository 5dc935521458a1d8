"""The one honest sentence, and the rules it follows."""

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.findings import Finding
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.significance import LEVEL, diebold_mariano, loss_differences

LEVEL_OF_DIRECTIONS = 0.01


def sentence_on_test(
    model: str, skills: dict[str, float], own: pd.DataFrame, walk: pd.DataFrame, found: dict[str, Finding]
) -> str:
    """What may be claimed: a difference is one only where the Diebold-Mariano test says so.

    ============  =====================  ==================================
    RMSE is       p-value                the model is
    ============  =====================  ==================================
    lower         below 5 %              better than persistence
    either        5 % or more, or none   no better than persistence
    higher        below 5 %              worse than persistence
    ============  =====================  ==================================

    Of several series, the mean of their skills takes the place of the RMSE. Where it and the mean difference that
    was tested do not point the same way, nothing is claimed. Of a model that is not better, one thing more is said,
    the first of these that holds:

    ====================================================  ===========================================
    its findings                                          what is added
    ====================================================  ===========================================
    Pesaran-Timmermann p below 1 %, of several series     its directions are right more often than
    below 1 % divided by their count in one of them       by luck, there
    best lag 1 with a correlation of at least 0.8,        a copy of the last value
    of several series in all of them
    ====================================================  ===========================================

    The level for directions is stricter because their test is a second chance. Gains are shown and claim nothing.

    Args:
        model: its name.
        skills: its skill on each series.
        own: its forecast rows.
        walk: those of the random walk.
        found: its findings on each series.
    """
    claim = _claim(model, skills, own, walk)
    if model == RANDOM_WALK or not any(skills.values()) or claim.startswith(f"{model} is better"):
        return claim
    p_values = {series: finding.direction.p_value for series, finding in found.items() if finding.direction}
    level = LEVEL_OF_DIRECTIONS / len(found)
    if right := {series: p_value for series, p_value in p_values.items() if p_value is not None and p_value < level}:
        where = "" if len(found) == 1 else f" on {', '.join(right)}"
        test = f"Pesaran-Timmermann {_p(max(right.values()))}"
        return f"{claim[:-1]}; but its directions{where} are right more often than by luck ({test})."
    if all(finding.best_lag is not None and finding.best_lag.copy for finding in found.values()):
        return f"{claim[:-1]}; best lag 1: a copy of the last value."
    return claim


def _claim(model: str, skills: dict[str, float], own: pd.DataFrame, walk: pd.DataFrame) -> str:
    skill = float(np.mean(list(skills.values())))
    if model == RANDOM_WALK:
        return "RandomWalk is persistence itself: tomorrow's close is today's; its skill is 0 by definition."
    if not np.isfinite(skill):
        still = f" of {', '.join(series for series, own in skills.items() if not np.isfinite(own))}"
        whose = still if len(skills) > 1 else ""
        return f"{model} is worse than persistence: the closes{whose} stand still, and the random walk is never off."
    p_value, reason = diebold_mariano(own, walk)
    if p_value is None and not any(skills.values()):
        return f"{model} is no better than persistence: it forecasts what the random walk forecasts."
    size = _size(skills, f"{len(own):,} targets")
    if p_value is None:
        return f"{model} is no better than persistence: {size}, {reason}."
    test = f"Diebold-Mariano {_p(p_value)}"
    if p_value >= LEVEL:
        return f"{model} is no better than persistence: {size}, which is within luck ({test})."
    if (skill > 0) == (loss_differences(own, walk).mean() > 0):
        return f"{model} is no better than persistence: {size}, but squared errors point the other way ({test})."
    return f"{model} is {'better' if skill > 0 else 'worse'} than persistence: {size} ({test})."


def sentence_on_val(model: str, skills: dict[str, float], own: pd.DataFrame) -> str:
    """No claim at all: the best of many epochs looks skilled on the targets it was chosen by."""
    if model == RANDOM_WALK:
        return f"{model} is persistence itself; its skill is 0 by definition."
    size = _size(skills, f"{len(own):,} val targets")
    if np.mean(list(skills.values())) <= 0:
        return f"{model} is no better than persistence: {size}."
    return f"{model} may or may not be better than persistence: {size}, by which it was chosen; test can tell."


def sentence_on_seen(model: str, skills: dict[str, float], own: pd.DataFrame, flattered_by: str) -> str:
    """No claim at all: what a model has been trained on tells nothing of its skill on other closes.

    Args:
        model: its name.
        skills: its skill on each series.
        own: its forecast rows.
        flattered_by: why nothing may be claimed, in words.
    """
    return f"No claim on {model}: {_size(skills, f'{len(own):,} targets')}, but {flattered_by}."


def _size(skills: dict[str, float], targets: str) -> str:
    skill, above = float(np.mean(list(skills.values()))), sum(own > 0 for own in skills.values())
    if len(skills) == 1:
        return f"its RMSE is {abs(skill):.2%} {'lower' if skill > 0 else 'higher'} on {targets}"
    return (
        f"its mean skill over {len(skills)} series is {skill:+.4f}, above 0 in {above or 'none'} of them, on {targets}"
    )


def _p(value: float) -> str:
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"
