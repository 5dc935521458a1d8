"""The encoding of a text: declared by its first bytes, or detected from bytes that are not UTF-8; and recoding."""

import codecs
import io
import re
from collections.abc import Callable
from io import BufferedIOBase
from itertools import pairwise
from typing import Any, NamedTuple

from cryptoforecast.data.files.cells.kinds import is_date, is_number
from cryptoforecast.data.files.headings.vocabulary import kind_of

UTF_8 = "utf-8"
CHUNK = 1 << 20
SAMPLE_SIZE = 1 << 16  # bytes of lines that are not UTF-8, from which the encoding is detected
BOMS = {  # longer ones first
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: UTF_8,
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CANDIDATES = ("cp949", "cp932", "cp1251", "gb18030", "big5", "cp1252", "cp1254", "cp1250", "cp1253", "koi8_r", "cp874")
LEAST_COMMON = 0.3  # share of common characters in a text
SEPARATORS = re.compile(rb'[,;\t|"]')
DIGITS = re.compile(r"[^A-Za-z]*\d[^A-Za-z]*")
WORDS = re.compile(r"[^\W\d_]+")


def _lead(encoding: str, first: int, last: int) -> Callable[[str], bool]:
    """A test of whether a character is among the common ones of an encoding of two bytes, by its lead byte."""

    def is_common(character: str) -> bool:
        written = character.encode(encoding, errors="ignore")
        return len(written) == 2 and first <= written[0] <= last

    return is_common


_KANJI = _lead("cp932", 0x88, 0x97)
COMMON: dict[str, Callable[[str], bool]] = {  # tests for the common characters of an encoding
    "cp949": _lead("euc_kr", 0xB0, 0xC8),
    "cp932": lambda character: "\u3041" <= character <= "\u30fc" or _KANJI(character),
    "gb18030": _lead("gb2312", 0xB0, 0xD7),
    "big5": _lead("big5", 0xA4, 0xC6),
    "cp1251": lambda character: "\u0410" <= character <= "\u044f" or character in "Ёё",
    "cp1253": lambda character: "\u0386" <= character <= "\u03ce",
    "koi8_r": lambda character: "\u0410" <= character <= "\u044f",
    "cp874": lambda character: "\u0e01" <= character <= "\u0e4e",
}


class OddBytes(ValueError):
    """A text that began as UTF-8 has other bytes further down."""


class DamagedText(ValueError):
    """A text in UTF-8 has damaged bytes in a line; ``line`` counts from 1."""

    def __init__(self, line: int, cell: bytes) -> None:
        super().__init__(line, cell)
        self.line, self.cell = line, cell


def codec_of(name: str) -> str | None:
    """Python's name of a text encoding; None if there is no such encoding."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    if not getattr(found, "_is_text_encoding", True):  # base64 and the like, which turn bytes into bytes
        return None
    codec = found.name
    return UTF_8 if codec == "utf-8-sig" else codec


def declared_encoding(start: bytes) -> str | None:
    """The encoding declared by the first bytes: by a byte order mark, or by zeros in each character; else None."""
    for mark, name in BOMS.items():
        if start.startswith(mark):
            return name
    sample = start[: len(start) // 4 * 4 or len(start) // 2 * 2][:4096]
    if not sample or b"\0" not in sample:
        return None
    zeros = [sample[at::4].count(0) * 4 / len(sample) for at in range(4)]
    for name, pattern in {"utf-32-le": "0111", "utf-32-be": "1110", "utf-16-le": "0101", "utf-16-be": "1010"}.items():
        if all(share > 0.7 if full == "1" else share < 0.1 for share, full in zip(zeros, pattern, strict=True)):
            return name
    return None


def is_utf_8(start: bytes) -> bool:
    """Whether bytes may be the beginning of a text in UTF-8."""
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def detect_encoding(content: BufferedIOBase) -> str | None:
    """Detect the encoding of a text from all its bytes that are not UTF-8; None if no candidate fits.

    Known words of the header decide, then how common the characters are, then charset-normalizer. Digits, points and
    delimiters are the same in all candidates.

    Raises:
        DamagedText: if these bytes look like damage: they are in numbers or dates of few lines, or the text has
            letters in UTF-8 elsewhere.
    """
    found = _odd_lines(content)
    if not found.odd:
        return UTF_8
    _require_undamaged(found)
    sample = b"\n".join(line for _, line in found.odd)
    decoded = {name: text for name in CANDIDATES if (text := _decoded(sample, name)) is not None}
    if not decoded:
        return None
    from charset_normalizer import from_bytes  # loads all codecs of Python

    matches = from_bytes(sample, cp_isolation=list(decoded))
    guesses = {name: guess for guess in matches for name in guess.could_be_from_charset}

    def merit(name: str) -> tuple[float, ...]:
        guess = guesses.get(name)
        fit = (-round(guess.chaos, 1), guess.coherence) if guess else (-1.0, 0.0)
        return (_known_words(decoded[name]), round(_common(name, decoded[name]), 2), *fit, -CANDIDATES.index(name))

    best = max(decoded, key=merit)
    return best if merit(best)[0] or merit(best)[1] >= LEAST_COMMON else None


class _OddLines(NamedTuple):
    """The first lines that are not UTF-8, by number; counts of these, of lines with letters in UTF-8, and of all."""

    odd: list[tuple[int, bytes]]
    total: int
    in_utf_8: int
    lines: int


def _odd_lines(content: BufferedIOBase) -> _OddLines:
    odd: list[tuple[int, bytes]] = []
    count, in_utf_8, before, size = 0, 0, 0, 0
    while chunk := content.read(CHUNK):
        chunk += content.readline()
        for number, line in enumerate(() if chunk.isascii() else chunk.split(b"\n"), before + 1):
            if line.isascii():
                continue
            if is_utf_8(line + b"\n"):
                in_utf_8 += 1
                continue
            count += 1
            if size < SAMPLE_SIZE:
                odd.append((number, line))
                size += len(line)
        before += chunk.count(b"\n")
    return _OddLines(odd, count, in_utf_8, before)


def _require_undamaged(found: _OddLines) -> None:
    if found.in_utf_8 > found.total:
        raise DamagedText(*found.odd[0])
    if found.total * 2 > found.lines:  # such as a currency sign in each line
        return
    for number, line in found.odd:
        for cell in SEPARATORS.split(line):
            rest = bytes(byte for byte in cell if byte < 0x80).decode()
            few = 0 < len(cell) - len(rest) <= 2
            if few and (DIGITS.fullmatch(rest) or is_number(rest) or is_date(rest)):
                raise DamagedText(number, cell)


def _decoded(sample: bytes, name: str) -> str | None:
    try:
        text = sample.decode(name)
    except UnicodeDecodeError:
        return None
    return None if any("\x80" <= character <= "\x9f" for character in text) else text


def _known_words(text: str) -> int:
    """Count of the cells with letters beyond ASCII that are known headings."""
    return sum(not cell.isascii() and bool(kind_of(cell)) for cell in re.split(r'[,;\t|"\n]', text))


def _common(name: str, text: str) -> float:
    """The share of the characters beyond ASCII that are common, in words of one script and of usual case."""
    beyond = sum(not character.isascii() for character in text)
    common = sum(character in "–—‘’“”€£¥°²³·" for character in text) if name == "cp1252" else 0
    is_common = COMMON.get(name, str.isalpha)
    for word in WORDS.findall(text):
        foreign = [character for character in word if not character.isascii()]
        if name in COMMON and len(foreign) < len(word):
            continue  # letters of two scripts in one word
        if any(first.islower() and second.isupper() for first, second in pairwise(word)):
            continue
        common += sum(map(is_common, foreign))
    return common / beyond if beyond else 0.0


class Recoded(io.RawIOBase):
    """A text recoded to UTF-8 with line feeds, while it is read."""

    def __init__(self, content: BufferedIOBase, encoding: str) -> None:
        self._content, self._encoding = content, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ends = io.IncrementalNewlineDecoder(None, translate=True)
        self._rest, self._lines, self._ended = b"", 0, False

    def readable(self) -> bool:
        """True: the stream is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with the next bytes, and return their count."""
        while not self._rest and not self._ended:
            packed = self._content.read(CHUNK)
            self._ended = not packed  # half a character at the end is dropped
            self._rest = self._ends.decode(self._decode(packed), final=self._ended).encode(errors="replace")
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def _decode(self, packed: bytes) -> str:
        try:
            text = self._decoder.decode(packed)
        except UnicodeDecodeError as problem:
            line = self._lines + packed[: problem.start].count(b"\n") + 1
            raise WrongEncoding(self._encoding, line) from None
        except UnicodeError:  # of rare codecs
            raise WrongEncoding(self._encoding, self._lines + 1) from None
        self._lines += packed.count(b"\n")
        return text


class WrongEncoding(ValueError):
    """A text is not in the encoding that was set."""

    def __init__(self, encoding: str, line: int) -> None:
        super().__init__(encoding, line)
        self.encoding, self.line = encoding, line
