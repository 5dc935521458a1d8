"""``cryptoforecast.audit``, called from Python."""

from pathlib import Path

import pytest

import cryptoforecast as cf
from tests.helpers import random_walk, write_yahoo

PEEK = """
import pandas as pd, torch
from cryptoforecast import LSTM

class Peek(LSTM):
    def forecast(self, context):  # the close of tomorrow, from the file
        closes = torch.tensor(pd.read_csv("COIN-USD.csv")["Close"].to_numpy())
        row = (closes == context[:, -1:, 0]).long().argmax(dim=1)
        return closes[(row + 1).clamp_max(len(closes) - 1)].unsqueeze(1).expand(-1, self.horizon)
"""
SMALL = {"hidden_size": 4, "max_epochs": 1, "context_length": 12, "seed": 0}


@pytest.fixture
def coin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> cf.CsvSource:
    """A coin's file in the working folder, which modules are imported from."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    write_yahoo(Path("COIN-USD.csv"), random_walk(300))
    return cf.CsvSource("COIN-USD.csv")


@pytest.mark.slow
def test_a_run_its_folder_and_its_checkpoint_are_audited_alike(coin: cf.CsvSource) -> None:
    run = cf.fit(source=coin, model=cf.LSTM, name="small", progress=False, num_layers=1, **SMALL)
    results = [cf.audit(way, steps=2) for way in (run, "runs/small/version_0")]
    assert len({result.sentence for result in results}) == 1
    assert results[0].is_blind
    assert "LSTM on COIN-USD is blind to the future" in repr(results[0])
    assert results[0].table()["stage"].tolist()[0] == "source"


@pytest.mark.slow
def test_a_run_of_a_model_that_reads_the_file_of_the_closes_is_named(coin: cf.CsvSource) -> None:
    Path("peek.py").write_text(PEEK)
    run = cf.fit(source=coin, model="peek.Peek", progress=False, num_layers=1, **SMALL)
    with pytest.raises(cf.LookAhead, match="COIN-USD.csv"):
        cf.audit(run, steps=2)


def test_data_without_a_model_is_refused(coin: cf.CsvSource) -> None:
    with pytest.raises(cf.UserError, match="audit takes data beside a model only"):
        cf.audit("runs/small/version_0", cf.CloseDataModule(coin))
