"""JSON gives the closes of the same bars as CSV, in every form in which people have it."""

import json
import warnings
from pathlib import Path

import pandas as pd
import pytest

from cryptoforecast import CloseSeries, CsvSource, DataNotice, UserError
from cryptoforecast.data.series import fingerprint
from tests.data.sources.vendors import made_bars

BARS = made_bars()
MS = [int(time.timestamp() * 1000) for time in BARS.index]
OHLCV = [[bar.Open, bar.High, bar.Low, bar.Close, bar.Volume] for bar in BARS.itertuples()]
DAYS = [f"{day:%Y-%m-%d}" for day in BARS.index]
TABLE = BARS.reset_index()
PLAIN = BARS.set_axis(BARS.index.tz_localize(None))
KLINES = [
    [ms, *(f"{value:.8f}" for value in bar), ms + 86_399_999, "1.5", 9, "1.0", "2.0", "0"]
    for ms, bar in zip(MS, OHLCV, strict=True)
]
RECORDS = [
    dict(zip(["date", "open", "high", "low", "close", "volume"], [day, *bar], strict=True))
    for day, bar in zip(DAYS, OHLCV, strict=True)
]
FORMS = {
    "Binance klines": json.dumps(KLINES),
    "ccxt": json.dumps([[ms, *bar] for ms, bar in zip(MS, OHLCV, strict=True)]),
    "ccxt, indented": json.dumps([[ms, *bar] for ms, bar in zip(MS, OHLCV, strict=True)], indent=2),
    "Kraken": json.dumps(
        {
            "error": [],
            "result": {"XXBTZUSD": [[ms // 1000, *bar] for ms, bar in zip(MS, OHLCV, strict=True)], "last": 1},
        }
    ),
    "lists with a first one of names": json.dumps(
        [["date", "close"], *map(list, zip(DAYS, BARS["Close"], strict=True))]
    ),
    "records": json.dumps(RECORDS),
    "records, newest first, indented": json.dumps(RECORDS[::-1], indent=2),
    "records a line": "\n".join(map(json.dumps, RECORDS)) + "\n",
    "records within": json.dumps({"Response": "Success", "Data": {"TimeFrom": 1, "Data": RECORDS}}),
    "records of texts": json.dumps(
        [{"Date": f"{day:%b %d, %Y}", "Price": f"{close:,}", "Vol.": "57.32K"} for day, close in BARS["Close"].items()]
    ),
    "records with objects within": json.dumps(
        [
            {"quote": {"USD": {"close": close, "timestamp": f"{day}T23:59:59.999Z"}}}
            for day, close in zip(DAYS, BARS["Close"], strict=True)
        ]
    ),
    "CoinGecko": json.dumps(
        {
            "prices": [[ms, bar[3]] for ms, bar in zip(MS, OHLCV, strict=True)],
            "market_caps": [[ms, 1e9] for ms in MS],
            "total_volumes": [[ms, bar[4]] for ms, bar in zip(MS, OHLCV, strict=True)],
        }
    ),
    "pandas, columns": PLAIN.to_json(date_format="iso"),
    "pandas, columns, no index": TABLE.to_json(date_format="iso"),
    "pandas, index": PLAIN.to_json(orient="index", date_format="iso"),
    "pandas, split": PLAIN.set_axis(MS).to_json(orient="split"),
    "pandas, records": TABLE.to_json(orient="records", date_format="iso"),
    "pandas, table": PLAIN.to_json(orient="table", date_format="iso"),
    "Yahoo": json.dumps(
        {
            "chart": {
                "error": None,
                "result": [
                    {
                        "meta": {"symbol": "BTC-USD"},
                        "timestamp": [ms // 1000 for ms in MS],
                        "indicators": {
                            "quote": [
                                {
                                    "close": [*BARS["Close"]],
                                    "open": [*BARS["Open"]],
                                    "volume": [*map(int, BARS["Volume"])],
                                }
                            ],
                            "adjclose": [{"adjclose": [1.5] * len(MS)}],
                        },
                    }
                ],
            }
        }
    ),
    "trading platforms": json.dumps(
        {
            "s": "ok",
            "t": [ms // 1000 for ms in MS],
            "o": [*BARS["Open"]],
            "h": [*BARS["High"]],
            "l": [*BARS["Low"]],
            "c": [*BARS["Close"]],
        }
    ),
    "letters": json.dumps(
        {"results": [{"t": ms, "c": bar[3], "o": bar[0], "vw": 1.5} for ms, bar in zip(MS, OHLCV, strict=True)]}
    ),
    "Glassnode": json.dumps([{"t": ms // 1000, "v": bar[3]} for ms, bar in zip(MS, OHLCV, strict=True)]),
    "Alpha Vantage": json.dumps(
        {
            "Meta Data": {"1. Information": "Daily", "2. Symbol": "BTC"},
            "Time Series (Daily)": {
                day: {"1. open": str(bar[0]), "4. close": str(bar[3])} for day, bar in zip(DAYS, OHLCV, strict=True)
            },
        }
    ),
}


def load(path: Path) -> CloseSeries:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return CsvSource(str(path)).load()


@pytest.mark.parametrize("name", FORMS)
def test_the_same_bars_in_json_give_the_same_closes(name: str, tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text(FORMS[name])
    series = load(tmp_path / "f.json")
    assert series.closes.tolist() == BARS["Close"].tolist()
    assert series.provenance.sha256 == fingerprint(BARS["Close"])
    assert series.cleaning_report is not None
    assert "JSON" in series.cleaning_report.text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_json_may_be_in_another_encoding(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "f.json").write_bytes(FORMS["records"].encode(encoding))
    assert load(tmp_path / "f.json").closes.tolist() == BARS["Close"].tolist()


def test_a_number_of_three_decimals_is_no_thousands(tmp_path: Path) -> None:
    closes = [1.012, 998.0, 1.013]
    records = [{"date": day, "close": close} for day, close in zip(DAYS, closes, strict=False)]
    (tmp_path / "f.json").write_text(json.dumps(records))
    assert load(tmp_path / "f.json").closes.tolist() == closes


def test_nulls_are_no_values_and_bad_cells_are_named_by_their_record(tmp_path: Path) -> None:
    rows = [*RECORDS[:3], {**RECORDS[3], "close": None}]
    (tmp_path / "f.json").write_text(json.dumps(rows))
    assert load(tmp_path / "f.json").closes.tolist() == BARS["Close"].tolist()[:3]
    rows[1] = {**RECORDS[1], "close": "abc"}
    (tmp_path / "f.json").write_text(json.dumps(rows))
    with pytest.raises(UserError, match=r"f.json, record 2: the close is 'abc'"):
        load(tmp_path / "f.json")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (FORMS["records"][:-60], "JSON that is damaged or cut off: .* in line 1, column"),
        ('{"error": "rate limit"}', r"JSON without a table of bars \(error\); a list of records"),
        ("[]", "JSON without a table of bars"),
        (json.dumps({"BTC": RECORDS, "ETH": RECORDS}), r"JSON with 2 tables \(BTC, ETH\); keep one of them"),
        ("[" * 100_000, "JSON"),
    ],
)
def test_json_that_holds_no_bars_is_named_as_json(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(UserError, match=sentence):
        load(tmp_path / "f.json")


def test_a_csv_that_begins_with_a_bracket_is_a_csv(tmp_path: Path) -> None:
    frame = pd.DataFrame({"[Date]": DAYS, "[Close]": BARS["Close"].to_numpy()})
    frame.to_csv(tmp_path / "f.csv", index=False)
    assert load(tmp_path / "f.csv").closes.tolist() == BARS["Close"].tolist()
