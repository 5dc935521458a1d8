"""Falling back, never silently."""

import pytest

from cryptoforecast import CloseSeries, CsvSource, DataNotice, FirstAvailable, SimulatedSource, Source, UserError
from cryptoforecast.data.sources import SourceUnavailable


class Unreachable(Source):
    def load(self) -> CloseSeries:
        raise SourceUnavailable("BTC-USD: the line is dead.")


def test_the_first_source_that_answers_is_used_without_a_word() -> None:
    series = FirstAvailable([SimulatedSource(seed=3), Unreachable()]).load()
    assert series.provenance.sha256 == SimulatedSource(seed=3).load().provenance.sha256
    assert series.provenance.notes == ()


def test_passing_over_a_source_is_said_and_recorded_with_its_reason() -> None:
    with pytest.warns(DataNotice, match="the line is dead. This run uses SIMULATED closes"):
        series = FirstAvailable([Unreachable(), SimulatedSource()]).load()
    assert "the line is dead" in series.provenance.notes[-1]
    assert series.provenance.simulated


def test_a_source_that_answers_with_something_wrong_is_not_passed_over() -> None:
    with pytest.raises(UserError, match="no such file"):
        FirstAvailable([CsvSource("nowhere.csv"), SimulatedSource()]).load()


def test_when_none_can_be_reached_every_reason_is_given() -> None:
    with pytest.raises(SourceUnavailable, match="line is dead.*line is dead"):
        FirstAvailable([Unreachable(), Unreachable()]).load()
