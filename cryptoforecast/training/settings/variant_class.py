"""The class of the model that a command line names, also in a configuration file or by a checkpoint."""

from collections.abc import Sequence
from typing import Any

from jsonargparse import _typehints

from cryptoforecast.errors import UserError
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.recipe.class_paths import ImportPathError, import_named
from cryptoforecast.training.settings.configuration import CONFIG, read_configuration


def class_of_model(words: Sequence[str], ckpt_path: Any = None) -> type[Forecaster] | None:
    """The model's class; None where none is named, or there is none of that name.

    Args:
        words: a command line.
        ckpt_path: a checkpoint whose model it is if the command line names none.
    """
    named = None
    for before, word in zip(["", *words], words, strict=False):
        if word.startswith("--model="):
            named = word.removeprefix("--model=")
        elif before in CONFIG:
            model = read_configuration(word).settings.get("model")
            named = model.get("class_path", named) if isinstance(model, dict) else model or named
    if named is None and ckpt_path is not None:
        try:
            named = read_checkpoint(str(ckpt_path)).model["class_path"]
        except UserError:
            return None
    return None if named is None else _found(str(named))


def _found(name: str) -> type[Forecaster] | None:
    try:
        found = import_named(_typehints.resolve_class_path_by_name(Forecaster, name))
    except (ImportPathError, ImportError, ValueError, AttributeError):  # the parser says so
        return None
    return found if isinstance(found, type) and issubclass(found, Forecaster) else None
