"""``cryptoforecast.compare``, from Python."""

import json
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from cryptoforecast import UserError, compare
from cryptoforecast.evaluation.rows import to_csv
from cryptoforecast.evaluation.tries import Tried
from tests.evaluation.helpers import many


@pytest.fixture
def rows() -> pd.DataFrame:
    return many(0, copies=2, planted=True)


def in_folder(rows: pd.DataFrame, folder: str) -> Path:
    """A run folder with forecasts and a checkpoint."""
    checkpoint = Path(folder, "checkpoints", "best.ckpt")
    checkpoint.parent.mkdir(parents=True)
    checkpoint.touch()
    to_csv(rows, Path(folder, "forecasts.csv"))
    return checkpoint


def test_a_frame_a_folder_a_file_a_run_and_a_checkpoint_are_compared_alike(rows: pd.DataFrame) -> None:
    checkpoint = in_folder(rows, "runs/a/version_0")
    folder = checkpoint.parent.parent
    run = SimpleNamespace(folder=folder.absolute())
    alike = (rows, folder, folder / "forecasts.csv", run, str(checkpoint))
    found = [compare(given, repetitions=100) for given in alike]
    assert len({result.sentence for result in found}) == 1
    assert found[0].winner == "Planted"
    for result in found[1:]:
        pd.testing.assert_frame_equal(result.table(), found[0].table())


def test_a_result_holds_frames_and_prints_well_and_is_written_where_it_is_wanted(rows: pd.DataFrame) -> None:
    result = compare(rows, repetitions=100, output_dir="out")
    assert result.table().columns.tolist()[:4] == ["series", "model", "rmse", "mae"]
    assert set(result.table()["model"]) == set(result.rows["model"])
    text = repr(result)
    assert text.startswith("350 targets in common, 0 left out\n")
    assert text.endswith(result.sentence)
    assert max(map(len, text.splitlines()[:-1])) <= 100
    assert "<table" in result._repr_html_()
    assert json.loads(Path("out/comparison.json").read_text())["sentence"] == result.sentence
    assert Path("out/comparison.html").is_file()


def test_several_frames_are_told_apart_by_their_place(rows: pd.DataFrame) -> None:
    models = compare(rows, rows, repetitions=100).table()["model"]
    assert {"Planted (frame 1)", "Planted (frame 2)"} <= set(models)


def test_what_is_known_of_the_targets_can_be_said_and_the_former_place_of_tried_warns(rows: pd.DataFrame) -> None:
    assert compare(rows, chosen_on=True, repetitions=100).sentence.startswith("No claim: ")
    assert compare(rows, tried=Tried(7, 9), repetitions=100).tried == Tried(7, 9)
    with pytest.warns(DeprecationWarning, match="tried=tried"):
        assert compare(rows, Tried(7, 9), repetitions=100).tried == Tried(7, 9)


def test_a_mistake_is_one_sentence(rows: pd.DataFrame) -> None:
    for given, sentence in {
        (): "compare takes at least one run",
        (3,): "compare takes runs, folders, files and frames of forecast rows, not a int",
        ("absent.csv",): "absent.csv: no such file or folder",
    }.items():
        with pytest.raises(UserError, match=sentence):
            compare(*given)
