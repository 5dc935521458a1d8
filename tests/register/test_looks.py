"""A register that is settled again and again: each step as its bar comes, and claims that hold at any time."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

import cryptoforecast as cf
from cryptoforecast.evaluation.claim import Outcome
from cryptoforecast.register.settled import Settled
from tests.helpers import random_walk, some, write_yahoo
from tests.register.helpers import register_days, settle_at, write_register

FIRST, BARS = 100, 60


def settled_with(folder: Path, closes: Sequence[float]) -> Settled:
    return cf.settle(
        folder / "register.jsonl", source=cf.CsvSource(str(write_yahoo(folder / "COIN-USD.csv", list(closes))))
    )


def closes_with_momentum(seed: int, share: float) -> list[float]:
    """Closes of which each log change is that share of the one before, plus a normal shock of 2 %."""
    changes = np.random.default_rng(seed).normal(0, 0.02, FIRST + BARS)
    for at in range(1, len(changes)):
        changes[at] += share * changes[at - 1]
    closes: list[float] = (100 * np.exp(np.cumsum(changes))).tolist()
    return closes


def test_each_step_of_a_line_is_scored_once_its_bar_is_there(tmp_path: Path) -> None:
    closes = random_walk(80)

    def forecast(seen: Sequence[float]) -> list[float]:
        return [seen[-1] * (1 + 0.01 * step) for step in (1, 2, 3)]

    write_register(tmp_path, closes, range(50, 62), forecast)
    settled = settled_with(tmp_path, closes[:60])
    assert settled.problems == []
    assert (settled.verdicts["Mine"].claim.targets, settled.open, settled.absent) == (10 + 9 + 8, 1 + 1 + 1 + 3 + 3, 0)
    table = settled.by_step()
    assert table["targets"].tolist() == [10, 9, 8]
    for step, skill in zip((1, 2, 3), table["skill"], strict=True):
        days = range(50, 61 - step)
        errors = [closes[day - 1] * (1 + 0.01 * step) - closes[day + step - 1] for day in days]
        of_walk = [closes[day - 1] - closes[day + step - 1] for day in days]
        assert skill == pytest.approx(1 - np.sqrt(np.mean(np.square(errors)) / np.mean(np.square(of_walk))))


def test_a_distribution_has_its_crps_by_step_as_well(tmp_path: Path) -> None:
    register_days(tmp_path, range(300, 303), model=cf.Ewma, horizon=2, steps=2)
    settled = settle_at(tmp_path, 303)
    table = settled.by_step()
    assert table["targets"].tolist() == [3, 2]
    assert table["crps"].gt(0).all()
    assert settled.verdicts["Ewma"].density_skill == pytest.approx(
        1 - np.average(table["crps"], weights=[3, 2]) / np.average(table["crps"] / (1 - table["density_skill"]),
                                                                   weights=[3, 2])
    )  # fmt: skip


def test_a_planted_skill_is_claimed_at_a_level_that_holds_however_often_one_looks(tmp_path: Path) -> None:
    closes = closes_with_momentum(0, 0.95)
    write_register(tmp_path, closes, range(FIRST, FIRST + BARS), lambda seen: [seen[-1] ** 2 / seen[-2]])
    settled = settled_with(tmp_path, closes)
    claim = settled.verdicts["Mine"].claim
    assert claim.outcome is Outcome.BETTER
    assert claim.level == pytest.approx(0.00096, abs=1e-5)
    assert "the 1st variant tried on these targets, however often they are looked at" in settled.sentence


@pytest.mark.slow
def test_of_twenty_walks_settled_three_times_at_most_one_is_claimed(tmp_path: Path) -> None:
    """Of ten by default, of which one is rare enough."""
    claimed = 0
    for seed in range(some(10, many=20)):
        folder, closes = tmp_path / str(seed), closes_with_momentum(seed, 0.0)
        folder.mkdir()
        write_register(
            folder, closes, range(FIRST, FIRST + BARS), lambda seen: [seen[-1] * (seen[-1] / seen[-2]) ** 0.2]
        )
        looks = [settled_with(folder, closes[: FIRST + bars]) for bars in (20, 40, BARS)]
        assert [look.verdicts["Mine"].claim.targets for look in looks] == [20, 40, 60]
        claimed += any(look.verdicts["Mine"].claim.outcome is Outcome.BETTER for look in looks)
    assert claimed <= 1


@pytest.mark.slow
def test_sixty_bars_are_registered_three_steps_ahead_and_settled_in_between(tmp_path: Path) -> None:
    source, path = cf.SimulatedSource(rows=FIRST + BARS, autocorrelation=0.95), tmp_path / "register.jsonl"
    closes = source.load().closes
    for bar, origin in enumerate(closes.index[FIRST - 1 : -1], start=1):
        now = origin + timedelta(days=1, minutes=1)
        cf.register(model=cf.Drift, source=source, end=str(origin), now=now, path=path, context_length=2, horizon=3,
                    steps=3)  # fmt: skip
        if bar in (1, 2, 5, 30):
            settled = cf.settle(path, source=source, now=now) if bar > 1 else None
            scored = 0 if settled is None else sum(claim.claim.targets for claim in settled.verdicts.values())
            assert scored == sum(max(bar - step, 0) for step in (1, 2, 3))
    settled = cf.settle(path, source=source)
    assert (settled.lines, settled.open, settled.absent, settled.problems) == (60, 3, 0, [])
    assert settled.by_step()["targets"].tolist() == [60, 59, 58]
    assert settled.by_step()["skill"].gt(0.3).all()
    assert settled.sentences[1].startswith("SIMULATED closes, at which nobody ever traded: Drift")
    assert "however often they are looked at" in settled.sentences[1]
