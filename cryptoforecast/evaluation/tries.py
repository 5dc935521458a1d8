"""How many variants were tried on some targets, which of them is judged, and what that asks of its p-value."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from cryptoforecast.evaluation.ledger import overlaps
from cryptoforecast.evaluation.rows import BASELINE_NAMES
from cryptoforecast.evaluation.significance import SIGNIFICANCE_LEVEL
from cryptoforecast.formatting import count_of, ordinal

Extents = Mapping[str, tuple[pd.Timestamp, pd.Timestamp]]
OF_BASELINES = tuple(f"cryptoforecast.models.baselines.{name}" for name in BASELINE_NAMES)


class Tried(NamedTuple):
    """How many variants were tried on some targets, and in how many fits: each seed of a variant is one."""

    variants: int
    fits: int

    @property
    def said(self) -> str:
        """The counts in words, such as ``3 variants (5 with their seeds)``."""
        variants = count_of(self.variants, "variant")
        return variants if self.fits == self.variants else f"{variants} ({self.fits:,} with their seeds)"


class Place(NamedTuple):
    """Which of all tries on some targets a forecast comes from.

    ``fit`` counts fits, each seed of a variant as one, in the order they entered the ledger; ``variant`` counts
    variants likewise. ``tried`` is how many there are by now.
    """

    fit: int
    variant: int
    tried: Tried

    @property
    def said(self) -> str:
        """The place in words, such as ``the 12th variant tried on these targets``."""
        later = f" of {self.tried.variants:,}" if self.tried.variants > self.variant else ""
        seeds = "" if self.tried.fits == self.tried.variants else f", fit {self.fit:,} of {self.tried.fits:,}"
        plural = "variants" if later else "variant"
        return f"the {ordinal(self.variant)}{later} {plural} tried on these targets{seeds}"


class Given(NamedTuple):
    """A file of forecasts to be judged: its SHA-256, its folder, and how many models it has that are no baselines."""

    sha256: str
    folder: str
    models: int


def level_of(place: Place | None, level: float = SIGNIFICANCE_LEVEL) -> float:
    """The p-value below which a claim is made, of the fit that entered the ledger at this place.

    The k-th fit has the share 1 / (k (k + 1)) of the level. The shares of all fits there may ever be add up to one,
    so the chance that luck alone makes one claim or more is at most the level: however many are tried, in whatever
    order they are tested, and whenever the researcher stops. That is more than a division by the count so far gives,
    whose levels 1/1, 1/2, 1/3, … add up to more than any bound (Bonferroni; alpha spending as by Lan and DeMets).

    >>> [round(level_of(Place(fit, fit, Tried(fit, fit))), 5) for fit in (1, 2, 12)]
    [0.025, 0.00833, 0.00032]

    Args:
        place: that of the fit; None for one that was not chosen among others.
        level: what is shared.

    References:
        Lan and DeMets (1983), Discrete Sequential Boundaries for Clinical Trials, Biometrika 70(3), 659-663.
        Foster and Stine (2008), Alpha-investing, JRSS B 70(2), 429-444.
    """
    return level if place is None else level / (place.fit * (place.fit + 1))


def count_tried(entries: Iterable[Mapping[str, Any]], extents: Extents, given: Sequence[Given]) -> Tried:
    """How many variants were tried on some targets, those of the ledger and those given that it does not know.

    A variant is a model's class, its arguments, its code and what it sees; another seed is the same one, and another
    fit. It was tried on these targets if its own are of one of the same series, and their times overlap. Baselines
    are no variants.

    Args:
        entries: of all ledgers.
        extents: first and last time of the targets, by series.
        given: the files compared; the ledger knows one by its content, or by the run folder it lies in.
    """
    met = _on(entries, extents)
    fits = _fits(met)
    known = {entry.get(name) for entry in met for name in ("forecasts", "folder")}
    others = sum(file.models for file in given if not known & {file.sha256, file.folder})
    variants = len({arguments for arguments, *_ in fits}) + others
    return Tried(variants, max(len(fits) + others, sum(file.models for file in given)))


def place_of(judged: Mapping[str, Any], entries: Iterable[Mapping[str, Any]], extents: Extents) -> Place:
    """The place of an entry's fit among all that were tried on some targets.

    Args:
        judged: the entry of what is to be judged; where it has several seeds, the first of them counts.
        entries: of all ledgers, ``judged`` among them or not.
        extents: first and last time of the targets, by series.
    """
    fits = _fits(_on([*entries, judged], extents))
    own = _keys(judged, fits)[0]
    variants = list(dict.fromkeys(arguments for arguments, *_ in fits))
    return Place(list(fits).index(own) + 1, variants.index(own[0]) + 1, Tried(len(variants), len(fits)))


def is_of_baseline(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is of one of the baselines, which stand beside every model and cost nothing to try."""
    model = entry["variant"].get("model")
    return isinstance(model, Mapping) and model.get("class_path") in OF_BASELINES


def _on(entries: Iterable[Mapping[str, Any]], extents: Extents) -> list[Mapping[str, Any]]:
    """The entries of variants on these targets, oldest first."""
    met = [
        entry
        for entry in entries
        if not is_of_baseline(entry) and any(overlaps(targets, extents) for targets in entry["targets"])
    ]
    return sorted(met, key=lambda entry: str(entry.get("time", "")))


def _fits(entries: Iterable[Mapping[str, Any]]) -> dict[tuple[str, ...], str | None]:
    """Every fit that was tried, in the order of the entries, each with what was judged of it first.

    What is judged of a fit later and is not that (another checkpoint of its run, or the same on other settings) is a
    try of its own, and stands here under its own key.
    """
    fits: dict[tuple[str, ...], str | None] = {}
    for entry in entries:
        for key in _keys(entry, fits):
            judged = entry.get("judged") if len(key) == 3 else None
            fits[key] = fits.get(key) or judged
    return fits


def _keys(entry: Mapping[str, Any], fits: Mapping[tuple[str, ...], str | None]) -> list[tuple[str, ...]]:
    keys: list[tuple[str, ...]] = []
    for number, seed in enumerate(entry["seeds"]):
        mark = str(seed)
        if seed is None or seed is False:  # an old line of a fit without a seed: no two of them are the same
            mark = f"unseeded, {entry.get('folder') or entry.get('time')}, {number}"
        key = (str(entry["arguments"]), str(entry.get("refitted", "")), mark)
        judged, before = entry.get("judged"), fits.get(key)
        keys.append(key if judged is None or before in (None, judged) else (*key, str(judged)))
    return keys


def extents_of(rows: pd.DataFrame) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
    """First and last time of the targets of forecast rows, by series."""
    return {str(series): (times.min(), times.max()) for series, times in rows.groupby("series")["timestamp"]}
