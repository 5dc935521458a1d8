"""Texts that YAML may read as numbers or truth values: symbols such as 1e5, 005930 or NO."""

import re
from typing import Any

import yaml

from cryptoforecast.data.files.knobs import BY_NUMBER

# jsonargparse's message where a text is expected, or a list of texts, and YAML has read a number or truth value.
NO_TEXT = re.compile(
    r"Parser key \"(?P<name>\w+)\":\s+Does not validate against any of the Union subtypes\s+"
    r"Subtypes: \[[^\n]*<class 'str'>[^\n]*\n(?:(?!Parser key).)*?"
    r"Given value type: <class '(?P<kind>int|float|bool)'>\s+Given value: (?P<value>[^\n]*)",
    re.DOTALL,
)


def text_expected(message: str) -> str | None:
    """A sentence on how to write a value that must be a text; None where something else is wrong.

    Args:
        message: of jsonargparse.
    """
    if (found := NO_TEXT.search(message)) is None:
        return None
    by_number = found["name"].rsplit(".", 1)[-1] in BY_NUMBER and found["kind"] == "int"
    quoted = found["value"].strip() if by_number else "005930"  # what YAML has read may be written otherwise
    return f"{found['name']} is {found['value']}, where a text is wanted; write it in quotes, as '{quoted}'"


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Quotes what jsonargparse would read as a number: unlike YAML 1.1, it takes 1e5 for one.

    A text that is a member of an enumeration, such as the interval of ``Timer``, is written as its value.
    """


_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+$"), list("-+0123456789")
)
_Dumper.add_multi_representer(str, lambda dumper, text: dumper.represent_str(str.__str__(getattr(text, "value", text))))


def load_yaml(text: str) -> Any:
    """The plain values of a text in YAML 1.1; libyaml, where PyYAML has it, reads in an eighth of the time."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def dump_yaml(data: Any) -> str:
    """Options as YAML that reads back as the same values, each text as a text."""
    return str(yaml.dump(data, Dumper=_Dumper, default_flow_style=False, allow_unicode=True, sort_keys=False))
