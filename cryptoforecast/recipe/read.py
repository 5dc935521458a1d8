"""Recipes from files that may hold anything, checked before an object is made.

The author of a checkpoint must not choose what code runs where it is read. A class is therefore accepted only for an
argument whose type is a class of this package or of the user's code, and only if it inherits from that type; all other
values must be plain.
"""

import inspect
from typing import Any

from cryptoforecast.recipe.annotations import (
    Kind,
    as_typed,
    class_of_factory,
    kind_of,
    members_of,
    say_hint,
    simple_of,
)
from cryptoforecast.recipe.class_paths import (
    ImportPathError,
    NoSuchName,
    find_object,
    is_within,
    is_written_here,
    shortened,
)
from cryptoforecast.recipe.recipe import PlainValue, Recipe
from cryptoforecast.recipe.write import parameters_of, to_json_value

TORCH_BASES = ("torch.Module", "torch.Optimizer", "torch.LRScheduler")
TORCH_FUNCTION_MODULES = ("torch.nn", "torch.optim", "torch._C._nn")  # with activations and the like


class RecipeError(ValueError):
    """A recipe that must not or cannot be made; its text is half a sentence."""


def read_recipe(written: Any, expected: type, at: str = "") -> Recipe:
    """The recipe of an object from its plain form; no class is called and no foreign module imported.

    Args:
        written: ``{"class_path": …, "init_args": {…}}``.
        expected: the class that it must inherit from.
        at: the argument that the object is for, for errors.

    Raises:
        RecipeError: if the class or an argument is not accepted.
    """
    place = f"{at}: " if at else ""
    if not isinstance(written, dict) or "class_path" not in written:
        raise RecipeError(f"{place}{shortened(written)} does not name its class")
    path, arguments = written["class_path"], written.get("init_args") or {}
    if not _may_be_named(expected):
        raise RecipeError(f"{place}names {shortened(path)}, and no file may say what {expected.__name__} is made")
    if further := written.keys() - {"class_path", "init_args"}:
        raise RecipeError(f"{place}holds {shortened(', '.join(map(str, further)))} beside class_path and init_args")
    try:
        cls = find_object(path)
    except NoSuchName as problem:
        subclasses = [cls for cls in _subclasses(expected) if cls.__module__ == path.rpartition(".")[0]]
        names = sorted(cls.__name__ for cls in subclasses if not cls.__name__.startswith("_"))
        known = f" ({', '.join(names)} is there)" if 0 < len(names) < 6 else ""
        remedy = f"if it was moved or renamed, --rename {path}=NEW.NAME takes it by its new name"
        raise RecipeError(f"{place}{problem}{known}; {remedy}") from None
    except ImportPathError as problem:
        raise RecipeError(f"{place}{problem}") from None
    if not isinstance(cls, type) or expected not in cls.__mro__:
        raise RecipeError(f"{place}{path} is no {expected.__name__}")
    if inspect.isabstract(cls):
        raise RecipeError(f"{place}{cls.__name__} is abstract")
    if not isinstance(arguments, dict):
        raise RecipeError(f"{place}the arguments of {cls.__name__} are {shortened(arguments)}")
    return Recipe(cls, _read_arguments(cls, arguments, f"{at}." if at else ""))


def _read_arguments(cls: type, written: dict[str, Any], at: str) -> dict[str, Any]:
    parameters, nodes = parameters_of(cls), {}
    for name, value in written.items():
        if name in parameters:
            default = parameters[name].default
            hint = parameters[name].annotation
            nodes[name] = (
                PlainValue(value, default, _is_safe(value, hint))
                if _is_default(value, default)
                else _read(value, hint, f"{at}{name}")
            )
        elif value is not None or name not in getattr(cls, "gone_arguments", ()):
            raise RecipeError(f"{cls.__name__} takes no argument {shortened(name)} (here {shortened(value)})")
    for name, parameter in parameters.items():
        if parameter.default is inspect.Parameter.empty and name not in nodes:
            raise RecipeError(f"{cls.__name__} needs {name}, which was not written down; give it a default")
    return nodes


def _read(value: Any, hint: Any, at: str) -> Any:
    """The checked form of an argument; of a union, that of the first member that accepts it."""
    members = members_of(hint)
    if isinstance(value, dict) and "class_path" in value:
        return _read_class(value, members, at)
    problems = []
    for member in [member for member in members if kind_of(member) is not Kind.SIMPLE]:
        try:
            return _READERS[kind_of(member)](value, member, at)
        except RecipeError as problem:
            problems.append(problem)
    if (simple := simple_of(members)) is None:
        raise problems[-1]
    _require_plain(value, at)
    try:
        return PlainValue(value, as_typed(value, simple), typed=True)
    except ValueError:
        raise RecipeError(f"{at}: {shortened(value)} is not {say_hint(hint)}") from None


def _read_class(written: dict[str, Any], members: list[Any], at: str) -> Recipe:
    """The recipe of an argument that is an object of a class, or a factory of such objects."""
    problems = []
    for member in members:
        factory = class_of_factory(member)
        for expected in factory or ([member] if kind_of(member) is Kind.CLASS else []):
            try:
                return read_recipe(written, expected, at)._replace(factory=bool(factory))
            except RecipeError as problem:
                problems.append(problem)
    if problems:
        raise problems[0]
    raise RecipeError(
        f"{at}: names {shortened(written['class_path'])}, and a class is taken only where an argument is typed as one "
        "of ours; give it that type, or a plain value"
    )


def _read_open(value: Any, hint: Any, at: str) -> PlainValue:
    _require_plain(value, at)
    return PlainValue(value, value, _is_safe(value, hint))


def _read_object(value: Any, hint: Any, at: str) -> Any:
    raise RecipeError(f"{at}: {shortened(value)} does not name its class")


def _read_container(value: Any, hint: Any, at: str) -> Any:
    """A list, tuple or dictionary of values that are not simple."""
    inner = [arg for arg in hint.__args__ if arg is not Ellipsis]
    if isinstance(value, dict) and len(inner) == 2:
        return {key: _read(item, inner[1], f"{at}.{key}") for key, item in value.items()}
    if not isinstance(value, list | tuple):
        raise RecipeError(f"{at}: {shortened(value)} is not {say_hint(hint)}")
    hints = inner if len(inner) == len(value) else [inner[0]] * len(value)
    nodes = [_read(item, inner, f"{at}[{index}]") for index, (item, inner) in enumerate(zip(value, hints, strict=True))]
    return tuple(nodes) if hint.__origin__ is tuple else nodes


def _read_import_path(value: Any, hint: Any, at: str) -> PlainValue:
    """A class or function that is passed on as it is, not called."""
    try:
        found = find_object(value)
    except ImportPathError as problem:
        raise RecipeError(f"{at}: {problem}") from None
    module = str(getattr(found, "__module__", None))
    known = is_written_here(found) or any(is_within(module, package) for package in TORCH_FUNCTION_MODULES)
    known |= module == "torch" and inspect.isbuiltin(found)  # such as torch.tanh, but not torch.load
    if kind_of(hint) is Kind.TYPE:
        wanted = [arg for arg in getattr(hint, "__args__", ()) if isinstance(arg, type)]
        known = isinstance(found, type) and known and all(cls in found.__mro__ for cls in wanted)
    if not known or not callable(found):
        raise RecipeError(f"{at}: {value} is not {say_hint(hint)} of ours or of the user's own code")
    return PlainValue(value, found, typed=True)


_READERS = {
    Kind.OPEN: _read_open,
    Kind.CLASS: _read_object,
    Kind.CONTAINER: _read_container,
    Kind.TYPE: _read_import_path,
    Kind.CALLABLE: _read_import_path,
}


def _subclasses(cls: type) -> set[type]:
    direct: list[type] = cls.__subclasses__()
    return {*direct, *(indirect for subclass in direct for indirect in _subclasses(subclass))}


def _may_be_named(expected: type) -> bool:
    """Whether a file may choose a subclass of a type: one of this package, of the user's code or of ``TORCH_BASES``."""
    path = f"{expected.__module__.partition('.')[0]}.{expected.__name__}"
    return is_written_here(expected) or path in TORCH_BASES


def _require_plain(value: Any, at: str) -> None:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    if isinstance(value, dict) and "class_path" in value:
        raise RecipeError(f"{at}: names {shortened(value['class_path'])} where only plain values are taken")
    for item in items:
        _require_plain(item, at)


def _is_default(value: Any, default: Any) -> bool:
    if default is not None and not isinstance(default, bool | int | float | str | list | tuple | dict):
        return False
    plain = to_json_value(default)
    return type(value) is type(plain) and bool(value == plain)


def _is_safe(value: Any, hint: Any) -> bool:
    """Whether a parser cannot mistake a value for something else."""
    simple = all(kind_of(member) is Kind.SIMPLE for member in members_of(hint))
    return simple or value is None or isinstance(value, bool | int | float)
