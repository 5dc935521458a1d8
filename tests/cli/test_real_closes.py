"""Real price files, where the environment names a folder of them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import CONFIGS, Said


def test_the_paper_split_has_the_targets_and_the_random_walk_it_is_known_for(
    real_data: Path, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    folder = f"--data.source.folder={real_data / 'paper_split'}"
    said = type_in("test", "--config", CONFIGS / "paper_split.yaml", folder, "--model=RandomWalk", "--output_dir=.")
    assert said.status == 0, said.err
    content = json.loads((tmp_path / "scores.json").read_text())
    walk = content["scores"]["RandomWalk"]
    assert content["targets"] == 350
    assert (round(walk["rmse"], 1), round(walk["mae"], 1), round(walk["mape"], 3)) == (1568.5, 1091.9, 1.973)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_on_the_paper_split_a_plain_lstm_stays_below_the_best_published_rmse(
    seed: int, real_data: Path, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    folder = f"--data.source.folder={real_data / 'paper_split'}"
    said = type_in("fit", "--config", CONFIGS / "paper_split.yaml", folder, f"--seed_everything={seed}")
    assert said.status == 0, said.err
    assert (
        type_in("test", "--ckpt_path", "runs/paper_split-LSTM/version_0/checkpoints/best.ckpt", "--output_dir=.").status
        == 0
    )
    content = json.loads((tmp_path / "scores.json").read_text())
    assert content["scores"]["LSTM"]["rmse"] < 1598.1  # CryptoMamba-v
    assert "no better than persistence" in content["verdict"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["BTC-USD_2026.csv", "ETH-USD.csv", "LTC-USD_2025.csv", "XRP-USD_2026.csv"])
def test_real_coins_run_from_file_to_forecast(
    name: str, real_data: Path, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    source = ("--data.source=CsvSource", f"--data.source.path={real_data / name}")
    said = type_in("fit", "--config", CONFIGS / "btc.yaml", *source, "--trainer.max_epochs=2")
    assert said.status == 0, said.err
    checkpoint = "runs/btc-LSTM/version_0/checkpoints/best.ckpt"
    assert type_in("test", "--ckpt_path", checkpoint).status == 0
    assert len(type_in("predict", "--ckpt_path", checkpoint).out.splitlines()) == 2
