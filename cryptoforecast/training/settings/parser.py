"""The parser of options, and options as YAML."""

from typing import Any

from jsonargparse import Namespace, set_dumper
from lightning.pytorch.cli import LightningArgumentParser

from cryptoforecast.errors import UsageError as UsageError
from cryptoforecast.recipe.jsonargparse_private import try_int_before_float
from cryptoforecast.training.settings.yaml_texts import dump_yaml, load_yaml

PROGRAM = ("python", "-m", "cryptoforecast")
UNWRITABLE = "Unable to serialize instance"  # jsonargparse's text for a value that has none

set_dumper("yaml", dump_yaml)
try_int_before_float()


class ForecastParser(LightningArgumentParser):
    """Lightning's parser, which raises its errors instead of printing them, and accepts no abbreviations."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "exit_on_error": False, "allow_abbrev": False})


def option_names(parser: LightningArgumentParser) -> list[str]:
    """The names of a verb's options, such as ``data.horizon``, without those of the classes that its defaults name."""
    names: list[str] = list(parser.get_defaults().keys())
    return [name for name in names if ".init_args" not in name and not name.endswith(".class_path")]


def to_yaml(parser: LightningArgumentParser, options: Namespace) -> str:
    """The options of a verb as YAML that can be read again.

    A default that has no text, such as the device of ``StochasticWeightAveraging``, is left out; the parser would
    write an error message in its place.

    Args:
        parser: the verb's.
        options: as it has parsed them.
    """
    text: str = parser.dump(options, skip_unset=False, skip_validation=True)  # it was checked when it was parsed
    if UNWRITABLE not in text:
        return text
    return dump_yaml(_without_unwritable(load_yaml(text)))


def _without_unwritable(options: Any) -> Any:
    if isinstance(options, dict):
        return {name: _without_unwritable(value) for name, value in options.items() if not _is_unwritable(value)}
    if isinstance(options, list):
        return [_without_unwritable(value) for value in options if not _is_unwritable(value)]
    return options


def _is_unwritable(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(UNWRITABLE)
