"""A source that is the first of several that can be reached."""

import dataclasses
import warnings
from collections.abc import Sequence

from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.sources.source import Source, SourceUnavailable, load_one, require_source
from cryptoforecast.errors import DataNotice, UserError


class FirstAvailable(Source):
    """The first of several sources that can be reached; a notice says why others were passed over.

    Only a source that cannot be *reached* is passed over. If one answers with an unknown symbol or a gap, that is an
    error, which the closes of another source would hide.

    Args:
        sources: the sources, best first.

    Raises:
        UserError: if the list is empty or has something else than sources.

    >>> from cryptoforecast import SimulatedSource, YahooSource
    >>> FirstAvailable([SimulatedSource(rows=100), YahooSource("BTC-USD")]).load().closes.name
    'SIMULATED'
    """

    def __init__(self, sources: list[Source]) -> None:
        listed = sources if isinstance(sources, list | tuple) else [sources]
        if not listed:
            raise UserError("data.source.sources is empty; name at least one source.")
        for source in listed:
            require_source("data.source.sources", source)
        self.sources = list(listed)

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        """Load the first source that can be reached.

        Args:
            columns: names of further columns wanted.

        Raises:
            SourceUnavailable: with the reason of each source, if none can be reached.
        """
        reasons: list[str] = []
        for source in self.sources:
            try:
                series = load_one(source, columns)
            except SourceUnavailable as unavailable:
                reasons.append(str(unavailable))
                continue
            return _passed_over(series, reasons) if reasons else series
        raise SourceUnavailable(" ".join(reasons))


def _passed_over(series: CloseSeries, reasons: list[str]) -> CloseSeries:
    provenance = series.provenance
    what = (
        "SIMULATED closes, at which nobody ever traded,"
        if provenance.simulated
        else f"{provenance.symbol} of {provenance.source}"
    )
    note = f"{' '.join(reasons)} This run uses {what} instead."
    warnings.warn(note, DataNotice, stacklevel=3)
    return series._replace(provenance=dataclasses.replace(provenance, notes=(*provenance.notes, note)))
