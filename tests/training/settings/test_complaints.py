"""What jsonargparse says of a mistake, provoked by the version that is installed, becomes one sentence."""

import pytest
from jsonargparse import ArgumentError
from lightning.pytorch import Trainer

from cryptoforecast import CloseDataModule, Forecaster
from cryptoforecast.training.settings.complaints import complaint
from cryptoforecast.training.settings.parser import ForecastParser, option_names

SENTENCES = {
    "--data.hrizon=3": "There is no option --data.hrizon; the nearest is data.horizon.",
    "--config={data: {hrizon: 3}}": "There is no option data.hrizon; the nearest is data.horizon.",
    "--model=LSTM --model.hiden_size=3": "LSTM has no option hiden_size; the nearest is hidden_size.",
    "--model.optimizer.lrr=1": "Adam has no option lrr; the nearest is lr.",
    "--model=LSTN": "model: there is no LSTN; the nearest is LSTM.",
    "--model.scaling=TrainMinMacs": "model.scaling: there is no TrainMinMacs; the nearest is TrainMinMax.",
    "--trainer.callbacks+=Tmer": "trainer.callbacks: there is no Tmer; the nearest is Timer.",
    "--model=nowhere.Net": "model: nowhere.Net cannot be imported from the working folder: No module named 'nowhere'.",
    "--data.source=CsvSource": "CsvSource needs path; set data.source.path.",
    "--model.scheduler=StepLR": "model.scheduler needs step_size; set model.scheduler.step_size.",
    "--data.batch_size=x": "data.batch_size: x is not of type int.",
    "--model.scheduler_interval=day": "model.scheduler_interval: day is none of 'step', 'epoch'.",
    "--data.columns=3": "data.columns: 3 is no list such as [Close, Volume].",
    "--config={data: {source: {class_path: CsvSource, init_args: {path: x.csv, symbol: 5}}}}":
        "data.source.symbol is 5, where a text is wanted; write it in quotes, as '005930'.",
}  # fmt: skip


@pytest.fixture(scope="module")
def parser() -> ForecastParser:
    made = ForecastParser()
    made.add_argument("--config", action="config")
    made.add_lightning_class_args(Trainer, "trainer")
    made.add_lightning_class_args(Forecaster, "model", subclass_mode=True)
    made.add_lightning_class_args(CloseDataModule, "data")
    return made


def said_of(words: list[str], parser: ForecastParser) -> str:
    verbs = ForecastParser()
    verbs.add_subcommands().add_subcommand("fit", parser)
    with pytest.raises(ArgumentError) as raised:
        verbs.parse_args(["fit", *words])
    return complaint(str(raised.value), option_names(parser))


@pytest.mark.parametrize(("words", "sentence"), SENTENCES.items())
def test_a_mistake_is_told_in_one_sentence_with_the_nearest_right_word(
    words: str, sentence: str, parser: ForecastParser
) -> None:
    given = ["--model=LSTM", "--data.source=SimulatedSource"]
    mistyped = [words] if "{" in words else words.split()
    assert said_of([*given, *mistyped], parser) == sentence


def test_what_must_be_given_is_named(parser: ForecastParser) -> None:
    sentence = "data.source must be given, in a --config file or as --data.source."
    assert said_of(["--model=LSTM"], parser) == sentence


def test_anything_else_is_one_clear_line_of_the_librarys_words(parser: ForecastParser) -> None:
    sentence = said_of(["--model=LSTM", "--data.source=SimulatedSource", "--trainer.limit_val_batches=many"], parser)
    assert sentence.startswith("trainer.limit_val_batches: ")
    assert "\n" not in sentence
    assert len(sentence) < 400
    assert complaint("Something\nnew of a later version", []) == "Something; new of a later version."


def test_options_are_named_without_those_of_the_classes_that_defaults_name(parser: ForecastParser) -> None:
    names = option_names(parser)
    assert {"data.horizon", "trainer.max_epochs", "model"} <= set(names)
    assert not [name for name in names if "init_args" in name]
