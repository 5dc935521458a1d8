"""A checkpoint as a typed argument, and what a pretrained model may have seen: shown, and claimed by no verb."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch

from cryptoforecast import LSTM, Forecaster, Trained, UserError, load_forecaster
from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.models.checkpoints.loaded_parts import prior_training_of
from cryptoforecast.models.checkpoints.prior_training import pretraining
from tests.helpers import CONFIGS, Run, Said

LENGTHS = {"context_length": 12, "horizon": 2}
MEMBERS = """
import torch
from torch import nn
from cryptoforecast import Forecaster, Trained

class Ensemble(Forecaster):
    def __init__(self, members: list[Trained], **kwargs):
        super().__init__(**kwargs)
        self.members = [member.load() for member in members]

    def forecast(self, context):
        return torch.stack([member.forecast(context) for member in self.members]).mean(0)

class FineTuned(Forecaster):
    def __init__(self, start: Trained | None = None, **kwargs):
        super().__init__(**kwargs)
        self.network = nn.LSTM(self.channels, 4, batch_first=True)
        if start is not None:
            self.network.load_state_dict(start.load().network.layers.state_dict())
        self.head = nn.Linear(4, self.horizon)

    def forward(self, x):
        return self.head(self.network(x)[0][:, -1])

class Walk(Forecaster):
    knows_until = "2020-09-15"

    def forecast(self, context):
        return context[:, -1:, 0].expand(-1, self.horizon) * 1.0001

class Asked(Walk):
    def __init__(self, knows_until: str = "unknown", **kwargs):
        super().__init__(**kwargs)
        self.knows_until = knows_until
"""
SEEN = "member.ckpt has been fitted or chosen on closes up to 2020-09-"


@pytest.fixture
def seen(fitted: Run, tmp_path: Path) -> tuple[object, ...]:
    """Options over the closes of ``fitted``, whose test targets begin before the last close it was chosen on."""
    (tmp_path / "members.py").write_text(MEMBERS)
    shutil.copy(fitted.csv, tmp_path)
    shutil.copy(fitted.checkpoint, tmp_path / "member.ckpt")
    data = ("--data.source=CsvSource", "--data.source.path=COIN-USD.csv", "--data.context_length=12",
            "--data.horizon=2", "--data.val_from=0.6", "--data.test_from=0.7", "--trainer.accelerator=cpu")  # fmt: skip
    return ("--config", CONFIGS / "btc.yaml", *data)


def test_it_knows_until_when_it_was_fitted_and_selected_and_loads_a_new_copy_without_gradients(fitted: Run) -> None:
    trained, record = Trained(fitted.checkpoint), read_checkpoint(fitted.checkpoint).data
    assert record is not None
    assert trained.fitted_until == pd.Timestamp(record["fitted_until"])
    assert trained.selected_until == pd.Timestamp(record["selected_until"])
    first, second = trained.load(), trained.load()
    assert first is not second
    assert not any(weights.requires_grad for weights in first.parameters())
    context = torch.full((1, 12, 1), 9.0, dtype=torch.float64)
    assert torch.equal(first.forecast(context), load_forecaster(fitted.checkpoint).forecast(context))
    assert copy.deepcopy(trained) == trained
    assert trained != str(fitted.checkpoint)


def test_a_path_that_is_no_checkpoint_is_a_sentence() -> None:
    with pytest.raises(UserError, match=r"absent.ckpt: no such checkpoint"):
        Trained("absent.ckpt").load()


def test_it_stands_in_the_record_as_its_path(fitted: Run) -> None:
    class Holder(LSTM):
        def __init__(self, start: Trained, **kwargs: object) -> None:
            super().__init__(**kwargs)  # type: ignore[arg-type]

    model = Holder(Trained(fitted.checkpoint), hidden_size=2, **LENGTHS)
    assert model.record()["init_args"]["start"] == str(fitted.checkpoint)
    assert [entry.path for entry in prior_training_of(model)] == [str(fitted.checkpoint)]


def test_a_leaky_member_is_told_by_name_in_test_audit_and_compare(
    seen: tuple[object, ...], type_in: Callable[..., Said]
) -> None:
    model = ("--model=members.Ensemble", "--model.members=[member.ckpt]")
    said = type_in("test", *seen, *model, "--output_dir=out")
    assert said.status == 0, said.err
    assert "No claim on Ensemble: its RMSE is " in said.out
    assert SEEN in said.out
    said = type_in("compare", "out")
    assert json.loads(Path("comparison/comparison.json").read_text())["winner"] is None
    said = type_in("audit", *seen, *model, "--steps=2")
    assert said.status == 1
    assert "Ensemble has taken something from member.ckpt, which was fitted" in said.err


@pytest.mark.slow
def test_a_leaky_member_is_told_by_name_in_a_backtest_and_in_its_entry_of_the_ledger(
    seen: tuple[object, ...], type_in: Callable[..., Said]
) -> None:
    model = ("--model=members.Ensemble", "--model.members=[member.ckpt]")
    said = type_in("backtest", *seen, *model, "--folds=2", "--output_dir=back")
    assert said.status == 0, said.err
    assert "No claim on Ensemble: its skill is " in said.out
    assert SEEN in json.loads(Path("back/scores.json").read_text())["flattered_by"]
    (ledger,) = Path().rglob("ledger.jsonl")
    assert SEEN in json.loads(ledger.read_text().splitlines()[-1])["flattered_by"]


@pytest.mark.slow
def test_a_fine_tuned_checkpoint_remembers_what_it_started_from(
    seen: tuple[object, ...], type_in: Callable[..., Said]
) -> None:
    said = type_in("fit", *seen, "--model=members.FineTuned", "--model.start=member.ckpt", "--name=tuned",
                   "--trainer.max_epochs=1")  # fmt: skip
    assert said.status == 0, said.err
    path = "runs/tuned/version_0/checkpoints/best.ckpt"
    assert [entry.path for entry in read_checkpoint(path).trained] == [path, "member.ckpt"]
    said = type_in("test", "--ckpt_path", path)
    assert SEEN in said.out


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("Walk", "and the pretrained Walk has been fitted or chosen on closes up to 2020-09-15 23:59:59"),
        ("Asked", "the pretrained Asked does not say on which closes it was trained"),
        ("Asked --model.knows_until=2020-09-15", "the pretrained Asked has been fitted or chosen on closes up to"),
        ("Asked --model.knows_until=2020-07-01", ""),
    ],
)
def test_targets_that_a_pretrained_model_may_have_seen_are_shown_and_not_claimed(
    model: str, sentence: str, seen: tuple[object, ...], type_in: Callable[..., Said]
) -> None:
    said = type_in("test", *seen, *f"--model=members.{model}".split(), "--output_dir=out")
    assert said.status == 0, said.err
    assert ("No claim on " in said.out) == bool(sentence)
    assert sentence in said.out
    assert sentence in json.loads(Path("out/scores.json").read_text()).get("flattered_by", "and " + sentence)


def test_a_pretrained_model_knows_a_whole_day_a_time_or_nothing_that_anybody_says() -> None:
    assert pretraining("Model", "2024-06-30").selected_until == "2024-06-30T23:59:59+00:00"
    assert pretraining("Model", "2024-06-30T12:00").selected_until == "2024-06-30T12:00:00+00:00"
    assert pretraining("Model", "unknown") == ("the pretrained Model", None, None)
    with pytest.raises(UserError, match="knows_until of Model is 'lately', which is not a date"):
        pretraining("Model", "lately")
    assert Forecaster.knows_until is None
