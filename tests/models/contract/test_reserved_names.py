"""Names of the contract cannot be used for something else, neither in __init__ nor in a class's body."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cryptoforecast import LSTM, Forecaster, RelativeLog, TrainMinMax, UserError

LENGTHS = {"context_length": 5, "horizon": 2}


def with_attribute(name: str, make: Callable[[], Any]) -> type[Forecaster]:
    class Named(Forecaster):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            setattr(self, name, make())

    return Named


@pytest.mark.parametrize(
    ("name", "make", "advice"),
    [
        ("loss", nn.HuberLoss, r"a method of Forecaster; write `def loss\(self, output, target\)`"),
        ("loss", lambda: nn.functional.l1_loss, r"write `def loss\(self, output, target\)`"),
        ("loss", lambda: 1.0, "or call it self.criterion"),
        ("forecast", lambda: nn.Linear(5, 2), r"write `def forecast\(self, context\)`, or call it self.head"),
        ("forward", lambda: nn.Linear(5, 2), r"write `def forward\(self, x\)`, or call it self.network"),
        ("training_step", lambda: 3, r"write `def training_step\(self, window, batch_index\)`"),
        ("record", dict, "sets self.record, a method of Forecaster"),
        ("network_inputs", list, "sets self.network_inputs, a method of Forecaster"),
        ("channels", lambda: 8, "under which Forecaster keeps the count of columns that it sees; call it"),
        ("horizon", lambda: nn.Linear(2, 2), "under which Forecaster keeps the count of closes that it forecasts"),
        ("columns", lambda: ["Close", "Volume"], "under which Forecaster keeps the names of the columns"),
        ("scaling", lambda: 2.0, "sets self.scaling to 2.0; it must be a Scaling"),
        ("log", lambda: torch.log, "sets self.log, a name that Lightning has for itself"),
        ("trainer", lambda: nn.Linear(2, 2), "sets self.trainer, a name that Lightning has for itself"),
        ("device", lambda: "cpu", "sets self.device, a name that Lightning has for itself"),
        ("parameters", list, "sets self.parameters, a name that torch has for itself"),
        ("_optimizer", lambda: None, "sets self._optimizer, which Forecaster needs for itself"),
    ],
)  # fmt: skip
def test_an_attribute_that_hides_a_part_of_the_contract_is_refused(
    name: str, make: Callable[[], Any], advice: str
) -> None:
    with pytest.raises(UserError, match=advice) as refused:
        with_attribute(name, make)(**LENGTHS)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(f"Named sets self.{name}")


@pytest.mark.parametrize("name", [name for name in vars(Forecaster) if not name.startswith("__")])
def test_no_name_of_the_contract_can_be_a_module_of_the_variants(name: str) -> None:
    with pytest.raises(UserError, match=rf"self\.{name}\b"):
        with_attribute(name, lambda: nn.Linear(1, 1))(**LENGTHS)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("example_input_array", lambda: torch.zeros(1, 5, 1)),
        ("automatic_optimization", lambda: False),
        ("strict_loading", lambda: False),
        ("monitor", lambda: "val/loss"),
        ("criterion", nn.HuberLoss),
        ("scaling", TrainMinMax),
        ("horizon", lambda: 2),
        ("columns", lambda: ("Close",)),
        ("lr", lambda: 0.1),
    ],
)
def test_any_other_attribute_is_the_variants_own(name: str, make: Callable[[], Any]) -> None:
    value = make()
    model = with_attribute(name, lambda: value)(**LENGTHS)
    assert getattr(model, name) is value


def test_an_attribute_set_before_the_parents_init_is_not_lost_without_a_word() -> None:
    class Early(Forecaster):
        def __init__(self, **kwargs: Any) -> None:
            self.channels = 8
            super().__init__(**kwargs)

    with pytest.raises(UserError, match="Early sets self.channels, under which Forecaster keeps the count of columns"):
        Early(**LENGTHS)


def test_a_forgotten_call_of_the_parents_init_is_named() -> None:
    class Forgetful(Forecaster):
        def __init__(self, **kwargs: Any) -> None:
            self.head = nn.Linear(5, 2)

    with pytest.raises(UserError, match=r"Forgetful.__init__ sets self.head before super\(\).__init__\(\*\*kwargs\)"):
        Forgetful(**LENGTHS)


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        ({"loss": nn.MSELoss()}, r"sets loss, a method of Forecaster; write `def loss\(self, output, target\)`"),
        ({"loss": nn.MSELoss}, "or call it self.criterion"),
        ({"forecast": None}, r"write `def forecast\(self, context\)`"),
        ({"log": 3}, "sets log, a name that Lightning has for itself"),
        ({"channels": 8}, "sets channels, under which Forecaster keeps the count of columns"),
        ({"horizon": property(lambda self: 3)}, "under which Forecaster keeps the count of closes that it forecasts"),
        ({"scaling": RelativeLog()}, r"sets scaling; pass a scaling to super\(\).__init__\(scaling=...\)"),
        ({"device": "cuda"}, "sets device, a name that Lightning has for itself"),
        ({"trainer": lambda self: None}, "sets trainer, a name that Lightning has for itself"),
    ],
)
def test_a_class_whose_body_hides_a_part_of_the_contract_is_refused(body: dict[str, Any], advice: str) -> None:
    with pytest.raises(UserError, match=advice):
        type("FirstRows", (Forecaster,), body)
    with pytest.raises(UserError, match=advice):
        type("Mixed", (type("Mixin", (), body), LSTM), {})


def test_a_class_may_have_methods_of_the_contract_and_attributes_of_its_own() -> None:
    class Own(LSTM):
        monitor = "val/loss"
        widths = (8, 16)

        def loss(self, forecast: Tensor, target: Tensor) -> Tensor:
            return nn.functional.l1_loss(forecast, target)

        @staticmethod
        def _helper() -> int:
            return 3

    assert Own(**LENGTHS).widths == (8, 16)


def test_a_method_may_be_wrapped_in_place_as_libraries_do() -> None:
    model = LSTM(hidden_size=4, **LENGTHS)
    model.forward = torch.compiler.disable(model.forward)  # type: ignore[method-assign]
    model.loss = model.loss  # type: ignore[method-assign]
    assert model.forecast(torch.ones(3, 5, 1, dtype=torch.float64)).shape == (3, 2)
