"""Whose code raised an exception."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

import cryptoforecast
from cryptoforecast.data.files.bytes.open_file import opened
from cryptoforecast.recipe.write import recipe_of
from cryptoforecast.user_code.exception_origin import cause_in_user_code, is_raised_by_user


def raised_by(call: Callable[[], object]) -> Exception:
    """The exception, with the frames of the call and those within it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 (whatever it is)
        call()
    return caught.value


def reading_a_file() -> None:
    np.load("sentiment.npy")


def handling_another() -> None:
    try:
        reading_a_file()
    except OSError:
        raise ValueError("alpha must be positive")  # noqa: B904 (what was being handled is not its cause)


def raising_from(cause: Exception) -> Callable[[], None]:
    def raising() -> None:
        raise TypeError("worded by a parser") from cause

    return raising


class Forgetful:
    def __init__(self, size: int) -> None:
        pass


@pytest.mark.parametrize("call", [reading_a_file, handling_another, lambda: json.loads("{")])
def test_the_innermost_code_that_is_not_installed_decides_and_packages_that_it_calls_do_not(
    call: Callable[[], object],
) -> None:
    assert is_raised_by_user(raised_by(call))


@pytest.mark.parametrize("call", [lambda: recipe_of(Forgetful(1)), lambda: cryptoforecast.Oracle])
def test_what_our_own_code_raises_is_not_the_users_though_the_user_called_it(call: Callable[[], object]) -> None:
    assert not is_raised_by_user(raised_by(call))


def test_what_was_raised_from_a_users_exception_leads_to_it_and_what_was_handled_meanwhile_does_not() -> None:
    users = raised_by(reading_a_file)
    assert cause_in_user_code(raised_by(raising_from(users))) is not None
    problem = TypeError("worded by a parser")
    problem.__cause__ = users
    assert cause_in_user_code(problem) is users
    problem.__cause__, problem.__context__ = None, users
    assert cause_in_user_code(problem) is None


@pytest.mark.parametrize("problem", [RuntimeError("mine"), NotImplementedError("mine"), OSError(2, "mine")])
def test_what_is_raised_while_a_price_file_is_open_is_not_called_damage_of_the_file(
    problem: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "COIN.csv"
    file.write_text("Date,Close\n2024-01-01,1\n")

    def use(_: Sequence[bytes]) -> None:
        raise problem

    def open_and_use() -> None:
        with opened(file) as content:
            use(content.readlines())

    with pytest.raises(type(problem), match="mine"):
        open_and_use()
