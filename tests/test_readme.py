"""Every page is true: its commands run and print what it shows, its Python runs, its links lead somewhere."""

import contextlib
import functools
import io
import re
import shlex
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
import yaml

from cryptoforecast.cli.main import main
from tests.helpers import CONFIGS, Said, random_walk, write_yahoo
from tests.pages import PAGES, README, ROOMS, ROOT, Block, anchors_of, blocks_of, commands_of, links_of, not_in

OURS = "python -m cryptoforecast "
BENCHMARK = "python scripts/benchmark.py "
COINS = ("BTC-USD", "ETH-USD", "BNB-USD", "XRP-USD", "LTC-USD", "DOGE-USD")
FIRST_FIT = "fit --config configs/btc.yaml --data.source=CsvSource --data.source.path=BTC-USD.csv"
ONE_EPOCH = " --trainer.max_epochs=1"  # what takes minutes on a page, a test shortens; nothing else is changed
LONG = {
    "--folds 5 --seeds 3 --ensemble": "--folds 1 --seeds 2 --ensemble",
    "--folds 5 --seeds 3": "--folds 1 --seeds 1",
}
FEWER = {"--trials 8": "--trials 2"}  # the lines of the others would have the same form
LONG_CALLS = {"max_epochs=30": "max_epochs=1"}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@pytest.fixture
def as_a_reader(tmp_path: Path) -> Path:
    """The working folder of a reader who has a clone and the price files that the pages speak of."""
    write_reader_files(tmp_path)
    (tmp_path / "paper_split").mkdir()
    days, closes = pd.date_range("2018-09-17 07:00", "2024-09-15 07:00"), random_walk(2191)
    for name, first, last in (("train", 0, 1461), ("val", 1461, 1826), ("test", 1826, 2191)):
        rows = pd.DataFrame({"Timestamp": days[first:last].as_unit("s").astype("int64"), "Close": closes[first:last]})
        rows.to_csv(tmp_path / "paper_split" / f"{name}.csv")
    return tmp_path


def write_reader_files(folder: Path) -> None:
    """Write the configurations of a clone, and the coins' price files."""
    shutil.copytree(CONFIGS, folder / "configs")
    for seed, coin in enumerate(COINS):
        closes = random_walk(1000, seed)
        closes[500] = closes[499]  # a close that repeats the one before, as Bitcoin's has one
        write_yahoo(folder / f"{coin}.csv", closes, start="2020-08-01")


@pytest.fixture(scope="session")
def first_runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """The folder of runs after the README's first fit, which is made once for all pages that go on from it."""

    @functools.cache
    def fitted() -> Path:
        home = tmp_path_factory.mktemp("reader")
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
            patch.chdir(home)
            write_reader_files(home)
            assert main(shlex.split(FIRST_FIT + ONE_EPOCH)) == 0
        return home / "runs"

    return fitted


def copy_runs(runs: Path, folder: Path) -> None:
    """Copy a folder of runs, whose ledger then names the runs of the copy."""
    shutil.copytree(runs, folder)
    ledger = folder / "ledger.jsonl"
    ledger.write_text(ledger.read_text().replace(str(runs), str(folder.resolve())))


@every_page
def test_every_block_of_a_page_is_true(
    page: Path, as_a_reader: Path, type_in: Callable[..., Said], first_runs: Callable[[], Path]
) -> None:
    blocks = blocks_of(page)
    for block in blocks:
        save(block)
    if page != README and "runs/btc-LSTM/version_0" in page.read_text():  # the README's first fit
        copy_runs(first_runs(), Path("runs"))
    names: dict[str, Any] = {}
    printed = ""
    for block in blocks:
        match block.kind:
            case "console":
                for words, shown in commands_of(block):
                    check(words, shown, blocks, type_in)
            case "python" if block.file is None:
                printed = run(block.text, names)
            case "text":
                assert not_in(block.text.splitlines(), printed) == [], printed
            case "sh":
                understand(block.text, type_in)
            case "python" | "yaml" | "csv" | "":
                pass  # a file of the reader's, which is saved and used by what stands beneath it; or a drawing
            case _:
                pytest.fail(f"no test runs a block of {block.kind}")


def save(block: Block) -> None:
    """Save a block that holds a file; a CSV block says in which encoding."""
    if block.file is not None:
        encoding = block.words[2] if block.kind == "csv" else "utf-8"
        Path(block.file).write_bytes(block.text.encode(encoding))


def check(words: str, shown: list[str], blocks: list[Block], type_in: Callable[..., Said]) -> None:
    """Run a command as it stands, and compare what it prints with what the page shows."""
    if words.startswith(BENCHMARK):
        return understand(words, type_in)
    assert words.startswith(OURS), words
    short = words.removeprefix(OURS)
    for long, shorter in (LONG | FEWER).items():
        short = short.replace(long, shorter)
    if short.split()[0] in ("fit", "backtest", "study", "tune") and "--help" not in short:
        short += ONE_EPOCH
    said = type_in(*shlex.split(short))
    if shown and shown[-1].startswith("error: "):
        assert said.status != 0
        assert said.err.splitlines()[-1] == shown[-1]
        return None
    assert said.status == 0, (words, said.err)
    if any(block.file in shlex.split(words) for block in blocks if block.kind == "csv"):
        assert said.out.splitlines() == shown  # the page holds the very file
    elif not any(long in words for long in LONG):
        assert not_in(shown, said.out + said.err) == [], (words, said)
    return None


def run(code: str, names: dict[str, Any]) -> str:
    """Run Python as a page has it; what it prints."""
    for long, shorter in LONG_CALLS.items():
        code = code.replace(long, shorter)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()) as out:
        warnings.simplefilter("ignore")
        exec(compile(code, "page", "exec"), names)
    return out.getvalue()


def understand(text: str, type_in: Callable[..., Said]) -> None:
    """See that commands which are not run here (they take a network, or long) are understood by what they call."""
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if line.startswith(BENCHMARK):
            subprocess.run([sys.executable, ROOT / words[1], *words[2:], "--help"], check=True, capture_output=True)
        elif line.startswith(OURS):
            settings = print_config(words[3:], type_in)
            given = dict(re.findall(r"--data\.source\.(\w+)=(\S+)", line))
            assert given.items() <= settings["data"]["source"]["init_args"].items(), line
        elif words and words[0].startswith(("scripts/", ".ci/")):
            assert (ROOT / words[0]).is_file(), line


def print_config(words: list[str], type_in: Callable[..., Said]) -> Any:
    """The settings that a command would run with."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        type_in(*words, "--print_config")
    return yaml.safe_load(out.getvalue())


@every_page
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors_of(target), link


def pages_reached_from(page: Path) -> set[Path]:
    """The pages that links lead to from a page, and from those on."""
    reached, waiting = set[Path](), [page]
    while waiting:
        at = waiting.pop()
        if at in reached or at.suffix != ".md":
            continue
        reached.add(at)
        targets = [link.partition("#")[0] for link in links_of(at)]
        waiting += [(at.parent / target).resolve() for target in targets if target]
    return reached


def test_each_room_has_a_page_and_the_readme_leads_to_every_page() -> None:
    assert {ROOT / "cryptoforecast" / room / "README.md" for room in ROOMS} <= set(PAGES)
    assert {page.resolve() for page in PAGES} <= pages_reached_from(README.resolve())


def test_the_readme_is_one_screen_and_a_few_examples() -> None:
    assert len(README.read_text().splitlines()) < 200


def python_blocks(page: Path) -> Iterator[Block]:
    return (block for block in blocks_of(page) if block.kind == "python")


def test_the_variant_is_ten_lines_of_code() -> None:
    (variant,) = [block.text for block in python_blocks(README) if block.file == "my_gru.py"]
    lines = [line for line in variant.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) <= 10


@pytest.mark.filterwarnings("ignore")
def test_a_fit_by_a_plain_trainer_goes_on_to_the_same_weights(as_a_reader: Path, type_in: Callable[..., Said]) -> None:
    def weights() -> dict[str, torch.Tensor]:
        held: dict[str, torch.Tensor] = torch.load("mine/last.ckpt", weights_only=True)["state_dict"]
        return held

    (code,) = [
        block.text
        for block in python_blocks(ROOT / "cryptoforecast" / "training" / "README.md")
        if "exact(" in block.text
    ]
    names: dict[str, Any] = {}
    exec(code, names)
    gone_on = weights()
    Path("mine/last.ckpt").unlink()
    names["fit"](2)
    straight = weights()
    assert gone_on.keys() == straight.keys()
    assert all(torch.equal(gone_on[name], value) for name, value in straight.items() if torch.is_tensor(value))
