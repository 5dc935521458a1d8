"""A model with a distribution from the command line: two tables, two sentences, its files, and the ledger."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from cryptoforecast import runs
from cryptoforecast.evaluation.distribution.density import crps
from cryptoforecast.evaluation.distribution.quantile_columns import DISTRIBUTION_COLUMNS
from cryptoforecast.evaluation.ledger import read_ledger
from cryptoforecast.evaluation.rows import read_rows
from tests.helpers import CONFIGS, SMALL, Said, random_walk, write_yahoo

TypeIn = Callable[..., Said]
BEST = Path("runs", "btc-LSTM", "version_0", "checkpoints", "best.ckpt")
DENSITY = ["crps", "density_skill", "log_score", "coverage_50", "coverage_90", "width_90"]


@pytest.fixture
def fitted_density(type_in: TypeIn, tmp_path: Path) -> Path:
    """The run folder of a tiny LSTM with a Student-t head."""
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(700))
    words = ("--data.source=CsvSource", "--data.source.path=COIN-USD.csv", "--model.head=StudentT", *SMALL)
    said = type_in("fit", "--config", CONFIGS / "btc.yaml", *words)
    assert said.status == 0, said.err
    assert "LSTM's distribution" in said.out
    return BEST.parent.parent


@pytest.mark.slow
def test_a_distribution_is_judged_in_two_tables_and_two_sentences_and_entered_in_the_ledger(
    type_in: TypeIn, fitted_density: Path
) -> None:
    said = type_in("test", "--ckpt_path", BEST)
    assert said.status == 0, said.err
    points, distributions = said.out.split("distributions of the log change")
    assert "Har" not in points
    assert all(rung in distributions for rung in ("RandomWalk", "Ewma", "Garch", "Har"))
    sentences = [line for line in said.out.splitlines() if line.startswith("LSTM")]
    assert len(sentences) == 2
    assert "its 90% intervals hold" in sentences[1]
    assert all("the 1st variant tried on these targets" in sentence for sentence in sentences)
    written = {name: json.loads((fitted_density / name).read_text()) for name in ("scores.json", "validation.json")}
    for content in written.values():
        assert list(content["scores"]["LSTM"])[-6:] == DENSITY
    entry = read_ledger(Path("runs", "ledger.jsonl"))[-1]
    assert entry["scores"] == written["scores.json"]["scores"]
    rows = read_rows(fitted_density / "forecasts.csv")
    assert set(DISTRIBUTION_COLUMNS) <= set(rows)
    scored = crps(rows).set_index("model")["crps"]
    assert math.isclose(scored["LSTM"], entry["scores"]["LSTM"]["crps"], rel_tol=1e-12)
    (row,) = runs().to_dict("records")
    assert row["test_density_skill"] == entry["scores"]["LSTM"]["density_skill"]
    assert row["val_crps"] == written["validation.json"]["scores"]["LSTM"]["crps"]
