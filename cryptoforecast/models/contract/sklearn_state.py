"""Estimators of scikit-learn by class path and arguments, and what they have learned as plain values, without pickle.

An estimator is written as its class path and its attributes: numbers, texts, arrays and further estimators. Reading it
calls no function that the file names: each class must be an estimator of scikit-learn, or of the user's own code in the
working folder.
"""

import importlib
from typing import Any, NamedTuple

import numpy as np

from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.learned import PLAIN
from cryptoforecast.recipe.class_paths import ImportPathError, find_object, shortened
from cryptoforecast.recipe.write import class_path

KIND = "kind"  # the key under which a written value says what it is: estimator, tree, objects or dictionary
MISSING = "SklearnForecaster takes scikit-learn: pip install scikit-learn."
Written = dict[str, Any]


class Plain(NamedTuple):
    """An estimator as plain values, and the attributes that have no plain form, with their types."""

    written: Written
    left_out: list[str]


def make_sklearn(path: str, arguments: dict[str, Any]) -> Any:
    """An estimator that is not fitted.

    Args:
        path: of its class, such as ``sklearn.linear_model.Ridge``.
        arguments: of its class; an estimator among them is given as ``{"estimator": …, "arguments": {…}}``.

    Raises:
        UserError: if there is no such estimator, or it takes other arguments.
    """
    cls = find_class(path)
    if arguments.get("memory") is not None:
        raise UserError(f"model.arguments.memory: the cache of {cls.__name__} would be read with pickle; leave it out.")
    try:
        return cls(**{name: _made(value) for name, value in arguments.items()})
    except TypeError as problem:
        raise UserError(f"model.arguments: {problem}.") from None


def find_class(path: str) -> Any:
    """The class of an estimator, of scikit-learn or of the user's code in the working folder.

    Raises:
        UserError: if there is none.
    """
    try:
        from sklearn.base import BaseEstimator
    except ImportError:
        raise UserError(MISSING) from None
    module, _, name = str(path).rpartition(".")
    try:
        if module.split(".")[0] == "sklearn" and not {"tests", "externals"} & set(module.split(".")):
            found = getattr(importlib.import_module(module), name, None)
        else:
            found = find_object(path)
    except (ImportError, ImportPathError) as problem:
        raise UserError(f"model.estimator is {shortened(path)}: {problem}.") from None
    if not (isinstance(found, type) and issubclass(found, BaseEstimator)):
        raise UserError(f"model.estimator is {shortened(path)}, which is no estimator of scikit-learn.")
    return found


def to_written(estimator: Any) -> Plain:
    """A fitted estimator as plain values, without the attributes that have no plain form."""
    left_out: list[str] = []
    return Plain(_write(estimator, left_out), left_out)


def to_sklearn(written: Written) -> Any:
    """The estimator of what :func:`to_written` returned; no function is called that it names.

    Raises:
        UserError: if it names a class that is no estimator, or a tree whose nodes do not form one.
    """
    return _read(written)


def _made(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_made(item) for item in value]
    if isinstance(value, dict):
        if value.keys() <= {"estimator", "arguments"} and "estimator" in value:
            return make_sklearn(value["estimator"], dict(value.get("arguments") or {}))
        return {name: _made(item) for name, item in value.items()}
    return value


def _write(value: Any, left_out: list[str]) -> Any:
    """A value in plain form.

    Raises:
        TypeError: if it has none.
    """
    from sklearn.base import BaseEstimator
    from sklearn.tree._tree import Tree

    if type(value) in PLAIN or isinstance(value, np.generic):
        return value
    if isinstance(value, np.ndarray):
        if not value.dtype.hasobject:
            return value
        items = [_write(item, left_out) for item in value.ravel()]
        return {KIND: "objects", "items": items, "shape": list(value.shape)}
    if isinstance(value, BaseEstimator):
        attributes = {}
        for name, held in vars(value).items():
            try:
                attributes[name] = _write(held, left_out)
            except TypeError:
                left_out.append(f"{name}, a {type(held).__name__}")
        return {KIND: "estimator", "class": class_path(type(value)), "attributes": attributes}
    if isinstance(value, Tree):
        _, arguments, state = value.__reduce__()
        return {KIND: "tree", "arguments": list(arguments), "state": dict(state)}
    if type(value) in (list, tuple):
        return type(value)(_write(item, left_out) for item in value)
    if type(value) is dict:
        items = [(key, _write(item, left_out)) for key, item in value.items()]
        return {KIND: "dictionary", "items": items}
    raise TypeError(type(value).__name__)


def _read(written: Any) -> Any:
    if isinstance(written, list | tuple):
        return type(written)(_read(item) for item in written)
    if not isinstance(written, dict):
        return written
    match written[KIND]:
        case "objects":
            array = np.empty(len(written["items"]), dtype=object)
            array[:] = [_read(item) for item in written["items"]]
            return array.reshape(written["shape"])
        case "dictionary":
            return {key: _read(item) for key, item in written["items"]}
        case "tree":
            return _read_tree(written["arguments"], written["state"])
    cls = find_class(written["class"])
    estimator = cls.__new__(cls)
    vars(estimator).update({name: _read(item) for name, item in written["attributes"].items()})
    return estimator


def _read_tree(arguments: list[Any], state: dict[str, Any]) -> Any:
    """A decision tree, whose nodes are checked: scikit-learn follows them without looking."""
    from sklearn.tree._tree import Tree

    features, nodes, count = int(arguments[0]), state["nodes"], int(state["node_count"])
    inner = np.flatnonzero(nodes["left_child"] != -1)
    children = np.stack([nodes["left_child"][inner], nodes["right_child"][inner]])
    split_on = nodes["feature"][inner]
    forms_a_tree = (children > inner).all() and (children < count).all()
    if not (forms_a_tree and ((split_on >= 0) & (split_on < features)).all() and len(nodes) == count):
        raise UserError(
            "the checkpoint's decision tree has nodes that do not form one; the file was damaged or changed."
        )
    tree = Tree(features, np.asarray(arguments[1], dtype=np.intp), int(arguments[2]))
    tree.__setstate__(state)
    return tree
