"""The cache folder, and paths that begin with a tilde."""

import os
from pathlib import Path

import pytest

from cryptoforecast import user_folders as folder


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user without a home folder, and without a name; returns the folder of temporary files."""
    for name in ("HOME", "XDG_CACHE_HOME", "CRYPTOFORECAST_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", str)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_who_has_no_home_caches_among_the_temporary_files(homeless: Path) -> None:
    try:
        assert folder.cache_folder("files").is_relative_to(homeless / f"cryptoforecast-{os.getuid()}")
        assert (homeless / f"cryptoforecast-{os.getuid()}").stat().st_mode & 0o77 == 0
        assert not Path("~").exists()
    finally:
        os.environ.pop("XDG_CACHE_HOME", None)


def test_a_folder_that_somebody_else_has_put_there_is_not_used(homeless: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (homeless / "cryptoforecast-4711").mkdir()
    monkeypatch.setattr("os.getuid", lambda: 4711)
    with pytest.raises(PermissionError):
        folder.cache_folder("files")


def test_a_tilde_is_the_home_unless_there_is_a_file_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/folk/me")
    assert folder.expand_home("~/a.csv") == Path("/folk/me/a.csv")
    assert folder.expand_home("a/~b.csv") == Path("a/~b.csv")
    assert folder.expand_home("~no-such-user.csv") == Path("~no-such-user.csv")
    Path("~").mkdir()
    assert folder.expand_home("~/a.csv") == Path("/folk/me/a.csv")
    Path("~root").write_text("")
    assert folder.expand_home("~root") == Path("~root")
