"""What is Python's or an installed package's, and what is a researcher's own."""

import json
from pathlib import Path

import numpy as np
import pytest

import cryptoforecast.user_code.installed as installed


@pytest.mark.parametrize(("file", "answer"), [(np.__file__, True), (json.__file__, True), (__file__, False)])
def test_pythons_own_files_and_those_of_packages_are_installed(file: str, answer: bool) -> None:
    assert installed.is_installed(str(Path(file).resolve())) is answer


def test_packages_that_pip_has_put_into_a_folder_are_installed_there_and_a_folder_of_modules_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("packages", "modules"):
        monkeypatch.syspath_prepend(tmp_path / name)
        (tmp_path / name / "library").mkdir(parents=True)
    (tmp_path / "packages" / "library-1.0.dist-info").mkdir()
    found = {name: str(tmp_path / name / "library" / "__init__.py") for name in ("packages", "modules")}
    assert [installed.is_installed(file) for file in found.values()] == [True, False]
