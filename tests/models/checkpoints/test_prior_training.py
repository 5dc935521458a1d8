"""What was trained before and has become part of a model is known to its checkpoint, and nothing is claimed on it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from torch import nn

from cryptoforecast import LSTM, Forecaster, load_forecaster
from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.models.checkpoints.loaded_parts import prior_training_of
from cryptoforecast.models.checkpoints.prior_training import PriorTraining, why_targets_seen
from tests.helpers import CONFIGS, Run, Said

LENGTHS = {"context_length": 12, "horizon": 2}
MEMBERS = """
import torch
from torch import nn
from cryptoforecast import Forecaster, load_forecaster

class Ensemble(Forecaster):
    def __init__(self, members: list[str], **kwargs):
        super().__init__(**kwargs)
        self.members = [load_forecaster(path) for path in members]

    def forecast(self, context):
        return torch.stack([member.forecast(context) for member in self.members]).mean(0)

class FineTuned(Forecaster):
    def __init__(self, start_from: str | None = None, **kwargs):
        super().__init__(**kwargs)
        self.net = nn.Linear(self.context_length, self.horizon)
        self.start_from = start_from
        if start_from:
            load_forecaster(start_from)

    def forward(self, x):
        return self.net(x[..., 0])

class Named(Forecaster):
    def __init__(self, options: dict[str, list[str]], **kwargs):
        super().__init__(**kwargs)
        self.walk = [torch.load(path, weights_only=True)["state_dict"] for path in options["of"][:1]]

    def forecast(self, context):
        return context[:, -1:, 0].expand(-1, self.horizon)
"""
TRAINED = PriorTraining("a.ckpt", "2020-07-27T00:00:00+00:00", "2020-08-26T00:00:00+00:00")


def paths_in(model: Forecaster) -> set[str]:
    return {one.path for one in prior_training_of(model)}


class Wrapped(LSTM):
    """It takes another's weights, and keeps nothing of it."""

    def __init__(self, start: str, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.load_state_dict(load_forecaster(start).state_dict())


class Held(LSTM):
    """It is handed what was loaded elsewhere."""

    def __init__(self, member: object, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.kept = {"members": [member]}


class Encoder(nn.Module):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.member = [load_forecaster(path)]


class Deep(LSTM):
    def __init__(self, start: str, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.encoder = Encoder(start)


def test_a_model_knows_what_was_loaded_for_it_whatever_it_keeps_of_it(fitted: Run) -> None:
    path = str(fitted.checkpoint)
    assert paths_in(load_forecaster(path)) == {path}
    assert paths_in(Wrapped(path, hidden_size=4, **LENGTHS)) == {path}
    assert paths_in(Deep(path, hidden_size=4, **LENGTHS)) == {path}
    assert paths_in(Held(load_forecaster(path), hidden_size=4, **LENGTHS)) == {path}
    assert prior_training_of(LSTM(hidden_size=4, **LENGTHS)) == []


def test_what_a_module_loads_when_it_is_imported_is_known_to_its_models(
    fitted: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "of_import.py").write_text(
        f"from cryptoforecast import LSTM, load_forecaster\nMEMBER = load_forecaster({str(fitted.checkpoint)!r})\n"
        "class Of(LSTM):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import of_import

    assert paths_in(of_import.Of(hidden_size=4, **LENGTHS)) == {str(fitted.checkpoint)}


def test_targets_are_seen_up_to_the_last_close_that_any_part_was_chosen_on() -> None:
    later = TRAINED._replace(path="b.ckpt", selected_until="2020-09-01T00:00:00+00:00")
    day, known = pd.Timestamp("2020-09-01", tz="UTC"), [TRAINED, later]
    assert why_targets_seen(known, day, "test").startswith(
        "the first of these targets is 2020-09-01, and b.ckpt has been"
    )
    assert why_targets_seen(known, day + pd.Timedelta("1D"), "test") == ""
    assert why_targets_seen(known, pd.Timestamp("2020-07-28", tz="UTC"), "val") == ""
    assert why_targets_seen([], day, "test") == ""
    unknown = PriorTraining("c.ckpt", None, None)
    assert why_targets_seen([*known, unknown], day, "test") == "c.ckpt does not say on which closes it was trained"


@pytest.fixture
def seen(fitted: Run, tmp_path: Path) -> tuple[object, ...]:
    """Options of a command over the closes of ``fitted`` with a border before the last one it was chosen on."""
    (tmp_path / "members.py").write_text(MEMBERS)
    shutil.copy(fitted.csv, tmp_path)
    shutil.copy(fitted.checkpoint, tmp_path / "member.ckpt")
    data = ("--data.source=CsvSource", "--data.source.path=COIN-USD.csv", "--data.context_length=12",
            "--data.horizon=2", "--data.val_from=0.6", "--data.test_from=0.7", "--trainer.accelerator=cpu")  # fmt: skip
    return ("--config", CONFIGS / "btc.yaml", *data)


OF_MEMBER = (
    "the first of these targets is 2020-07-29, and member.ckpt has been fitted or chosen on closes up to 2020-09-"
)


def test_no_verb_claims_anything_of_an_ensemble_on_closes_that_a_member_has_seen(
    seen: tuple[object, ...], type_in: Callable[..., Said]
) -> None:
    model = ("--model=members.Ensemble", "--model.members=[member.ckpt]")
    said = type_in("test", *seen, *model, "--output_dir=out")
    assert said.status == 0, said.err
    assert f"notice: {OF_MEMBER}" in said.err
    assert "No claim on Ensemble: its RMSE is " in said.out
    assert OF_MEMBER in said.out
    assert json.loads(Path("out/scores.json").read_text())["flattered_by"].startswith(OF_MEMBER)
    said = type_in("validate", *seen, *model)
    assert "No claim on Ensemble" in said.out
    said = type_in("compare", "out")
    assert said.status == 0, said.err
    assert json.loads(Path("comparison/comparison.json").read_text())["winner"] is None
    said = type_in("backtest", *seen, *model, "--folds=2", "--output_dir=back")
    assert said.status == 0, said.err
    assert f"notice: {OF_MEMBER}" in said.err
    assert "No claim on Ensemble: its skill is " in said.out


def test_a_checkpoint_among_the_arguments_counts_however_it_is_read(
    seen: tuple[object, ...], type_in: Callable[..., Said]
) -> None:
    model = ("--model=members.Named", "--model.options={of: [member.ckpt, COIN-USD.csv, absent.ckpt]}")
    said = type_in("test", *seen, *model, "--output_dir=out")
    assert said.status == 0, said.err
    assert f"notice: {OF_MEMBER}" in said.err


def test_a_checkpoint_knows_what_its_model_was_made_of_and_so_does_what_is_made_of_that(
    seen: tuple[object, ...], type_in: Callable[..., Said]
) -> None:
    small = ("--trainer.max_epochs=1", "--trainer.logger=false", "--trainer.callbacks=[]", "--trainer.max_steps=2")
    fit = ("fit", *seen, *small, "--trainer.callbacks+=ModelCheckpoint", "--trainer.callbacks.filename=tuned")
    said = type_in(*fit, "--model=members.FineTuned", "--model.start_from=member.ckpt",
                   "--trainer.callbacks.dirpath=first")  # fmt: skip
    assert said.status == 0, said.err
    trained = read_checkpoint("first/tuned.ckpt").trained
    assert [one.path for one in trained] == ["first/tuned.ckpt", "member.ckpt"]
    assert trained[1].selected_until is not None
    assert trained[0].selected_until is not None
    assert trained[1].selected_until > trained[0].selected_until
    said = type_in(*fit, "--model=members.FineTuned", "--model.start_from=first/tuned.ckpt",
                   "--trainer.callbacks.dirpath=second")  # fmt: skip
    assert said.status == 0, said.err
    trained = read_checkpoint("second/tuned.ckpt").trained
    assert {one.path for one in trained} == {"second/tuned.ckpt", "first/tuned.ckpt", "member.ckpt"}
    said = type_in("test", "--ckpt_path", "second/tuned.ckpt", "--output_dir=out")
    assert said.status == 0, said.err
    assert f"notice: {OF_MEMBER}" in said.err
    assert "No claim on FineTuned" in said.out


def test_nothing_is_claimed_of_a_checkpoint_on_targets_that_it_was_itself_chosen_on(
    fitted: Run, type_in: Callable[..., Said]
) -> None:
    said = type_in("test", "--ckpt_path", fitted.checkpoint, "--data.test_from=0.5", "--data.val_from=0.4")
    assert said.status == 0, said.err
    assert "No claim on LSTM: its RMSE is " in said.out
    assert "scores on these targets flatter it" in said.err


def test_a_skill_that_is_too_good_names_the_command_that_looks_for_its_leak(
    type_in: Callable[..., Said], fitted: Run, tmp_path: Path
) -> None:
    shutil.copy(fitted.csv, tmp_path)
    (tmp_path / "seer.py").write_text(
        "import pandas as pd, torch\nfrom cryptoforecast import Forecaster\n"
        "CLOSES = torch.tensor(pd.read_csv('COIN-USD.csv')['Close'].to_numpy())\n"
        "class Seer(Forecaster):\n    def forecast(self, context):\n"
        "        row = (CLOSES == context[:, -1:, 0]).long().argmax(dim=1)\n"
        "        return CLOSES[(row + 1).clamp_max(len(CLOSES) - 1)].unsqueeze(1).expand(-1, self.horizon)\n"
    )
    words = ("--config", CONFIGS / "crypto_nn.yaml", "--data.source.path=COIN-USD.csv", "--data.context_length=12")
    said = type_in("test", *words, "--model=seer.Seer", "--output_dir=out")
    assert said.status == 0, said.err
    assert "a skill of +1.0000 on the next close of COIN-USD is more likely a leak than a discovery; " in said.err
    command = f"python -m cryptoforecast audit --config {CONFIGS / 'crypto_nn.yaml'} --data.source.path=COIN-USD.csv "
    assert command in said.err
    assert "--output_dir" not in said.err
    said = type_in("test", *words, "--model=RandomWalk", "--output_dir=out")
    assert "leak" not in said.err
