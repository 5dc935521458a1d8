"""What more the test targets say, in table, sentence and file."""

import json
from dataclasses import replace

import pandas as pd

from cryptoforecast.evaluation.verdict import Verdict, judge
from tests.evaluation.helpers import following, judged, printed
from tests.helpers import walk_and_model


def followed(*models: pd.DataFrame) -> Verdict:
    walk = [rows.assign(model="RandomWalk", forecast=rows["last"]) for rows in models]
    return judge(pd.concat([*models, *walk]), "test")


def test_a_copy_is_called_one_and_only_where_nothing_better_is_to_be_said() -> None:
    copy = followed(following("Model", late=0.2))
    assert copy.sentence.startswith("Model is no better than persistence")
    assert copy.sentence.endswith("; best lag 1: a copy of the last value.")
    assert "a copy" not in followed(following("Model", late=20.0)).sentence
    better = followed(following("Model", late=0.2, simulated_skill=0.2))
    assert better.sentence.startswith("Model is better than persistence")
    assert "a copy" not in better.sentence


def test_directions_that_are_right_are_said_to_be_so_beside_a_claim_of_nothing() -> None:
    """Its calls are right where it dares to differ, and now and then it is far off."""
    rows = following("Model", late=0.01, simulated_skill=0.02)
    rows.loc[::50, "forecast"] *= 1.1
    sentence = followed(rows).sentence
    assert sentence.startswith("Model is worse than persistence")
    assert sentence.endswith("; but its directions are right more often than by luck (Fisher's exact p < 0.001).")


def test_of_several_series_the_directions_that_are_right_are_named_and_copies_are_all_or_nothing() -> None:
    right = following("Model", late=0.01, simulated_skill=0.02).assign(series="RIGHT-USD")
    right.loc[::50, "forecast"] *= 1.1
    copy, noise = (following("Model", late, seed=1).assign(series=f"{late}-USD") for late in (0.2, 20.0))
    assert "; but its directions on RIGHT-USD are right more often than by luck" in followed(right, copy).sentence
    assert followed(copy, copy.assign(series="SAME-USD")).sentence.endswith("a copy of the last value.")
    assert "copy" not in followed(copy, noise).sentence


def test_the_findings_stand_in_a_table_that_fits_with_what_the_test_was() -> None:
    verdict = followed(following("Model", late=0.2))
    text = printed(verdict).split("skill or luck?")[1].split("Model is")[0]
    for word in ("RMSE, 95 % interval", "Diebold-Mariano p", "hits %, 95 %", "base rate %", "held over targets %",
                 "Fisher's exact p", "lag (correlation)", "copy: 1 (", "break-even bp"):  # fmt: skip
        assert word in text
    assert "against RandomWalk, Student's t with 299 degrees of freedom." in text
    assert max(map(len, text.splitlines())) <= 100
    assert "skill or luck" not in printed(replace(judged(noise=0.1), findings={}))


def test_where_there_is_no_p_value_the_notes_say_why_and_of_which_series() -> None:
    long, rising = following("Model", late=0.2), following("Model", late=0.0).assign(series="RISING-USD")
    rising["forecast"] = rising["last"] + 1
    short = following("Model", late=0.2, seed=1).tail(9).assign(series="SHORT-USD")
    text = printed(followed(long, rising, short))
    assert "against RandomWalk, Student's t with 299 degrees of freedom." in text
    assert "Diebold-Mariano: none on the targets of SHORT-USD, too few for a test." in text
    assert "Fisher's exact: none on the targets of RISING-USD, all of which were called to go one way." in text
    assert "with 199 to 299 degrees" in printed(followed(long, short.head(0), long.tail(200).assign(series="B-USD")))
    assert ": none on the targets of" not in printed(followed(long))


def test_scores_json_has_every_finding_with_what_the_tests_were() -> None:
    findings = json.loads(followed(following("Model", late=0.2)).to_json())["findings"]["COIN-USD"]
    assert list(findings) == ["Model", "RandomWalk"]
    model, walk = findings["Model"], findings["RandomWalk"]
    assert list(model) == [
        "diebold_mariano", "rmse_interval", "direction", "best_lag", "held_over_targets", "trading",
    ]  # fmt: skip
    assert list(model["diebold_mariano"]) == ["p_value", "reason", "degrees_of_freedom"]
    assert list(model["direction"]) == ["calls", "hit_rate", "interval", "base_rate", "fisher_exact"]
    assert list(model["best_lag"]) == ["lag", "correlation"]
    assert list(model["trading"]) == ["gain", "turnover", "gain_per_trade", "break_even"]
    assert (walk["direction"], walk["trading"], walk["diebold_mariano"]["p_value"]) == (None, None, None)
    assert walk["held_over_targets"] == model["held_over_targets"]


def test_there_are_no_findings_on_validation_targets() -> None:
    verdict = judge(pd.concat(walk_and_model(0, 0.1)), "val")
    assert verdict.findings == {}
    assert "findings" not in json.loads(verdict.to_json())
    assert "skill or luck" not in printed(verdict)
