"""What a variant's fit(x, y) assigns is its checkpoint, to the bit, and loads without pickle."""

import copy
import io
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor, nn

from cryptoforecast import Drift, Forecaster, UserError
from cryptoforecast.models.contract.learned import is_fitted, require_fitted_estimator, to_plain, to_value

NUMBERS = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(), st.text(max_size=4))
ARRAYS = arrays.arrays(
    st.sampled_from(["f4", "f8", "i4", "i8", "?", "<U3", "c16"]),
    arrays.array_shapes(min_dims=0, max_dims=3, max_side=3),
)
VALUES = st.recursive(
    NUMBERS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(0, 9), inner, max_size=3)
    ),
    max_leaves=8,
)


class Several(Forecaster):
    """Learns one thing of each kind; ``extra`` is anything that it is to assign besides."""

    def __init__(self, extra: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.extra, self.texts = extra, ["none yet"]
        self.layer = nn.Linear(2, 2)
        self.untouched = [1, 2, 3]

    def fit(self, x: Tensor, y: Tensor) -> None:
        """Learn."""
        self.coef, self.table = y.mean(0), np.asfortranarray(x[:, :, 0].numpy())
        self.count, self.name = len(x), "several"
        self.texts.append("fitted")  # in place
        if self.extra is not None:
            self.further = self.extra

    def forward(self, x: Tensor) -> Tensor:
        return self.coef.expand(len(x), -1)


LENGTHS = {"context_length": 3, "horizon": 2}
X, Y = torch.arange(12.0).reshape(4, 3, 1), torch.arange(8.0).reshape(4, 2)


def reloaded(model: Forecaster) -> dict[str, Any]:
    """The state of a model after it was written to a file and read with ``weights_only``."""
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    return dict(torch.load(file, weights_only=True))


def same(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right) or left != left


@given(VALUES)
def test_arrays_numbers_texts_and_lists_of_them_come_back_to_the_bit_from_a_file_without_pickle(value: Any) -> None:
    file = io.BytesIO()
    torch.save(to_plain(value), file)
    file.seek(0)
    assert same(to_value(torch.load(file, weights_only=True)), value)


def test_what_fit_assigns_or_changes_in_place_is_in_the_state_and_comes_back() -> None:
    model = Several(**LENGTHS)
    assert not is_fitted(model)
    model.fit(X, Y)
    made = Several(**LENGTHS)
    made.load_state_dict(reloaded(model))
    assert is_fitted(made)
    assert torch.equal(made.coef, Y.mean(0))
    assert same(made.table, model.table)
    assert made.table.flags.f_contiguous
    assert (made.count, made.name, made.texts) == (4, "several", ["none yet", "fitted"])
    assert torch.equal(made(X), model(X))
    names = set(model.state_dict()["_extra_state"]["attributes"])
    assert names == {"coef", "table", "count", "name", "texts"}


def test_a_learned_tensor_moves_with_the_model_and_a_second_fit_takes_its_place() -> None:
    model = Several(**LENGTHS)
    model.fit(X, Y)
    assert "coef" in dict(model.named_buffers())
    model.fit(X, Y + 1)
    assert torch.equal(copy.deepcopy(model).coef, Y.mean(0) + 1)
    assert torch.equal(model.state_dict()["_extra_state"]["attributes"]["coef"], Y.mean(0) + 1)
    assert model.double().coef.dtype == torch.float64


def test_the_state_of_a_model_without_fit_has_no_further_entry() -> None:
    assert "_extra_state" not in Drift().state_dict()
    assert is_fitted(Drift())


@pytest.mark.parametrize(
    ("extra", "held"), [(object(), "an? object"), ([{1}], "a list with a set"), (len, "a builtin")]
)
def test_fit_is_told_at_once_of_what_no_checkpoint_can_hold(extra: Any, held: str) -> None:
    with pytest.raises(UserError, match=rf"Several.fit assigns self.further, {held}.*, which no checkpoint can hold"):
        Several(extra, **LENGTHS).fit(X, Y)


def test_fit_makes_no_layers() -> None:
    class Late(Several):
        def fit(self, x: Tensor, y: Tensor) -> None:
            self.net = nn.Linear(3, 2)

    with pytest.raises(UserError, match="Late.fit makes self.net, a layer or weights; make them in __init__"):
        Late(**LENGTHS).fit(X, Y)


def test_a_class_that_stores_what_it_has_learned_by_itself_is_left_alone() -> None:
    class Own(Several):
        def get_extra_state(self) -> dict[str, Any]:
            return {"sum": float(self.coef.sum())}

        def set_extra_state(self, state: dict[str, Any]) -> None:
            self.coef = torch.tensor(state["sum"])

    model = Own(object(), **LENGTHS)
    model.fit(X, Y)
    made = Own(**LENGTHS)
    made.load_state_dict(reloaded(model))
    assert made.coef == Y.mean(0).sum()


def test_a_child_s_fit_that_calls_its_parent_s_stores_what_both_assign() -> None:
    class Child(Several):
        def fit(self, x: Tensor, y: Tensor) -> None:
            super().fit(x, y)
            self.more = 1.5

    model = Child(**LENGTHS)
    model.fit(X, Y)
    assert {"coef", "more"} <= set(model.state_dict()["_extra_state"]["attributes"])


def test_an_estimator_that_was_not_fitted_forecasts_nothing() -> None:
    for forecast in (lambda model: model.forecast(torch.ones(1, 3, 1)), require_fitted_estimator):
        with pytest.raises(UserError, match="Several is not fitted yet: fit it, or load a checkpoint of it"):
            forecast(Several(**LENGTHS))
