"""The arguments of a Python call, such as ``cryptoforecast.fit(...)``, as the words of a command line."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from lightning.pytorch import Trainer

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import UsageError
from cryptoforecast.formatting import join_names, nearest_of
from cryptoforecast.models import Forecaster
from cryptoforecast.recipe.write import argument_names
from cryptoforecast.training.settings.arguments import COUNT, LINKED_SETTINGS, TAKEN_FROM_DATA
from cryptoforecast.training.settings.data_class import DATA_CLASS, class_of_data
from cryptoforecast.training.settings.plain_values import NotPlain, path_of_class, to_plain_value
from cryptoforecast.training.settings.variant_class import class_of_model

GROUPS = ("model", "data", "trainer")
NAMED_ARGUMENTS = {"source": "data.source", "model": "model", "data_class": DATA_CLASS, "seed": "seed_everything",
            "name": "name", "ckpt_path": "ckpt_path", "adaptive": "judge.adaptive",
            "adaptive_step": "judge.adaptive_step"}  # fmt: skip
UNGROUPED = ("seed_everything", "output_dir", "output", "plot")  # options that belong to none of the three


class Call(NamedTuple):
    """A command line, and the objects that no text can stand for.

    ``words`` begin with the verb; ``objects`` are options of the trainer by name, such as the callbacks that were
    given as objects.
    """

    words: list[str]
    objects: dict[str, Any]


def call_of(verb: str, config: Any = None, **arguments: Any) -> Call:
    """The command line that means the same as a call from Python.

    Args:
        verb: the verb.
        config: a configuration file, or a dictionary of the same form; None for none.
        arguments: ``source``, ``model``, ``data_class``, ``seed``, ``name`` and ``ckpt_path``, and options of the
            model, the data and the trainer by their own names. The longer form of a name has its owner before two
            underscores, such as ``data__batch_size`` or ``optimizer__lr``; a dictionary for ``model``, ``data`` or
            ``trainer`` has several of its options. None for one of the former stands for nothing.

    Raises:
        UserError: if no option has such a name, or two have it, or a value cannot be written down.

    >>> call_of("fit", model="LSTM", hidden_size=16, max_epochs=3, seed=1).words[1:4]
    ['--model=LSTM', '--model.hidden_size=16', '--trainer.max_epochs=3']
    """
    given = {name: value for name, value in arguments.items() if value is not None or name not in NAMED_ARGUMENTS}
    words, objects = [verb], dict[str, Any]()
    if config is not None:
        words += ["--config", _written(config, "config") if isinstance(config, Mapping) else str(config)]
    chosen = dict[str, Any]()
    if "model" in given:
        word, chosen = _model(given.pop("model"))
        words += word
    if DATA_CLASS in given:
        words.append(f"--{DATA_CLASS}={_written(given.pop(DATA_CLASS), DATA_CLASS)}")
    start = given.get("ckpt_path")
    known = _names(class_of_model(words, start), class_of_data(words, start))
    for name, value in (chosen | given).items():
        for option, of_option in _expanded(name, value, known, verb):
            if option.startswith("trainer."):
                of_option, kept = _split_objects(option, of_option)
                objects |= kept
                if kept and of_option is None:
                    continue
            words.append(f"--{option}={_written(of_option, option)}")
    return Call(words, objects)


def _model(model: Any) -> tuple[list[str], dict[str, Any]]:
    """The word that names a model's class, and its further arguments by the names of options."""
    if isinstance(model, Forecaster):
        record = model.record()
        path_of_class(type(model), "model")
        model = {"class_path": record["class_path"], **record["init_args"]}
        model.pop(COUNT, None)
        shared = {f"data__{name}": model.pop(name) for name in LINKED_SETTINGS if name in model}
        return [f"--model={model['class_path']}"], shared | {"model": _without_class(model)}
    if isinstance(model, Mapping):
        named = model.get("class_path")
        return [] if named is None else [f"--model={_written(named, 'model')}"], {"model": _without_class(model)}
    return [f"--model={_written(model, 'model')}"], {}


def _without_class(model: Mapping[str, Any]) -> dict[str, Any]:
    arguments = {name: value for name, value in model.items() if name not in ("class_path", "init_args")}
    return arguments | dict(model.get("init_args") or {})


def _names(model: type | None, data: type[CloseDataModule]) -> dict[str, list[str]]:
    """The names of the options that the model, the data and the trainer have; lengths and columns are the data's."""
    of_model = [] if model is None else [name for name in argument_names(model) if name not in TAKEN_FROM_DATA]
    return {"model": of_model, "data": argument_names(data), "trainer": argument_names(Trainer)}


def _expanded(name: str, value: Any, known: dict[str, list[str]], verb: str) -> list[tuple[str, Any]]:
    """An argument as options of the command line by their whole names; a dictionary for a group is several."""
    first, *rest = name.split("__")
    if name in NAMED_ARGUMENTS and name != "model":
        return [(NAMED_ARGUMENTS[name], value)]
    if first in GROUPS and not rest:
        if not isinstance(value, Mapping):
            raise UsageError(f"{name} is {value!r}; a dictionary of its options is wanted, or one as {name}__NAME=....")
        return [(f"{first}.{_checked(inner, first, known)}", item) for inner, item in value.items()]
    if first in GROUPS:
        return [(".".join([first, _checked(rest[0], first, known), *rest[1:]]), value)]
    if first in UNGROUPED:
        return [(name, value)]
    owners = [group for group in GROUPS if first in known[group]]
    if len(owners) > 1:
        longer = [f"{owner}__{name}" for owner in owners]
        raise UsageError(f"{name} is an option of {join_names(owners)}; say which: {' or '.join(longer)}.")
    if not owners:
        everything = [*NAMED_ARGUMENTS, *UNGROUPED, *(option for group in GROUPS for option in known[group])]
        raise UsageError(f"{verb} has no option {name}{nearest_of(name, everything)}.")
    return [(".".join([owners[0], first, *rest]), value)]


def _checked(name: str, group: str, known: dict[str, list[str]]) -> str:
    """The name of an option of a group, if the group has it; what is below it, the parser checks."""
    first = name.split("__")[0].split(".")[0]
    if known[group] and first not in known[group] and first not in LINKED_SETTINGS:
        raise UsageError(f"{group} has no option {first}{nearest_of(first, known[group])}.")
    return name.replace("__", ".")


def _split_objects(option: str, value: Any) -> tuple[Any, dict[str, Any]]:
    """What of a value of the trainer can be written down, and by the option's name what cannot."""
    name = option.removeprefix("trainer.")
    try:
        return to_plain_value(value, option), {}
    except NotPlain:
        items = list(value) if isinstance(value, list | tuple) else [value]
    written, kept = [], []
    for item in items:
        try:
            written.append(to_plain_value(item, option))
        except NotPlain:
            kept.append(item)
    return written or None, {name: kept if isinstance(value, list | tuple) else kept[0]}


def _written(value: Any, at: str) -> str:
    """A value as a word holds it: a text as it is, everything else as JSON."""
    plain = to_plain_value(value, at)
    return plain if isinstance(plain, str) else json.dumps(plain, allow_nan=True)
