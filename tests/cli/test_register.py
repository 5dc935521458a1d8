"""``register`` and ``settle``, typed in while a file of closes grows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cryptoforecast.register import run
from tests.helpers import Run, Said, random_walk, write_yahoo
from tests.register.helpers import write_register

START = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def at_the_end_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the clock to a minute after so many daily bars."""

    def set_clock(bars: int) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, _: Any = None) -> Any:
                return START + timedelta(days=bars, minutes=1)

        monkeypatch.setattr(run, "datetime", Clock)

    return set_clock


def test_a_fitted_model_is_registered_day_by_day_and_settled(
    type_in: Callable[..., Said], fitted: Run, tmp_path: Path, at_the_end_of: Callable[[int], None]
) -> None:
    source, heads = ("--data.source=CsvSource", "--data.source.path=COIN-USD.csv"), []
    for bars in range(50, 53):
        write_yahoo(tmp_path / "COIN-USD.csv", random_walk(60)[:bars])
        at_the_end_of(bars)
        done = type_in("register", "--ckpt_path", fitted.checkpoint, *source)
        assert done.status == 0, done.err
        heads.append(done.out.split()[-1].rstrip("."))
    again = type_in("register", "--ckpt_path", fitted.checkpoint, *source)
    assert again.status == 1
    assert "line 3 has a forecast of LSTM" in again.err
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(60))
    settled = type_in("settle", *source, f"--head={heads[1]}")
    assert settled.status == 0, settled.err
    assert "register.jsonl: 3 lines, 3 forecasts scored, 0 open" in settled.out
    register = tmp_path / "register.jsonl"
    register.write_text("".join(register.read_text().splitlines(keepends=True)[1:]))
    broken = type_in("settle", *source)
    assert broken.status == 1
    assert "register.jsonl: line 1: it does not follow by its hash: a line before it was removed" in broken.err


def test_forecasts_of_several_steps_are_printed_by_step(type_in: Callable[..., Said], tmp_path: Path) -> None:
    closes = random_walk(60)
    write_yahoo(tmp_path / "COIN-USD.csv", closes)
    write_register(tmp_path, closes, range(50, 60), lambda seen: [seen[-1] * 1.01, seen[-1] * 1.02])
    settled = type_in("settle", "--data.source=CsvSource", "--data.source.path=COIN-USD.csv")
    assert settled.status == 0, settled.err
    lines = [line.split()[:3] for line in settled.out.splitlines() if line.split()[:1] == ["Mine"]]
    assert lines[-2:] == [["Mine", "1", "10"], ["Mine", "2", "9"]]


def test_what_settle_and_register_do_not_take_is_refused(type_in: Callable[..., Said], tmp_path: Path) -> None:
    assert type_in("register", "--output=x.csv").err == "error: register takes no --output.\n"
    assert type_in("settle", "--plot=x.png").status == 2
    (tmp_path / "register.jsonl").write_text("{}\n")
    assert "line 1: it is not as register wrote it" in type_in("settle").err
