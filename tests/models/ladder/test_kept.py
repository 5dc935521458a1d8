"""The ladder in a file: fitted once, and anew where anything that it learns from differs."""

import json
from pathlib import Path

import numpy as np
import pytest

from cryptoforecast.models.ladder import kept
from cryptoforecast.models.ladder.kept import fingerprint, kept_ladder
from cryptoforecast.models.ladder.ladder import LADDER
from cryptoforecast.quantiles import LEVELS
from tests.models.ladder.helpers import clustered

BARS = [clustered(500, symbol="A-USD", trained=400), clustered(500, 1, "B-USD", trained=400)]


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The horizon of each fit that is carried out."""
    horizons: list[int] = []
    fit = kept.fit_ladder
    monkeypatch.setattr(kept, "fit_ladder", lambda bars, horizon: horizons.append(horizon) or fit(bars, horizon))
    return horizons


def test_a_kept_ladder_is_fitted_once_and_says_the_same_to_the_bit(tmp_path: Path, fits: list[int]) -> None:
    first = kept_ladder(BARS, 2, tmp_path / "ladder.json")
    second = kept_ladder(BARS, 2, tmp_path / "ladder.json")
    assert fits == [2]
    assert list(first.rungs) == list(second.rungs) == list(LADDER)
    for name, rung in first.rungs.items():
        state = rung.follow(BARS[1])
        assert np.array_equal(state, second.rungs[name].follow(BARS[1]))
        assert np.array_equal(rung.quantiles(state, LEVELS), second.rungs[name].quantiles(state, LEVELS))


def test_it_is_fitted_anew_for_another_horizon_other_borders_and_other_training_closes(
    tmp_path: Path, fits: list[int]
) -> None:
    file, altered = tmp_path / "ladder.json", BARS[0].closes.copy()
    altered[100] *= 1.01
    kept_ladder(BARS, 1, file)
    kept_ladder(BARS, 2, file)
    kept_ladder([bars._replace(trained=np.arange(501) < 300) for bars in BARS], 2, file)
    kept_ladder([BARS[0]._replace(closes=altered), BARS[1]], 2, file)
    kept_ladder([bars._replace(highs=None, lows=None) for bars in BARS], 2, file)
    assert fits == [1, 2, 2, 2, 2]


def test_in_a_folder_the_ladders_of_two_horizons_are_both_kept(tmp_path: Path, fits: list[int]) -> None:
    ladders = [kept_ladder(BARS, horizon, tmp_path) for horizon in (1, 2, 1, 2)]
    assert fits == [1, 2]
    assert [ladder.rungs["Har"].learned() for ladder in ladders[:2]] == [
        ladder.rungs["Har"].learned() for ladder in ladders[2:]
    ]


def test_closes_after_the_training_bars_do_not_count() -> None:
    closes = BARS[0].closes * np.where(np.arange(501) < 400, 1.0, 3.0)
    assert fingerprint(BARS, 1) == fingerprint([BARS[0]._replace(closes=closes), BARS[1]], 1)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"fitted_to": null, "rungs": 1}'])
def test_a_file_that_is_no_ladder_is_written_anew(tmp_path: Path, content: str, fits: list[int]) -> None:
    file = tmp_path / "ladder.json"
    file.write_text(content)
    kept_ladder(BARS, 1, file)
    assert fits == [1]
    assert list(json.loads(file.read_text())["rungs"]) == list(LADDER)


def test_the_reasons_of_rungs_left_out_are_kept_too(tmp_path: Path) -> None:
    few = [clustered(60)]
    left_out = [kept_ladder(few, 1, tmp_path / "ladder.json").left_out for _ in range(2)]
    assert left_out[0] == left_out[1]
    assert list(left_out[0]) == ["Garch", "Har"]
