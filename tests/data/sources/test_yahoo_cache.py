"""What is kept of Yahoo's bars: asked for once, whole at any time, never believed blindly."""

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import requests

from cryptoforecast import DataNotice, YahooSource
from cryptoforecast.data.sources.bar_cache import CachedBars
from cryptoforecast.data.sources.yahoo import yahoo_cache
from cryptoforecast.data.sources.yahoo_client import COLUMNS
from tests.data.sources.yahoo_server import NOON, LocalYahoo
from tests.helpers import CONFIGS

Today = Callable[[str], None]


def held(count: int) -> CachedBars:
    times = pd.date_range("2015-01-01", periods=count, tz="UTC", unit="ns")
    values = np.random.default_rng(count).lognormal(0, 5, (count, len(COLUMNS)))
    values[1] = np.nan
    return CachedBars(pd.DataFrame(values, times, list(COLUMNS)), times[0] - pd.Timedelta("400D"), NOON)


def test_bars_come_back_from_the_cache_to_the_last_bit() -> None:
    kept = held(5000)
    yahoo_cache("BTC-USD", "1d").write(kept)
    back = yahoo_cache("BTC-USD", "1d").read()
    assert back is not None
    pd.testing.assert_frame_equal(back.bars, kept.bars, check_exact=True, check_freq=False, check_names=False)
    assert back[1:] == kept[1:]


def test_each_symbol_and_interval_has_a_file_of_its_own_whatever_its_name(cache: Path) -> None:
    names = [
        "BTC-USD",
        "BTC/USD",
        "BTC%2FUSD",
        "../BTC-USD",
        "..",
        "^GSPC",
        "ビットコイン",
        "B" * 300,
        "B" * 301,
        "a\0b",
    ]
    files = [yahoo_cache(name, interval).file() for name in names for interval in ("1d", "1h")]
    assert len(set(files)) == len(files)
    assert files[0].name == "BTC-USD_1d.csv"
    for file in files:
        file.touch()
        assert file.parent == cache / "yahoo"


KILLED = """
import os, random, signal, time
import pandas as pd
from cryptoforecast.data.sources.bar_cache import CachedBars
from cryptoforecast.data.sources.yahoo import COLUMNS, yahoo_cache

times = pd.date_range("2015-01-01", periods=1500, tz="UTC")
long = CachedBars(pd.DataFrame(1 / 3, times, list(COLUMNS)), times[0], times[-1])
short = long._replace(bars=long.bars[:1000])
yahoo_cache("BTC-USD", "1d").write(short)
for _ in range(40):
    child = os.fork()
    while not child:
        yahoo_cache("BTC-USD", "1d").write(long)
        yahoo_cache("BTC-USD", "1d").write(short)
    time.sleep(random.uniform(0.01, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert len(yahoo_cache("BTC-USD", "1d").read().bars) in (1000, 1500)
print("whole")
"""


ONE_OF_SEVERAL = """
import sys, warnings
import yfinance
from cryptoforecast import YahooSource
from tests.data.sources.yahoo_server import Redirected

yfinance.set_tz_cache_location(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for refresh in (False, True, True, True):
    series = YahooSource("BTC-USD", refresh=refresh).through(Redirected(int(sys.argv[1]))).load()
print(series.provenance.sha256, *series.provenance.notes)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_writer_that_is_killed_at_any_moment_leaves_a_whole_file() -> None:
    run = [sys.executable, "-c", KILLED]
    assert subprocess.run(run, cwd=CONFIGS.parent, capture_output=True, text=True, check=True).stdout == "whole\n"


def test_several_processes_at_once_all_get_the_closes_and_leave_a_whole_file(
    yahoo: LocalYahoo, session: requests.Session, dead_line: requests.Session, tmp_path: Path
) -> None:
    run = [sys.executable, "-W", "error::UserWarning", "-c", ONE_OF_SEVERAL, str(yahoo.port), str(tmp_path)]
    several = [
        subprocess.Popen(run, cwd=CONFIGS.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in several:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in several:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.communicate()[0] for process in several]
    sha256 = YahooSource("BTC-USD", end="2024-03-05").through(dead_line).load().provenance.sha256
    assert answers == [f"{sha256}\n"] * 3


def test_bars_that_yahoo_no_longer_serves_stay_in_the_cache(
    yahoo: LocalYahoo, session: requests.Session, today: Today
) -> None:
    minutes = pd.date_range("2024-03-06 00:00", "2024-03-06 11:59", freq="min", tz="UTC")
    yahoo.closes = dict.fromkeys(minutes, 100.0)
    YahooSource("BTC-USD", interval="1m").through(session).load()
    yahoo.closes = dict.fromkeys(pd.date_range("2024-03-11", "2024-03-20 11:59", freq="min", tz="UTC"), 200.0)
    today("2024-03-20 12:00")
    for refresh in (False, True):
        with pytest.warns(DataNotice, match="split where closes are missing: 1, first after 2024-03-06 11:59"):
            series = YahooSource("BTC-USD", interval="1m", gaps="split", refresh=refresh).through(session).load()
        assert series.closes[minutes].eq(100.0).all()
        assert yahoo.ranges[-1] == ("2024-03-13", "2024-03-20")  # a week back is all there is


def test_a_file_that_an_earlier_version_wrote_is_read(cache: Path) -> None:
    rows = "time,Open,High,Low,Close,Adj Close,Volume\n2024-03-01T00:00:00Z,1.0,3.0,0.5,2.5,2.5,10.0\n"
    facts = {
        "layout": 1, "symbol": "btc-usd", "interval": "1d", "covered_from": "2009-01-03T00:00:00+00:00",
        "fetched_at": "2024-03-02T12:00:00+00:00", "versions": {"yfinance": "1.7.0", "pandas": "3.1.0"},
        "sha256": hashlib.sha256(rows.encode()).hexdigest(),
    }  # fmt: skip
    (cache / "yahoo").mkdir()
    (cache / "yahoo" / "BTC-USD_1d.csv").write_text(f"# {json.dumps(facts)}\n{rows}")
    found = yahoo_cache("btc-usd", "1d").read()
    assert found is not None
    assert found.bars["Close"].tolist() == [2.5]
    assert found.covered_from == pd.Timestamp("2009-01-03", tz="UTC")
