"""Configuration files: each is read once, in its own encoding, and refused in one sentence."""

import json
import os
import shlex
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import yaml

from cryptoforecast.errors import DataNotice, UsageError, UserError
from cryptoforecast.user_folders import expand_home

CONFIG = ("--config", "-c")
STANDARD_INPUT = "-"
ROOT_USER = 0
BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "seq", "map", "merge", "timestamp")
}
MERGE = "tag:yaml.org,2002:merge"


class Configuration(NamedTuple):
    """The settings of a configuration, and the word that a parser reads it by: its path, or its text."""

    word: str
    settings: dict[str, Any]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A YAML loader that reads dates as texts."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_configuration(word: str) -> Configuration:
    """Read a configuration that a command line names.

    Args:
        word: a file, a pipe, ``-`` for standard input, or the text itself.

    Raises:
        UsageError: naming the file, and the line where there is one, if it cannot be read, is no map of settings, or
            sets something twice.
    """
    path = expand_home(word) if "\n" not in word else Path()
    if word == STANDARD_INPUT or (os.path.lexists(path) and "\n" not in word):
        name, content = word, _bytes_of(path)
        text, as_it_is = _decoded(content, name)
        found = str(path) if path.is_file() and as_it_is else text
    elif word.lstrip().startswith("{") or (":" in word and ("\n" in word or ": " in word)):
        name, text, found = "--config", word, word
    else:
        raise UsageError(f"{word}: no such configuration file.")
    return Configuration(found, _settings_of(text, name))


def require_own(file: Path) -> None:
    """Refuse a configuration that nobody has named and that is another user's: it can run any code.

    A notice tells of one outside the working folder.

    Raises:
        UserError: if the file or its folder belongs to another user.
    """
    for place in (file, file.parent):
        if hasattr(os, "geteuid") and place.stat().st_uid not in (os.geteuid(), ROOT_USER):
            raise UserError(
                f"{place}: belongs to another user, and a configuration can have any code run; "
                f"if you trust it, name it: --config {shlex.quote(str(file))}."
            )
    if not file.resolve().is_relative_to(Path.cwd().resolve()):
        notice = "goes on with this configuration, which lies outside the working folder and can have any code run."
        warnings.warn(f"{file}: {notice}", DataNotice, stacklevel=2)


def with_configurations_read(words: list[str], rename: Mapping[str, str]) -> list[str]:
    """A command line whose configurations are known to be readable, with the classes in them renamed.

    The text of a pipe takes its place, because a pipe can be read only once.

    Args:
        words: the command line.
        rename: new class paths by the old ones that configurations may still have.
    """
    read: list[str] = []
    of_config = False
    for word in words:
        option, equals, file = word.partition("=")
        if of_config:
            read.append(_renamed(read_configuration(word), rename))
        elif option in CONFIG and equals:
            read.append(f"{option}={_renamed(read_configuration(file), rename)}")
        else:
            read.append(word)
        of_config = word in CONFIG
    return read


def _renamed(configuration: Configuration, rename: Mapping[str, str]) -> str:
    def new(part: Any) -> Any:
        if isinstance(part, list):
            return [new(item) for item in part]
        if isinstance(part, dict):
            return {
                key: rename.get(item, item) if key == "class_path" and isinstance(item, str) else new(item)
                for key, item in part.items()
            }
        return part

    settings = new(configuration.settings) if rename else configuration.settings
    return configuration.word if settings == configuration.settings else json.dumps(settings)


def _bytes_of(path: Path) -> bytes:
    if str(path) == STANDARD_INPUT and not path.exists():
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except IsADirectoryError:
        raise UsageError(f"{path}: is a folder; --config takes a file.") from None
    except OSError as problem:
        raise UsageError(f"{path}: cannot be read ({problem.strerror}).") from None


def _decoded(content: bytes, name: str) -> tuple[str, bool]:
    """The text, and whether it is UTF-8 without a byte order mark, which a parser can read from the file."""
    encoding = next((found for mark, found in BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding), encoding == "utf-8"
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise UsageError(f"{name}, line {line}: not a text in UTF-8; save the configuration as UTF-8.") from None


def _settings_of(text: str, name: str) -> dict[str, Any]:
    try:
        root = yaml.compose(text, Loader=_Loader)
        if root is None:
            raise UsageError(f"{name}: the configuration is empty.")
        for line, problem in _problems(root, ()):
            raise UsageError(f"{name}, line {line}: {problem}.")
        settings = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as problem:
        mark, what = problem.problem_mark or problem.context_mark, problem.problem or problem.context or "no YAML"
        line = mark.line if mark else 0
        if text.splitlines()[line : line + 1] and "\t" in text.splitlines()[line]:
            what = f"{what}; there is a tab, and YAML is indented with spaces"
        raise UsageError(f"{name}, line {line + 1}: {what}.") from None
    except yaml.YAMLError as problem:  # a character that no text has
        raise UsageError(f"{name}: cannot be read as YAML ({str(problem).splitlines()[0]}).") from None
    except RecursionError:
        raise UsageError(f"{name}: is nested too deeply to be a configuration.") from None
    if not isinstance(settings, dict):
        kind = "a list" if isinstance(settings, list) else "a single value"
        raise UsageError(f"{name}: holds {kind}; a configuration is a map of settings, such as data: and model:.")
    return settings


def _problems(node: yaml.Node, around: tuple[yaml.Node, ...]) -> Iterator[tuple[int, str]]:
    """Lines and descriptions of mistakes that a parser would overlook, or end in a traceback for."""
    if any(node is outer for outer in around):
        yield _line(node), "the alias stands for something that it is part of itself"
    elif node.tag not in PLAIN_TAGS:
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        yield _line(node), f"the tag {tag} is none that a configuration may have"
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _problems(item, (*around, node))
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                yield _line(key), "a setting's name is no text"
            elif key.tag != MERGE:
                if key.value in lines:
                    yield _line(key), f"{key.value} is set a second time; it was set in line {lines[key.value]} before"
                lines[key.value] = _line(key)
            yield from _problems(item, (*around, node))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
