"""A regressor of scikit-learn: Pedregosa et al., Scikit-learn: Machine Learning in Python, JMLR 12, 2011."""

import warnings
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.models.contract.estimators import as_table
from cryptoforecast.models.contract.sklearn_state import make_sklearn, to_sklearn, to_written
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.recipe.write import PlainArgument

COMPARED = 1000  # training windows on which the stored regressor must predict the same bits


class SklearnForecaster(Forecaster):
    """Any regressor of scikit-learn, fitted to the scaled closes of the context, flattened, and the scaled targets.

    It takes ``pip install scikit-learn``. What was fitted is stored as class path, numbers and arrays, never pickled:
    linear models, trees and forests, kernel ridge, SVR, MLPRegressor, pipelines and the like. A regressor whose
    predictions need anything else is refused before the fit begins: HistGradientBoostingRegressor, whose work
    :class:`LightGBM` does, and KNeighborsRegressor with another algorithm than ``brute``. A regressor that has one
    output only is fitted for each step.

    Args:
        estimator: class path of the regressor.
        arguments: its arguments; an estimator among them is ``{"estimator": class path, "arguments": {…}}``.

    >>> SklearnForecaster("sklearn.linear_model.Ridge", {"alpha": 10.0}).record()["init_args"]["arguments"]
    {'alpha': 10.0}
    """

    def __init__(
        self,
        estimator: str = "sklearn.linear_model.Ridge",
        arguments: dict[str, PlainArgument] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.estimator, self.arguments = estimator, dict(arguments or {})
        self._regressor: tuple[Any, Any] = (None, None)  # what was fitted as plain values, and made again of them
        if not hasattr(make_sklearn(self.estimator, self.arguments), "predict"):
            raise UserError(f"model.estimator is {estimator}, which has no predict; name a regressor.")

    def fit(self, x: Float[Tensor, "windows context_length channels"], y: Float[Tensor, "windows horizon"]) -> None:
        """Fit the regressor.

        Raises:
            UserError: if it cannot be fitted to these, or what it has learned cannot be stored.
        """
        import sklearn
        from sklearn.multioutput import MultiOutputRegressor
        from sklearn.utils import get_tags

        regressor, name = make_sklearn(self.estimator, self.arguments), self.estimator.rpartition(".")[2]
        if self.horizon > 1 and not get_tags(regressor).target_tags.multi_output:
            regressor = MultiOutputRegressor(regressor)
        table, targets = as_table(x), y.double().numpy()
        try:
            regressor.fit(table, targets[:, 0] if self.horizon == 1 else targets)
        except ValueError as problem:
            raise UserError(f"{name} cannot be fitted: {str(problem).strip().splitlines()[0].rstrip('.')}.") from None
        written, left_out = to_written(regressor)
        _require_the_same(regressor, written, left_out, table[-COMPARED:], name)
        self.fitted = {"regressor": written, "sklearn": sklearn.__version__}

    def forward(self, x: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch outputs"]:
        """The regressor's predictions."""
        predicted = self._restored().predict(as_table(x)).reshape(len(x), self.horizon)
        return torch.as_tensor(predicted, dtype=x.dtype, device=x.device)

    def _restored(self) -> Any:
        if self._regressor[0] is not self.fitted:
            import sklearn

            if self.fitted["sklearn"] != sklearn.__version__:
                notice = f"fitted with scikit-learn {self.fitted['sklearn']}, and this is {sklearn.__version__}"
                warnings.warn(f"{self.estimator}: {notice}; the bits may differ.", DataNotice, stacklevel=2)
            self._regressor = self.fitted, to_sklearn(self.fitted["regressor"])
        return self._regressor[1]


def _require_the_same(regressor: Any, written: Any, left_out: list[str], table: np.ndarray, name: str) -> None:
    """Check that a regressor made from its plain values predicts the same bits.

    Raises:
        UserError: naming what has no plain form.
    """
    try:
        predicted = to_sklearn(written).predict(table)
        if np.array_equal(predicted, regressor.predict(table)):
            return
    except (AttributeError, TypeError, ValueError):
        pass
    kept = "; and ".join(dict.fromkeys(left_out)) or "something that is no attribute"
    raise UserError(
        f"{name} keeps {kept}, which no checkpoint can hold; take another regressor, such as those that the "
        "documentation of SklearnForecaster names, or LightGBM."
    )
