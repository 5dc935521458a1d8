"""The words of a command line, looked at and completed before a parser reads them."""

import json
from collections.abc import Iterator, Sequence

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CLOSE
from cryptoforecast.models.checkpoints.file import Checkpoint
from cryptoforecast.models.checkpoints.load import recipe_of_data
from cryptoforecast.recipe.recipe import PlainValue
from cryptoforecast.recipe.write import class_path
from cryptoforecast.training.settings.configuration import CONFIG, read_configuration
from cryptoforecast.training.settings.parser import UsageError

LINKED_SETTINGS = (
    "context_length",
    "horizon",
    "columns",
    "future",
    "across",
)  # of the data, linked to the model
COUNT = "series_count"  # of the model, linked to data.source
TAKEN_FROM_DATA = (*LINKED_SETTINGS, COUNT)

SOURCE = "--data.source"
PLACEHOLDER_MODEL = {"class_path": "cryptoforecast.models.baselines.RandomWalk"}  # the checkpoint has the model


def value_of(option: str, words: Sequence[str]) -> str | None:
    """The last value that a command line gives an option; None if it gives none.

    >>> value_of("--ckpt_path", ["test", "--ckpt_path", "a.ckpt", "--ckpt_path=b.ckpt"])
    'b.ckpt'
    """
    return next(reversed(values_of(option, words)), None)


def values_of(option: str | Sequence[str], words: Sequence[str]) -> list[str]:
    """All values that a command line gives an option, in order.

    Args:
        option: its name, or several that are the same option.
        words: the command line.
    """
    names = (option,) if isinstance(option, str) else option
    return [value for name, value in options_with_values(words) if name in names]


def options_with_values(words: Sequence[str]) -> list[tuple[str, str]]:
    """The options that a command line gives a value, each with that, in order."""
    return [(name, value) for word, name, value in _with_values(words) if value or "=" in word]


def configured(configuration: str, *keys: str) -> object:
    """The value that a configuration has under some keys; None where it has none.

    Args:
        configuration: a file, or its text.
        keys: the keys from the outermost inwards, such as ``"data", "source"``.
    """
    held: object = read_configuration(configuration).settings
    for key in keys:
        held = held.get(key) if isinstance(held, dict) else None
    return held


def refuse_linked_settings(words: list[str]) -> None:
    """Refuse ``--model.horizon``, also in a file: the parser would accept it, and then link the data's value over it.

    Raises:
        UsageError: naming the setting of the data to use instead.
    """
    settings = {option.removeprefix("--model.").removeprefix("init_args.") for option in _options(words, "--model.")}
    for path in values_of(CONFIG, words):
        held = configured(path, "model", "init_args")
        settings |= set(held) if isinstance(held, dict) else set()
    for setting in LINKED_SETTINGS:
        if setting in settings:
            raise UsageError(f"model.{setting} is taken from data.{setting}; set data.{setting} instead.")
    if COUNT in settings:
        raise UsageError(f"model.{COUNT} is the count of the sources in data.source; leave it out.")


def with_lists_replaced(words: list[str]) -> list[str]:
    """A command line in which each list of sources replaces the one before it, also in files.

    The parser would merge a list with an earlier one of the same length, member by member, and a coin would have the
    symbol of another. An empty list before each prevents that.

    >>> with_lists_replaced(["fit", "--data.source=[{class_path: CsvSource}]"])
    ['fit', '--data.source=[]', '--data.source=[{class_path: CsvSource}]']
    """
    replacing: list[str] = []
    for word, option, value in _with_values(words):
        of_file = option in CONFIG and isinstance(configured(value, "data", "source"), list)
        replacing += [f"{SOURCE}=[]"] if of_file or (option == SOURCE and value.lstrip().startswith("[")) else []
        replacing.append(word)
    return replacing


def refuse_options_of_a_list(source: object, words: list[str]) -> None:
    """Refuse ``--data.source.gaps`` where there are several sources: the parser would set it for the last one only.

    After ``--data.source+=CsvSource``, which adds a source, such options are those of the source added.

    Raises:
        UsageError: naming the option.
    """
    single = not isinstance(source, list)
    for _, option, value in _with_values(words):
        if option in (SOURCE, f"{SOURCE}+"):
            single = not isinstance(source, list) or not value.lstrip().startswith("[")
        elif option.startswith(f"{SOURCE}.") and not single:
            raise UsageError(f"{option}: data.source is a list; name it whole, as {SOURCE}='[...]'.")


def based_on_checkpoint(checkpoint: Checkpoint, words: list[str]) -> tuple[list[str], dict[str, object]]:
    """A command line whose defaults are the data of a checkpoint, and which cannot change what the model sees.

    For ``predict`` that is without ``start`` and ``end``: it forecasts from the newest closes. A value of an argument
    without a precise type never reaches the parser, which would build an object from a dictionary with a
    ``class_path``; a token takes its place.

    Returns:
        The command line, and the values by their tokens.

    Raises:
        UserError: if the command would change the model, the checkpoint has no record of its data, or the data cannot
            be built.
    """
    fixed = [f"--data.{setting}" for setting in LINKED_SETTINGS]
    for option in _options(words, "--"):
        if option.startswith("--model") or option in (*fixed, "--data_class"):
            raise UsageError(f"{option} cannot be changed: the checkpoint {checkpoint.path} holds its model's.")
    tokens: dict[str, object] = {}

    def write(leaf: PlainValue) -> object:
        if leaf.typed:
            return leaf.written
        token = f"of-the-checkpoint-{len(tokens)}"
        tokens[token] = leaf.value
        return token

    data = recipe_of_data(checkpoint).as_written(write)
    settings = data["init_args"]
    settings = {name: value for name, value in settings.items() if value is not None}
    if words[0] == "predict":
        settings = {name: value for name, value in settings.items() if name not in ("start", "end")}
    named = {} if data["class_path"] == class_path(CloseDataModule) else {"data_class": data["class_path"]}
    base = json.dumps({"model": PLACEHOLDER_MODEL, "data": settings, **named})
    settings_of_model = {
        "columns": [CLOSE],
        "future": [],
        "across": False,
        **settings,
    }  # of older ones
    linked = [f"--data.{name}={json.dumps(settings_of_model[name])}" for name in LINKED_SETTINGS]
    return [words[0], "--config", base, *words[1:], *linked], tokens


def count_sources(source: object) -> int:
    """The count of the sources that ``data.source`` names.

    >>> count_sources([{"class_path": "A"}, {"class_path": "B"}]), count_sources({"class_path": "A"})
    (2, 1)
    """
    return len(source) if isinstance(source, list) else 1


def with_tokens_replaced(value: object, tokens: dict[str, object]) -> object:
    """A value, list or dictionary with each token replaced by the value that it stands for."""
    if isinstance(value, list | tuple):
        return type(value)(with_tokens_replaced(item, tokens) for item in value)
    if isinstance(value, dict):
        return {key: with_tokens_replaced(item, tokens) for key, item in value.items()}
    return tokens.get(value, value) if isinstance(value, str) else value


def _options(words: list[str], start: str) -> list[str]:
    return [word.split("=")[0] for word in words if word.startswith(start)]


def _with_values(words: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Each word, the option that it names, and the option's value: after the equals sign, or the following word."""
    for word, following in zip(words, [*words[1:], ""], strict=False):
        option, equals, value = word.partition("=")
        yield word, option, value if equals else following
