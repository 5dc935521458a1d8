"""Every model of the package can be exported."""

from pathlib import Path

import pytest
import torch

import cryptoforecast as cf
from tests.export.helpers import checkpoint_of
from tests.helpers import some

MODELS = [
    cf.LSTM, cf.GRU, cf.RangeLSTM, cf.AttentionLSTM, cf.CNNLSTM, cf.DLinear, cf.ITransformer, cf.Mamba, cf.MinGRU,
    cf.NBeats, cf.NHits, cf.NLinear, cf.PatchTST, cf.TCN, cf.TimeXer, cf.TSMixer, cf.XLSTM,
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".pt2", ".onnx"])
@pytest.mark.parametrize("model", some([cf.PatchTST], many=MODELS))
def test_each_model_of_the_package_can_be_exported(model: type[cf.Forecaster], suffix: str, tmp_path: Path) -> None:
    torch.manual_seed(0)  # of some weights, tails are so wide that rounding shows
    head = cf.StudentT(relative_to="none")
    made = model(context_length=24, horizon=2, head=head)
    done = cf.export(checkpoint_of(made, tmp_path), tmp_path / f"model{suffix}")
    assert done.difference < 1e-6
