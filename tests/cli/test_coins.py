"""Several coins, series with gaps, and columns beyond the close, typed as a user types them."""

import json
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml

from tests.cli.helpers import refused
from tests.helpers import CONFIGS, SMALL, Run, Said, random_walk, write_yahoo

NAMES = ("BTC-USD", "ETH-USD", "DOGE-USD")
COINS = ("--config", CONFIGS / "coins.yaml", *SMALL, "--data.val_from=2020-08-01", "--data.test_from=2020-09-15")
BEST = "runs/coins-LSTM/version_0/checkpoints/best.ckpt"


def listed(*names: str) -> str:
    files = ", ".join(f"{{class_path: CsvSource, init_args: {{path: {name}.csv}}}}" for name in names)
    return f"--data.source=[{files}]"


def write_coins(folder: Path) -> None:
    for seed, name in enumerate(NAMES):
        write_yahoo(folder / f"{name}.csv", random_walk(300 - 10 * seed, seed, first=10.0 ** (4 - 3 * seed)))


@pytest.fixture
def coins(type_in: Callable[..., Said], tmp_path: Path) -> Said:
    """A fit of three coins, in the working folder."""
    write_coins(tmp_path)
    said = type_in("fit", *COINS, listed(*NAMES))
    assert said.status == 0, said.err
    return said


@pytest.mark.slow
@pytest.mark.figures
def test_several_coins_go_through_every_verb(coins: Said, type_in: Callable[..., Said]) -> None:
    lines = coins.out.splitlines()
    assert lines[0] == "closes   3 series, 1 day apart"
    assert lines[2] == "         ETH-USD: 290 from 2020-01-01 to 2020-10-16, from CsvSource (ETH-USD.csv)"
    assert "3 series: 135 val targets" in coins.out
    assert [line.split()[:1] for line in lines if line[2:].startswith(NAMES)] == [[name] for name in NAMES]
    record = json.loads(Path("runs/coins-LSTM/version_0/provenance.json").read_text())
    assert [series["symbol"] for series in record["series"]] == list(NAMES)
    for verb, count in (("validate", 3 * 45), ("test", 42 + 32 + 22)):
        said = type_in(verb, "--ckpt_path", BEST, "--output_dir=out")
        assert said.status == 0, said.err
        assert said.err == ""
        assert "all series, each counting the same" in said.out
        content = json.loads(Path("out/scores.json").read_text())
        assert (list(content["by_series"]), content["targets"]) == (list(NAMES), count)
        rows = pd.read_csv("out/forecasts.csv")
        assert rows["series"].unique().tolist() == list(NAMES)
        assert len(rows) == 4 * count
        assert Path("out/forecast.png").stat().st_size > 10_000
    said = type_in("predict", "--ckpt_path", BEST)
    rows = pd.read_csv(StringIO(said.out))
    assert rows["series"].tolist() == list(NAMES)
    assert rows["timestamp"].str[:10].tolist() == ["2020-10-27", "2020-10-17", "2020-10-07"]


@pytest.mark.slow
def test_a_checkpoint_of_several_coins_judges_one_of_them_or_another(
    coins: Said, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    one = ("test", "--ckpt_path", BEST, "--output_dir=.", "--data.source=CsvSource")
    alone = type_in(*one, "--data.source.path=ETH-USD.csv")
    assert alone.status == 0, alone.err
    assert alone.err == ""
    assert "ETH-USD: 32 test targets" in alone.out
    type_in("test", "--ckpt_path", BEST, "--output_dir=all")
    together = json.loads(Path("all/scores.json").read_text())["by_series"]["ETH-USD"]
    assert json.loads(Path("scores.json").read_text())["scores"] == together
    write_yahoo(tmp_path / "NEW-USD.csv", random_walk(300, seed=9))
    said = type_in(*one, "--data.source.path=NEW-USD.csv")
    assert "the checkpoint was trained on BTC-USD, ETH-USD, DOGE-USD, but these closes are NEW-USD" in said.err
    revised = random_walk(290, 1, first=10.0)
    write_yahoo(tmp_path / "ETH-USD.csv", [revised[0] + 0.01, *revised[1:]])
    said = type_in("test", "--ckpt_path", BEST, "--output_dir=.")
    assert said.err.count("are not those the checkpoint was trained on") == 1
    assert "the closes of ETH-USD up to 2020-10-16 are not those" in said.err


@pytest.mark.slow
def test_a_list_of_sources_stands_for_itself_and_no_coin_goes_by_the_name_of_another(
    type_in: Callable[..., Said], tmp_path: Path
) -> None:
    """The configuration lists symbols of Yahoo; a list of files has its own, said in words or in a file."""
    write_coins(tmp_path)
    names = ["BTC-USD", "DOGE-USD", "ETH-USD", "A-USD", "B-USD"]  # as many as the configuration has, in another order
    for seed, name in enumerate(names[3:]):
        write_yahoo(tmp_path / f"{name}.csv", random_walk(280, 5 + seed))
    source = yaml.safe_load(listed(*names).removeprefix("--data.source="))
    Path("mine.yaml").write_text(yaml.safe_dump({"data": {"source": source}}))
    for words in ([listed(*names)], ["--data.source", listed(*names).removeprefix("--data.source=")],
                  ["--config", "mine.yaml"]):  # fmt: skip
        said = type_in("test", *COINS[:2], *COINS[-2:], *words, "--model=RandomWalk", "--output_dir=.")
        assert said.status == 0, said.err
        assert json.loads(Path("scores.json").read_text())["series"] == names


def test_an_option_of_one_source_is_refused_where_there_are_several(type_in: Callable[..., Said]) -> None:
    refused(type_in("fit", *COINS, "--data.source.gaps=ffill"), 2, "--data.source.gaps: data.source is a list; name it")
    words = (listed("A"), "--data.source.folder=x")
    refused(type_in("fit", *COINS, *words), 2, "--data.source.folder: data.source is a list")


def test_a_coin_is_added_on_the_command_line_with_options_of_its_own(
    type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_coins(tmp_path)
    words = ["--data.source=CsvSource", "--data.source.path=ETH-USD.csv"]
    words += ["--data.source+=CsvSource", "--data.source.path=DOGE-USD.csv", "--data.source.symbol=DOGE"]
    said = type_in("test", *COINS[:2], *COINS[-2:], *words, "--model=RandomWalk", "--output_dir=.")
    assert said.status == 0, said.err
    assert json.loads(Path("scores.json").read_text())["series"] == ["ETH-USD", "DOGE"]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("[{class_path: CsvSorce}]", "data.source: there is no CsvSorce; the nearest is CsvSource"),
        ("[{class_path: CsvSource, init_args: {pth: a}}]", "CsvSource has no option pth; the nearest is path"),
        ("[{class_path: CsvSource}]", "CsvSource needs path"),
    ],
)
def test_a_mistyped_list_is_told_the_nearest_right_one(
    source: str, sentence: str, type_in: Callable[..., Said]
) -> None:
    refused(type_in("fit", *COINS, f"--data.source={source}"), 2, sentence)


def test_a_coin_that_ends_before_the_test_days_is_pointed_out(type_in: Callable[..., Said], tmp_path: Path) -> None:
    write_coins(tmp_path)
    write_yahoo(tmp_path / "GONE-USD.csv", random_walk(230))
    said = type_in("fit", *COINS, listed("BTC-USD", "GONE-USD"))
    assert said.err.count("GONE-USD: no val window") == 0
    said = type_in("test", "--ckpt_path", BEST)
    assert said.err == "notice: GONE-USD: no test window between these borders; the other series have some.\n"
    assert "BTC-USD: 42 test targets" in said.out


def test_a_series_with_gaps_is_trained_on_between_them(type_in: Callable[..., Said], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    lines = (tmp_path / "COIN.csv").read_text().splitlines()
    (tmp_path / "COIN.csv").write_text("\n".join(lines[:100] + lines[103:180] + lines[181:]) + "\n")
    csv = ("--config", CONFIGS / "btc.yaml", *SMALL, "--data.source=CsvSource", "--data.source.path=COIN.csv")
    refused(type_in("fit", *csv), 1, "COIN: 4 days between the bars of 2020-04-08 and 2020-04-12")
    said = type_in("fit", *csv, "--data.source.gaps=split")
    assert said.status == 0, said.err
    assert "split where closes are missing: 2" in said.err
    checkpoint = torch.load("runs/btc-LSTM/version_0/checkpoints/best.ckpt", weights_only=True)
    assert checkpoint["cryptoforecast"]["data"]["settings"]["source"]["init_args"]["gaps"] == "split"
    (windows,) = (line for line in said.out.splitlines() if line.startswith("windows"))
    assert sum(int(count) for count in re.findall(r"(\d+) (?:train|val|test)", windows)) == 296 - 3 * 12
    for verb in ("test", "predict"):
        said = type_in(verb, "--ckpt_path", "runs/btc-LSTM/version_0/checkpoints/best.ckpt")
        assert said.status == 0, said.err


BARS = """
from tests.helpers import Given, bars

class Bars(Given):
    def __init__(self, count: int = 300):
        super().__init__(bars(count)["Close"], others=bars(count))
        self.count = count
"""
SEEN = ("--data.source=whole.Bars", "--data.columns=[Close, Volume, High, Low, Open]")


def test_a_checkpoint_knows_its_columns(type_in: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "whole.py").write_text(BARS)
    said = type_in("fit", "--config", CONFIGS / "btc.yaml", *SMALL, *SEEN)
    assert said.status == 0, said.err
    assert "12 bars (Close, Volume, High, Low, Open) to forecast 1" in said.out
    run = "runs/btc-LSTM/version_0"
    best = f"{run}/checkpoints/best.ckpt"
    held = torch.load(best, weights_only=True)["cryptoforecast"]
    columns = ["Close", "Volume", "High", "Low", "Open"]
    assert held["model"]["init_args"]["columns"] == held["data"]["settings"]["columns"] == columns
    assert yaml.safe_load(Path(run, "config.yaml").read_text())["data"]["columns"] == columns
    for verb in ("validate", "test", "predict"):
        said = type_in(verb, "--ckpt_path", best)
        assert said.status == 0, said.err
        assert said.err == ""
    refused(type_in("test", "--ckpt_path", best, "--data.columns=[Close]"), 2, "--data.columns cannot be changed")
    last = best.replace("best", "last")
    said = type_in("fit", "--config", f"{run}/config.yaml", "--ckpt_path", last, "--data.columns=[Close]")
    refused(said, 1, "last.ckpt: has model.columns ['Close', 'Volume', 'High', 'Low', 'Open'], and now it is ['Close']")


@pytest.mark.parametrize(
    ("setting", "status", "sentence"),
    [
        ("--data.columns=Close", 2, "data.columns: Close is no list such as [Close, Volume]"),
        ("--data.columns=[Close, volume]", 1, "data.columns names 'volume'; this column is called Volume"),
        ("--model.columns=[Close, High]", 2, "model.columns is taken from data.columns; set data.columns instead"),
    ],
)
def test_columns_that_cannot_be_are_refused_before_anything_is_written(
    setting: str, status: int, sentence: str, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    csv = ("--data.source=CsvSource", "--data.source.path=COIN.csv")
    refused(type_in("fit", "--config", CONFIGS / "btc.yaml", *csv, setting), status, sentence)
    assert [path.name for path in tmp_path.iterdir()] == ["COIN.csv"]


def test_a_variant_that_knows_of_no_columns_is_told_how_to_take_them(
    type_in: Callable[..., Said], tmp_path: Path
) -> None:
    (tmp_path / "whole.py").write_text(BARS)
    (tmp_path / "narrow.py").write_text(
        "from cryptoforecast import Forecaster\n"
        "class Narrow(Forecaster):\n"
        "    def __init__(self, context_length: int, horizon: int):\n"
        "        super().__init__(context_length=context_length, horizon=horizon)\n"
    )
    said = type_in("fit", "--config", CONFIGS / "btc.yaml", *SEEN, "--model=narrow.Narrow")
    sentence = "Narrow has columns [Close], and data.columns is [Close, Volume, High, Low, Open]: let its __init__ take"
    refused(said, 1, sentence)


def test_a_checkpoint_from_before_there_were_columns_is_one_of_closes(
    fitted: Run, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    content = torch.load(fitted.folder / "checkpoints" / "last.ckpt", weights_only=True)
    assert content["cryptoforecast"]["model"]["init_args"].pop("columns") == ["Close"]
    assert content["cryptoforecast"]["data"]["settings"].pop("columns") == ["Close"]
    torch.save(content, tmp_path / "old.ckpt")
    for verb in ("test", "predict"):
        said = type_in(verb, "--ckpt_path", "old.ckpt")
        assert said.status == 0, said.err
    going_on = ("fit", "--config", fitted.folder / "config.yaml", "--ckpt_path", "old.ckpt", "--trainer.max_epochs=2")
    said = type_in(*going_on)
    assert said.status == 0, said.err
