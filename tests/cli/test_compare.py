"""``compare``, and what fit and test enter in the ledger for it."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from cryptoforecast.evaluation.ledger import Targets, append_entry, read_ledger
from cryptoforecast.evaluation.rows import to_csv
from tests.evaluation.helpers import many
from tests.helpers import CONFIGS, SMALL, Run, Said, random_walk, write_yahoo

TypeIn = Callable[..., Said]
SOURCE = ("--data.source=CsvSource", "--data.source.path=COIN-USD.csv")


@pytest.fixture
def rows_file(tmp_path: Path) -> Path:
    to_csv(many(0, copies=3, planted=True), tmp_path / "rows.csv")
    return tmp_path / "rows.csv"


def test_a_file_of_rows_becomes_table_sentence_record_and_page(type_in: TypeIn, rows_file: Path) -> None:
    said = type_in("compare", rows_file, "--output_dir", "out")
    assert said.status == 0, said.err
    record = json.loads(Path("out/comparison.json").read_text())
    assert record["winner"] == "Planted"
    assert (record["targets"], record["left_out"], record["tried"]) == (350, 0, {"variants": 4, "fits": 4})
    assert next(iter(record["pooled"]["standings"])) == "Planted"
    assert set(record["pooled"]["standings"]) == {"Planted", "Noise 0", "Noise 1", "Noise 2", "RandomWalk"}
    assert record["pooled"]["standings"]["RandomWalk"]["relative_rmse"] == 1.0
    lines = said.out.splitlines()
    assert lines[0] == "350 targets in common, 0 left out"
    assert max(map(len, (line for line in lines if "│" in line or "  " in line))) <= 100
    assert lines[-3] == record["sentence"]
    assert lines[-1] == "wrote comparison.json and comparison.html into out"


def test_the_page_asks_nothing_of_a_network(type_in: TypeIn, rows_file: Path) -> None:
    assert type_in("compare", rows_file).status == 0
    page = Path("comparison/comparison.html").read_text()
    assert re.findall(r"https?://|<script|<link|@import|url\(", page) == []
    assert {source[:22] for source in re.findall(r'src="([^"]*)"', page)} == {"data:image/png;base64,"}
    for said in ("Planted is better than the random walk", "RandomWalk", "rows.csv", "4 variants tried"):
        assert said in page


def test_the_same_comparison_gives_the_same_files(type_in: TypeIn, rows_file: Path) -> None:
    contents = []
    for _ in range(2):
        type_in("compare", rows_file)
        contents.append([Path("comparison", name).read_bytes() for name in ("comparison.json", "comparison.html")])
    assert contents[0] == contents[1]


def test_runs_without_forecasts_are_named_and_skipped(type_in: TypeIn, rows_file: Path, tmp_path: Path) -> None:
    folders = [tmp_path / "runs" / f"lstm{at}" / "version_0" for at in range(12)]
    for at, folder in enumerate(folders):
        folder.mkdir(parents=True)
        if at < 3:
            shutil.copy(rows_file, folder / "forecasts.csv")
    said = type_in("compare", *folders)
    assert said.status == 0, said.err
    assert said.err.startswith("notice: skipped, for they hold no forecasts.csv: ")
    assert "lstm7/version_0 and 4 more; test --ckpt_path writes one into a run folder." in said.err
    assert len(json.loads(Path("comparison/comparison.json").read_text())["runs"]) == 3
    said = type_in("compare", *folders[3:])
    assert (said.status, len(said.err.splitlines())) == (1, 1)
    assert said.err.startswith("error: none of these 9 folders holds forecasts.csv: ")


TAGS = set(
    "html head meta title style body h1 h2 p div table tr th td figure img figcaption code br".split()  # noqa: SIM905
)
NASTY = "<img src=x onerror=alert(1)>\"'&</td></script>"


def test_texts_of_strangers_are_escaped_wherever_they_stand(type_in: TypeIn, tmp_path: Path) -> None:
    rows = many(0, copies=2)
    rows = rows.assign(
        series=NASTY, model=rows["model"].mask(rows["model"] != "RandomWalk", NASTY + " " + rows["model"])
    )
    folder = tmp_path / "runs" / NASTY.replace("/", "")
    folder.mkdir(parents=True)
    to_csv(rows, folder / "forecasts.csv")
    (folder / "scores.json").write_text(json.dumps({"split": NASTY, "verdict": NASTY}))
    said = type_in("compare", folder, "--output_dir", "out" + NASTY.replace("/", ""))
    assert said.status == 0, said.err
    (written,) = Path().glob("out*/comparison.html")
    page = written.read_text()
    assert "&lt;img src=x onerror" in page
    assert not re.search(r"<img src=x|</script>|onerror=alert\(1\)>", page)
    tags = set(re.findall(r"<([a-z0-9]+)", page))
    assert tags == {
        *[
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "h1",
            "h2",
            "p",
            "div",
            "table",
            "tr",
            "th",
            "td",
            "figure",
            "img",
            "figcaption",
            "code",
            "br",
            "a",
            "nav",
        ]
    }


def test_names_that_look_like_markup_are_shown_as_they_are(type_in: TypeIn, tmp_path: Path) -> None:
    rows = many(0, copies=1)
    to_csv(rows.assign(model=rows["model"].replace("Noise 0", "<b>[red]&")), tmp_path / "odd.csv")
    assert "<b>[red]&" in type_in("compare", "odd.csv").out
    page = Path("comparison/comparison.html").read_text()
    assert "&lt;b&gt;[red]&amp;" in page
    assert "<b>[red]" not in page


@pytest.mark.slow
def test_runs_are_compared_and_every_fit_and_test_is_in_the_ledger(
    fitted: Run, type_in: TypeIn, tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    fit = ("fit", "--config", CONFIGS / "btc.yaml", *SOURCE, *SMALL)
    assert type_in(*fit).status == 0
    assert type_in(*fit, "--seed_everything=1").status == 0
    assert type_in(*fit, "--model.optimizer.lr=0.1").status == 0  # given up: it is never tested
    for version in (0, 1):
        said = type_in("test", "--ckpt_path", f"runs/btc-LSTM/version_{version}/checkpoints/best.ckpt")
        assert said.status == 0, said.err
    entries = read_ledger(tmp_path / "runs" / "ledger.jsonl")
    assert [entry["kind"] for entry in entries] == ["fit", "fit", "fit", "test", "test"]
    assert [entry["seeds"] for entry in entries] == [[0], [1], [0], [0], [1]]
    assert len({entry["arguments"] for entry in entries}) == 2
    assert {target["split"] for target in entries[0]["targets"]} == {"val", "test"}
    assert entries[3]["targets"] == [target for target in entries[0]["targets"] if target["split"] == "test"]
    assert entries[3]["targets"][0]["count"] == 30
    assert entries[3]["scores"]["RandomWalk"]["skill"] == 0.0
    assert entries[0]["fingerprints"].keys() == {"COIN-USD"}

    said = type_in("compare", "runs/btc-LSTM/version_0", "runs/btc-LSTM/version_1")
    assert said.status == 0, said.err
    assert "2 variants (3 with their seeds) were tried on these targets" in said.out
    assert "LSTM (version_0)" in said.out
    record = json.loads((tmp_path / "comparison" / "comparison.json").read_text())
    assert list(record["left_out_by_run"]) == ["version_0", "version_1"]

    shutil.copytree(tmp_path / "runs" / "btc-LSTM" / "version_1", tmp_path / "copied")
    said = type_in("compare", "runs/btc-LSTM/version_0", "copied")
    assert "2 variants (3 with their seeds) were tried on these targets" in said.out  # known by its content


def test_nothing_is_claimed_on_the_targets_that_chose_the_models(fitted: Run, type_in: TypeIn, tmp_path: Path) -> None:
    type_in("validate", "--ckpt_path", fitted.checkpoint, "--output_dir", tmp_path / "val")
    said = type_in("compare", "val")
    assert said.status == 0, said.err
    record = json.loads((tmp_path / "comparison" / "comparison.json").read_text())
    assert record["winner"] is None
    assert record["runs"][0]["split"] == "val"


def test_nothing_is_claimed_where_a_model_has_been_trained_on_its_targets(
    type_in: TypeIn, rows_file: Path, tmp_path: Path
) -> None:
    seen = (
        "the first of these targets is 2020-01-02, and member.ckpt has been fitted or chosen on closes up to 2020-02-01"
    )
    (tmp_path / "run").mkdir()
    shutil.copy(rows_file, tmp_path / "run" / "forecasts.csv")
    (tmp_path / "run" / "scores.json").write_text(json.dumps({"split": "test", "flattered_by": seen}))
    said = type_in("compare", "run")
    assert said.status == 0, said.err
    assert f"on 350 targets, but of run, {seen}." in said.out
    assert json.loads(Path("comparison/comparison.json").read_text())["winner"] is None
    targets = [
        Targets("COIN-USD", "test", pd.Timestamp("2020-01-02", tz="UTC"), pd.Timestamp("2020-12-01", tz="UTC"), 9)
    ]
    sha256 = hashlib.sha256(rows_file.read_bytes()).hexdigest()
    append_entry(
        tmp_path / "runs" / "ledger.jsonl", "test", {"model": "M"}, targets, forecasts=sha256, flattered_by=seen
    )
    said = type_in("compare", rows_file)
    assert f"on 350 targets, but of rows, {seen}." in said.out


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ((), 2, "the following arguments are required: RUN; see compare --help"),
        (("rows.csv", "--out", "x"), 2, "unrecognized arguments: --out"),
        (("rows.csv", "rows.csv"), 2, "rows.csv is given twice"),
        (("nowhere",), 1, "nowhere: no such file or folder"),
        ((".",), 1, "holds no forecasts.csv"),
        (("rows.csv", "--output_dir", "rows.csv"), 1, "rows.csv: is no folder; --output_dir names one"),
    ],
)
def test_a_mistake_gets_one_sentence_and_leaves_nothing(
    type_in: TypeIn, rows_file: Path, words: tuple[str, ...], status: int, sentence: str
) -> None:
    said = type_in("compare", *words)
    assert said.status == status
    assert said.err.startswith("error: ")
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    assert not Path("comparison").exists()


@pytest.mark.slow
def test_neither_compare_nor_its_help_loads_torch_or_lightning(rows_file: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from cryptoforecast.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'lightning', 'yfinance'} & set(sys.modules)))"
    )
    for words in (["compare", "--help"], ["compare", str(rows_file), "--output_dir", str(tmp_path / "out")]):
        ran = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
        assert ran.stdout.splitlines()[-1] == "[]"
