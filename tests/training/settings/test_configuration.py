"""Configuration files as people have them: read once, in whatever encoding, or refused in one sentence."""

import io
import os
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cryptoforecast import UserError
from cryptoforecast.training.settings.configuration import read_configuration, with_configurations_read
from tests.helpers import Run, Said

TEXT = "data:\n  source: CsvSource\n  horizon: 2\n"
SETTINGS = {"data": {"source": "CsvSource", "horizon": 2}}


def written(folder: Path, content: bytes | str) -> str:
    file = folder / "c.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_configuration_is_read_in_the_encoding_that_its_first_bytes_tell(encoding: str, tmp_path: Path) -> None:
    file = written(tmp_path, f"# Zürich\n{TEXT}".encode(encoding))
    word, settings = read_configuration(file)
    assert settings == SETTINGS
    assert read_configuration(word).settings == SETTINGS
    assert (word == file) == (encoding == "utf-8")


def test_line_ends_of_windows_are_line_ends(tmp_path: Path) -> None:
    assert read_configuration(written(tmp_path, TEXT.replace("\n", "\r\n"))).settings == SETTINGS


def test_merges_and_anchors_are_no_setting_said_twice(tmp_path: Path) -> None:
    text = "a: &a {x: 1, y: 2}\nb: &b {y: 5}\nc: {<<: *a, y: 3}\nd: {<<: [*a, *b], z: *a}\n"
    settings = read_configuration(written(tmp_path, text)).settings
    assert settings["c"] == {"x": 1, "y": 3}
    assert settings["d"] == {"x": 1, "y": 2, "z": {"x": 1, "y": 2}}


def test_dates_stay_texts(tmp_path: Path) -> None:
    assert read_configuration(written(tmp_path, "data: {start: 2020-01-01}")).settings == {
        "data": {"start": "2020-01-01"}
    }


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "c.yaml: the configuration is empty."),
        ("# nothing\n", "c.yaml: the configuration is empty."),
        ("- a\n- b\n", "c.yaml: holds a list; a configuration is a map of settings, such as data: and model:."),
        ("just words\n", "c.yaml: holds a single value; a configuration is a map of settings"),
        ("# Zürich\ndata: 1\n".encode("latin1"), "c.yaml, line 1: not a text in UTF-8; save"),
        ("data:\n\thorizon: 2\n", "c.yaml, line 2: found character that cannot start any token; there is a tab"),
        ("a: 1\nb: 2\na: 3\n", "c.yaml, line 3: a is set a second time; it was set in line 1 before."),
        ("a:\n  b: 1\n  'b': 2\n", "c.yaml, line 3: b is set a second time; it was set in line 2 before."),
        ("a:\n- {b: 1}\n- {b: 1, c: 2, b: 1}\n", "c.yaml, line 3: b is set a second time; it was set in line 3"),
        ("a: [1\n", "c.yaml, line 2: "),
        ("a: 1\n---\nb: 2\n", "c.yaml, line 2: but found another document."),
        ("a: !!python/object/apply:os.getcwd []\n", "c.yaml, line 1: the tag !!python/object/apply:os.getcwd is none"),
        ("a: !mine x\n", "c.yaml, line 1: the tag !mine is none"),
        ("a: &a [*a]\n", "c.yaml, line 1: the alias stands for something that it is part of itself."),
        ("? [1, 2]\n: 3\n", "c.yaml, line 1: a setting's name is no text."),
        ("a: *nowhere\n", "c.yaml, line 1: found undefined alias"),
        (b"a: \x00\x01\n", "c.yaml"),
        ("a: " + "[" * 3000 + "]" * 3000, "c.yaml"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_configuration_is_one_sentence(
    content: bytes | str, sentence: str, tmp_path: Path, type_in: Callable[..., Said]
) -> None:
    file = written(tmp_path, content)
    said = type_in("fit", "--config", file)
    assert said.status == 2
    assert said.err.startswith(f"error: {tmp_path}/{sentence}"), said.err
    assert said.err.count("\n") == 1
    if not isinstance(content, bytes) or b"\x00" not in content:
        assert type_in("data", "--config", file).err == said.err


def test_a_folder_and_a_file_that_is_not_there_are_told(tmp_path: Path, type_in: Callable[..., Said]) -> None:
    assert type_in("fit", "--config", tmp_path).err == f"error: {tmp_path}: is a folder; --config takes a file.\n"
    assert type_in("fit", "--config=gone.yaml").err == "error: gone.yaml: no such configuration file.\n"


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe:
        pipe.write(TEXT)
    words = with_configurations_read(["fit", "--config", f"/dev/fd/{reading}", "--trainer.max_epochs=1"], {})
    os.close(reading)
    assert words == ["fit", "--config", TEXT, "--trainer.max_epochs=1"]
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    threading.Thread(target=fifo.write_text, args=(TEXT,)).start()
    assert with_configurations_read(["fit", f"--config={fifo}"], {}) == ["fit", f"--config={TEXT}"]


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert read_configuration("-").settings == SETTINGS


def test_a_parser_takes_the_text_of_a_configuration_in_its_place(type_in: Callable[..., Said], tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "configs" / "btc.yaml").read_text().encode("utf-16")
    (tmp_path / "c.yaml").write_bytes(text)
    said = type_in("fit", "--config", "c.yaml", "--data.source=CsvSource", "--data.source.path=gone.csv")
    assert "error: gone.csv: no such file" in said.err


def test_a_class_that_was_renamed_is_renamed_in_a_configuration_too(tmp_path: Path) -> None:
    file = written(tmp_path, "model: {class_path: old.Net, init_args: {parts: [{class_path: old.Part}]}}")
    (_, word) = with_configurations_read(["--config", file], {"old.Net": "new.Net", "old.Part": "new.Part"})
    assert read_configuration(word).settings == {
        "model": {"class_path": "new.Net", "init_args": {"parts": [{"class_path": "new.Part"}]}}
    }


def test_a_file_whose_name_begins_with_a_tilde_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, type_in: Callable[..., Said]
) -> None:
    (tmp_path / "~c.yaml").write_text(TEXT)
    assert read_configuration("~c.yaml").settings == SETTINGS
    with pytest.raises(UserError, match="~nobody/c.yaml: no such configuration file"):
        read_configuration("~nobody/c.yaml")
    for words in (("data", "~gone.csv"), ("predict", "--ckpt_path", "~gone.ckpt"), ("compare", "~gone"),
                  ("data", "--config", "~gone.yaml")):  # fmt: skip
        said = type_in(*words)
        assert said.status in (1, 2), said
        assert "~gone" in said.err


@pytest.fixture
def run_elsewhere(fitted: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint in a run folder outside the working folder, whose configuration cannot be carried out."""
    run = tmp_path_factory.mktemp("elsewhere") / "version_0"
    (run / "checkpoints").mkdir(parents=True)
    (run / "config.yaml").write_text("data: {horizon: 2}\nno_such_setting: 1\n")
    return shutil.copy(fitted.checkpoint, run / "checkpoints" / "last.ckpt")


def test_the_configuration_of_a_run_elsewhere_is_not_taken_in_silence(
    run_elsewhere: Path, type_in: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = "config.yaml: goes on with this configuration, which lies outside the working folder"
    assert notice in type_in("fit", "--ckpt_path", run_elsewhere).err
    config = run_elsewhere.parents[1] / "config.yaml"
    assert notice not in type_in("fit", "--config", config, "--ckpt_path", run_elsewhere).err
    monkeypatch.chdir(run_elsewhere.parents[2])
    assert notice not in type_in("fit", "--ckpt_path", run_elsewhere).err


@pytest.mark.parametrize("strangers", ["config.yaml", "."])
def test_the_configuration_of_somebody_else_is_refused_until_it_is_named(
    strangers: str, run_elsewhere: Path, type_in: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_elsewhere.parents[1]
    stat, place = Path.stat, run / strangers

    def stat_of(path: Path, **options: bool) -> os.stat_result:
        state = list(stat(path, **options))
        state[4] = 4711 if path == place else os.geteuid()
        return os.stat_result(state)

    monkeypatch.setattr(Path, "stat", stat_of)
    said = type_in("fit", "--ckpt_path", run_elsewhere)
    assert said.status == 1
    assert said.err == (
        f"error: {place}: belongs to another user, and a configuration can have any code run; "
        f"if you trust it, name it: --config {run / 'config.yaml'}.\n"
    )
    named = type_in("fit", "--config", run / "config.yaml", "--ckpt_path", run_elsewhere)
    assert "no_such_setting" in named.err
