"""Variants with training steps of their own: fitted, resumed to the bit, and judged."""

from pathlib import Path
from typing import Any

import pytest
import torch

import cryptoforecast as cf
from tests.helpers import data_of, random_walk, some
from tests.models.helpers import LENGTHS, quiet_trainer
from tests.models.variants.gan import GAN
from tests.models.variants.hits import LSTMWithHits
from tests.models.variants.pretrain import Pretrained
from tests.models.variants.seq2seq import Seq2Seq
from tests.models.variants.student_step import StudentGRU
from tests.models.variants.weighted import Weighted

VARIANTS: dict[type[cf.Forecaster], dict[str, Any]] = {
    GAN: {"hidden": 4},
    StudentGRU: {"hidden": 4},
    Seq2Seq: {"hidden": 4, "horizon": 3},
    Pretrained: {"hidden": 4, "pretraining": 1},
    Weighted: {"hidden_size": 4, "half_life": 30.0},
    LSTMWithHits: {"hidden_size": 4},
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def fitted(variant: type[cf.Forecaster], epochs: int, **options: Any) -> cf.Run:
    source = cf.SimulatedSource(rows=160)
    settings = {"context_length": 12, "batch_size": 32, "seed": 0, "accelerator": "cpu", "progress": False}
    return cf.fit(source=source, model=variant, max_epochs=epochs, **settings, **VARIANTS[variant], **options)


def state_of(run: cf.Run) -> dict[str, Any]:
    assert run.folder is not None
    return torch.load(run.folder / "checkpoints" / "last.ckpt", weights_only=True)


def same(first: Any, second: Any) -> bool:
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(same(*pair) for pair in zip(first, second, strict=True))
    return bool(first == second)


RESUMED = [
    Pretrained,
    *(pytest.param(variant, marks=pytest.mark.slow) for variant in (GAN, *some((), many=(StudentGRU, LSTMWithHits)))),
]


@pytest.mark.filterwarnings("ignore:Pretrained.monitor is val/loss, which the first validation does not log")
@pytest.mark.parametrize("variant", RESUMED)
def test_a_variant_with_its_own_step_is_fitted_and_goes_on_to_the_same_bits(variant: type[cf.Forecaster]) -> None:
    whole = fitted(variant, 3, name="whole")
    parts = fitted(variant, 2, name="parts")
    parts = cf.fit(ckpt_path=parts, max_epochs=3, progress=False)
    kept = first, second = state_of(whole), state_of(parts)
    assert same(first["state_dict"], second["state_dict"])
    assert same(first["optimizer_states"], second["optimizer_states"])
    metrics = [next(state["metrics"] for state in one["callbacks"].values() if "metrics" in state) for one in kept]
    assert same(*metrics)
    assert metrics[0]["train/loss"].isfinite()
    assert whole.test().skill < 1


@pytest.mark.parametrize("variant", [Seq2Seq, Weighted])
def test_a_variant_with_its_own_step_or_weights_is_trained(variant: type[cf.Forecaster], tmp_path: Path) -> None:
    settings = {name: value for name, value in VARIANTS[variant].items() if name != "horizon"}
    trainer, model = quiet_trainer(tmp_path, max_epochs=1), variant(**LENGTHS, **settings)
    before = [weights.clone() for weights in model.parameters()]
    trainer.fit(model, data_of(random_walk(120)))
    assert trainer.callback_metrics["train/loss"].isfinite()
    assert not any(torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True))
