"""Columns found by their numbers, in files without a header or with one in an unknown language."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cryptoforecast.data.files.columns.bars import Bars, are_prices, find_bars
from cryptoforecast.data.files.columns.first_rows import FirstRows
from cryptoforecast.data.files.columns.time_column import head_times
from cryptoforecast.data.files.headings.labels import CLOSES, Label
from cryptoforecast.data.files.headings.vocabulary import CLOSE
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import join_names

MOST_COLUMNS = 12  # among which open, high, low and close are looked for
KLINES = (
    *("open_time", "open", "high", "low", "close", "volume", "close_time"),
    *("quote_volume", "count", "taker_buy", "taker_buy_quote", "ignore"),
)
KINDS = {"open": "Open", "high": "High", "low": "Low", "close": CLOSE, "volume": "Volume"}
VENDOR_ORDERS = {  # vendors by the order of their columns after the epoch
    "open high low close": "epoch, open, high, low, close",
    "low high open close": "Coinbase API candles",
    "open close high low": "Bitfinex API candles",
}


def without_header(file: Path, sample: FirstRows, knobs: Knobs) -> tuple[str, tuple[Label, ...], str]:
    """The name of the format of a file without a header, its columns, and a note.

    Where few rows do not tell open from close, the usual order is taken (open, high, low, close), if closes are nearer
    to the opens that follow them in it.

    Raises:
        UserError: if the columns cannot be told and ``data.source.column`` does not name the close by number.
    """
    width = len(sample.rows[0])
    labels = [Label("", "", number=at) for at in range(1, width + 1)]
    if width == len(KLINES) and all(sample.are_times(at, Label("", "date")) for at in (0, KLINES.index("close_time"))):
        named = zip(labels, KLINES, strict=True)
        return (
            "Binance klines, no header",
            tuple(
                label._replace(text=name, kind=KINDS.get(name, "date" if name == "open_time" else ""))
                for label, name in named
            ),
            "",
        )
    values = _values(labels, sample)
    found = _bars(labels, sample, values, knobs)
    if len(found) > 1 and (closes := sample.numbers(found[0].close)) is not None and not are_prices(closes):
        found = [bars for bars in found if _order(bars) in VENDOR_ORDERS and sample.are_times(0, labels[0])] or found
    found, note = _in_usual_order(sample, found) if "close" not in _agreed(found) else (found, "")
    agreed = _agreed(found)
    if "close" in agreed:
        order = sorted(agreed.items(), key=lambda place: place[1])
        other_columns = [at for at in values if at not in agreed.values()] if len(found) == 1 else []
        named_places = dict(order) | ({"volume": other_columns[0]} if len(other_columns) == 1 else {})
        for name, at in named_places.items():
            labels[at] = labels[at]._replace(text=name, kind=KINDS[name])
        first_is_epoch = sample.are_times(0, labels[0]) and order[0][1] == 1 and order[-1][1] == 4
        vendor = VENDOR_ORDERS.get(" ".join(name for name, _ in order)) if first_is_epoch else None
        return f"{vendor or 'bars'}, no header", tuple(labels), note
    if knobs.column is None and len(values) != 1:
        if not any(sample.may_be_times(at) for at in range(width)):
            raise UserError(f"{file}: no column holds dates or times, and there is no header; closes need theirs.")
        possible = sorted({bars.close for bars in found}) or values
        numbers = join_names((at + 1 for at in possible), MOST_COLUMNS)
        timed = any(sample.are_times(at, label) for at, label in enumerate(labels))
        dates = "" if timed else " and data.source.date_column to that of the dates"
        raise UserError(
            f"{file}: has no header, and its columns cannot be told; the closes may be column {numbers}: set "
            f"data.source.column to the number of that column{dates}, or name the columns in a first line."
        )
    return "a table without a header", tuple(labels), ""


def _in_usual_order(sample: FirstRows, found: list[Bars]) -> tuple[list[Bars], str]:
    """The reading in the usual order (open, high, low, close after the times), if it is more likely; and a note.

    Only one vendor has closes before highs and lows and opens after these, and there the numbers tell.
    """
    in_usual_order = [bars for bars in found if bars == Bars(1, 2, 3, 4)]
    in_other_orders = [bars for bars in found if bars not in (Bars(1, 2, 3, 4), Bars(4, 2, 3, 1))]
    prices = [numbers for at in range(1, 5) if in_usual_order and (numbers := sample.numbers(at)) is not None]
    if not in_usual_order or in_other_orders or not sample.are_times(0, Label("", "date")) or len(prices) < 4:
        return found, ""
    opened, high, low, closed = prices
    inside = (low <= np.minimum(opened, closed)).all() and (high >= np.maximum(opened, closed)).all()
    step = -1 if _is_newest_first(sample) else 1
    opened, closed = opened[::step], closed[::step]
    forth, back = np.abs(opened[1:] - closed[:-1]).sum(), np.abs(closed[1:] - opened[:-1]).sum()
    if not inside or forth >= back:
        return found, ""
    return in_usual_order, "few rows tell open and close apart: the usual order was taken, open, high, low, close."


def _is_newest_first(sample: FirstRows) -> bool:
    times = head_times([Label("", "", number=at + 1) for at in range(len(sample.rows[0]))], sample, Knobs())
    return times is not None and times[0] > times[-1]


def _agreed(found: Sequence[Bars]) -> dict[str, int]:
    """The columns with the same name in all readings of the bars."""
    places = {name: {getattr(bars, name) for bars in found} for name in Bars._fields}
    return {name: at.pop() for name, at in places.items() if len(at) == 1}


def _order(bars: Bars) -> str:
    """The names of a bar's prices in the order of their columns."""
    return " ".join(sorted(Bars._fields, key=lambda name: int(getattr(bars, name))))


def with_bars(labels: tuple[Label, ...], sample: FirstRows, knobs: Knobs) -> tuple[tuple[Label, ...], str]:
    """Labels of a header without a price in a known language, open to close found by numbers; and a note."""
    if knobs.column is not None or any(label.kind in (*CLOSES, "Open", "High", "Low") for label in labels):
        return labels, ""
    values = [at for at in _values(labels, sample) if labels[at].kind == ""]
    found = _bars(labels, sample, values, knobs)
    if len(found) != 1:
        return labels, ""
    kinds = {at: KINDS[name] for name, at in found[0]._asdict().items()}
    assignments = ", ".join(f"{name} from {labels[at].shown}" for name, at in found[0]._asdict().items())
    relabelled = tuple(label._replace(kind=kinds.get(at, label.kind)) for at, label in enumerate(labels))
    return relabelled, f"the headings are in no known language; the numbers tell {assignments}."


def _values(labels: Sequence[Label], sample: FirstRows) -> list[int]:
    return [
        at
        for at, label in enumerate(labels)
        if sample.are_numbers(at)
        and not sample.are_times(at, label)
        and not sample.are_clocks(at, label)
        and not sample.is_counter(at)
    ]


def _bars(labels: Sequence[Label], sample: FirstRows, values: list[int], knobs: Knobs) -> list[Bars]:
    if not 4 <= len(values) <= MOST_COLUMNS or (times := head_times(labels, sample, knobs)) is None:
        return []
    columns = {at: numbers for at in values if (numbers := sample.numbers(at)) is not None}
    texts = [at for at in range(len(labels)) if at not in values and _may_group(labels[at], sample, at)]
    groups = ["\0".join(row) for row in zip(*(sample.columns[at] for at in texts), strict=True)] if texts else []
    return find_bars(columns, np.asarray(times.asi8), groups)


def _may_group(label: Label, sample: FirstRows, at: int) -> bool:
    """Whether a column may name each row's series: few texts, each in several rows."""
    few = 2 * len(set(sample.columns[at])) <= len(sample.rows)
    return few and sample.are_texts(at) and not sample.are_times(at, label) and not sample.are_clocks(at, label)
