"""Errors name the setting that works: what each message of the data advises is done here, and works."""

import warnings
from pathlib import Path
from typing import Any

import pytest

from cryptoforecast import DataNotice, UserError
from cryptoforecast.data.series import CloseSeries
from tests.data.advice import Advice, advice_of
from tests.data.advice_files import COLUMNS, By, Case, Outcome, read

CASES: dict[str, Case] = COLUMNS


def met(case: Case, folder: Path) -> str:
    """The message that a case meets: an error, or what is noted."""
    for name, content in case.files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        return " ".join(_load(case, folder).provenance.notes)
    except UserError as problem:
        return str(problem)


def _load(case: Case, folder: Path, **changed: Any) -> CloseSeries:
    settings = {**case.settings, **changed}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return (case.load or read)(folder, **{name: value for name, value in settings.items() if value != ""})


def _require(case: Case, folder: Path, outcome: Outcome, **changed: Any) -> None:
    if isinstance(outcome, list):
        assert _load(case, folder, **changed).closes.tolist() == pytest.approx(outcome, rel=1e-12)
        return
    with pytest.raises(UserError) as raised:
        _load(case, folder, **changed)
    assert outcome in str(raised.value)


@pytest.mark.parametrize("name", CASES)
def test_what_a_message_advises_works(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    message = met(case, tmp_path)
    assert advice_of(message) == {Advice(*pair) for pair in case.values}, message
    for (setting, value), outcome in case.values.items():
        _require(case, tmp_path, outcome, **_setting(case, setting, value))
    for by in case.by:
        _follow(case, by, tmp_path, message)


def _setting(case: Case, setting: str, value: str) -> dict[str, Any]:
    if not value.startswith("without "):
        return {setting: value}
    return {setting: [name for name in case.settings[setting] if name != value.removeprefix("without ")]}


def _follow(case: Case, by: By, folder: Path, message: str) -> None:
    assert by.words in message
    if by.files or by.does:
        for name in case.files:
            (folder / name).write_bytes(
                case.files[name].encode() if isinstance(case.files[name], str) else case.files[name]
            )
    for name, content in by.files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    if by.does:
        by.does(folder, message)
    _require(case, folder, by.outcome, **by.settings)
