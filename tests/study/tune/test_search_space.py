import random

import pytest

from cryptoforecast.errors import UsageError
from cryptoforecast.study.tune.search_space import corners, read_search_space, suggest

SPACE = """
model.hidden_size: {low: 8, high: 128, log: true}
model.optimizer.lr: {low: 0.0001, high: 0.1, log: true}
data.context_length: {low: 20, high: 60, step: 20}
model: {choices: [LSTM, {class_path: GRU, init_args: {dropout: {low: 0.0, high: 0.5}}}]}
"""


class Drawn:
    """A trial that draws evenly, and notes the names of its parameters."""

    def __init__(self, seed):
        self.random, self.names = random.Random(seed), []

    def suggest_int(self, name, low, high, *, step=1, log=False):
        self.names.append(name)
        return self.random.randrange(low, high + 1, step)

    def suggest_float(self, name, low, high, *, step=None, log=False):
        self.names.append(name)
        return self.random.uniform(low, high)

    def suggest_categorical(self, name, choices):
        self.names.append(name)
        return self.random.choice(choices)


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "search.yaml"
        path.write_text(text)
        return path

    return write


def test_a_class_stands_before_its_options_and_whole_numbers_stay_whole(file):
    words = suggest(read_search_space(file(SPACE)), Drawn(0))
    values = dict(word.split("=", 1) for word in words)
    assert next(iter(values)) == "--model"
    assert 8 <= int(values["--model.hidden_size"]) <= 128
    assert int(values["--data.context_length"]) in (20, 40, 60)
    assert 0.0001 <= float(values["--model.optimizer.lr"]) <= 0.1


def test_an_argument_of_a_chosen_class_is_a_parameter_only_where_the_class_is_chosen(file):
    space = read_search_space(file(SPACE))
    trials = [(words, trial.names) for trial in map(Drawn, range(20)) for words in [suggest(space, trial)]]
    assert {("GRU" in words[0], "model.GRU.dropout" in names) for words, names in trials} == {
        (True, True), (False, False)
    }  # fmt: skip


def test_the_corners_hold_both_bounds_and_each_choice(file):
    words = {word for corner in corners(read_search_space(file(SPACE))) for word in corner}
    assert {"--model.hidden_size=8", "--model.hidden_size=128", "--model=LSTM"} <= words
    assert any('"class_path": "GRU"' in word for word in words)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("model.x: {low: 1, hihg: 2}", "model.x: there is no hihg; the nearest is high."),
        ("model.x: {low: 3, high: 2}", "model.x: low is 3 and high is 2; low must be below high."),
        ("model.x: {low: 1}", "model.x: high is missing; it must be a number."),
        ("model.x: {low: a, high: 2}", "model.x: low is 'a'; it must be a number."),
        ("model.x: {low: 0, high: 2, log: true}", "model.x: low is 0; with log it must be above 0."),
        ("model.x: {low: 1, high: 2, log: true, step: 1}", "model.x: step is 1; it must be above 0, and stand without"),
        ("model.x: {choices: []}", "model.x: choices is []; a list of values is wanted."),
        ("model.x: {choices: [1, 1]}", "model.x: 1 stands twice among the choices."),
        ("model.x: {choices: [1], low: 1}", "model.x: has choices, and low beside them."),
        ("model.x: 3", "model.x: needs low and high, or choices"),
        ("data.horizon: {low: 1, high: 2}", "data.horizon cannot be searched: it decides which targets are validated."),
        ("data.source.rows: {low: 1, high: 2}", "data.source.rows cannot be searched: it decides which targets"),
        ("model: {choices: [{class_path: A, init_args: {x: {low: 2, high: 1}}}]}", "model.init_args.x: low is 2 and"),
    ],
)
def test_a_slip_in_the_file_is_told_with_the_option(file, text, sentence):
    with pytest.raises(UsageError) as problem:
        read_search_space(file(text))
    assert str(problem.value).startswith(sentence)
