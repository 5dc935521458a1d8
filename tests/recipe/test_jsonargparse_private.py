"""What jsonargparse does not document may go in a later version; what is built on it goes on without."""

from inspect import Parameter
from typing import Any

import jsonargparse
import pytest

from cryptoforecast import LSTM, CsvSource, Forecaster
from cryptoforecast.recipe.jsonargparse_private import arguments_of, import_path, try_int_before_float
from cryptoforecast.recipe.write import argument_names


@pytest.mark.parametrize("cls", [LSTM, CsvSource, Forecaster])
def test_without_its_resolver_a_class_still_takes_the_same_arguments(
    cls: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, defaults = argument_names(cls), {one.name: one.default for one in arguments_of(cls)}
    monkeypatch.delattr(jsonargparse._parameter_resolvers, "get_signature_parameters")
    assert set(argument_names(cls)) == set(names)
    assert {one.name: one.default for one in arguments_of(cls)} == defaults


def test_a_required_argument_has_no_default() -> None:
    assert {one.name for one in arguments_of(CsvSource) if one.default is Parameter.empty} == {"path"}


def test_without_its_search_a_model_is_still_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    found = import_path(Forecaster, "LSTM")
    monkeypatch.delattr(jsonargparse._typehints, "resolve_class_path_by_name")
    assert found in ("cryptoforecast.LSTM", import_path(Forecaster, "LSTM"))
    assert import_path(Forecaster, "LSTM") == "cryptoforecast.models.lstm.LSTM"
    assert import_path(Forecaster, "my.Net") == "my.Net"


def test_without_its_order_of_types_a_parser_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(jsonargparse._typehints, "sort_subtypes_for_union")
    try_int_before_float()
    assert not hasattr(jsonargparse._typehints, "sort_subtypes_for_union")


def test_the_order_of_types_is_replaced_once() -> None:
    typehints: Any = jsonargparse._typehints
    try_int_before_float()
    replaced = typehints.sort_subtypes_for_union
    try_int_before_float()
    assert typehints.sort_subtypes_for_union is replaced
