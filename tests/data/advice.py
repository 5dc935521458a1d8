"""What messages of the data advise: settings and their values; and which messages the sources have."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cryptoforecast.data

ROOM = Path(cryptoforecast.data.__file__).parent
SETTING = r"data\.(?:source\.)?(?P<name>[a-z_]+)"
ADVISES = re.compile(
    r"\bdata\.(?:source\.)?(?!source\b)[a-z]|\bpip install\b|\bgit (?:lfs|annex)\b|\bto_csv\b|\bsave\b|\bSave\b"
    r"|\bwrite\b|\bsuch as\b|\bit must be\b|\bit is one of\b"
    r"|(?:^|[;,:] |\bor )(?:set|unpack|save|write|leave|give|name|put|mend|rename|remove|keep|choose|fetch|format)\b"
    r"|\bDownload\b"
)
OF_THE_NET = re.compile(r"sources/(yahoo|exchange|cached|bar_cache|days|paging|retries|markets|timeframes|vendor)")
WHERE_LISTED = (
    r"columns may be the close: (?P<list>.*?);",
    r"(?:columns? (?:\S+ )?|closes are )among (?P<list>.*?);",
    r"has (?:closes|rows) of (?P<list>.*?);",
    r"the columns (?P<list>.*?) hold different dates",
    r"the dates of (?P<list>.*?) are \S+ apart",
    r"the closes may be column (?P<list>.*?):",
    r"\(columns (?P<list>.*?)\), which have no close",
    r"; it is one of (?P<list>.*?)\.$",
)


class Template(NamedTuple):
    """The constant parts of a message in the sources, and where it stands."""

    place: str
    pattern: re.Pattern[str]


class Advice(NamedTuple):
    """A setting and a value that a message names for it; an empty value leaves the setting out."""

    setting: str
    value: str


def templates() -> list[Template]:
    """Every text in the room of the data that names a setting or says what to do; docstrings are none."""
    found = []
    for file in sorted(ROOM.rglob("*.py")):
        name = file.relative_to(ROOM).as_posix()
        if OF_THE_NET.match(name) is None:
            found += [Template(f"{name}: {''.join(parts)}", _pattern(parts)) for parts in _texts_of(file)]
    return found


def _texts_of(file: Path) -> Iterator[list[str]]:
    """The constant parts of each text of a file, with an empty one for what is filled in."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    within = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            within |= {id(below) for below in ast.walk(node) if below is not node}
    for node in ast.walk(tree):
        parts = [] if id(node) in within else _parts_of(node)
        if " " in "".join(parts) and ADVISES.search("".join(parts)):
            yield parts


def _parts_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.JoinedStr):
        return [str(part.value) if isinstance(part, ast.Constant) else "" for part in node.values]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _pattern(parts: list[str]) -> re.Pattern[str]:
    return re.compile("".join(re.escape(part) if part else ".*?" for part in parts), re.DOTALL)


def advice_of(message: str) -> set[Advice]:
    """What a message says to set, by setting and value.

    >>> sorted(advice_of("set data.source.decimal to '.' or to ','."))
    [Advice(setting='decimal', value=','), Advice(setting='decimal', value='.')]
    >>> advice_of("data.horizon is 0; it must be at least 1.")
    {Advice(setting='horizon', value='1')}
    """
    found = set()
    for clause in re.finditer(
        rf"(?:set |or |To take one for the close, set ){SETTING},? (?P<rest>.*?)(?=;|, or data|, or name|$)", message
    ):
        found |= {Advice(clause["name"], value) for value in _values_of(clause["rest"], message)}
    for clause in re.finditer(
        rf"^{SETTING} is .*?(?:, which is not an? (?!source)\w+|; it is a count of .*),? such as (?P<list>.*?)\.$",
        message,
    ):
        found |= {Advice(clause["name"], _bare(value)) for value in _members(clause["list"])}
    for clause in re.finditer(rf"^{SETTING} is .*?; it must be at (?:least|most) (?P<value>\d+)\.$", message):
        found.add(Advice(clause["name"], clause["value"]))
    for clause in re.finditer(rf"^{SETTING} is .*?(?P<list>; it is one of .*)", message):
        found |= {Advice(clause["name"], value) for value in _listed_in(clause["list"])}
    for clause in re.finditer(rf"^{SETTING} is .*; put it in quotes, as in '(?P<value>.*?)'\.$", message):
        found.add(Advice(clause["name"], clause["value"]))
    for clause in re.finditer(r"a data\.(?P<name>[a-z_]+) of at most (?P<value>\d+)", message):
        found.add(Advice(clause["name"], clause["value"]))
    for clause in re.finditer(
        rf"leave {SETTING} out|{SETTING.replace('name', 'other')} says .*; leave it out", message
    ):
        found.add(Advice(clause["name"] or clause["other"], ""))
    for clause in re.finditer(r"leave (?P<list>[A-Z].*?) out of data\.columns", message):
        found.add(Advice("columns", f"without {clause['list']}"))
    return found


def _values_of(rest: str, message: str) -> list[str]:
    """The values that stand behind a setting, or that the message has listed before."""
    rest = rest.strip()
    if re.match(r"to (?:sessions|ffill|split) to ", rest):
        return re.findall(r"\bto (sessions|ffill|split)\b", rest)
    if found := re.match(r"(?:to its name, )?such as (.*?)\.?$", rest):
        return [_bare(value) for value in _members(found[1])]
    if found := re.match(r"to one of (?!them)(.*?)\.?$", rest):
        return _members(found[1])
    if re.match(r"to (?:the (?:one|number)|one of them|it\b)", rest):
        return _listed_in(message)
    return [_bare(value) for value in re.findall(r"\bto ('.'|%\S+)", rest)]


def _listed_in(message: str) -> list[str]:
    found = next(filter(None, (re.search(pattern, message) for pattern in WHERE_LISTED)), None)
    return _members(found["list"]) if found else []


def _members(text: str) -> list[str]:
    return [
        member for member in re.split(r", | and | or ", text) if member and not re.fullmatch(r"[\d,]+ more", member)
    ]


def _bare(value: str) -> str:
    return value[1:-1] if re.fullmatch(r"'.*'", value) else value.rstrip(".,")
