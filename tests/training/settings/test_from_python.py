"""Arguments from Python as the words of a command line."""

import functools
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping

from cryptoforecast import LSTM, CsvSource, Drift, FirstAvailable, SimulatedSource, UserError
from cryptoforecast.training.settings.from_python import call_of


class Net(LSTM):
    """A variant with an option that the data has too."""

    def __init__(self, batch_size: int = 3, **options: Any) -> None:
        super().__init__(**options)
        self.batch_size = batch_size


def words(verb: str = "fit", config: Any = None, **arguments: Any) -> list[str]:
    return call_of(verb, config, **arguments).words[1:]


def test_each_option_is_given_to_the_part_that_has_it() -> None:
    assert words(model=LSTM, hidden_size=16, horizon=7, max_epochs=30, seed=1, ckpt_path="last") == [
        "--model=cryptoforecast.models.lstm.LSTM",
        "--model.hidden_size=16",
        "--data.horizon=7",
        "--trainer.max_epochs=30",
        "--seed_everything=1",
        "--ckpt_path=last",
    ]


def test_an_option_that_two_parts_have_is_refused_with_its_longer_forms() -> None:
    with pytest.raises(UserError, match="option of model, data; say which: model__batch_size or data__batch_size"):
        words(model=Net, batch_size=8)
    assert words(model=Net, data__batch_size=8, model__batch_size=2)[1:] == [
        "--data.batch_size=8",
        "--model.batch_size=2",
    ]
    assert words(model={"class_path": Net, "batch_size": 2})[1:] == ["--model.batch_size=2"]
    assert words(data={"batch_size": 2}, trainer={"max_epochs": 3}) == ["--data.batch_size=2", "--trainer.max_epochs=3"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"model": LSTM, "hiden_size": 3}, "fit has no option hiden_size; the nearest is hidden_size"),
        ({"max_epoch": 3}, "fit has no option max_epoch; the nearest is max_epochs"),
        ({"data__horizont": 3}, "data has no option horizont; the nearest is horizon"),
        ({"trainer": {"max_epoch": 3}}, "trainer has no option max_epoch; the nearest is max_epochs"),
        ({"model": LSTM, "model__hidden": 3}, "model has no option hidden; the nearest is hidden_size"),
        ({"data": 3}, "data is 3; a dictionary of its options is wanted"),
        ({"model": LSTM, "hidden_size": object()}, "model.hidden_size is of type object"),
    ],
)
def test_a_wrong_name_or_value_is_refused_in_one_sentence(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        words(**arguments)


def test_values_are_written_as_a_configuration_file_would_hold_them() -> None:
    assert words(source=CsvSource("a.csv", symbol="005930"))[0].startswith(
        '--data.source={"class_path": "cryptoforecast.data.sources.csv.CsvSource", "init_args": {"path": "a.csv", '
    )
    assert '"symbol": "005930"' in words(source=CsvSource("a.csv", symbol="005930"))[0]
    nested = words(source=FirstAvailable([SimulatedSource(rows=5)]))[0]
    assert '"sources": [{"class_path": "cryptoforecast.data.sources.simulated.SimulatedSource"' in nested
    assert words(source=SimulatedSource) == ["--data.source=cryptoforecast.data.sources.simulated.SimulatedSource"]
    assert words(end=date(2024, 1, 2), start=None, val_from=np.float64(0.5)) == [
        "--data.end=2024-01-02",
        "--data.start=null",
        "--data.val_from=0.5",
    ]
    assert words(model=LSTM, optimizer=functools.partial(torch.optim.Adam, lr=0.1), optimizer__lr=0.2)[1:] == [
        '--model.optimizer={"class_path": "torch.optim.adam.Adam", "init_args": {"lr": 0.1}}',
        "--model.optimizer.lr=0.2",
    ]
    assert words(model=LSTM, optimizer={"class_path": "Adam", "lr": 0.1})[1:] == [
        '--model.optimizer={"class_path": "Adam", "init_args": {"lr": 0.1}}'
    ]
    assert words(config={"data": {"source": SimulatedSource}}) == [
        "--config",
        '{"data": {"source": "cryptoforecast.data.sources.simulated.SimulatedSource"}}',
    ]


def test_an_instance_of_a_model_stands_for_its_class_and_arguments_and_for_the_lengths_of_the_data() -> None:
    said = words(model=Drift(context_length=9, horizon=2))
    assert said[0] == "--model=cryptoforecast.models.baselines.Drift"
    assert {"--data.context_length=9", "--data.horizon=2"} <= set(said)


def test_the_options_of_a_model_are_known_from_a_configuration_file(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text("model: {class_path: LSTM}\n")
    assert words(config=tmp_path / "small.yaml", hidden_size=2)[-1] == "--model.hidden_size=2"


def test_what_no_text_can_stand_for_is_kept_as_an_object() -> None:
    stopping = EarlyStopping("val/loss")
    call = call_of("fit", callbacks=[{"class_path": "ModelCheckpoint"}, stopping], logger=False)
    assert call.words == ["fit", '--trainer.callbacks=[{"class_path": "ModelCheckpoint"}]', "--trainer.logger=false"]
    assert call.objects == {"callbacks": [stopping]}


def test_a_class_that_no_checkpoint_could_find_again_is_refused() -> None:
    class Inner(LSTM):
        pass

    with pytest.raises(UserError, match="Inner is defined within a function, where no checkpoint can find it"):
        words(model=Inner)
    with pytest.raises(UserError, match=r"_from_python\.Net is not the class that was given"):
        words(model=type("Net", (LSTM,), {"__module__": __name__}))
