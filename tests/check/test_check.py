"""The examination: sound models pass, and each broken one fails in the line that is about its fault."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from cryptoforecast import GRU, LSTM, Forecaster, RandomWalk, RangeLSTM, UserError, check, require_check
from cryptoforecast.check import run
from cryptoforecast.check.outcomes import in_one_sentence
from cryptoforecast.check.result import CheckResult, Line
from tests.check import broken
from tests.helpers import Said, some

AFTER_DETERMINISM = ["memory", "batch size", "order", "later rows", "price unit", "checkpoint", "resumption"]


def outcomes(result: CheckResult, outcome: str) -> list[str]:
    return [line.name for line in result if line.outcome == outcome]


@pytest.mark.slow
def test_a_sound_model_passes_what_takes_no_long_training() -> None:
    result = require_check(GRU, hidden_size=4, quick=True)  # some processors cannot compute an LSTM in bfloat16
    assert {line.outcome for line in result} == {"holds"}
    assert [line.name for line in result] == [name for name in run.LINES if name not in run.SLOW]
    assert result["gradients"].text == "they reach each of 6 tensors of weights."
    assert result["horizons"].text == "1, 7."


@pytest.mark.parametrize(
    ("cls", "line", "sentence", "not_tried"),
    [
        (broken.CentresTheBatch, "batch size", "compute nothing over the first dimension", []),
        pytest.param(broken.CountsWindows, "batch size", "in batches of 1 from", [], marks=pytest.mark.slow),
        (broken.DropsInEvaluation, "determinism", "draw them only `if self.training`", AFTER_DETERMINISM),
        pytest.param(
            broken.ReadsTheClock,
            "determinism",
            "differ from one call to the next",
            AFTER_DETERMINISM,
            marks=pytest.mark.slow,
        ),
        (broken.KeepsState, "memory", "keep no state of one batch for the next", AFTER_DETERMINISM[1:]),
        (broken.HasDeadLayer, "gradients", "dead.weight, dead.bias had no gradient", []),
        (broken.ForgetsItsOffset, "checkpoint", "something that it has learned is in no checkpoint", ["resumption"]),
        (broken.StopsAtHorizonOne, "horizons", "horizon 7: StopsAtHorizonOne.forward gave (32, 1)", []),
        pytest.param(
            broken.TakesOneColumn,
            "columns",
            "(32x20 and 4x1) (broken.py, line 20); size what depends",
            [],
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_broken_model_fails_in_the_line_of_its_fault_alone(
    cls: type[Forecaster], line: str, sentence: str, not_tried: list[str]
) -> None:
    result = check(cls, quick=True)
    assert outcomes(result, "fails") == [line]
    assert sentence in result[line].text
    assert outcomes(result, "not tried") == not_tried
    assert not result.ok


@pytest.mark.slow
def test_a_model_that_sees_the_next_window_depends_on_its_batch() -> None:
    result = check(broken.SeesTheNextWindow, quick=True)
    assert outcomes(result, "fails") == ["loss", "batch size", "order"], "training batches are in no order"


def test_a_scaling_that_knows_the_unit_of_price_fails() -> None:
    result = check(broken.Line, scaling=broken.InThousands(), quick=True)
    assert outcomes(result, "fails") == ["price unit"]
    assert "with prices times 1e-06, forecasts over the last close differ" in result["price unit"].text


@pytest.mark.slow
def test_a_model_that_cannot_learn_fails_and_has_no_part_in_heads() -> None:
    result = check(broken.LearnsNothing, quick=True)
    assert outcomes(result, "fails") == ["loss"]
    assert "nothing is learned: look at the learning rate" in result["loss"].text
    assert all("a loss of its own" in line.text for line in result if line.name.startswith("head"))


@pytest.mark.parametrize(
    ("cls", "line", "sentence"),
    [
        (broken.TakesNoFurtherArguments, "construction", "let __init__ take **kwargs"),
        (broken.LosesItsLengths, "construction", "its record does not have context_length"),
        (broken.RaisesAnError, "training", "RuntimeError: the researcher's own words (broken.py, line "),
    ],
)
def test_a_model_that_cannot_be_made_or_trained_fails_once(cls: type[Forecaster], line: str, sentence: str) -> None:
    result = check(cls, quick=True)
    assert outcomes(result, "fails") == [line]
    assert sentence in result[line].text
    left = list(result)[[member.name for member in result].index(line) + 1 :]
    assert {member.outcome for member in left} == {"not tried"}


def test_require_check_raises_the_lines_that_fail() -> None:
    with pytest.raises(AssertionError, match=r"fails in construction(.|\n)*let __init__ take \*\*kwargs"):
        require_check(broken.TakesNoFurtherArguments)


def test_a_model_without_weights_is_not_asked_to_learn() -> None:
    result = require_check(RandomWalk, quick=True)
    assert {"gradients", "loss", "resumption", "head StudentT"} <= set(outcomes(result, "not tried"))


@pytest.mark.parametrize("cls", [broken.Ridge, broken.MeanAndScale])
def test_an_estimator_and_a_model_with_its_own_point_are_examined_and_heads_not_tried(cls: type[Forecaster]) -> None:
    result = require_check(cls, quick=True)
    left = outcomes(result, "not tried")
    assert "coins at once" in left
    assert "head StudentT" in left
    assert ("head Conformal" in left) == (cls is broken.MeanAndScale)
    assert {"training", "horizons", "coins", "batch size", "later rows", "checkpoint"} <= set(outcomes(result, "holds"))


@pytest.mark.slow
def test_a_model_that_sees_all_coins_at_once_is_examined_with_two() -> None:
    result = require_check(broken.Line, across=True, quick=True)
    assert result["coins at once"].text == "two are forecast at once, with data.across."
    assert "coins at once" in outcomes(require_check(broken.Line, quick=True), "holds")


def test_an_examination_leaves_no_trace(tmp_path: Path) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    model = broken.Line(context_length=30)
    kept = {name: value.clone() for name, value in model.state_dict().items() if isinstance(value, torch.Tensor)}
    torch.set_rng_state(before)
    result = check(model, quick=True)
    assert result.ok, result
    assert "24, 30, 37, 60." in result["context lengths"].text
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(model.state_dict()[name], value) for name, value in kept.items())
    assert not list(Path().iterdir())


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(UserError, match="there is no LSTN; the nearest is LSTM"):
        check("LSTN")
    with pytest.raises(UserError, match="check takes a Forecaster"):
        check(3)


def test_the_result_is_a_table_and_a_sentence() -> None:
    lines = (Line("loss", "holds", "it falls.", 0.25), Line("walk", "fails", "it sees the future.", 1.5),
             Line("export", "warning", "no.", 0.0), Line("coins", "not tried", "why.", 0.0))  # fmt: skip
    result = CheckResult("Net", lines)
    assert result.sentence == ("Net fails in walk; 1 line of 4 hold in 2 s; with a warning: export; not tried: coins.")
    assert result.table().to_dict("records")[1] == {
        "line": "walk", "outcome": "fails", "what": "it sees the future.", "seconds": 1.5
    }  # fmt: skip
    assert str(lines[1]) == "walk              fails        1.5 s  it sees the future."
    assert "<table" in result._repr_html_()
    assert len(result) == 4
    assert CheckResult("Net", lines[:1]).ok


def test_an_exception_of_a_library_keeps_its_type() -> None:
    assert in_one_sentence(KeyError("x")) == "KeyError: 'x'."
    assert in_one_sentence(ValueError("no\nsuch")) == "ValueError: no."


OWN = """
from torch import nn
from cryptoforecast import Forecaster

class Own(Forecaster):
    def __init__(self, size: int = 4, bias: bool = True, **kwargs):
        super().__init__(**kwargs)
        self.map = nn.Linear(size * self.channels, self.outputs, bias)
        self.size = size

    def forward(self, x):
        return self.map(x[:, -self.size:].flatten(1))
"""


def test_the_verb_prints_a_line_each_and_its_status_says_whether_all_hold(
    type_in: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {name: run.LINES[name] for name in ("construction", "training", "context lengths")}
    monkeypatch.setattr(run, "LINES", few)
    (tmp_path / "own_model.py").write_text(OWN)
    said = type_in("check", "own_model.Own", "--model.size=30", "--data.context_length=30")
    assert said.status == 1
    assert said.out.splitlines()[0].startswith("construction      holds")
    assert "context_length 24: RuntimeError" in said.out
    assert "error: check: Own fails in context lengths" in said.err
    said = type_in("check", "own_model.Own", "--model.size", "5", "--model.bias=false")
    assert said.status == 0, said.err
    assert "construction      holds        " in said.out
    assert "5 weights" in said.out
    assert said.out.rstrip().splitlines()[-1].startswith("Own passes: 3 lines of 3 hold in ")


def test_the_verb_needs_a_class(type_in: Callable[..., Said]) -> None:
    said = type_in("check")
    assert said.status == 2
    assert "check needs the class of a model: python -m cryptoforecast check my_gru.GRU." in said.err


@pytest.mark.slow
@pytest.mark.parametrize("cls", [RangeLSTM, *some((), many=(LSTM, GRU))])
def test_a_network_passes_the_whole_examination(cls: Any) -> None:
    result = require_check(cls, hidden_size=16)
    assert set(outcomes(result, "warning")) <= {"compilation"}, "torch compiles no function that checks its shapes"
    assert "found in" in result["autocorrelation"].text
    assert "no claim" in result["walk"].text
    assert sum(line.seconds for line in result) < 600


@pytest.mark.slow
def test_skill_in_a_walk_is_told_as_a_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: run.LINES[name] for name in ("construction", "training", "walk")}
    monkeypatch.setattr(run, "LINES", few)
    result = check(broken.PassesOnTheNextWindow)
    assert outcomes(result, "fails") == ["walk"]
    assert "it is better than the random walk on two walks, where nobody can be" in result["walk"].text
