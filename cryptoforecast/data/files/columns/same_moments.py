"""Columns of times that are the same moments: which of them is in UTC."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.files.headings.labels import Label, rank
from cryptoforecast.data.files.headings.vocabulary import DATE, words_of
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import join_names

A_MINUTE, AN_HOUR = 60 * 10**9, 3600 * 10**9  # nanoseconds
LARGEST_SHIFT = 15 * AN_HOUR  # no two time zones are further apart


class TimeColumn(NamedTuple):
    """The column of the rows' times.

    ``at`` is its position, ``clock`` that of the column of times of day beside it, if there is one; ``why`` says what
    spoke for it, ``note`` what the user is told of the choice.
    """

    at: int
    clock: int | None = None
    why: str = ""
    note: str = ""


class TimeCandidate(NamedTuple):
    """A column that may be the time of the rows.

    ``at`` is its position, ``clock`` that of the column of times of day beside it. ``times`` are those of the first
    rows; None where these do not tell how the dates are written. ``style`` says how they are, ``offset`` whether each
    has its offset from UTC.
    """

    at: int
    clock: int | None
    label: Label
    times: pd.DatetimeIndex | None
    style: str
    offset: bool

    @property
    def is_epoch(self) -> bool:
        """Whether its cells count the time since 1970."""
        return self.style.startswith("epoch")

    @property
    def is_utc(self) -> bool:
        """Whether its cells tell the time in UTC."""
        return self.is_epoch or self.offset

    def preference(self) -> tuple[bool, bool, bool, tuple[int, int], int]:
        """The sort key by which columns with offsets come first, then epochs, then the best names."""
        return (not self.offset, not self.is_epoch, self.label.kind != DATE, rank(self.label), self.at)


def group_same_moments(candidates: list[TimeCandidate]) -> list[list[TimeCandidate]]:
    """Group columns whose times are the same moments, if perhaps in another time zone."""
    groups: list[list[TimeCandidate]] = []
    for candidate in candidates:
        group = next((group for group in groups if shift_between(group[0].times, candidate.times) is not None), None)
        if group is None:
            groups.append([candidate])
        else:
            group.append(candidate)
    return groups


def shift_between(first: pd.DatetimeIndex | None, second: pd.DatetimeIndex | None) -> int | None:
    """The difference between two columns of times that may be the same moments in two time zones.

    The offsets of two zones differ by quarters of an hour, and where one zone has summer time, by an hour more in a
    part of the year.

    Returns:
        Nanoseconds by which the second is ahead of the first; None if they are not the same moments.
    """
    if first is None or second is None:
        return None
    have_both = first.notna() & second.notna()
    differences, counts = np.unique(second.asi8[have_both] - first.asi8[have_both], return_counts=True)
    if not len(differences) or len(differences) > 2 or differences[-1] - differences[0] > AN_HOUR:
        return None
    if (differences % (15 * A_MINUTE)).any() or np.abs(differences).max() > LARGEST_SHIFT:
        return None
    return int(differences[np.argmax(counts)]) or int(differences[0] or differences[-1])


def choose_in_utc(table: str, group: list[TimeCandidate]) -> TimeColumn:
    """Choose the column that is in UTC from columns of the same moments.

    Raises:
        UserError: if they differ and none says that it is in UTC.
    """
    best = min(group, key=TimeCandidate.preference)
    shifts = {
        candidate.at: shift_between(best.times, candidate.times) or 0 for candidate in group if candidate is not best
    }
    if not best.is_utc and any(shifts.values()):
        in_utc = [
            candidate for candidate in group if {"utc", "gmt"} & {word for word, *_ in words_of(candidate.label.text)}
        ]
        if len(in_utc) != 1:
            apart = _clock(next(filter(None, shifts.values())))
            raise UserError(
                f"{table}: the dates of {join_names(candidate.label.shown for candidate in group)} are {apart} apart, "
                "and none says which are UTC; set data.source.date_column to the one to use."
            )
        best = in_utc[0]
        shifts = {
            candidate.at: shift_between(best.times, candidate.times) or 0
            for candidate in group
            if candidate is not best
        }
    same_moments = [candidate for candidate in group if candidate is not best]
    why = "; ".join(
        f"{candidate.label.shown} is the same moment{_zone(shifts[candidate.at])}" for candidate in same_moments
    )
    moved = any(shifts.values()) and why
    name = best.label.shown
    return TimeColumn(best.at, best.clock, why, f"the times are those of {name}, in UTC; {moved}." if moved else "")


def _zone(shift: int) -> str:
    return f" in UTC{'-' if shift < 0 else '+'}{_clock(shift)}" if shift else ""


def _clock(shift: int) -> str:
    minutes = abs(shift) // A_MINUTE
    return f"{minutes // 60:02}:{minutes % 60:02}"
