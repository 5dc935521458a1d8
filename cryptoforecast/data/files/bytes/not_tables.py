"""Files that are not tables of bars, by their first bytes, with what to do instead."""

import re
from pathlib import Path

from cryptoforecast.errors import UserError

SAVE_AS_CSV = "save its times and closes as CSV"
PICKLE = (
    "a pickle, which runs the code in it when it is loaded and is never read here; "
    "load it where you trust it, and save the table with to_csv"
)
MAGIC = {
    b"\x89HDF\r\n\x1a\n": "an HDF5 file; read it with pandas.read_hdf and save the table with to_csv",
    b"SQLite format 3\x00": "an SQLite database; "
    + SAVE_AS_CSV
    + ": sqlite3 -header -csv FILE 'SELECT time, close FROM …'",
    b"\x93NUMPY": f"an array of NumPy, which has no names of columns; {SAVE_AS_CSV}, with a first line that names them",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an Excel workbook; save the sheet as CSV",
    b"%PDF": f"a PDF; {SAVE_AS_CSV}",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it",
    b"Rar!": "a RAR archive; unpack it",
    b"FEA1": "a Feather file of version 1; read it with pandas.read_feather and save the table with to_csv",
    b"ORC": f"an ORC file; {SAVE_AS_CSV}",
    b"Obj\x01": f"an Avro file; {SAVE_AS_CSV}",
    b"RDX": f"data of R; {SAVE_AS_CSV}: write.csv",
    b"\x89PNG": "a picture, not a table",
    b"\xff\xd8\xff": "a picture, not a table",
    b"GIF8": "a picture, not a table",
    b"\x7fELF": "a program, not a table",
    b"version https://git-lfs": "a pointer of Git LFS in the place of the file; fetch the file itself: git lfs pull",
    b"/annex/objects/": "a pointer of git-annex in the place of the file; fetch the file itself: git annex get",
}
MAGIC_AT = {257: (b"ustar", "a tar archive; unpack it"), 8: (b"DUCK", f"a DuckDB database; {SAVE_AS_CSV}")}
OLD_PICKLE = re.compile(rb"(\(dp?\d|\(lp?\d|c[a-z_]+(\.[a-z_]+)*\n[A-Za-z_]+\n)")
WEB_PAGE = re.compile(r"<(!doctype\s+html|html|head|body|table|\?xml|script)\b|<!--", re.IGNORECASE)
PACKED_TWICE = "packed twice; unpack it once"


def refuse_other_files(file: Path, start: bytes, packed: bool = False) -> None:
    """Refuse files whose first bytes are those of another kind of file.

    Args:
        file: for the error.
        start: its first bytes, some hundreds of them, unpacked.
        packed: whether the file is packed.

    Raises:
        UserError: with the kind of the file and what to do.
    """
    if re.match(rb"\x80[\x02-\x05]", start) or OLD_PICKLE.match(start):
        raise UserError(f"{file}: {PICKLE}.")
    for magic, sentence in MAGIC.items():
        if start.startswith(magic):
            raise UserError(f"{file}: {sentence}.")
    for at, (magic, sentence) in MAGIC_AT.items():
        if start[at:].startswith(magic):
            raise UserError(f"{file}: {sentence}.")
    if packed and start.startswith((b"\x1f\x8b", b"PK\x03\x04", b"BZh9", b"\xfd7zXZ", b"PAR1", b"ARROW1")):
        raise UserError(f"{file}: {PACKED_TWICE}.")


def refuse_pages(file: Path, text: str) -> None:
    """Refuse a web page that was saved in the place of the file.

    Raises:
        UserError: with the title of the page, if it has one.
    """
    if not WEB_PAGE.match(text.lstrip()):
        return
    first = next(line.strip() for line in text.splitlines() if line.strip())[:60]
    found = re.search(r"<title[^>]*>\s*([^<]{1,80})", text, re.IGNORECASE)
    kind = "an XML file" if first.lower().startswith("<?xml") else "a page of the web"
    title = f", {' '.join(found[1].split())!r}" if found else ""
    raise UserError(
        f"{file}: {kind}{title}, not the table itself; it begins with {first!r}. Download the CSV, or save it as CSV."
    )
