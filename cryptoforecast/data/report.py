"""The report on a close series that the verb ``data`` prints."""

import pandas as pd

from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.times import say_time

DATES_LISTED = 5  # of each kind
LABEL_WIDTH = 16  # letters; a longer label is followed by a space
WORDS = {  # for a value of a series, for several, and for their unit
    "price": ("close", "closes", ""),
    "volatility": ("volatility", "volatilities", " per bar, as a share,"),
    "ratio": ("value", "values", ""),
}
READER_SETTINGS = {  # by the line of the report that they change
    "series": ("symbol",),
    "text": ("encoding", "decimal"),
    "time": ("date_column", "date_format"),
    "close": ("column",),
}


def report(series: CloseSeries) -> str:
    """The report as lines of text: where the rows come from, what is unusual about them, and what they contain."""
    lines = [*_origin(series), *_oddities(series), *_content(series)]
    lines += [("note", note) for note in series.provenance.notes]
    return "\n".join(f"{label:<{LABEL_WIDTH - 1}} {text}" for label, text in lines)


def _origin(series: CloseSeries) -> list[tuple[str, str]]:
    provenance, found = series.provenance, series.cleaning_report
    name = provenance.symbol + (" (SIMULATED)" if provenance.simulated and "SIMULATED" not in provenance.symbol else "")
    lines = {"series": name, "source": ", ".join([provenance.source, *provenance.files])}
    if found:
        lines |= {"format": found.format, "text": found.text} | found.columns
    of_file = found is not None and bool(found.columns) and bool(provenance.files)
    return [(label, text + _knobs(label) * of_file) for label, text in lines.items() if text]


def _knobs(label: str) -> str:
    """The settings that change a line of the report, in brackets; empty if none do."""
    return (
        f"  [{', '.join(f'data.source.{name}' for name in READER_SETTINGS[label])}]" if label in READER_SETTINGS else ""
    )


def _oddities(series: CloseSeries) -> list[tuple[str, str]]:
    found = series.cleaning_report
    if found is None:
        return []
    gaps = ", ".join(f"{count:,} after {say_time(time)}" for time, count in found.missing.head(DATES_LISTED).items())
    missing = f"{len(found.missing):,}, of {int(found.missing.sum()):,} bars: {gaps}{_more(found.missing)}"
    return [
        ("rows", f"{found.rows:,} read{f', and {found.undated:,} without a date' if found.undated else ''}"),
        ("order", found.order),
        ("duplicates", f"{found.merged:,} merged" if found.merged else "none"),
        ("gaps", missing if len(found.missing) else "none"),
        ("empty rows", f"{len(found.empty):,}: {_dates(found.empty)}" if len(found.empty) else "none"),
        ("last bar", _say_end(series)),
    ]


def _say_end(series: CloseSeries) -> str:
    found = series.cleaning_report
    if found and found.unsettled is not None:
        return f"{say_time(found.unsettled)} was not over and was left out"
    if found and found.ragged is not None:
        return f"{say_time(found.ragged)} is not a whole bar after the one before it and was left out"
    return "settled, as far as the clock can tell"


def _content(series: CloseSeries) -> list[tuple[str, str]]:
    closes = series.closes
    close, plural, unit = WORDS[series.quantity]
    ends = [(f"first {close}", closes.index[0], closes.iloc[0]), (f"last {close}", closes.index[-1], closes.iloc[-1])]
    return [
        *((label, f"{value:,.10g}{unit} at {say_time(time)}") for label, time, value in ends),
        (plural, f"{len(closes):,}, {series.interval} apart"),
        ("largest moves", _largest_moves(series)),
        ("unchanged", _unchanged(series)),
        ("SHA-256", series.provenance.sha256),
    ]


def _largest_moves(series: CloseSeries) -> str:
    moves = _changes(series)
    largest = moves[moves.abs().nlargest(DATES_LISTED).index]
    return ", ".join(f"{_percent(move)} on {say_time(time)}" for time, move in largest.items()) or "none"


def _percent(move: float) -> str:
    """A change in percent, with one decimal; very small and very large ones with two digits."""
    return f"{move:+.1%}" if 0.0005 <= abs(move) < 1e4 or move == 0 else f"{100 * move:+.2g}%"


def _unchanged(series: CloseSeries) -> str:
    flat = _changes(series)
    flat = flat[flat == 0]
    close, plural, _ = WORDS[series.quantity]
    say = f"{plural} repeat" if len(flat) > 1 else f"{close} repeats"
    return f"{len(flat):,} {say} the one before: {_dates(flat.index)}" if len(flat) else "none"


def _changes(series: CloseSeries) -> pd.Series:
    """Relative changes from bar to bar, without those across a gap."""
    closes = series.closes
    changes = pd.Series(closes.to_numpy()[1:] / closes.to_numpy()[:-1] - 1, index=closes.index[1:])
    return changes.drop(changes.index[series.interval.uneven(pd.DatetimeIndex(closes.index))])


def _dates(times: pd.DatetimeIndex) -> str:
    return ", ".join(say_time(time) for time in times[:DATES_LISTED]) + _more(times)


def _more(listed: pd.Series | pd.DatetimeIndex) -> str:
    return f" and {len(listed) - DATES_LISTED:,} more" if len(listed) > DATES_LISTED else ""
