"""Dates of any style, with times of day and offsets, are read as the same times."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast.data.files.cells.numbers import Unreadable
from cryptoforecast.data.files.dates.read_times import read_times

DAYS = pd.date_range("2023-07-20", periods=40, tz="UTC")


STYLES = [
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y",
    "%m/%d/%y", "%d/%m/%y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d-%b-%Y", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S UTC", "%m/%d/%Y %H:%M", "%m/%d/%Y, %I:%M:%S %p", "%d/%m/%Y %I:%M %p", "%Y-%m-%d %I-%p",
]  # fmt: skip


@given(st.sampled_from(STYLES), st.permutations(range(40)))
def test_any_style_of_dates_in_any_order_is_read_as_the_same_times(style: str, order: list[int]) -> None:
    read = read_times(pd.Series([f"{DAYS[at]:{style}}" for at in order]))
    assert (read.times == DAYS[order]).all()


def test_a_cell_that_is_no_date_is_pointed_at() -> None:
    for damaged in ("2024-13-01", "never", "2024-02-30", "01/02/2024x"):
        with pytest.raises(Unreadable) as refused:
            read_times(pd.Series(["2024-01-01", "2024-01-02", damaged, "2024-01-04"]))
        assert refused.value.row == 2


def test_the_users_own_format_is_taken_at_its_word() -> None:
    assert read_times(pd.Series(["2024|11|03"]), "%Y|%d|%m").times[0] == pd.Timestamp("2024-03-11", tz="UTC")
    with pytest.raises(Unreadable, match="not written as %d/%m/%Y"):
        read_times(pd.Series(["2024-01-01"]), "%d/%m/%Y")
    with pytest.raises(Unreadable, match="data.source.date_format is '%Q', which is not a format"):
        read_times(pd.Series(["2024-01-01"]), "%Q")


def test_offsets_from_utc_are_taken_off() -> None:
    assert read_times(pd.Series(["2024-01-01 02:00:00+02:00"])).times[0] == pd.Timestamp("2024-01-01", tz="UTC")


MONTHS = {
    "English": "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
    "Spanish": "ene. feb. mar. abr. may. jun. jul. ago. sept. oct. nov. dic.",
    "Spanish, whole": "Enero Febrero Marzo Abril Mayo Junio Julio Agosto Septiembre Octubre Noviembre Diciembre",
    "Portuguese": "jan fev mar abr mai jun jul ago set out nov dez",
    "French": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "German": "Jan. Feb. März Apr. Mai Juni Juli Aug. Sep. Okt. Nov. Dez.",
    "Italian": "Gen Feb Mar Apr Mag Giu Lug Ago Set Ott Nov Dic",
    "Dutch": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "Polish": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "Polish, short": "STY LUT MAR KWI MAJ CZE LIP SIE WRZ PAŹ LIS GRU",
    "Turkish": "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
    "Turkish, capitals": "OCAK ŞUBAT MART NİSAN MAYIS HAZİRAN TEMMUZ AĞUSTOS EYLÜL EKİM KASIM ARALIK",
    "Russian": "янв. фев. мар. апр. мая июн. июл. авг. сент. окт. нояб. дек.",
    "Chinese": "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
}


FORMS = [
    "{d} {m} {y}",
    "{m} {d}, {y}",
    "{d}-{m}-{y}",
    "{d}. {m} {y}",
    "{y} {m} {d}",
    "{d} de {m} de {y}",
    "{m}/{d}/{y}",
]


SOME_DAYS = pd.date_range("2023-01-20", periods=400, freq="3D", tz="UTC")


@pytest.mark.parametrize("language", MONTHS)
def test_months_in_words_of_any_language_are_read(language: str) -> None:
    words, place = MONTHS[language].split(), list(MONTHS).index(language)
    for form in (FORMS * 3)[place : place + 3]:
        column = pd.Series([form.format(d=day.day, m=words[day.month - 1], y=day.year) for day in SOME_DAYS])
        assert (read_times(column).times == SOME_DAYS).all()
    months = pd.date_range("2022-01-01", periods=24, freq="MS", tz="UTC")
    for short in ("{m} {y}", "{y} {m}", "{m}-{y}"):
        column = pd.Series([short.format(m=words[day.month - 1], y=day.year) for day in months])
        assert (read_times(column).times == months).all()


CLOCKS = ["{:%H:%M}", "{:%H:%M:%S}", "{:%H:%M:%S}.000", "{:%I:%M %p}", "{:%I:%M:%S%p}", "오후 {:%I:%M}", "PM {:%I:%M}"]


ZONES = {"": 0, " Z": 0, " UTC": 0, " GMT+0800": 8, " UTC+8": 8, "-05:00": -5, " -0500": -5, " GMT+0530 (IST)": 5.5,
         "+01:00[Europe/Paris]": 1}  # fmt: skip


SEPARATE_DAYS = ["%d.%m.%Y", "%m/%d/%Y", "%Y年%m月%d日", "%a, %d %b %Y", "%A %d/%m/%Y", "%d-%b-%y", "%Y. %m. %d."]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("clock", CLOCKS)
def test_times_of_day_and_offsets_are_read_behind_any_day(clock: str, zone: str) -> None:
    local = pd.date_range("2023-01-20 13:30", periods=30, freq="D")
    day = SEPARATE_DAYS[(CLOCKS.index(clock) + list(ZONES).index(zone)) % len(SEPARATE_DAYS)]
    read = read_times(pd.Series([f"{time:{day}} {clock.format(time)}{zone}" for time in local]))
    assert (read.times == (local - pd.Timedelta(hours=ZONES[zone])).tz_localize("UTC")).all()


def test_the_year_may_stand_behind_the_time() -> None:
    read = read_times(pd.Series(["Mon Oct 11 13:00:00 2021", "Tue Oct 12 13:00:00 2021"]))
    assert read.times[1] == pd.Timestamp("2021-10-12 13:00", tz="UTC")
    read = read_times(pd.Series(["Mon Oct 11 2021 13:00:00 GMT+0800 (China Standard Time)"]))
    assert read.times[0] == pd.Timestamp("2021-10-11 05:00", tz="UTC")


def test_quarters_and_weeks_are_their_first_days() -> None:
    assert read_times(pd.Series(["2023Q1", "2023Q2"])).times[1] == pd.Timestamp("2023-04-01", tz="UTC")
    assert read_times(pd.Series(["Q4 2023", "Q1 2024"])).times[1] == pd.Timestamp("2024-01-01", tz="UTC")
    assert read_times(pd.Series(["2024-W05", "2024-W06"])).times[1] == pd.Timestamp("2024-02-05", tz="UTC")
    assert read_times(pd.Series(["03/2024", "04/2024"])).times[1] == pd.Timestamp("2024-04-01", tz="UTC")


def test_a_month_with_a_short_year_is_one_only_where_months_go_on() -> None:
    assert read_times(pd.Series(["Jan 22", "Dec 21", "Nov 21"])).times[1] == pd.Timestamp("2021-12-01", tz="UTC")
    with pytest.raises(Unreadable, match="2001-01 or, without its year, the day 'Jan 01'"):
        read_times(pd.Series(["Jan 01", "Jan 02", "Jan 03"]))


@pytest.mark.parametrize("zone", ["EST", "CEST", "America/New_York"])
def test_a_zone_by_its_name_is_refused_with_what_to_write(zone: str) -> None:
    with pytest.raises(Unreadable, match=f"and {zone} is no offset from UTC .*; write the offset in its place"):
        read_times(pd.Series([f"2024-01-02 13:00:00 {zone}", f"2024-01-03 13:00:00 {zone}"]))


def test_a_format_of_the_day_alone_reads_the_time_of_day_too() -> None:
    column = pd.Series(["9/01/2025 1:30 PM", "10/01/2025 12:00 AM"])
    assert read_times(column, "%m/%d/%Y").times[0] == pd.Timestamp("2025-09-01 13:30", tz="UTC")
    assert read_times(column, "%d/%m/%Y %I:%M %p").times[0] == pd.Timestamp("2025-01-09 13:30", tz="UTC")
    assert read_times(pd.Series(["1 févr. 2024"]), "%d %b %Y").times[0] == pd.Timestamp("2024-02-01", tz="UTC")
