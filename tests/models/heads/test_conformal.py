"""Conformal intervals: they hold what n errors allow, say when n is too small, and leave the network as it is."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from cryptoforecast import GRU, CloseDataModule, Conformal, Point, UserError, forecast_rows, load_forecaster
from cryptoforecast.data.windows import Window
from cryptoforecast.models.contract.answers import window_of
from cryptoforecast.models.contract.calibration import calibrate_on, without_validation
from cryptoforecast.models.contract.distribution import forecast_with_distribution
from cryptoforecast.models.heads.conformal import Scale
from cryptoforecast.models.heads.head import Head
from cryptoforecast.models.heads.sorted_errors import Kind
from cryptoforecast.quantiles import COLUMNS, LEVELS
from tests.helpers import Given, coins_of, random_walk
from tests.models.helpers import Simple, quiet_trainer

LENGTHS = {"context_length": 5, "horizon": 2}


def data_of_days(closes: list[float], **settings: object) -> CloseDataModule:
    """A data module with a long validation range."""
    settings = {**LENGTHS, "val_from": 0.4, "test_from": 0.8, **settings}
    return CloseDataModule(Given(closes), **settings)  # type: ignore[arg-type]


def fitted(head: Head, data: CloseDataModule, folder: Path, epochs: int = 1) -> GRU:
    torch.manual_seed(0)
    model = GRU(hidden_size=4, head=head, **LENGTHS)
    quiet_trainer(folder, max_epochs=epochs).fit(model, data)
    return model


def calibrated(errors: torch.Tensor, residuals: Kind = "absolute", scale: Scale = "none") -> GRU:
    """A model whose head has these errors, one row for each step."""
    head = Conformal(scale=scale, residuals=residuals)
    head.take_errors([errors.double()])
    return GRU(hidden_size=4, head=head, context_length=5, horizon=len(errors)).eval()


@pytest.mark.parametrize("residuals", ["absolute", "signed"])
def test_exchangeable_errors_give_the_exact_level(residuals: Kind) -> None:
    """Over many draws of n errors and one more, the share below each quantile is k / (n + 1), whatever they are."""
    random, n, draws = np.random.default_rng(0), 120, 4000
    errors = torch.from_numpy(random.standard_cauchy((draws, n + 1)) + (residuals == "signed"))
    head = Conformal(scale="none", residuals=residuals)
    head.take_errors([errors[:, :n]])  # a draw for each step
    below = (errors[:, n:] <= head.offsets(LEVELS)[0]).sum(0).numpy()
    for level, count in zip(LEVELS, below, strict=True):
        share = np.ceil(round(abs(2 * level - 1) * (n + 1), 6)) / (n + 1)  # of the central interval that ends there
        exact = 0.5 + np.sign(level - 0.5) * share / 2
        if residuals == "signed":
            rank = level * (n + 1)
            exact = (np.floor(rank) if level < 0.5 else np.ceil(rank)) / (n + 1)
        if level != 0.5:
            assert binom.ppf(0.0005, draws, exact) <= count <= binom.ppf(0.9995, draws, exact), level
            assert exact <= level if level < 0.5 else exact >= level


def test_quantiles_are_order_statistics_counted_by_hand() -> None:
    errors = torch.arange(1.0, 100.0).unsqueeze(0)  # 1 to 99
    signed, absolute = Conformal("none", "signed"), Conformal("none", "absolute")
    signed.take_errors([errors.double()])
    absolute.take_errors([errors.double()])
    assert signed.offsets((0.01, 0.05, 0.5, 0.95, 0.99)).flatten().tolist() == [1, 5, 50, 95, 99]
    assert absolute.offsets((0.01, 0.05, 0.5, 0.95, 0.99)).flatten().tolist() == [-98, -90, 0, 90, 98]


@pytest.mark.parametrize(("residuals", "least", "highest"), [("absolute", 49, "0.99"), ("signed", 99, "0.99")])
def test_a_level_that_n_errors_cannot_reach_is_refused_with_n_and_the_option(
    residuals: Kind, least: int, highest: str
) -> None:
    head = Conformal(scale="none", residuals=residuals)
    head.take_errors([torch.ones(1, least, dtype=torch.float64)])
    sentence = f"n is {least - 1}.*level {highest} takes {least}.*data.val_from"
    with pytest.raises(UserError, match=sentence):
        head.take_errors([torch.ones(1, least - 1, dtype=torch.float64)])


def test_too_few_validation_targets_are_refused_before_a_fit(tmp_path: Path) -> None:
    data = data_of_days(random_walk(120), val_from=0.6)
    with pytest.raises(UserError, match="n is 23"):
        fitted(Conformal(), data, tmp_path)
    with pytest.raises(UserError, match="limit_val_batches is 0"):
        quiet_trainer(tmp_path, limit_val_batches=0).fit(GRU(head=Conformal(), **LENGTHS), data)


@pytest.mark.parametrize("scale", ["ewma", "window", "none"])
def test_the_network_is_trained_to_the_same_weights_and_forecasts_as_with_a_point(scale: Scale, tmp_path: Path) -> None:
    point = fitted(Point(), data_of_days(random_walk(200)), tmp_path, epochs=2)
    data = data_of_days(random_walk(200))
    conformal = fitted(Conformal(scale), data, tmp_path, epochs=2)
    for name, weights in point.state_dict().items():
        assert torch.equal(weights, conformal.state_dict()[name])
    rows = [forecast_rows(model, data, "test")["forecast"].to_numpy() for model in (point, conformal)]
    assert np.array_equal(*rows)


@pytest.mark.parametrize("scale", ["ewma", "window", "none"])
def test_the_quantiles_are_made_of_the_errors_of_the_validation_rows(scale: Scale, tmp_path: Path) -> None:
    """Worked out once more, from forecast rows and closes."""
    data = data_of_days(random_walk(300))
    model = fitted(Conformal(scale), data, tmp_path)
    parts = {split: forecast_rows(model, data, split) for split in ("val", "test")}
    closes, scales = data.series[0].closes, {}
    for origin in pd_unique(parts):
        squares = np.square(np.diff(np.log(closes.loc[:origin].to_numpy()[-5:])))
        weights = {"ewma": 0.94 ** np.arange(4)[::-1], "window": np.ones(4), "none": None}[scale]
        scales[origin] = 1.0 if weights is None else np.sqrt(np.sum(weights * squares) / weights.sum())
    for step in (1, 2):
        val, test = (rows[rows["step"] == step] for rows in parts.values())
        deviation = [part["origin"].map(scales).to_numpy() for part in (val, test)]
        errors = np.sort(np.abs(np.log(val["actual"] / val["forecast"])).to_numpy() / deviation[0])
        reach = errors[int(np.ceil(round(0.9 * (len(errors) + 1), 6))) - 1]
        wanted = test["forecast"] * np.exp(deviation[1] * reach)
        assert test["0.95"].to_numpy() == pytest.approx(wanted.to_numpy(), rel=1e-9)
        assert test["0.5"].to_numpy() == pytest.approx(test["forecast"].to_numpy(), rel=1e-12)


def pd_unique(parts: dict[str, object]) -> list[object]:
    return list({origin for rows in parts.values() for origin in rows["origin"]})  # type: ignore[index]


def test_a_checkpoint_holds_the_errors_of_its_own_weights(tmp_path: Path) -> None:
    from lightning.pytorch.callbacks import ModelCheckpoint

    torch.manual_seed(0)
    model, data = Simple(head=Conformal(), **LENGTHS), data_of_days(random_walk(200))
    keep = ModelCheckpoint(tmp_path, save_top_k=-1)
    quiet_trainer(tmp_path, max_epochs=3, callbacks=[keep], enable_checkpointing=True).fit(model, data)
    for path in sorted(tmp_path.glob("*.ckpt")):
        loaded = load_forecaster(path)
        assert isinstance(loaded.output_head, Conformal)
        val = forecast_rows(loaded, data, "val")
        val = val[val["step"] == 1]
        inside = ((val["0.05"] <= val["actual"]) & (val["actual"] <= val["0.95"])).sum()
        assert inside == np.ceil(0.9 * (len(val) + 1))  # exactly, on the errors that it was made of


def test_errors_of_several_coins_are_pooled_over_a_scale_and_kept_apart_without(tmp_path: Path) -> None:
    quiet = Given(list(np.exp(np.log(random_walk(200)) / 10)), symbol="QUIET-USD")
    data = coins_of(Given(random_walk(200, 1), symbol="WILD-USD"), quiet, val_from=0.4, test_from=0.8)
    widths = {}
    for scale in ("ewma", "none"):
        rows = forecast_rows(fitted(Conformal(scale), data, tmp_path, epochs=4), data, "test")  # type: ignore[arg-type]
        rows["width"] = np.log(rows["0.95"] / rows["0.05"])
        widths[scale] = rows.groupby("series")["width"].mean()
    for scale in widths:
        assert widths[scale]["WILD-USD"] > 3 * widths[scale]["QUIET-USD"]
    model = GRU(hidden_size=4, head=Conformal("none"), **LENGTHS)
    model.output_head.take_errors([torch.ones(2, 60, dtype=torch.float64)])  # type: ignore[operator]
    with pytest.raises(UserError, match="errors of 1 series.*series 2"):
        forecast_rows(model, data, "test")


@given(
    seed=st.integers(0, 1000), unit=st.sampled_from([1e-9, 1.0, 1e6]), residuals=st.sampled_from(["absolute", "signed"])
)
def test_quantiles_never_cross_and_scale_with_the_unit_of_price(seed: int, unit: float, residuals: Kind) -> None:
    torch.manual_seed(seed)
    model = calibrated(torch.randn(2, 130) + 0.3, residuals, "ewma")
    context = torch.from_numpy(np.array(random_walk(5, seed))).view(1, 5, 1)
    window = window_of(context, 2)._replace(target=context[:, -1:, 0].expand(1, 2))
    found = forecast_with_distribution(model, window).distribution
    assert found is not None
    quantiles = found.quantiles
    assert (quantiles.diff(dim=-1) >= 0).all()
    assert ((found.pit > 0) & (found.pit < 1)).all()
    times_unit = Window(context * unit, window.target * unit, window.origin, window.series)
    in_unit = forecast_with_distribution(model, times_unit).distribution
    assert in_unit is not None
    assert torch.allclose(in_unit.quantiles / unit, quantiles, rtol=1e-5, atol=0)


def test_a_window_that_stands_still_has_finite_quantiles(tmp_path: Path) -> None:
    closes = random_walk(300)
    closes[250:] = [closes[250]] * 50
    data = data_of_days(closes)
    rows = forecast_rows(fitted(Conformal(), data, tmp_path), data, "test")
    assert np.isfinite(rows[list(COLUMNS)]).all().all()
    assert (rows[list(COLUMNS)] > 0).all().all()


def test_pit_is_the_level_of_the_quantile_that_the_close_is_at() -> None:
    for residuals in ("absolute", "signed"):
        model = calibrated(torch.randn(1, 999), residuals)  # type: ignore[arg-type]
        context = torch.tensor(random_walk(5), dtype=torch.float64).view(1, 5, 1)
        found = forecast_with_distribution(model, window_of(context, 1)).distribution
        assert found is not None
        for place, level in enumerate(LEVELS):
            window = window_of(context, 1)._replace(target=found.quantiles[..., place])
            again = forecast_with_distribution(model, window).distribution
            assert again is not None
            assert again.pit.item() == pytest.approx(level, abs=0.0011)


def test_a_model_that_was_never_fitted_has_no_intervals() -> None:
    data = data_of_days(random_walk(200))
    with pytest.raises(UserError, match="no validation errors"):
        forecast_rows(GRU(hidden_size=4, head=Conformal(), **LENGTHS), data, "test")


def test_a_short_training_without_validation_is_calibrated_on_given_windows(tmp_path: Path) -> None:
    model, data = GRU(hidden_size=4, head=Conformal(), **LENGTHS), data_of_days(random_walk(200))
    without_validation(model)
    quiet_trainer(tmp_path, limit_val_batches=0).fit(model, data)
    calibrate_on(model.eval(), data.windows[data.fold.train[-20:]])
    assert np.isfinite(forecast_rows(model, data, "test")[list(COLUMNS)]).all().all()
