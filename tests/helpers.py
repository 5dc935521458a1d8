"""What tests of several rooms share and is no fixture."""

from typing import TypeVar

from cryptoforecast.evaluation import significance

T = TypeVar("T")


def not_none(value: T | None) -> T:
    """The value, where a test is of one that must be there."""
    assert value is not None
    return value


def p_value_of(result: significance.TestResult) -> float:
    """The p-value of a test that must have one."""
    assert result.p_value is not None, result.reason
    return result.p_value
