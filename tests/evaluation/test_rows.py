"""Forecast rows from files: ours, and Nixtla's."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import DataNotice, UserError
from cryptoforecast.evaluation.metrics import BASELINE_NAMES
from cryptoforecast.evaluation.rows import COLUMNS, read_rows, read_written_rows, to_csv, to_rows
from cryptoforecast.models.baselines import BASELINES
from cryptoforecast.models.ladder.ladder import LADDER
from tests.helpers import rows_of

LONG = "series,model,origin,timestamp,forecast,actual\n"
WIDE = "unique_id,ds,cutoff,y,NHITS,NHITS-lo-90,note\n"


def written(folder: Path, text: str) -> Path:
    (folder / "rows.csv").write_text(text)
    return folder / "rows.csv"


def test_what_was_written_is_read_again_to_the_last_digit(tmp_path: Path) -> None:
    rows = pd.concat([rows_of("LSTM", [0.1 + 0.2, 1 / 3], [3.0, 7.0]), rows_of("RandomWalk", [1.0, 2.0], [3.0, 7.0])])
    to_csv(rows, tmp_path / "rows.csv")
    again = read_rows(tmp_path / "rows.csv")
    assert list(again) == COLUMNS
    for name in COLUMNS:
        assert again[name].tolist() == rows[name].tolist()


LOOK_LIKE_VALUES = (
    "TRUE",
    "005930",
    "NA",
    "null",
    "1e5",
    "1.0",
    "0x10",
    "inf",
    "2024-01-01",
    " spaced ",
    "",
    "nan",
    "None",
)
names = st.sampled_from(LOOK_LIKE_VALUES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(names, min_size=1, max_size=4, unique=True), names, st.sampled_from(["csv", "parquet"]))
def test_any_name_is_read_as_it_was_written(models: list[str], series: str, kind: str) -> None:
    rows = pd.concat([rows_of(model, [1.0, 2.0], [3.0, 7.0]) for model in models]).assign(series=series)
    with TemporaryDirectory() as folder:
        path = Path(folder, f"rows.{kind}")
        if kind == "csv":
            to_csv(rows, path)
        else:
            rows.to_parquet(path, index=False)
        for again in (read_rows(path), read_written_rows(path)):
            assert again["model"].tolist() == rows["model"].tolist()
            assert set(again["series"]) == {series}


@pytest.mark.parametrize(
    "name", ["TRUE", "005930", "NA", "null", "1e5", "1.0", "0x10", "inf", "2024-01-01", " spaced "]
)
def test_a_column_is_a_model_by_the_name_in_the_header(tmp_path: Path, name: str) -> None:
    rows = read_rows(written(tmp_path, f"unique_id,ds,cutoff,y,{name}\n{name},2024-01-02,2024-01-01,12,12\n"))
    assert rows[["series", "model"]].to_numpy().tolist() == [[name, name]]


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="two columns are called 'NHITS'; rename one of them"):
        read_rows(written(tmp_path, "unique_id,ds,cutoff,y,NHITS,NHITS\nBTC,2024-01-02,2024-01-01,12,12,13\n"))


def test_names_of_any_type_are_texts(tmp_path: Path) -> None:
    rows = pd.concat([rows_of(str(number), [1.0], [3.0]) for number in (5, 7)], ignore_index=True)
    expected = rows["model"].tolist()
    for column in (rows["model"].astype("category"), rows["model"].astype("int64")):
        rows.assign(model=column).to_parquet(tmp_path / "rows.parquet")
        assert read_rows(tmp_path / "rows.parquet")["model"].tolist() == expected
        assert to_rows(rows.assign(model=column), "rows")["model"].tolist() == expected
    with pytest.raises(UserError, match="rows: a row has no model"):
        to_rows(rows.assign(model=[None, "LSTM"]), "rows")


@pytest.mark.parametrize("step", ["1ms", "250ms", "1s", "1us", "1ns", "1D"])
def test_times_are_written_with_the_decimals_they_need(tmp_path: Path, step: str) -> None:
    rows = rows_of("LSTM", [1.0, 2.0, 3.0], [3.0, 7.0, 9.0])
    origins = pd.date_range("2024-01-01", periods=3, freq=step, tz="UTC", unit="ns")
    rows = rows.assign(origin=origins, timestamp=origins + pd.Timedelta(step))
    to_csv(rows, tmp_path / "rows.csv")
    again = read_rows(tmp_path / "rows.csv")
    assert again[["origin", "timestamp"]].equals(rows[["origin", "timestamp"]].astype("datetime64[ns, UTC]"))


def test_a_wide_table_of_nixtla_has_a_model_per_column_of_numbers_and_none_for_bounds(tmp_path: Path) -> None:
    text = "2024-01-02,2024-01-01,10,11,5,x\nBTC,2024-01-03,2024-01-01,12,13,5,x\nBTC,2024-01-03,2024-01-02,12,14,5,x\n"
    with pytest.warns(
        DataNotice, match="of NHITS is left out: there are 2 quantile levels, and a distribution takes 3"
    ):
        rows = read_rows(written(tmp_path, WIDE + "BTC," + text))
    assert list(rows) == COLUMNS
    assert rows["model"].unique().tolist() == ["NHITS"]
    assert rows["step"].tolist() == [1, 2, 1]
    assert rows["forecast"].tolist() == [11.0, 13.0, 14.0]
    assert rows["actual"].tolist() == [10.0, 12.0, 12.0]
    assert rows["origin"].iloc[0] == pd.Timestamp("2024-01-01", tz="UTC")  # a time without a zone is UTC
    assert rows["last"].isna().all()


def test_seeds_are_models_of_their_own_and_a_baseline_is_the_same_with_each(tmp_path: Path) -> None:
    parts = [
        rows_of(model, [float(forecast)], [3.0]).assign(seed=seed)
        for seed in (0, 1)
        for model, forecast in (("LSTM", seed), ("RandomWalk", 5))
    ]
    to_csv(pd.concat(parts), tmp_path / "rows.csv")
    rows = read_rows(tmp_path / "rows.csv")
    assert dict(zip(rows["model"], rows["forecast"], strict=True)) == {
        "LSTM seed 0": 0.0,
        "RandomWalk": 5.0,
        "LSTM seed 1": 1.0,
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("series,model\nBTC,LSTM\n", "no column origin (or cutoff), timestamp (or ds), actual (or y)"),
        ("", "is no table of forecast rows as CSV"),
        (LONG, "holds no forecast rows"),
        (LONG + "BTC,LSTM,2024-01-01T00:00:00+02:00,2024-01-02,1,1\n", "2024-01-01T00:00:00+02:00 is not in UTC"),
        (LONG + "BTC,LSTM,first,2024-01-02,1,1\n", "origin 'first' is no time such as"),
        (LONG + "BTC,LSTM,17,2024-01-02,1,1\n", "origin '17' is no time such as"),
        (LONG + "BTC,LSTM,2024-01-01,2024-01-02,,1\n", "BTC, 2024-01-02 (forecast on 2024-01-01): the forecast of"),
        (LONG + "BTC,LSTM,2024-01-01,2024-01-02,1,inf\n", "the actual of LSTM is inf, no finite number"),
        (LONG + "BTC,LSTM,2024-01-01,2024-01-02,much,1\n", "the forecast of LSTM is much, no finite number"),
        (LONG + 2 * "BTC,LSTM,2024-01-01,2024-01-02,1,1\n", "2024-01-02 (forecast on 2024-01-01): stands twice for"),
        (LONG + "BTC,LSTM,2024-01-01,2024-01-02,1,1\nBTC,LSTM,2024-01-03,2024-01-03,1,1\n", "no longer to come"),
        ("series,origin,timestamp,actual\nBTC,2024-01-01,2024-01-02,1\n", "no column model and forecast"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_judged_gets_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        read_rows(written(tmp_path, text))
    assert sentence in str(raised.value)
    assert str(raised.value).startswith(str(tmp_path / "rows.csv"))
    assert "\n" not in str(raised.value)


def test_every_baseline_is_known_by_name() -> None:
    assert {baseline.__name__ for baseline in BASELINES} | set(LADDER) <= set(BASELINE_NAMES)
    assert len(BASELINE_NAMES) == len(set(BASELINE_NAMES))


def test_a_last_close_that_the_file_does_not_say_is_no_number(tmp_path: Path) -> None:
    rows = read_rows(written(tmp_path, LONG + "BTC,LSTM,2024-01-01,2024-01-02,1,1\n"))
    assert np.isnan(rows["last"].iloc[0])
