"""What the tests of registers share: closes that grow day by day, and registers over them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cryptoforecast as cf
from cryptoforecast.register.chain import append_records
from cryptoforecast.register.run import Registered
from cryptoforecast.register.settled import Settled
from tests.helpers import random_walk, write_yahoo

START = datetime(2020, 1, 1, tzinfo=UTC)


def midnight_after(bars: int) -> datetime:
    """A minute after so many daily bars are over."""
    return START + timedelta(days=bars, minutes=1)


def source_of(path: Path, bars: int, seed: int = 0) -> cf.CsvSource:
    """The first so many daily closes of a random walk, as a file that is written now."""
    return cf.CsvSource(str(write_yahoo(path, random_walk(400, seed)[:bars])))


def register_days(folder: Path, days: Any, model: Any = cf.Drift, **options: Any) -> list[Registered]:
    """Register a model without weights after each of several days."""
    return [
        cf.register(
            model=model, source=source_of(folder / "COIN-USD.csv", day), path=folder / "register.jsonl",
            now=midnight_after(day), **{"context_length": 10, **options},
        )
        for day in days
    ]  # fmt: skip


def settle_at(folder: Path, bars: int, **options: Any) -> Settled:
    """The register settled with so many closes."""
    return cf.settle(folder / "register.jsonl", source=source_of(folder / "COIN-USD.csv", bars), **options)


def write_register(
    folder: Path,
    closes: Sequence[float],
    days: Iterable[int],
    forecast: Callable[[Sequence[float]], Sequence[float]],
    name: str = "Mine",
) -> None:
    """A register with a line of COIN-USD after each of several days, by a function of the closes so far."""

    def line(day: int) -> dict[str, Any]:
        times = [(START + timedelta(days=day + ahead)).isoformat() for ahead in range(9)]
        steps = [
            {"step": step, "timestamp": times[step - 1], "forecast": float(price)}
            for step, price in enumerate(forecast(closes[:day]), start=1)
        ]
        return {
            "model": {"name": name},
            "data": {"series": "COIN-USD", "simulated": False},
            "origin": (START + timedelta(days=day - 1)).isoformat(),
            "last": float(closes[day - 1]),
            "registered": midnight_after(day).isoformat(),
            "clock": "system",
            "forecasts": steps,
            "rungs": {},
        }

    append_records(folder / "register.jsonl", lambda _: [line(day) for day in days])
