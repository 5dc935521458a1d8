"""Help: a page for each verb that fits a small terminal and is true, and all options of a class or a topic."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from lightning.pytorch import Trainer

from cryptoforecast import LSTM, CloseDataModule, CsvSource
from cryptoforecast.audit.stages import STEPS
from cryptoforecast.cli.backtest import _parser as backtest_parser
from cryptoforecast.cli.class_help import class_help, topic_help
from cryptoforecast.cli.help import page
from cryptoforecast.cli.help_pages import PAGES
from cryptoforecast.cli.main import main
from cryptoforecast.recipe.write import argument_names, parameters_of
from cryptoforecast.study.engines.choose import ALONE
from cryptoforecast.training.settings.defaults import TRAINER


@pytest.mark.parametrize("verb", PAGES)
def test_a_page_of_help_fits_a_small_terminal(verb: str) -> None:
    lines = page(verb).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) < 80
    assert "--help trainer" in lines[-1]


def test_what_a_page_of_help_says_of_options_is_so() -> None:
    data, trainer, model = parameters_of(CloseDataModule), parameters_of(Trainer), parameters_of(LSTM)
    ours = {"audit.steps": STEPS, "backtest.seeds": 1, "backtest.workers": 1, "backtest.window": "expanding",
            "register.steps": 1, "study.workers": 1, "study.window": "expanding", "study.by": "rmse",
            "tune.sampler": "tpe", "tune.pruner": "none",
            "tune.workers": 1}  # fmt: skip
    for verb, shown in PAGES.items():
        for option in (option for options in shown.options.values() for option in options):
            group, _, name = option.name.rstrip("+").partition(".")
            known = {"data": data, "trainer": trainer, "model": model}.get(group, {})
            assert not known or not name or name.split(".")[0] in {**known, "source": ""}, option
            if option.default is not None:
                default = TRAINER.get(name, known[name].default) if known else ours[f"{verb}.{option.name}"]
                assert option.default == default, option


def test_the_page_of_backtest_has_its_own_options() -> None:
    shown = {
        option.name.removeprefix("judge.").rstrip("+")
        for options in PAGES["backtest"].options.values()
        for option in options
    }
    of_a_search = {option.name for option in PAGES["tune"].options["the search"]}
    assert set(vars(backtest_parser().parse_args(["--folds=1"]))) - {*ALONE, *of_a_search} <= shown
    (of_cluster,) = (option for option in PAGES["backtest"].options["walking forward"] if option.name == "engine")
    assert all(f"--{name}" in of_cluster.meaning for name in ALONE)
    (of_search,) = (option for option in PAGES["backtest"].options["walking forward"] if option.name == "tune")
    assert "--trials N; see tune --help" in of_search.meaning


def test_a_page_of_help_loads_no_torch(tmp_path: Path) -> None:
    program = "import sys; from cryptoforecast.cli.main import main; main(['fit', '--help']); print(len(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.startswith("usage: python -m cryptoforecast fit")
    assert int(done.stdout.splitlines()[-1]) < 200


def test_all_options_of_a_model_are_shown_with_the_optimizers_and_without_what_only_data_sets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for words in (["fit", "--model.help", "LSTM"], ["backtest", "--folds=3", "--model.help=LSTM"]):
        assert main(words) == 0
        shown = re.findall(r"^  --model\.([\w.]+)", capsys.readouterr().out, re.MULTILINE)
        assert {"hidden_size", "scaling", "optimizer", "optimizer.lr", "scheduler"} <= set(shown)
        assert not {"context_length", "horizon", "columns"} & set(shown)
    shown = re.findall(r"^  --data\.source\.([\w.]+)", class_help("data.source", "CsvSource"), re.MULTILINE)
    assert shown == argument_names(CsvSource)


def test_topics_are_shown_in_full_with_the_defaults_of_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--help", "trainer"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"--trainer\.max_epochs .*?\(50\)", told, re.DOTALL)
    assert "--trainer.sync_batchnorm" in told
    assert "--data.drop_last" in topic_help("data", "fit")
    assert "RandomWalk" in topic_help("model", "fit")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["fit", "--help", "nonsense"], "--help nonsense: there are --help trainer"),
        (["fit", "--model.help", "LSTN"], "--model.help: there is no LSTN; the nearest is LSTM"),
        (["fit", "--model.help=CsvSource"], "--model.help: there is no CsvSource"),
        (["fit", "--data.source.help", "nowhere.Mine"], "there is no module nowhere"),
    ],
)
def test_help_about_nothing_is_refused(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert sentence in capsys.readouterr().err
