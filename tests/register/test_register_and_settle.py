"""Registering before the bars exist, and settling once they do."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import cryptoforecast as cf
from cryptoforecast import UserError
from cryptoforecast.evaluation.repeated_looks import level_at_any_time
from cryptoforecast.register.chain import BEGINNING, canonical, digest
from tests.helpers import random_walk, write_yahoo
from tests.register.helpers import midnight_after, register_days, settle_at, source_of


def rewritten(path: Path, change: Any) -> None:
    """Write a register anew with changed records, as somebody would who computes all hashes again."""
    head, texts = BEGINNING, []
    for record in change([json.loads(line) for line in path.read_text().splitlines()]):
        whole = {**record, "previous": head}
        head = whole["hash"] = digest(whole)
        texts.append(canonical(whole) + "\n")
    path.write_text("".join(texts))


def test_what_is_registered_is_what_predict_says(tmp_path: Path) -> None:
    (done,) = register_days(tmp_path, [50], steps=2, horizon=2)
    source = source_of(tmp_path / "COIN-USD.csv", 50)
    rows = cf.predict(model=cf.Drift, source=source, context_length=10, horizon=2)
    (line,) = [json.loads(text) for text in (tmp_path / "register.jsonl").read_text().splitlines()]
    assert [forecast["forecast"] for forecast in line["forecasts"]] == rows["forecast"].tolist()
    assert line["origin"] == "2020-02-19T00:00:00+00:00"
    assert [forecast["timestamp"][:10] for forecast in line["forecasts"]] == ["2020-02-20", "2020-02-21"]
    assert line["registered"] == "2020-02-20T00:01:00.000000+00:00"
    assert line["model"]["name"] == "Drift"
    assert line["model"]["class"].startswith("cryptoforecast.models.baselines.")
    assert line["model"]["checkpoint"] is None
    assert line["hash"] == done.head
    assert done.head in repr(done)


@pytest.mark.slow
def test_forecasts_are_scored_once_their_bars_are_there(tmp_path: Path) -> None:
    register_days(tmp_path, range(50, 62), steps=2, horizon=2)
    settled = settle_at(tmp_path, 60, now=midnight_after(60))
    assert settled.problems == []
    assert settled.verdicts["Drift"].claim.targets == 10 + 9
    assert settled.open == 5
    closes = random_walk(400)
    own = settled.rows[settled.rows["model"] == "Drift"]
    assert own["actual"].tolist() == [closes[bar] for day in range(50, 60) for bar in (day, day + 1) if bar < 60]
    assert settled.sentence.startswith(f"{tmp_path / 'register.jsonl'}: 12 lines, 19 forecasts scored, 5 open")
    assert "No claim on Drift" in settled.sentence
    assert "the time of 10 lines was given by hand, which proves nothing" in settled.sentence


@pytest.mark.parametrize("minutes", [-1, 144, 6000])
def test_a_forecast_is_registered_after_its_last_bar_and_before_a_tenth_of_the_next(
    tmp_path: Path, minutes: int
) -> None:
    source = source_of(tmp_path / "COIN-USD.csv", 50)
    now = midnight_after(50) + timedelta(minutes=minutes - 1)
    with pytest.raises(UserError, match="COIN-USD: the (last bar|bar to forecast), of 2020-02-(19|20)"):
        cf.register(model=cf.Drift, source=source, context_length=10, now=now, path=tmp_path / "register.jsonl")
    assert not (tmp_path / "register.jsonl").exists()


def test_the_same_bar_is_registered_once(tmp_path: Path) -> None:
    register_days(tmp_path, [50])
    with pytest.raises(UserError, match=r"line 1 has a forecast of Drift for COIN-USD from 2020-02-19T"):
        register_days(tmp_path, [50])
    register_days(tmp_path, [50], name="Mine")
    with pytest.raises(UserError, match="give the model a name that is no baseline's"):
        register_days(tmp_path, [51], name="Garch")


def test_a_late_line_a_repeated_line_and_revised_closes_are_named_though_all_hashes_fit(tmp_path: Path) -> None:
    register_days(tmp_path, range(50, 55))

    def change(records: list[Any]) -> list[Any]:
        records[1]["registered"] = "2020-02-21T03:00:00+00:00"
        records[3]["last"] += 1.0
        again = json.loads(json.dumps(records[4]))
        again["forecasts"][0]["forecast"] *= 1.01
        return [*records, again]

    rewritten(tmp_path / "register.jsonl", change)
    settled = settle_at(tmp_path, 60)
    assert [problem.line for problem in settled.problems] == [2, 4, 6]
    late, revised, repeated = (problem.sentence for problem in settled.problems)
    assert late.startswith(
        "the forecast of Drift for COIN-USD of 2020-02-21 is late: it was registered at 2020-02-21 0"
    )
    assert revised.endswith("the data were revised.")
    assert repeated == "the forecast of Drift for COIN-USD from 2020-02-23 stands in line 5 already, another."
    assert settled.verdicts["Drift"].claim.targets == 3


def test_nothing_of_an_edited_register_is_scored(tmp_path: Path) -> None:
    register_days(tmp_path, range(50, 55))
    path = tmp_path / "register.jsonl"
    path.write_text(path.read_text().replace('"step":1', '"step":2', 1))
    settled = settle_at(tmp_path, 60)
    assert [problem.line for problem in settled.problems] == [1]
    assert settled.verdicts == {}


def test_a_model_that_speaks_only_sometimes_is_told_so(tmp_path: Path) -> None:
    register_days(tmp_path, [50, 51, 53, 56])
    settled = settle_at(tmp_path, 60)
    assert settled.remarks["Drift"] == [
        "Drift was registered at 4 of the 7 bars between its first and its last, and those may have been chosen."
    ]


def test_forecasts_after_the_closes_are_open_and_a_register_must_be_there(tmp_path: Path) -> None:
    register_days(tmp_path, range(50, 53))
    settled = settle_at(tmp_path, 51)
    assert (settled.problems, settled.open) == ([], 2)
    with pytest.raises(UserError, match=r"nowhere\.jsonl: no such register"):
        cf.settle(tmp_path / "nowhere.jsonl", source=source_of(tmp_path / "COIN-USD.csv", 60))


def test_several_coins_have_a_line_each_and_one_verdict(tmp_path: Path) -> None:
    def sources(bars: int) -> list[cf.CsvSource]:
        return [
            cf.CsvSource(str(write_yahoo(tmp_path / f"{name}-USD.csv", random_walk(100, seed)[:bars])))
            for seed, name in enumerate(("AAA", "BBB"))
        ]

    path = tmp_path / "register.jsonl"
    for day in range(50, 54):
        cf.register(model=cf.Drift, source=sources(day), context_length=10, now=midnight_after(day), path=path)
    settled = cf.settle(path, source=sources(60))
    assert len(path.read_text().splitlines()) == 8
    assert settled.problems == []
    assert list(settled.verdicts["Drift"].by_series) == ["AAA-USD", "BBB-USD"]
    assert settled.verdicts["Drift"].targets == {"AAA-USD": 4, "BBB-USD": 4}


def test_quantiles_are_registered_with_those_of_the_ladder_and_judged_beside_them(tmp_path: Path) -> None:
    register_days(tmp_path, range(300, 303), model=cf.Ewma)
    record = json.loads((tmp_path / "register.jsonl").read_text().splitlines()[0])
    assert {"RandomWalk", "Ewma", "Garch"} <= set(record["rungs"])
    assert all(len(step) == 21 for steps in record["rungs"].values() for step in steps)
    assert len(record["forecasts"][0]["quantiles"]) == 21
    settled = settle_at(tmp_path, 310)
    assert settled.problems == []
    verdict = settled.verdicts["Ewma"]
    assert verdict.distribution is not None
    assert "RandomWalk" in verdict.distribution.overall
    assert {"crps", "density_skill"} <= set(settled.table())


def test_a_claim_is_corrected_for_each_name_in_the_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register_days(tmp_path, range(50, 63))
    register_days(tmp_path, [63], name="Second")
    rewritten(tmp_path / "register.jsonl", lambda records: [{**record, "clock": "system"} for record in records])
    settled = settle_at(tmp_path, 70)
    first, second = settled.verdicts["Drift"].claim, settled.verdicts["Second"].claim
    assert (first.level, second.level) == (level_at_any_time(0.05 / 2, 13), level_at_any_time(0.05 / 6, 1))
    assert first.flattered_by == ""
