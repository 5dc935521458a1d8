"""Made-up files whose bytes, numbers and dates meet each message of the reader; and what its advice comes to."""

from random import Random

import numpy as np
import pandas as pd

from tests.data.advice_files import AS_CSV, CLOSES, GOOD, NAME, PLAIN, TWO, By, Case, case, dated, packed

GERMAN = dated("Datum;Schlußkurs", "100,5", "101,25", "99,75", between=";")
FRENCH = dated("Jour,Note,Clôture", "détaillé,100.5", "à côté,101.25", "élevé,99.75")
LONG = "x" * 60
FAR = [100.5 + at % 9 for at in range(2000)]
FAR_BELOW = dated("Date,Close,Note", *[f"{close},{LONG}" for close in FAR], start="2015-01-01").encode()
FAR_ODD = FAR_BELOW[:-30] + "é".encode("cp1252") * 20 + FAR_BELOW[-10:]
BY_DAY = dated("Date,Close", "100.5", "101.25", "99.75", style="%d/%m/%Y")
EXCEL = "".join(f"{45292 + at},{close}\n" for at, close in enumerate(CLOSES))
ANEW = [By("unpack", files=GOOD)]
SAVED = [By("to_csv", files=GOOD)]
LINES = PLAIN.splitlines()
QUOTED = "\n".join([LINES[0], *(f'"{line}"' for line in LINES[1:])]) + "\n"
ALL_QUOTED = "\n".join(f'"{line},""x"""' for line in LINES[1:]) + "\n"

BYTES = {
    "an encoding that is not tried": case(FRENCH.encode("mac_roman"), values={
        ("encoding", "mac_roman"): CLOSES, ("encoding", "cp850"): CLOSES}),
    "no encoding of that name": case(PLAIN, encoding="utf-99", values={
        ("encoding", "cp1252"): CLOSES, ("encoding", "gb18030"): CLOSES}),
    "another encoding than the first bytes say": case("\ufeff" + PLAIN, encoding="cp1252", values={
        ("encoding", ""): CLOSES}),
    "a text that is not in the encoding": case(GERMAN.encode("cp1252"), encoding="utf-8", values={
        ("encoding", ""): CLOSES}),
    "a text that is not in the encoding, far down": case(FAR_ODD, encoding="utf-8", values={("encoding", ""): FAR}),
    "a mark of UTF-8 before something else": case("\ufeff".encode() + GERMAN.encode("cp1252"), [
        By("mend or download it again", files={NAME: "\ufeff" + GERMAN})]),
    "a damaged number": case(PLAIN.replace("100.5", "100.5\udcff").encode(errors="surrogateescape"), [
        By("mend it", files=GOOD)],
        {("encoding", "cp1252"): "the close is '100.5ÿ', not a number", ("encoding",
        "gb18030"): "not a text in gb18030"}),
    "no file of that name": case(PLAIN,
        [By("data.source.path names the file", settings={"path": NAME})], path="no.csv"),
    "no file at all": case(PLAIN, [By("name at least one file", settings={"path": [NAME]})], path=[]),
    "files of two coins": Case(
        {"BTC-USD.csv": PLAIN, "ETH-USD.csv": PLAIN}, {"path": ["BTC-USD.csv", "ETH-USD.csv"]},
        by=[By("name its files only", settings={"path": "BTC-USD.csv"})]),
    "two tables in a zip": case(packed({"a.csv": PLAIN, "b.csv": TWO}), ANEW),
    "an encrypted table": case(packed({"a.csv": PLAIN}, encrypted=True), ANEW),
    "a workbook": case(packed({"xl/sheet.xml": ""}), AS_CSV),
    "an OpenDocument file": case(packed({"content.xml": ""}), AS_CSV),
    "arrays of NumPy": case(packed({"close.npy": ""}), AS_CSV),
    "zstd": case(b"\x28\xb5\x2f\xfd" + bytes(20), ANEW),
    "packed twice": Case({NAME: packed({"a.csv": "BZh9"})}, by=ANEW),
    "a pickle": case(b"\x80\x04\x95" + bytes(20), SAVED),
    "an old workbook": case(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", AS_CSV),
    "HDF5": case(b"\x89HDF\r\n\x1a\n", SAVED),
    "SQLite": case(b"SQLite format 3\x00", [By("save its times and closes as CSV", files=GOOD)]),
    "R": case(b"RDX3", [By("save its times and closes as CSV: write.csv", files=GOOD)]),
    "7z": case(b"7z\xbc\xaf\x27\x1c", ANEW),
    "RAR": case(b"Rar!", ANEW),
    "tar": case(bytes(257) + b"ustar", ANEW),
    "old Feather": case(b"FEA1", SAVED),
    "Git LFS": case(b"version https://git-lfs", [By("git lfs pull", files=GOOD)]),
    "git-annex": case(b"/annex/objects/", [By("git annex get", files=GOOD)]),
    "a page of the web": case("<html><body>\n", [By("Download the CSV", files=GOOD), By("save it as CSV", files=GOOD)]),
    "two tables in JSON": case('{"a": [[1704067200, 100.5], [1704153600, 101.25], [1704240000, 99.75]],'
        ' "b": [[1704067200, 7.5], [1704153600, 8.5], [1704240000, 9.5]]}', [
        By("keep one of them", files={NAME: "[[1704067200, 100.5], [1704153600, 101.25], [1704240000, 99.75]]"})]),
    "lines that are quoted": case(ALL_QUOTED, [By("save it with its cells quoted, or none", files=GOOD)]),
}  # fmt: skip

OUTSIDE = dated("Date,Open,High,Low,Close,Note", *["100.5,101.5,99.5,30.5,100.5"] * 3)
MISPLACED = dated("Close,Date,Adj Close", *[f"{close},1.5" for close in (100.5, 101.25, 99.75)])
NUMBERS = {
    "numbers of two readings": case(dated("Date;Close", "1,012", "1,015", "1,010", between=";"), values={
        ("decimal", "."): [1012.0, 1015.0, 1010.0], ("decimal", ","): [1.012, 1.015, 1.010]}),
    "numbers of another mark": case(PLAIN, decimal=",", values={("decimal", ""): CLOSES}),
    "numbers that continuity tells": case(
        dated("Date;Close", "998", "1,012", "1,015", "997", between=";"),
        [By("data.source.decimal", [998.0, 1012.0, 1015.0, 997.0], settings={"decimal": "."}),
         By("data.source.decimal", [998.0, 1.012, 1.015, 997.0], settings={"decimal": ","})]),
    "dates of two readings": case("Date,Close\n01/02/2024,100.5\n02/03/2024,101.25\n04/05/2024,99.75\n", values={
        ("date_format", "%d/%m/%Y"): "set data.source.gaps to", ("date_format",
        "%m/%d/%Y"): "set data.source.gaps to"}),
    "dates with dots": case("Date;Close\n01.02.2024;100.5\n02.03.2024;101.25\n04.05.2024;99.75\n", [
        By("%d.%m.%Y", settings={"date_format": "%d.%m.%Y", "gaps": "split"}),
        By("data.source.date_format settles it", settings={"date_format": "%m.%d.%Y", "gaps": "split"})],
        gaps="split"),
    "two marks": case(dated("Date;Close;Change", "100.5;1,25", "101.25;0,75", "99.75;-1,48", between=";"), values={
        ("decimal", "."): CLOSES}),
    "closes outside their bars": case(OUTSIDE, [
        By("mend the header", [100.5] * 3, {NAME: OUTSIDE.replace("Low,Close,Note", "Low,Note,Close")}),
        By("set data.source.column to it", [30.5] * 3, settings={"column": "Close"})]),
    "a close over dates": case(MISPLACED, [
        By("mend the header", CLOSES, {NAME: MISPLACED.replace("Close,Date", "Date,Close")}),
        By("set data.source.column to the column of the closes", CLOSES, settings={"column": "Date"})]),
    "no format": case(BY_DAY, date_format="%Q", values={("date_format", "%d/%m/%Y"): CLOSES}),
    "dates of an unknown style": case(dated("Date,Close", "100.5", "101.25", "99.75", style="%d_%m_%Y"), values={
        ("date_format", "%d_%m_%Y"): CLOSES}),
    "a zone by its name": case(dated("Date,Close", "100.5", "101.25", "99.75", style="%Y-%m-%d 00:00 IST"), [
        By("write the offset in its place, such as -05:00", files={
            NAME: dated("Date,Close", "100.5", "101.25", "99.75", style="%Y-%m-%d 00:00 +05:30")})]),
    "days of a workbook": case("Date,Close\n" + EXCEL, [
        By("format the column as a date there and save it again", files=GOOD)]),
    "two closes at one time": case(PLAIN + "2024-01-03,99.5\n", [By("remove the wrong one", files=GOOD)]),
    "clocks that are put back": case(
        "Time,Close\n" + "".join(f"2024-10-27 {hour:02}:00,{100 + at}.5\n" for at, hour in enumerate((0, 1, 2, 2, 3))),
        [
        By("write them in UTC", [100.5, 101.5, 102.5, 103.5, 104.5], {
            NAME: dated("Time,Close", *[f"{100 + at}.5" for at in range(5)], freq="h", style="%Y-%m-%d %H:%M")}),
        By("or with their offset", [100.5, 101.5, 102.5, 103.5, 104.5], {
            NAME: "Time,Close\n" + "".join(f"2024-10-27 {hour:02}:00{zone},{100 + at}.5\n" for at, (hour, zone) in
                enumerate(((0, "+02:00"), (1, "+02:00"), (2, "+02:00"), (2, "+01:00"), (3, "+01:00"))))})]),
    "a day of another kind among months": case("Date,Close\n" + "".join(
        f"20{20 + at // 12}-{at % 12 + 1:02}-{15 if at == 7 else 1:02},{100 + at}.5\n" for at in range(24)), values={
        ("gaps", "split"): [100.5 + at for at in range(24)]}),
    "a volume that is missing": case(
        dated("Date,Close,Volume", "100.5,1", "101.25,", "99.75,3"), columns=["Volume"],
        values={("columns", "without Volume"): CLOSES}),
}  # fmt: skip


def _without(count: int, absent: int) -> str:
    closes = [f"{100 + at}.5" for at in range(count)]
    lines = dated("Date,Close", *closes).splitlines()
    return "\n".join([*lines[: absent + 1], *lines[absent + 2 :]]) + "\n"


WEEKDAYS = pd.bdate_range("2024-01-01", periods=28)
IN_WEEKS = "Date,Close\n" + "".join(f"{day:%Y-%m-%d},{100 + at}.5\n" for at, day in enumerate(WEEKDAYS))
FILLED = pd.Series(100.5 + np.arange(28), WEEKDAYS).resample("D").ffill().tolist()
RANDOM = Random(0)
STAMPS = [(60 * at + RANDOM.randint(1, 14), 100.5 + at) for at in range(40)]
JITTER = "Time,Close\n" + "".join(
    f"2024-01-01 00:{second // 60:02}:{second % 60:02},{close}\n"
    for second, close in sorted([*STAMPS, (20 * 60 + 45, 7.0)])
)
GAPS = {
    "a hole": case(_without(10, 4), values={
        ("gaps", "ffill"): [100.5, 101.5, 102.5, 103.5, 103.5, 105.5, 106.5, 107.5, 108.5, 109.5],
        ("gaps", "split"): [100.5, 101.5, 102.5, 103.5, 105.5, 106.5, 107.5, 108.5, 109.5]}),
    "weekends": case(IN_WEEKS, values={
        ("gaps", "sessions"): (100.5 + np.arange(28)).tolist(), ("gaps", "split"): (100.5 + np.arange(28)).tolist(),
        ("gaps", "ffill"): FILLED}),
    "times that jitter, two in one bar": case(JITTER, values={
        ("gaps", "split"): (100.5 + np.arange(40)).tolist(), ("gaps", "ffill"): (100.5 + np.arange(40)).tolist()}),
}  # fmt: skip
