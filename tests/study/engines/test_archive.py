"""A folder as bytes, and made of these bytes elsewhere."""

import io
import tarfile
from pathlib import Path

import pytest

from cryptoforecast.study.engines.archive import pack, unpack


def test_a_folder_comes_back_with_all_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "fit"
    for name, content in {"forecasts.csv": b"1,2\n", "checkpoints/best.ckpt": bytes(range(256))}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "checkpoints" / "last.ckpt").symlink_to("best.ckpt")
    unpack(pack(folder), tmp_path / "copy")
    files = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert len(files) == 3
    assert files == {
        path.relative_to(tmp_path / "copy"): path.read_bytes()
        for path in (tmp_path / "copy").rglob("*")
        if path.is_file()
    }


def test_the_same_files_are_the_same_bytes_whenever_they_were_written(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "log.txt").write_text("done")
    (tmp_path / "second" / "log.txt").touch()
    assert pack(tmp_path / "first") == pack(tmp_path / "second")


def test_an_archive_that_is_cut_off_leaves_the_older_folder(tmp_path: Path) -> None:
    for name in ("older", "newer"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "forecasts.csv").write_text(name * 10_000)
    with pytest.raises(tarfile.TarError):
        unpack(pack(tmp_path / "newer")[:5_000], tmp_path / "older")
    assert (tmp_path / "older" / "forecasts.csv").read_text() == "older" * 10_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["newer", "older"]


def test_an_archive_with_a_file_outside_of_its_folder_is_refused(tmp_path: Path) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../stray"), io.BytesIO())
    with pytest.raises(tarfile.FilterError):
        unpack(content.getvalue(), tmp_path / "folder")
    assert not list(tmp_path.iterdir())
