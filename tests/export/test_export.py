"""Exported models forecast what their checkpoints forecast, without this package."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import cryptoforecast as cf
from cryptoforecast.export import run as export_run
from cryptoforecast.export.formats import Written, to_pt2
from cryptoforecast.models.checkpoints.load import load_forecaster
from cryptoforecast.models.contract.answers import window_of
from cryptoforecast.models.contract.distribution import forecast_with_distribution
from tests.export.helpers import checkpoint_of
from tests.helpers import not_none, random_walk, some

LENGTH, HORIZON = 12, 2
WITHOUT_US = """
import sys
class Blocked:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "cryptoforecast":
            raise ImportError(name)
sys.meta_path.insert(0, Blocked())
import numpy as np
prices = np.load("prices.npy")
"""
BITS = "import torch\ntorch.set_grad_enabled(False)\n"
TORCH = "import torch\nfound = torch.export.load('model.pt2').module()(torch.from_numpy(prices))\n"
ONNX = "import onnxruntime\nfound = onnxruntime.InferenceSession('model.onnx').run(None, {'prices': prices})\n"
SAVE = "found = found if isinstance(found, (tuple, list)) else [found]\n" \
       "np.savez('found.npz', *[np.asarray(part) for part in found])\n"  # fmt: skip


class WithFurther(cf.Forecaster):
    """A variant that is given series, times and what is known of the targets' times."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.layer = nn.Linear(self.context_length + len(self.future), self.horizon)
        self.by_series = nn.Embedding(self.series_count + 1, self.horizon)

    def forward(self, x: Tensor, series: Tensor, times: Tensor, future: Tensor) -> Tensor:  # type: ignore[override]
        hour = (times[:, -1:] % 2).to(x.dtype)
        return self.layer(torch.cat([x[..., 0], future[:, 0]], dim=1)) + self.by_series(series) * hour


class OfValues(cf.Forecaster):
    """A variant whose forward decides by values."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.layer = nn.Linear(self.context_length, self.horizon)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x[..., 0]) if x.sum() > 0 else self.layer(-x[..., 0])


def tiny(head: cf.Head | None = None) -> cf.Forecaster:
    return cf.LSTM(hidden_size=4, context_length=LENGTH, horizon=HORIZON, head=head)


def prices_of(count: int) -> Tensor:
    return torch.tensor([random_walk(LENGTH, seed=seed) for seed in range(count)], dtype=torch.float64)


def forecast_without_us(folder: Path, prices: Tensor, program: str) -> list[np.ndarray]:
    np.save(folder / "prices.npy", prices.numpy())
    words = [sys.executable, "-W", "ignore", "-c", WITHOUT_US + program + SAVE]
    subprocess.run(words, cwd=folder, check=True, capture_output=True, env={"PATH": ""})
    return list(np.load(folder / "found.npz").values())


def expected_of(checkpoint: Path, prices: Tensor) -> list[np.ndarray]:
    model = load_forecaster(checkpoint)
    with torch.no_grad():
        point, distribution, _ = forecast_with_distribution(model, window_of(prices.unsqueeze(-1), HORIZON))
    return [part.numpy() for part in (point, distribution and distribution.quantiles) if part is not None]


@pytest.mark.slow
def test_a_pt2_file_forecasts_the_same_bits_in_a_process_that_cannot_import_this_package(tmp_path: Path) -> None:
    checkpoint = checkpoint_of(tiny(cf.StudentT(relative_to="none")), tmp_path)
    done = cf.export(checkpoint, tmp_path / "model.pt2")
    for count in (1, 7):
        prices = prices_of(count)
        closes, quantiles = forecast_without_us(tmp_path, prices, BITS + TORCH)
        wanted_closes, wanted_quantiles = expected_of(checkpoint, prices)
        assert np.array_equal(closes, wanted_closes)
        assert closes.dtype == quantiles.dtype == np.float64
        np.testing.assert_allclose(quantiles, wanted_quantiles, rtol=1e-11)
    for part, wanted in zip(forecast_without_us(tmp_path, prices, TORCH), (closes, quantiles), strict=True):
        np.testing.assert_allclose(part, wanted, rtol=1e-6)  # with gradients, torch may take another kernel
    assert "to the bit" in done.sentence
    assert "of its data" in done.sentence


@pytest.mark.slow
def test_an_onnx_file_forecasts_the_same_in_a_process_that_cannot_import_this_package(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    checkpoint = checkpoint_of(tiny(cf.StudentT(relative_to="none")), tmp_path)
    cf.export(checkpoint, tmp_path / "model.onnx")
    for count in (1, 7):
        prices = prices_of(count)
        found = forecast_without_us(tmp_path, prices, ONNX)
        for part, wanted in zip(found, expected_of(checkpoint, prices), strict=True):
            np.testing.assert_allclose(part, wanted, rtol=1e-6)
    assert str(tmp_path).encode() not in (tmp_path / "model.onnx").read_bytes()


FEW: list[cf.Head] = [cf.Quantiles(levels=[0.1, 0.5, 0.9], relative_to="none"), cf.Conformal(residuals="absolute")]
HEADS = [cf.Point(), cf.Normal(relative_to="none"), cf.Quantiles(relative_to="none"), *FEW, cf.Bernoulli()]


@pytest.mark.slow
@pytest.mark.parametrize("head", some(FEW, many=HEADS), ids=lambda head: type(head).__name__)
def test_each_head_is_in_the_file(head: cf.Head, tmp_path: Path) -> None:
    done = cf.export(checkpoint_of(tiny(head), tmp_path, val_from=300, test_from=500), tmp_path / "model.pt2")
    assert done.difference < 1e-12
    assert "to the bit" in done.sentence


@pytest.mark.slow
def test_har_is_in_the_file_where_a_window_holds_all_that_it_looks_at(tmp_path: Path) -> None:
    model = cf.LSTM(hidden_size=4, context_length=61, columns=("Close", "High", "Low"), head=cf.StudentT())
    checkpoint = checkpoint_of(model, tmp_path, columns=("Close", "High", "Low"))
    assert cf.export(checkpoint, tmp_path / "model.pt2").difference < 1e-6


def test_what_forward_names_is_a_further_input(tmp_path: Path) -> None:
    model = WithFurther(context_length=LENGTH, horizon=HORIZON, future=("day_of_week",))
    checkpoint = checkpoint_of(model, tmp_path, future=("day_of_week",))
    done = cf.export(checkpoint, tmp_path / "model.pt2")
    card = done.card.read_text()
    assert all(f"input `{name}`" in card for name in ("prices", "series", "times", "future"))
    assert "1 COIN-USD, 0 another one" in card


@pytest.mark.slow
def test_the_example_of_the_card_runs_and_the_card_says_what_is_on_record(tmp_path: Path) -> None:
    done = cf.export(checkpoint_of(tiny(), tmp_path), tmp_path / "model.pt2")
    card = done.card.read_text()
    example = card.split("```python\n")[1].split("```")[0]
    subprocess.run([sys.executable, "-W", "ignore", "-c", example], cwd=tmp_path, check=True, capture_output=True)
    assert "It was not tested." in card
    assert "COIN-USD: " in card
    assert "licence of cryptoforecast's code: MIT" in card
    assert str(tmp_path).encode() not in done.output.read_bytes()


def test_the_card_quotes_the_test_of_the_same_weights_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = cf.SimulatedSource(rows=300)
    run = cf.fit(model=cf.LSTM, source=source, hidden_size=2, context_length=LENGTH, max_epochs=1, seed=1,
                 accelerator="cpu")  # fmt: skip
    verdict = cf.test(run)
    card = cf.export(run, "model.pt2").card.read_text()
    assert verdict.sentence in card
    assert "The ledger counts 1 variant tried" in card
    content = torch.load(not_none(run.checkpoint), weights_only=True)
    content["state_dict"]["network.head.bias"] += 1
    torch.save(content, not_none(run.checkpoint).with_name("changed.ckpt"))
    card = cf.export(not_none(run.checkpoint).with_name("changed.ckpt"), "model.pt2").card.read_text()
    assert "It was not tested." in card
    assert verdict.sentence not in card


def test_made_up_windows_take_the_place_of_closes_that_are_elsewhere(tmp_path: Path) -> None:
    checkpoint = checkpoint_of(tiny(), tmp_path)
    (tmp_path / "COIN-USD.csv").unlink()
    assert "made-up windows" in cf.export(checkpoint, tmp_path / "model.pt2").sentence


def test_a_file_that_forecasts_something_else_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def tampered(program: torch.export.ExportedProgram) -> Written:
        for name, weights in program.state_dict.items():
            program.state_dict[name] = nn.Parameter(weights + 1e-3)
        return to_pt2(program)

    checkpoint = checkpoint_of(tiny(), tmp_path)
    monkeypatch.setattr(export_run, "to_pt2", tampered)
    with pytest.raises(cf.UserError, match="forecasts other prices than the checkpoint"):
        cf.export(checkpoint, tmp_path / "model.pt2")
    assert not list(tmp_path.glob("model.pt2")) and not list(tmp_path.glob("*.md"))  # noqa: PT018


def test_code_that_decides_by_values_is_refused_in_a_sentence(tmp_path: Path) -> None:
    model = OfValues(context_length=LENGTH, horizon=HORIZON)
    with pytest.raises(cf.UserError, match="OfValues cannot be exported: torch.export cannot follow its code"):
        cf.export(checkpoint_of(model, tmp_path), tmp_path / "model.pt2")
    assert not (tmp_path / "model.pt2").exists()


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (cf.Arima(context_length=LENGTH), "by another library"),
        (cf.Chronos(context_length=LENGTH), "by another library"),
        (cf.LightGBM(context_length=LENGTH), "is an estimator"),
        (cf.Garch(context_length=LENGTH), "rung of the ladder"),
        (cf.LSTM(context_length=LENGTH, head=cf.StudentT(relative_to="Garch")), "stands on Garch"),
        (cf.LSTM(context_length=LENGTH, head=cf.Mixture(relative_to="Har")), "distribution function of Student's t"),
        (cf.LSTM(context_length=LENGTH, across=True, series_count=2), "all series at once"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_forecasts_with_more_than_prices_and_a_network_is_refused(model: cf.Forecaster, reason: str) -> None:
    from cryptoforecast.export.graph import ForecastGraph

    with pytest.raises(cf.UserError, match=f"^{type(model).__name__} cannot be exported: .*{reason}"):
        ForecastGraph(model)


def test_another_ending_a_missing_folder_and_a_file_that_is_no_card_are_refused(tmp_path: Path) -> None:
    with pytest.raises(cf.UserError, match="ends with .pth; it is .pt2 for torch or .onnx."):
        cf.export("no.ckpt", tmp_path / "model.pth")
    with pytest.raises(cf.UserError, match="there is no folder"):
        cf.export("no.ckpt", tmp_path / "no" / "model.pt2")
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(cf.UserError, match="is no model card"):
        cf.export("no.ckpt", tmp_path / "README.pt2")
    with pytest.raises(cf.UserError, match="no such checkpoint"):
        cf.export("no.ckpt", tmp_path / "model.pt2")


def test_onnx_without_its_packages_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(cf.UserError, match=r'pip install "cryptoforecast\[export\]"'):
        cf.export("no.ckpt", tmp_path / "model.onnx")
