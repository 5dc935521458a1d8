"""``runs``, as typed."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from tests.cli.helpers import CSV
from tests.helpers import CONFIGS, SMALL, Run, Said, random_walk, write_yahoo

TypeIn = Callable[..., Said]


def test_a_run_that_was_fitted_stands_in_the_table_and_in_the_file(type_in: TypeIn, tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    assert type_in("fit", "--config", CONFIGS / "btc.yaml", *CSV, *SMALL).status == 0  # nobody else tests this run
    folder = Path("runs", "btc-LSTM", "version_0")
    said = type_in("runs", "runs", "--model=LSTM", "--where=hidden_size=4", "--sort=skill")
    assert said.status == 0, said.err
    (line,) = [line.split() for line in said.out.splitlines() if " LSTM " in line]
    val_skill = json.loads((folder / "validation.json").read_text())["scores"]["LSTM"]["skill"]
    assert line[-3:-1] == [f"{val_skill:+.4f}", "-"], "judged on validation, and not tested yet"
    assert said.out.splitlines()[-1] == "1 run"
    said = type_in("runs", "runs", "--csv=runs.csv")
    assert (said.status, said.out, said.err) == (0, "", "wrote runs.csv\n")
    (row,) = pd.read_csv("runs.csv").to_dict("records")
    assert (row["model"], row["kind"], row["folder"]) == ("LSTM", "fit", str(folder))


def test_where_nothing_was_tried_a_sentence_says_so(type_in: TypeIn) -> None:
    said = type_in("runs")
    assert said == Said(
        1, "", "error: runs/ledger.jsonl: there is no ledger; fit begins one in the folder of its runs.\n"
    )
    assert not Path("runs").exists()


def test_a_mistake_is_one_sentence(fitted: Run, type_in: TypeIn) -> None:
    home = fitted.folder.parent.parent
    said = type_in("runs", home, "--wehre=model=LSTM")
    assert (said.status, said.err) == (2, "error: unrecognized arguments: --wehre=model=LSTM; see runs --help.\n")
    said = type_in("runs", home, "--where=hiden_size=4")
    assert (said.status, "the nearest is hidden_size" in said.err) == (2, True)
