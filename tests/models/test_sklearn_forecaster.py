"""Regressors of scikit-learn: they predict what the library predicts, and are stored without pickle."""

import io
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from cryptoforecast import SklearnForecaster, UserError
from cryptoforecast.models.contract.sklearn_state import to_sklearn, to_written

LENGTHS = {"context_length": 4, "horizon": 2}
RANDOM = np.random.default_rng(0)
X = torch.tensor(RANDOM.normal(size=(80, 4, 1)), dtype=torch.float32)
Y = X[:, -2:, 0] * torch.tensor([0.5, -0.2]) + 0.1
FOREST = {"n_estimators": 5, "random_state": 0}
MLP = {"hidden_layer_sizes": [4], "max_iter": 500, "random_state": 0, "tol": 0.01}
SCALED = {"steps": [["scale", {"estimator": "sklearn.preprocessing.StandardScaler"}],
                    ["ridge", {"estimator": "sklearn.linear_model.Ridge", "arguments": {"alpha": 2.0}}]]}  # fmt: skip
BAGGED = {"estimator": {"estimator": "sklearn.tree.DecisionTreeRegressor", "arguments": {"max_depth": 3}},
          "n_estimators": 3, "random_state": 0}  # fmt: skip


def bagged() -> Any:
    from sklearn.ensemble import BaggingRegressor
    from sklearn.tree import DecisionTreeRegressor

    return MultiOutputRegressor(BaggingRegressor(DecisionTreeRegressor(max_depth=3), n_estimators=3, random_state=0))


def reloaded(model: SklearnForecaster) -> SklearnForecaster:
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    made = SklearnForecaster(model.estimator, model.arguments, **LENGTHS)
    made.load_state_dict(torch.load(file, weights_only=True))
    return made


@pytest.mark.parametrize(
    ("path", "arguments", "oracle"),
    [
        ("sklearn.linear_model.Ridge", {"alpha": 3.0}, lambda: Ridge(alpha=3.0)),
        ("sklearn.ensemble.RandomForestRegressor", FOREST, lambda: RandomForestRegressor(**FOREST)),
        ("sklearn.svm.SVR", {"C": 2.0}, lambda: MultiOutputRegressor(SVR(C=2.0))),
        ("sklearn.neural_network.MLPRegressor", MLP, lambda: MultiOutputRegressor(MLPRegressor(**MLP))),
        ("sklearn.pipeline.Pipeline", SCALED, lambda: make_pipeline(StandardScaler(), Ridge(alpha=2.0))),
        ("sklearn.ensemble.BaggingRegressor", BAGGED, bagged),
    ],
)
def test_a_regressor_predicts_the_bits_that_the_library_predicts_also_from_its_checkpoint(
    path: str, arguments: dict[str, Any], oracle: Any
) -> None:
    model = SklearnForecaster(path, arguments, **LENGTHS)
    model.fit(X, Y)
    table = X.flatten(1).double().numpy()
    expected = oracle().fit(table, Y.double().numpy()).predict(table)
    assert torch.equal(model(X), torch.tensor(expected, dtype=torch.float32))
    assert torch.equal(reloaded(model)(X), model(X))


def test_one_step_is_one_column() -> None:
    model = SklearnForecaster(context_length=4, horizon=1)
    model.fit(X, Y[:, :1])
    expected = (
        Ridge().fit(X.flatten(1).double().numpy(), Y[:, 0].double().numpy()).predict(X.flatten(1).double().numpy())
    )
    assert torch.equal(model(X)[:, 0], torch.tensor(expected, dtype=torch.float32))


@pytest.mark.parametrize(
    ("path", "arguments", "kept"),
    [
        ("sklearn.ensemble.HistGradientBoostingRegressor", {"max_iter": 3}, "_loss, a HalfSquaredError"),
        ("sklearn.neighbors.KNeighborsRegressor", {"algorithm": "kd_tree"}, "_tree, a KDTree"),
    ],
)
def test_what_no_checkpoint_can_hold_is_named_when_it_is_fitted(
    path: str, arguments: dict[str, Any], kept: str
) -> None:
    model = SklearnForecaster(path, arguments, **LENGTHS)
    with pytest.raises(UserError, match=rf"{path.rpartition('.')[2]} keeps .*{kept}.*, which no checkpoint can hold"):
        model.fit(X, Y)


@pytest.mark.parametrize(
    ("path", "arguments", "sentence"),
    [
        ("os.system", {}, "model.estimator is os.system"),
        ("sklearn.linear_model.Rigde", {}, "model.estimator is sklearn.linear_model.Rigde, which is no estimator"),
        ("sklearn.utils.Bunch", {}, "model.estimator is sklearn.utils.Bunch, which is no estimator"),
        ("sklearn.preprocessing.StandardScaler", {}, "which has no predict; name a regressor"),
        ("sklearn.linear_model.Ridge", {"alhpa": 1}, "model.arguments: .*alhpa"),
        (
            "sklearn.pipeline.Pipeline",
            {"steps": [], "memory": "cache"},
            "model.arguments.memory: the cache of Pipeline",
        ),
    ],
)
def test_a_file_names_no_function_and_no_class_but_an_estimator(path: str, arguments: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        SklearnForecaster(path, arguments, **LENGTHS)


def test_an_argument_that_the_library_refuses_is_a_sentence() -> None:
    with pytest.raises(UserError, match="Ridge cannot be fitted: The 'alpha' parameter of Ridge must be a float"):
        SklearnForecaster(arguments={"alpha": "much"}, **LENGTHS).fit(X, Y)


def test_a_tree_from_a_file_is_checked_before_it_is_followed() -> None:
    forest = RandomForestRegressor(**FOREST).fit(X.flatten(1), Y)
    written, _ = to_written(forest)
    assert np.array_equal(to_sklearn(written).predict(X.flatten(1)), forest.predict(X.flatten(1)))
    nodes = written["attributes"]["estimators_"][0]["attributes"]["tree_"]["state"]["nodes"]
    for name, value in (("left_child", 0), ("right_child", 10**6), ("feature", 77)):
        before = nodes[name][0]
        nodes[name][0] = value
        with pytest.raises(UserError, match="the checkpoint's decision tree has nodes that do not form one"):
            to_sklearn(written)
        nodes[name][0] = before
    with pytest.raises(UserError, match="which is no estimator of scikit-learn"):
        to_sklearn({"kind": "estimator", "class": "sklearn.utils.Bunch", "attributes": {}})


class Median(RegressorMixin, BaseEstimator):
    """A regressor of one's own, as scikit-learn's guide for developers has it."""

    def fit(self, table: np.ndarray, targets: np.ndarray) -> "Median":
        self.median_ = np.median(targets, axis=0)
        return self

    def predict(self, table: np.ndarray) -> np.ndarray:
        return np.tile(self.median_, (len(table), 1))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def test_a_regressor_of_the_user_s_own_code_is_taken() -> None:
    model = SklearnForecaster(f"{__name__}.Median", **LENGTHS)
    model.fit(X, Y)
    np.testing.assert_allclose(model(X)[0], np.median(Y.numpy(), axis=0), rtol=1e-6)


def test_another_version_of_the_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    model = SklearnForecaster(**LENGTHS)
    model.fit(X, Y)
    monkeypatch.setattr("sklearn.__version__", "99.0")
    with pytest.warns(UserWarning, match="sklearn.linear_model.Ridge: fitted with scikit-learn .*, and this is 99.0"):
        reloaded(model)(X)
