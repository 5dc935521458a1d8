"""Facts about methods: who wrote them, and what they take."""

import inspect
from collections.abc import Callable
from typing import Any


def is_overridden(owner: object, name: str, base: type) -> bool:
    """Whether a method of an object is another than that of ``base``, by its class or by an attribute of its own."""
    return getattr(getattr(owner, name), "__func__", None) is not getattr(base, name)


def takes_one_argument(method: Callable[..., Any]) -> bool:
    """Whether a method can be called with one positional argument."""
    try:
        inspect.signature(method).bind(None)
    except TypeError:
        return False
    except ValueError:  # it does not say
        return True
    return True
