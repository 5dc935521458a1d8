"""Errors name the setting that works: what each message of the data advises is done here, and works."""

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jaxtyping
import pytest

from cryptoforecast import DataNotice, UserError
from cryptoforecast.data.series import CloseSeries
from tests.data.advice import Advice, advice_of, templates
from tests.data.advice_arguments import ARGUMENTS
from tests.data.advice_columns import COLUMNS_AND_SAMPLES
from tests.data.advice_files import COLUMNS, By, Case, Content, Outcome, read
from tests.data.advice_texts import BYTES, GAPS, NUMBERS

CASES: dict[str, Case] = {**COLUMNS, **BYTES, **NUMBERS, **GAPS, **ARGUMENTS, **COLUMNS_AND_SAMPLES}
COUNTS = ("context_length", "horizon", "batch_size")


@pytest.fixture(autouse=True)
def _without_beartype() -> Iterator[None]:
    """Outside of tests nothing looks at annotations."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def _write(files: Mapping[str, Content], folder: Path) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def met(case: Case, folder: Path) -> str:
    """The message that a case meets: an error, or what is noted."""
    _write(case.files, folder)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataNotice)
        try:
            _load(case, folder)
        except UserError as problem:
            return str(problem)
    return " ".join(str(warning.message) for warning in caught)


def _load(case: Case, folder: Path, **changed: Any) -> CloseSeries:
    settings = {**case.settings, **changed}
    return (case.load or read)(folder, **{name: value for name, value in settings.items() if value != ""})


def _require(case: Case, folder: Path, outcome: Outcome, **changed: Any) -> None:
    if not isinstance(outcome, str):
        closes = _load(case, folder, **changed).closes.tolist()
        assert closes == pytest.approx(closes if outcome is None else outcome, rel=1e-12)
        return
    with pytest.raises(UserError) as raised:
        _load(case, folder, **changed)
    assert outcome in str(raised.value)


@pytest.mark.filterwarnings("ignore::cryptoforecast.DataNotice")
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
        return {setting: int(value) if setting in COUNTS and value else value}
    return {setting: [name for name in case.settings[setting] if name != value.removeprefix("without ")]}


def _follow(case: Case, by: By, folder: Path, message: str) -> None:
    assert by.words in message
    _write({**case.files, **by.files}, folder)
    if by.does:
        by.does(folder, message)
    _require(case, folder, by.outcome, **by.settings)


def test_every_message_with_advice_is_met_by_a_case(tmp_path: Path) -> None:
    messages = [met(case, tmp_path) for case in CASES.values()]
    unmet = [of.place for of in templates() if not any(of.pattern.search(message) for message in messages)]
    assert "\n".join(unmet) == ""
