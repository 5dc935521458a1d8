"""The variants of a study: what a list and a grid mean, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cryptoforecast as cf
from cryptoforecast.errors import UsageError
from cryptoforecast.evaluation.metrics import BASELINE_NAMES
from cryptoforecast.study.tune.search_space import corners, read_search_space
from cryptoforecast.study.variants import find_variants, flat, read_plan
from cryptoforecast.training.settings.command_line import CommandLine, make
from tests.helpers import CONFIGS


def test_a_class_is_a_variant_of_its_name_and_a_map_changes_what_it_names() -> None:
    listed = ["my_models.Net", {"name": "wide", "model": {"hidden_size": 128, "head": {"class_path": "StudentT"}}}]
    net, wide = find_variants(listed)
    assert (net.name, net.words) == ("Net", ["--model=my_models.Net"])
    assert wide.words == ["--model.hidden_size=128", '--model.head={"class_path": "StudentT"}']


def test_a_grid_multiplies_every_variant_and_names_are_made_of_its_values() -> None:
    grid = {"model.hidden_size": [4, 8], "model": {"head": [{"class_path": "a.StudentT", "init_args": {"x": 1}}]}}
    names = [variant.name for variant in find_variants(["LSTM", {"name": "deep", "model.num_layers": 2}], grid)]
    assert names == [
        f"{name}-hidden_size={size}-head=StudentT+x=1" for name in ("LSTM", "deep") for size in (4, 8)
    ]  # fmt: skip


def test_a_variant_may_have_a_grid_of_its_own() -> None:
    listed = [{"name": "a", "grid": {"data.context_length": [10, 20]}}, "GRU"]
    assert [variant.name for variant in find_variants(listed)] == ["a-context_length=10", "a-context_length=20", "GRU"]


@given(st.dictionaries(st.sampled_from("abc"), st.lists(st.integers(0, 3), min_size=1, unique=True), min_size=1))
def test_a_grid_has_each_combination_once(values: dict[str, list[int]]) -> None:
    crossed = {f"model.{name}": numbers for name, numbers in values.items()}
    variants, count = find_variants(None, crossed), 1
    for numbers in values.values():
        count *= len(numbers)
    assert len({variant.name for variant in variants}) == len(variants) == count
    assert len({json.dumps(variant.changes) for variant in variants}) == count


def test_a_text_that_reads_as_a_number_is_still_a_text_beside_variants() -> None:
    plan = read_plan(['--config={variants: [LSTM], name: "1e5", data: {source: SimulatedSource}}'])
    made = make(["fit", "--model=LSTM", *plan.base, "--trainer.accelerator=cpu"], CommandLine)
    assert made.option("trainer")["logger"].init_args.name == "1e5"


@given(st.recursive(st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1)))
def test_flat_settings_say_the_same_as_nested_ones(settings: Any) -> None:
    nested: dict[str, Any] = {}
    for name, value in flat({"top": settings}).items():
        *above, last = name.split(".")
        place = nested
        for part in above:
            place = place.setdefault(part, {})
        place[last] = value
    assert nested == {"top": settings}


@pytest.mark.parametrize(
    ("listed", "crossed", "sentence"),
    [
        (None, None, "study takes a configuration with variants:"),
        ([], None, "variants: [] is no list of variants"),
        ("LSTM", None, "variants: 'LSTM' is no list of variants"),
        ([3], None, "variants: number 1 is 3; it is a class or a map with a name."),
        (["LSTM", {"nmae": "a"}], None, "variants: number 2 has no name, but nmae; is name meant."),
        (["LSTM", "my.LSTM"], None, "variants: two are named LSTM; give one of them another name."),
        ([{"name": "a", "folds": 3}], None, "variant a: folds is of the whole study; set it beside variants."),
        (["LSTM"], {"model.hidden_size": 3}, "grid: model.hidden_size is 3; a list of values is wanted"),
        (["LSTM"], [3], "grid: [3] is no map from options to lists of values."),
        ([{"name": "../a"}], None, "variants: '../a' cannot name a folder"),
        ([{"name": ""}], None, "variants: '' cannot name a folder"),
    ],
)
def test_what_is_no_list_of_variants_is_refused_in_a_sentence(listed: Any, crossed: Any, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        find_variants(listed, crossed)
    assert str(refused.value).startswith(sentence)


def test_what_a_configuration_has_for_a_study_is_not_given_to_a_fit_and_what_is_typed_is_stronger(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("variants: [LSTM]\nfolds: 3\nseeds: 2\ndata: {horizon: 2}\n")
    second.write_text("data: {context_length: 9}\nseeds: 4\nvariants: [GRU]\n")
    plan = read_plan(["--config", str(first), f"--config={second}", "--trainer.max_epochs=1"])
    assert plan.counts == {"folds": 3, "seeds": 4}
    assert plan.words_of(plan.variants[0]) == [
        "--config", "data:\n  horizon: 2\n", "--config", "data:\n  context_length: 9\n", "--model=GRU",
        "--trainer.max_epochs=1",
    ]  # fmt: skip


def test_the_zoo_is_a_study_of_every_model_that_is_no_baseline_and_no_wrapper() -> None:
    plan = read_plan(["--config", str(CONFIGS / "zoo.yaml")])
    models = {variant.changes["model"] for variant in plan.variants}
    classes = {name: getattr(cf.models, name) for name in cf.models.__all__}
    known = {name for name, cls in classes.items() if isinstance(cls, type) and issubclass(cls, cf.Forecaster)}
    assert known - models == {"Forecaster", *BASELINE_NAMES, "Arima", "Chronos", "Trained"} & known
    assert plan.counts == {"folds": 5, "seeds": 3}


@pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")
def test_the_search_that_is_shipped_is_one_of_the_model_that_is_shipped() -> None:
    space = read_search_space(CONFIGS / "search.yaml")
    for corner in corners(space):
        words = ["fit", "--config", str(CONFIGS / "btc.yaml"), "--data.source=SimulatedSource", *corner]
        assert type(make(words, CommandLine).model) is cf.LSTM
