"""The number of variants tried on some targets, and the significance level that a claim must meet after them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from cryptoforecast.evaluation.ledger import overlaps
from cryptoforecast.evaluation.metrics import BASELINE_NAMES
from cryptoforecast.evaluation.repeated_looks import level_at_any_time
from cryptoforecast.evaluation.significance import SIGNIFICANCE_LEVEL
from cryptoforecast.formatting import count_of, ordinal

Extents = Mapping[str, tuple[pd.Timestamp, pd.Timestamp]]
MODELS = "cryptoforecast.models."  # the beginning of the class paths of the package's own models


class Tried(NamedTuple):
    """The number of variants tried on some targets, and of fits: each seed of a variant is a fit."""

    variants: int
    fits: int

    @property
    def in_words(self) -> str:
        """The counts in words, such as ``3 variants (5 with their seeds)``."""
        variants = count_of(self.variants, "variant")
        return variants if self.fits == self.variants else f"{variants} ({self.fits:,} with their seeds)"


class Place(NamedTuple):
    """The number of a try among all tries on some targets, in the order of the ledger, counted from 1.

    ``fit`` counts fits, each seed of a variant as one, and ``variant`` counts variants. ``tried`` has the totals.
    ``origins`` is the number of origins so far where targets come in one by one and are judged again and again; else
    None.
    """

    fit: int
    variant: int
    tried: Tried
    origins: int | None = None

    @property
    def in_words(self) -> str:
        """The place in words, such as ``the 12th variant tried on these targets``."""
        later = f" of {self.tried.variants:,}" if self.tried.variants > self.variant else ""
        seeds = "" if self.tried.fits == self.tried.variants else f", fit {self.fit:,} of {self.tried.fits:,}"
        plural = "variants" if later else "variant"
        looks = "" if self.origins is None else ", however often they are looked at"
        return f"the {ordinal(self.variant)}{later} {plural} tried on these targets{seeds}{looks}"


class Given(NamedTuple):
    """A file of forecasts to compare: its SHA-256, its folder, and its number of models without baselines."""

    sha256: str
    folder: str
    models: int


def level_of(place: Place | None, level: float = SIGNIFICANCE_LEVEL) -> float:
    """The significance level of a claim on a fit, by its place in the ledger.

    The k-th fit has the share 1 / (k (k + 1)) of the level. The shares of all fits add up to one, so the probability of
    one or more false claims is at most the level (Bonferroni), whatever the number of tries, their order, and the rule
    by which the researcher stops. Dividing by the number so far would not bound it: 1/1 + 1/2 + 1/3 + … diverges
    (compare alpha spending, Lan and DeMets). Where targets are judged again and again as they come in, the level of a
    fit is that of :func:`~cryptoforecast.evaluation.repeated_looks.level_at_any_time`.

    >>> [round(level_of(Place(fit, fit, Tried(fit, fit))), 5) for fit in (1, 2, 12)]
    [0.025, 0.00833, 0.00032]

    Args:
        place: the place of the fit; None for a model that was not selected among tries.
        level: the level for all fits together.

    References:
        Lan and DeMets (1983), Discrete Sequential Boundaries for Clinical Trials, Biometrika 70(3), 659-663.
        Foster and Stine (2008), Alpha-investing, JRSS B 70(2), 429-444.
    """
    if place is None:
        return level
    share = level / (place.fit * (place.fit + 1))
    return share if place.origins is None else level_at_any_time(share, place.origins)


def count_tried(entries: Iterable[Mapping[str, Any]], extents: Extents, given: Sequence[Given]) -> Tried:
    """The tries on some targets: those of the ledger, and given files that the ledger does not have.

    A variant is a model's class, arguments, code and data; another seed is another fit of the same variant. It was
    tried on these targets if its targets are of one of their series and overlap in time. Baselines do not count.

    Args:
        entries: of all ledgers.
        extents: first and last time of the targets, by series.
        given: the compared files; the ledger has a file if it has its hash or its run folder.
    """
    met = _on(entries, extents)
    fits = _fits(met)
    known = {entry.get(name) for entry in met for name in ("forecasts", "folder")}
    unknown = sum(file.models for file in given if not known & {file.sha256, file.folder})
    variants = len({arguments for arguments, *_ in fits}) + unknown
    return Tried(variants, max(len(fits) + unknown, sum(file.models for file in given)))


def place_of(judged: Mapping[str, Any], entries: Iterable[Mapping[str, Any]], extents: Extents) -> Place:
    """The place of an entry among all tries on some targets.

    Args:
        judged: the entry to be judged; of several seeds, the first counts.
        entries: entries of all ledgers, with or without ``judged``.
        extents: first and last time of the targets, by series.
    """
    fits = _fits(_on([*entries, judged], extents))
    key = _keys(judged, fits)[0]
    variants = list(dict.fromkeys(arguments for arguments, *_ in fits))
    return Place(list(fits).index(key) + 1, variants.index(key[0]) + 1, Tried(len(variants), len(fits)))


def is_of_baseline(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is of one of the baselines, which stand beside every model and cost nothing to try."""
    model = entry["variant"].get("model")
    path = str(model.get("class_path")) if isinstance(model, Mapping) else ""
    return path.startswith(MODELS) and path.rpartition(".")[2] in BASELINE_NAMES


def _on(entries: Iterable[Mapping[str, Any]], extents: Extents) -> list[Mapping[str, Any]]:
    """The entries of variants on these targets, oldest first."""
    met = [
        entry
        for entry in entries
        if not is_of_baseline(entry) and any(overlaps(targets, extents) for targets in entry["targets"])
    ]
    return sorted(met, key=lambda entry: str(entry.get("time", "")))


def _fits(entries: Iterable[Mapping[str, Any]]) -> dict[tuple[str, ...], str | None]:
    """Every fit of the entries, in their order, with the hash of what was judged of it first.

    Another checkpoint of the same run, or the same one judged with other settings, is another try with its own key.
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
        if seed is None or seed is False:  # in old entries of fits without a seed, which all differ
            mark = f"unseeded, {entry.get('folder') or entry.get('time')}, {number}"
        key = (str(entry["arguments"]), str(entry.get("refitted", "")), mark)
        judged, before = entry.get("judged"), fits.get(key)
        keys.append(key if judged is None or before in (None, judged) else (*key, str(judged)))
    return keys


def extents_of(rows: pd.DataFrame) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
    """First and last time of the targets of forecast rows, by series."""
    return {str(series): (times.min(), times.max()) for series, times in rows.groupby("series")["timestamp"]}
