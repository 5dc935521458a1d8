"""The class of the data module that a command line names: ``CloseDataModule``, or a subclass of the user's."""

from collections.abc import Sequence
from inspect import Parameter
from typing import Any

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import UsageError
from cryptoforecast.formatting import join_names, nearest_of
from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.models.checkpoints.load import recipe_of_data
from cryptoforecast.recipe.class_paths import ImportPathError, import_named
from cryptoforecast.recipe.jsonargparse_private import import_path, subclasses_of
from cryptoforecast.recipe.write import argument_names, class_path, parameters_of
from cryptoforecast.training.run_folder import LAST
from cryptoforecast.training.settings.arguments import configured, options_with_values
from cryptoforecast.training.settings.configuration import CONFIG

DATA_CLASS = "data_class"  # the option
DATA_CLASS_HELP = "A subclass of CloseDataModule to use in its place, such as my_data.Recent, with its own arguments."


def class_of_data(words: Sequence[str], ckpt_path: Any = None) -> type[CloseDataModule]:
    """The class of the data module.

    Args:
        words: a command line.
        ckpt_path: a checkpoint whose data module's class it is if the command line names none.

    Raises:
        UserError: if there is no such class, or it does not take all arguments of a :class:`CloseDataModule`.
    """
    named = None
    for option, value in options_with_values(words):
        held = configured(value, DATA_CLASS) if option in CONFIG else value if option == f"--{DATA_CLASS}" else None
        named = named if held is None else str(held)
    if named is not None and named != "null":
        return _found(named)
    if ckpt_path in (None, LAST) or (checkpoint := read_checkpoint(str(ckpt_path))).data is None:
        return CloseDataModule
    found: type[CloseDataModule] = recipe_of_data(checkpoint).cls
    return found


def _found(name: str) -> type[CloseDataModule]:
    try:
        found = import_named(import_path(CloseDataModule, name))
    except (ImportPathError, ValueError) as problem:
        known = [cls.__name__ for cls in subclasses_of(CloseDataModule) if not class_path(cls).startswith("crypto")]
        reason = f": {problem}" if "." in name else f"{nearest_of(name, known)}; name it with its module: my_data.Mine"
        raise UsageError(f"--{DATA_CLASS}: there is no {name}{reason}.") from None
    if not isinstance(found, type) or not issubclass(found, CloseDataModule):
        raise UsageError(f"--{DATA_CLASS}: {name} is no subclass of CloseDataModule.")
    _require_arguments(found, name)
    return found


def _require_arguments(found: type[CloseDataModule], name: str) -> None:
    """See that a subclass takes what each data module takes, as the model and the verbs set some of it."""
    arguments = parameters_of(found)
    if missing := [argument for argument in argument_names(CloseDataModule) if argument not in arguments]:
        raise UsageError(
            f"--{DATA_CLASS}: {name}.__init__ does not take {join_names(missing)}; let it take **kwargs, and begin "
            "with super().__init__(**kwargs)."
        )
    if arguments["source"].annotation is Parameter.empty:
        raise UsageError(
            f"--{DATA_CLASS}: source of {name}.__init__ has no type; write source: Source | list[Source], or leave it "
            "to **kwargs."
        )
