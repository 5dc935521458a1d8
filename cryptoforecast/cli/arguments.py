"""What a command line says of checkpoints and lengths, before it is parsed."""

import json

from cryptoforecast.cli.parser import UsageError
from cryptoforecast.errors import UserError
from cryptoforecast.models.checkpoint import Checkpoint

LENGTHS = ("context_length", "horizon")  # said once, to the data; a checkpoint has its own


def value_of(option: str, words: list[str]) -> str | None:
    """What an option is given on a command line, the last time it is.

    >>> value_of("--ckpt_path", ["test", "--ckpt_path", "a.ckpt", "--ckpt_path=b.ckpt"])
    'b.ckpt'
    """
    value = None
    for word, following in zip(words, [*words[1:], None], strict=False):
        if word == option:
            value = following
        elif word.startswith(f"{option}="):
            value = word.removeprefix(f"{option}=")
    return value


def refuse_lengths_of_model(words: list[str]) -> None:
    """Refuse ``--model.horizon``: the parser would take it, and link the data's length over it.

    Raises:
        UsageError: naming the option that does what was meant.
    """
    for option in _options(words):
        length = option.removeprefix("--model.").removeprefix("init_args.")
        if option.startswith("--model.") and length in LENGTHS:
            raise UsageError(f"{option} is taken from data.{length}; set --data.{length} instead.")


def on_top_of(checkpoint: Checkpoint, words: list[str]) -> list[str]:
    """A command line that starts from a checkpoint's model and data, and cannot change its lengths.

    ``predict`` looks at all closes there are, whatever part of them the experiment used.

    Raises:
        UserError: if the command would change the model, or the checkpoint does not know its data.
    """
    fixed = [f"--data.{length}" for length in LENGTHS]
    for option in _options(words):
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


def _options(words: list[str]) -> list[str]:
    return [word.split("=")[0] for word in words if word.startswith("--")]
