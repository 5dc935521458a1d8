"""What ``fit(x, y)`` of a variant has learned: the attributes that it assigns, as a checkpoint stores them."""

import functools
import io
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn

from cryptoforecast.errors import UserError

NAMES = "_learned"  # of a fitted model: the names of the attributes that fit has assigned
PLAIN = (bool, int, float, str, type(None))


def is_estimator(cls: type) -> bool:
    """Whether a class of models has a ``fit`` of its own and is fitted in one go, without epochs."""
    return callable(getattr(cls, "fit", None))


def is_fitted(model: nn.Module) -> bool:
    """Whether a model needs no ``fit``, or has been fitted, or was restored from a checkpoint of a fitted one."""
    return not is_estimator(type(model)) or NAMES in vars(model) or _stores_itself(type(model))


def require_fitted_estimator(model: nn.Module) -> None:
    """Refuse to forecast with an estimator that was not fitted.

    Raises:
        UserError: naming it.
    """
    if not is_fitted(model):
        name = type(model).__name__
        raise UserError(f"{name} is not fitted yet: fit it, or load a checkpoint of it, and then forecast.")


def record_fits_of(cls: type) -> None:
    """Have each call of an estimator's ``fit`` note what it assigns, and its checkpoints store that.

    Args:
        cls: a class of models; nothing is done where it has no ``fit``. One that overrides ``get_extra_state`` stores
            what it has learned by itself.
    """
    if not is_estimator(cls):
        return
    if isinstance(vars(cls).get("fit"), FunctionType):
        cls.fit = _recorded(vars(cls)["fit"])  # type: ignore[attr-defined]
    if cls.get_extra_state is nn.Module.get_extra_state:  # type: ignore[attr-defined]
        cls.get_extra_state, cls.set_extra_state = learned_state, restore_learned  # type: ignore[attr-defined]


def learned_state(model: nn.Module) -> dict[str, Any]:
    """The attributes that ``fit`` has assigned, by name, as plain values; of an unfitted model, no ``attributes``."""
    if NAMES not in vars(model):
        return {}
    return {"attributes": {name: _written(model, name, getattr(model, name)) for name in vars(model)[NAMES]}}


def restore_learned(model: nn.Module, state: dict[str, Any]) -> None:
    """Set the attributes that ``fit`` had assigned, to the bit."""
    if "attributes" in state:
        for name, value in state["attributes"].items():
            _assign(model, name, to_value(value))
        vars(model)[NAMES] = list(state["attributes"])


def to_plain(value: Any) -> Any:
    """A value as ``torch.load`` with ``weights_only`` takes it: arrays are bytes of NumPy's format in a tensor.

    Raises:
        TypeError: naming the type of what is no tensor, array, number, text, or list or dictionary of these.

    >>> to_value(to_plain({"coef": np.arange(3.0), "names": ["a", None]}))
    {'coef': array([0., 1., 2.]), 'names': ['a', None]}
    """
    if type(value) in PLAIN:
        return value
    if isinstance(value, Tensor):
        return value.detach().cpu().clone()
    if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        file = io.BytesIO()
        np.save(file, value, allow_pickle=False)
        kind = "array" if isinstance(value, np.ndarray) else "number"
        return {kind: torch.frombuffer(bytearray(file.getvalue()), dtype=torch.uint8)}
    if type(value) in (list, tuple):
        return type(value)(to_plain(item) for item in value)
    if type(value) is dict and all(type(key) in (str, int) for key in value):
        return {"items": [(key, to_plain(item)) for key, item in value.items()]}
    raise TypeError(type(value).__name__)


def to_value(plain: Any) -> Any:
    """The value of what :func:`to_plain` returned."""
    if isinstance(plain, list | tuple):
        return type(plain)(to_value(item) for item in plain)
    if not isinstance(plain, dict):
        return plain
    if "items" in plain:
        return {key: to_value(item) for key, item in plain["items"]}
    (kind, written), *_ = plain.items()
    array = np.load(io.BytesIO(written.cpu().numpy().tobytes()), allow_pickle=False)
    return array if kind == "array" else array[()]


def _recorded(fit: Callable[..., Any]) -> Callable[..., Any]:
    """A method ``fit`` after whose calls the names of what it has assigned are noted on the model."""

    @functools.wraps(fit)
    def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        before, layers = _attributes(self), {*self._modules, *self._parameters}
        result = fit(self, *arguments, **named)
        if made := sorted({*self._modules, *self._parameters} - layers):
            raise UserError(
                f"{type(self).__name__}.fit makes self.{made[0]}, a layer or weights; make them in __init__, so that a "
                "checkpoint can be loaded into them, and set their values in fit."
            )
        after = _attributes(self)
        known = [name for name in vars(self).get(NAMES, []) if name not in after]
        learned = [name for name in after if _differs(before.get(name), after[name])]
        vars(self)[NAMES] = list(dict.fromkeys([*known, *vars(self).get(NAMES, []), *learned]))
        for name in learned:
            if isinstance(value := vars(self).get(name), Tensor):
                _assign(self, name, value.detach())
        if not _stores_itself(type(self)):
            learned_state(self)  # what cannot be stored is refused here
        return result

    return recorded


def _attributes(model: nn.Module) -> dict[str, tuple[Any, tuple[int, ...]]]:
    """Each attribute of a variant with the identities of its items, if it has some: lists may be changed in place."""
    held = {name: value for name, value in vars(model).items() if name not in (*_names_of_lightning(), NAMES)}
    return {name: (value, tuple(map(id, _items(value)))) for name, value in held.items()}


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []


def _differs(before: tuple[Any, Any] | None, after: tuple[Any, Any]) -> bool:
    return before is None or before[0] is not after[0] or before[1] != after[1]


@functools.cache
def _names_of_lightning() -> frozenset[str]:
    return frozenset(vars(LightningModule()))


def _stores_itself(cls: type) -> bool:
    held = cls.get_extra_state  # type: ignore[attr-defined]
    return held is not nn.Module.get_extra_state and held is not learned_state


def _assign(model: nn.Module, name: str, value: Any) -> None:
    """Set an attribute; a tensor as a buffer, which moves to the model's device and is stored by this module alone."""
    if name in model._buffers:
        model._buffers[name] = value
        return
    vars(model).pop(name, None)
    if isinstance(value, Tensor):
        model.register_buffer(name, value, persistent=False)
    else:
        vars(model)[name] = value


def _written(model: nn.Module, name: str, value: Any) -> Any:
    """A learned attribute as plain values.

    Raises:
        UserError: if it has no plain form.
    """
    try:
        return to_plain(value)
    except TypeError as problem:
        kind, inner = type(value).__name__, str(problem)
        held = _with_article(kind) + ("" if kind == inner else f" with {_with_article(inner)}")
        raise UserError(
            f"{type(model).__name__}.fit assigns self.{name}, {held}, which no checkpoint can hold: keep tensors, "
            "arrays, numbers, texts, and lists or dictionaries of these, or write get_extra_state and set_extra_state."
        ) from None


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiouAEIOU' else 'a'} {noun}"
