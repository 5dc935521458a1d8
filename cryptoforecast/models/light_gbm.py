"""Gradient boosted trees: Ke et al., LightGBM: A Highly Efficient Gradient Boosting Decision Tree, NeurIPS 2017."""

import functools
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.estimators import as_table
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.recipe.write import PlainArgument

MISSING = "LightGBM takes lightgbm: pip install lightgbm."
EXACT = {"verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True, "seed": 0}


class LightGBM(Forecaster):
    """LightGBM's boosted trees over the scaled closes of the context, flattened: a booster for each step.

    It takes ``pip install "cryptoforecast[boosting]"``. The checkpoint holds the boosters in LightGBM's text format.
    The same windows give the same trees to the bit, as it has one thread and a fixed seed.

    Args:
        rounds: number of trees.
        leaves: most leaves of a tree.
        learning_rate: share of each tree that is added.
        min_leaf: fewest training windows in a leaf.
        parameters: further parameters of LightGBM by their names, such as ``{"lambda_l2": 1.0}``.

    >>> LightGBM(rounds=50, leaves=7).parameters_of_booster()["num_leaves"]
    7
    """

    def __init__(
        self,
        rounds: int = 100,
        leaves: int = 15,
        learning_rate: float = 0.05,
        min_leaf: int = 20,
        parameters: dict[str, PlainArgument] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rounds, self.leaves, self.learning_rate, self.min_leaf = rounds, leaves, learning_rate, min_leaf
        self.further = dict(parameters or {})

    def parameters_of_booster(self) -> dict[str, Any]:
        """The parameters that LightGBM is given."""
        chosen = {"num_leaves": self.leaves, "learning_rate": self.learning_rate, "min_data_in_leaf": self.min_leaf}
        return {"objective": "regression", **EXACT, **chosen, **self.further}

    def fit(self, x: Float[Tensor, "windows context_length channels"], y: Float[Tensor, "windows horizon"]) -> None:
        """Grow the trees of each step.

        Raises:
            UserError: if lightgbm is not installed, or refuses a parameter.
        """
        lightgbm = _lightgbm()
        table, targets, chosen = as_table(x), y.double().numpy(), self.parameters_of_booster()
        try:
            self.trees = [
                lightgbm.train(chosen, lightgbm.Dataset(table, targets[:, step]), self.rounds).model_to_string()
                for step in range(self.horizon)
            ]
        except lightgbm.basic.LightGBMError as problem:
            raise UserError(f"LightGBM: {str(problem).strip().rstrip('.')}.") from None

    def forward(self, x: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch outputs"]:
        """The sum of the trees of each step."""
        table = as_table(x)
        predicted = np.stack([_booster(text).predict(table, num_threads=1) for text in self.trees], axis=1)
        return torch.as_tensor(predicted, dtype=x.dtype, device=x.device)


@functools.lru_cache(maxsize=128)
def _booster(text: str) -> Any:
    """The booster of a text in LightGBM's format, read once."""
    return _lightgbm().Booster(model_str=text)


def _lightgbm() -> Any:
    try:
        import lightgbm
    except ImportError:
        raise UserError(MISSING) from None
    return lightgbm
