"""What a command line says of checkpoints and lengths, before it is parsed."""

import json
from pathlib import Path

import yaml

from cryptoforecast.cli.parser import UsageError
from cryptoforecast.errors import UserError
from cryptoforecast.models.checkpoint import Checkpoint

LENGTHS = ("context_length", "horizon")  # said once, to the data; a checkpoint has its own


def value_of(option: str, words: list[str]) -> str | None:
    """What an option is given on a command line, the last time it is.

    >>> value_of("--ckpt_path", ["test", "--ckpt_path", "a.ckpt", "--ckpt_path=b.ckpt"])
    'b.ckpt'
    """
    return next(reversed(_values(option, words)), None)


def refuse_lengths_of_model(words: list[str]) -> None:
    """Refuse ``--model.horizon``, also in a file: the parser would take it, and link the data's length over it.

    Raises:
        UsageError: naming the setting that does what was meant.
    """
    said = {option.removeprefix("--model.").removeprefix("init_args.") for option in _options(words, "--model.")}
    for path in _values("--config", words) + _values("-c", words):
        said |= _model_arguments(path)
    for length in LENGTHS:
        if length in said:
            raise UsageError(f"model.{length} is taken from data.{length}; set data.{length} instead.")


def on_top_of(checkpoint: Checkpoint, words: list[str]) -> list[str]:
    """A command line that starts from a checkpoint's model and data, and cannot change its lengths.

    ``predict`` looks at all closes there are, whatever part of them the experiment used.

    Raises:
        UserError: if the command would change the model, or the checkpoint does not know its data.
    """
    fixed = [f"--data.{length}" for length in LENGTHS]
    for option in _options(words, "--"):
        if option.startswith("--model") or option in fixed:
            raise UsageError(f"{option} cannot be changed: the checkpoint {checkpoint.path} holds its model's.")
    if checkpoint.data is None:
        raise UserError(f"{checkpoint.path}: was trained without a CloseDataModule and does not know its closes.")
    settings = {name: value for name, value in checkpoint.data["settings"].items() if value is not None}
    if words[0] == "predict":
        settings = {name: value for name, value in settings.items() if name not in ("start", "end")}
    base = json.dumps({"model": checkpoint.model, "data": settings})
    lengths = [f"--data.{length}={settings[length]}" for length in LENGTHS]
    return [words[0], "--config", base, *words[1:], *lengths]


def _options(words: list[str], start: str) -> list[str]:
    return [word.split("=")[0] for word in words if word.startswith(start)]


def _values(option: str, words: list[str]) -> list[str]:
    values = []
    for word, following in zip(words, [*words[1:], None], strict=False):
        if word == option and following is not None:
            values.append(following)
        elif word.startswith(f"{option}="):
            values.append(word.removeprefix(f"{option}="))
    return values


def _model_arguments(path: str) -> set[str]:
    """What a configuration file sets of the model; nothing where it is no such file, which the parser will say."""
    try:
        return set(yaml.safe_load(Path(path).read_text(encoding="utf-8"))["model"]["init_args"])
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
        return set()
