"""What a command line says of checkpoints, sources and lengths, before it is parsed."""

import json
from collections.abc import Iterator, Sequence

from cryptoforecast.data.series import CLOSE
from cryptoforecast.models.checkpoints.file import Checkpoint
from cryptoforecast.models.checkpoints.load import recipe_of_data
from cryptoforecast.recipe.recipe import PlainValue
from cryptoforecast.training.settings.configuration import CONFIG, read_configuration
from cryptoforecast.training.settings.parser import UsageError

LINKED = ("context_length", "horizon", "columns")  # said once, to the data; a checkpoint has its own

SOURCE = "--data.source"
STAND_IN = {"class_path": "cryptoforecast.models.baselines.RandomWalk"}  # the checkpoint's own model is made already


def value_of(option: str, words: Sequence[str]) -> str | None:
    """What an option is given on a command line, the last time it is.

    >>> value_of("--ckpt_path", ["test", "--ckpt_path", "a.ckpt", "--ckpt_path=b.ckpt"])
    'b.ckpt'
    """
    return next(reversed(values_of(option, words)), None)


def values_of(option: str | Sequence[str], words: Sequence[str]) -> list[str]:
    """All that an option is given on a command line, in order.

    Args:
        option: its name, or several that are the same option.
        words: the command line.
    """
    names = (option,) if isinstance(option, str) else option
    return [said for word, name, said in _said(words) if name in names and (said or "=" in word)]


def configured(configuration: str, *keys: str) -> object:
    """What a configuration says of something; None where it says nothing.

    Args:
        configuration: a file, or its text.
        keys: the way to it, such as ``"data", "source"``.
    """
    held: object = read_configuration(configuration).settings
    for key in keys:
        held = held.get(key) if isinstance(held, dict) else None
    return held


def refuse_settings_of_data(words: list[str]) -> None:
    """Refuse ``--model.horizon``, also in a file: the parser would take it, and link the data's length over it.

    Raises:
        UsageError: naming the setting that does what was meant.
    """
    said = {option.removeprefix("--model.").removeprefix("init_args.") for option in _options(words, "--model.")}
    for path in values_of(CONFIG, words):
        held = configured(path, "model", "init_args")
        said |= set(held) if isinstance(held, dict) else set()
    for setting in LINKED:
        if setting in said:
            raise UsageError(f"model.{setting} is taken from data.{setting}; set data.{setting} instead.")


def with_whole_lists(words: list[str]) -> list[str]:
    """A command line whose lists of sources stand for themselves, also those in files.

    The parser would lay a list over one said before it, member by member, and a coin would go by the symbol of
    another.

    >>> with_whole_lists(["fit", "--data.source=[{class_path: CsvSource}]"])
    ['fit', '--data.source=[]', '--data.source=[{class_path: CsvSource}]']
    """
    whole: list[str] = []
    for word, option, said in _said(words):
        of_file = option in CONFIG and isinstance(configured(said, "data", "source"), list)
        whole += [f"{SOURCE}=[]"] if of_file or (option == SOURCE and said.lstrip().startswith("[")) else []
        whole.append(word)
    return whole


def refuse_options_of_a_list(source: object, words: list[str]) -> None:
    """Refuse ``--data.source.gaps`` where there are several sources: the parser would set it of the last one only.

    After ``--data.source+=CsvSource``, which adds one, such options are that one's.

    Raises:
        UsageError: naming the option.
    """
    aimed = not isinstance(source, list)
    for _, option, said in _said(words):
        if option in (SOURCE, f"{SOURCE}+"):
            aimed = not isinstance(source, list) or not said.lstrip().startswith("[")
        elif option.startswith(f"{SOURCE}.") and not aimed:
            raise UsageError(f"{option}: data.source is a list; name it whole, as {SOURCE}='[...]'.")


def on_top_of(checkpoint: Checkpoint, words: list[str]) -> tuple[list[str], dict[str, object]]:
    """A command line that starts from a checkpoint's data, and cannot change what its model sees.

    ``predict`` looks at all closes there are, whatever part of them the experiment used. No value whose type leaves it
    open reaches the parser, which would make an object of a text that reads like one: a token stands for it.

    Returns:
        The command line, and what each token stands for.

    Raises:
        UserError: if the command would change the model, the checkpoint does not know its data, or they cannot be made.
    """
    fixed = [f"--data.{setting}" for setting in LINKED]
    for option in _options(words, "--"):
        if option.startswith("--model") or option in fixed:
            raise UsageError(f"{option} cannot be changed: the checkpoint {checkpoint.path} holds its model's.")
    tokens: dict[str, object] = {}

    def write(leaf: PlainValue) -> object:
        if leaf.typed:
            return leaf.written
        token = f"of-the-checkpoint-{len(tokens)}"
        tokens[token] = leaf.value
        return token

    settings = recipe_of_data(checkpoint).as_written(write)["init_args"]
    settings = {name: value for name, value in settings.items() if value is not None}
    if words[0] == "predict":
        settings = {name: value for name, value in settings.items() if name not in ("start", "end")}
    base = json.dumps({"model": STAND_IN, "data": settings})
    seen = {"columns": [CLOSE], **settings}  # once there was nothing but the close
    linked = [f"--data.{name}={json.dumps(seen[name])}" for name in LINKED]
    return [words[0], "--config", base, *words[1:], *linked], tokens


def with_tokens_taken(value: object, tokens: dict[str, object]) -> object:
    """A value, or a list or dictionary of some, in which each token is what it stands for."""
    if isinstance(value, list | tuple):
        return type(value)(with_tokens_taken(item, tokens) for item in value)
    if isinstance(value, dict):
        return {key: with_tokens_taken(item, tokens) for key, item in value.items()}
    return tokens.get(value, value) if isinstance(value, str) else value


def _options(words: list[str], start: str) -> list[str]:
    return [word.split("=")[0] for word in words if word.startswith(start)]


def _said(words: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Each word, the option it names, and what is said of it: after its equals sign, or in the word that follows."""
    for word, following in zip(words, [*words[1:], ""], strict=False):
        option, equals, said = word.partition("=")
        yield word, option, said if equals else following
