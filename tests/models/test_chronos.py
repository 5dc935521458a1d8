"""Chronos zero-shot: its library is the oracle, and what it may have seen is never claimed. Weights here are random."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from cryptoforecast import Chronos, UserError, forecast_rows
from cryptoforecast.models.checkpoints.loaded_parts import prior_training_of
from cryptoforecast.quantiles import LEVELS
from tests.helpers import Said, data_of, random_walk, write_yahoo

CORE = {"d_model": 8, "d_kv": 4, "d_ff": 8, "num_heads": 4, "num_layers": 1}
SIZES = {"context_length": 64, "input_patch_size": 8, "input_patch_stride": 8, "use_reg_token": True}
LENGTHS = {"context_length": 20, "horizon": 3}


def tiny_chronos2(folder: Path) -> str:
    """Random weights of the library's own smallest configuration."""
    from chronos import Chronos2Model
    from chronos.chronos2.config import Chronos2CoreConfig

    torch.manual_seed(0)
    settings = {**SIZES, "output_patch_size": 8, "max_output_patches": 2, "quantiles": list(LEVELS)}
    named = {"chronos_pipeline_class": "Chronos2Pipeline", "architectures": ["Chronos2Model"]}
    Chronos2Model(Chronos2CoreConfig(**CORE, chronos_config=settings, **named)).save_pretrained(folder)
    return str(folder)


def tiny_bolt(folder: Path) -> str:
    """The same of Chronos-Bolt."""
    from chronos.chronos_bolt import ChronosBoltModelForForecasting
    from transformers import T5Config

    torch.manual_seed(0)
    settings = {**SIZES, "prediction_length": 8, "quantiles": [level / 10 for level in range(1, 10)]}
    named = {"chronos_pipeline_class": "ChronosBoltPipeline", "architectures": ["ChronosBoltModelForForecasting"]}
    config = T5Config(**CORE, vocab_size=2, decoder_start_token_id=0, chronos_config=settings, **named)
    ChronosBoltModelForForecasting(config).save_pretrained(folder)
    return str(folder)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", [tiny_chronos2, tiny_bolt])
def test_rows_have_the_quantiles_that_the_library_forecasts_for_the_scaled_closes(
    make: Callable[[Path], str], tmp_path: Path
) -> None:
    chronos = pytest.importorskip("chronos", reason="the extra pretrained is not installed")
    path, data = make(tmp_path), data_of(random_walk(120), **LENGTHS)
    model = Chronos(path, **LENGTHS)
    rows = forecast_rows(model, data, "test")
    window = data.windows[data.fold.test]
    scaled = model.scaling.encode(window.context[..., 0], window.context[..., 0]).float()
    pipeline = chronos.BaseChronosPipeline.from_pretrained(path, device_map="cpu")
    given = scaled.unsqueeze(1) if make is tiny_chronos2 else scaled
    found, _ = pipeline.predict_quantiles(given, prediction_length=3, quantile_levels=list(LEVELS))
    expected = torch.stack([item.reshape(3, 21) for item in found]).sort(-1).values.double()
    for number, level in enumerate(LEVELS):
        prices = model.scaling.decode(expected[..., number], window.context[..., 0])
        torch.testing.assert_close(torch.tensor(rows[f"{level:g}"].to_numpy()), prices.flatten(), rtol=1e-5, atol=0)
    assert (rows["forecast"] == rows["0.5"]).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_what_the_weights_may_have_seen_is_shown_and_not_claimed_and_stands_in_the_record(
    type_in: Callable[..., Said], tmp_path: Path
) -> None:
    pytest.importorskip("chronos", reason="the extra pretrained is not installed")
    path = tiny_chronos2(tmp_path / "weights")
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    words = ("test", "--model=Chronos", f"--model.path={path}", "--data.source=CsvSource",
             "--data.source.path=COIN-USD.csv", "--data.context_length=20", "--output_dir=out")  # fmt: skip
    said = type_in(*words)
    assert said.status == 0, said.err
    assert "the pretrained Chronos does not say on which closes it was trained" in said.out
    said = type_in(*words, "--model.knows_until=2020-09-30", "--model.licence=MIT")
    seen = "the pretrained Chronos has been fitted or chosen on closes up to 2020-09-30"
    assert seen in said.out
    assert seen in json.loads(Path("out/scores.json").read_text())["flattered_by"]
    entry = json.loads(Path("runs/ledger.jsonl").read_text().splitlines()[-1]) if Path("runs").is_dir() else None
    entry = entry or json.loads(Path("ledger.jsonl").read_text().splitlines()[-1])
    assert (
        entry["variant"]["model"]["init_args"] | {"knows_until": "2020-09-30", "licence": "MIT"}
        == (entry["variant"]["model"]["init_args"])
    )
    assert seen in entry["flattered_by"]
    said = type_in(*words, "--model.knows_until=2019-12-31")
    assert "No claim" not in said.out


def test_known_weights_know_the_day_of_their_publication_and_others_say_that_they_do_not() -> None:
    (trained,) = prior_training_of(Chronos(**LENGTHS))
    assert trained == ("the pretrained Chronos", *["2025-10-20T23:59:59+00:00"] * 2)
    (trained,) = prior_training_of(Chronos("a/b", **LENGTHS))
    assert trained.selected_until is None
    assert Chronos(**LENGTHS).record()["init_args"]["licence"] == "Apache-2.0"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_weights_that_are_not_there_are_a_sentence(tmp_path: Path, monkeypatch: Any) -> None:
    pytest.importorskip("chronos", reason="the extra pretrained is not installed")
    with pytest.raises(UserError, match="whose weights cannot be loaded"):
        forecast_rows(Chronos(str(tmp_path), **LENGTHS), data_of(random_walk(120), **LENGTHS), "test")
