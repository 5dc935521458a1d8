"""A checkpoint of a class whose code has changed since: what is wrong is named, and what can be taken is."""

import importlib
import sys
from collections.abc import Callable
from inspect import Parameter
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

import cryptoforecast
from cryptoforecast import GRU, LSTM, CloseDataModule, Forecaster, UserError, load_forecaster
from cryptoforecast.models.checkpoints.compare import require_same_model
from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.recipe.class_paths import ImportPathError, find_object, import_named
from cryptoforecast.recipe.read import RecipeError, read_recipe
from cryptoforecast.recipe.write import parameters_of, recipe_of
from tests.helpers import Run, Said

NET = """
from torch import nn
from cryptoforecast import Forecaster, Scaling, RelativeLog

class Gain(RelativeLog):
    pass

class Net(Forecaster):
    def __init__(self, hidden_size: int = 3, {more}**kwargs):
        super().__init__(**kwargs)
        self.linear = nn.Linear(self.context_length, self.horizon)

    def forward(self, x):
        return self.linear(x[..., 0])
"""


@pytest.fixture
def changing(fitted: Run, tmp_path: Path, type_in: Callable[..., Said]) -> Callable[..., Path]:
    """Write the module ``changing`` anew, and a checkpoint of ``changing.Net`` with some arguments."""

    def write(text: str = NET.format(more=""), class_path: str = "changing.Net", **arguments: object) -> Path:
        (tmp_path / "changing.py").write_text(text)
        sys.modules.pop("changing", None)
        importlib.invalidate_caches()
        content = torch.load(fitted.checkpoint, weights_only=True)
        held: dict[str, Any] = {"context_length": 12, "horizon": 2, "columns": ["Close"], "hidden_size": 3}
        scaling = {"class_path": "changing.Gain", "init_args": {"gain": 5.0}}
        model = {"class_path": class_path, "init_args": {**held, "scaling": scaling, **arguments}}
        content["cryptoforecast"]["model"] = model
        content["state_dict"] = {"linear.weight": torch.zeros(2, 12), "linear.bias": torch.zeros(2)}
        torch.save(content, tmp_path / "x.ckpt")
        return tmp_path / "x.ckpt"

    return write


def test_a_class_of_the_working_folder_is_imported_for_its_checkpoint(changing: Callable[..., Path]) -> None:
    forecaster = load_forecaster(changing())
    assert type(forecaster).__module__ == "changing"
    assert type(forecaster.scaling).__name__ == "Gain"


def test_a_class_that_is_gone_is_named_with_those_that_are_there(changing: Callable[..., Path]) -> None:
    path = changing(NET.format(more="").replace("class Net", "class Better"))
    with pytest.raises(UserError, match="needs changing.Net, which cannot be made here: there is no Net in changing"):
        load_forecaster(path)
    import_named("changing")
    with pytest.raises(UserError, match=r"no Net in changing \(Better is there\); .* --rename changing.Net=NEW.NAME"):
        load_forecaster(path)
    with pytest.raises(UserError, match="there is no module no_such_module; if it was moved or renamed, --rename"):
        load_forecaster(changing(class_path="no_such_module.Net"))


@pytest.mark.parametrize("verb", ["predict", "test", "validate", "audit"])
def test_a_class_that_was_renamed_is_taken_by_its_new_name(
    verb: str, changing: Callable[..., Path], type_in: Callable[..., Said], fitted: Run
) -> None:
    text = NET.format(more="").replace("class Net", "class Better").replace("class Gain", "class Times")
    path = changing(text)
    rename = {"changing.Net": "changing.Better", "changing.Gain": "changing.Times"}
    assert type(load_forecaster(path, rename=rename).scaling).__name__ == "Times"
    said = [f"--rename={old}={new}" for old, new in rename.items()]
    if verb == "audit":
        model = ("--model", "changing.Better", "--model.scaling", "changing.Times", "--model.scaling.gain=5")
        said += [*model, "--data.source=CsvSource", f"--data.source.path={fitted.csv}", "--data.context_length=12",
                 "--data.horizon=2", "--trainer.accelerator=cpu"]  # fmt: skip
    result = type_in(verb, "--ckpt_path", path, *said)
    assert result.status == 0, result.err


def test_a_rename_must_say_what_there_is(changing: Callable[..., Path], type_in: Callable[..., Said]) -> None:
    path = changing()
    refused = {"a.B": "--rename takes old.Name=new.Name.", "a.B=changing.C": "there is no C in changing",
               "a.B=nowhere.C": "there is no module nowhere"}  # fmt: skip
    for rename, sentence in refused.items():
        said = type_in("predict", "--ckpt_path", path, "--rename", rename)
        assert (said.status, sentence in said.err) == (2, True), said.err
    assert "--import takes a module." in type_in("predict", "--ckpt_path", path, "--import").err


def test_a_fit_goes_on_with_a_class_that_was_renamed(type_in: Callable[..., Said], tmp_path: Path, fitted: Run) -> None:
    (tmp_path / "mine.py").write_text(NET.format(more=""))
    last = "runs/btc-Net/version_0/checkpoints/last.ckpt"
    fit = ("fit", "--config", Path(__file__).parents[3] / "configs" / "btc.yaml", "--data.source=CsvSource",
           f"--data.source.path={fitted.csv}", "--model=mine.Net", "--data.context_length=12",
           "--trainer.accelerator=cpu")  # fmt: skip
    assert type_in(*fit, "--trainer.max_epochs=1").status == 0
    (tmp_path / "yours.py").write_text(
        NET.format(more="depth: int = 1, ").replace("class Net", "class Better").replace("hidden_size", "units")
    )
    more = ("--trainer.max_epochs=2", "--rename=mine.Net=yours.Better")
    gone = type_in("fit", "--ckpt_path", last, *more)
    assert "error: Better has no option hidden_size" in gone.err
    (tmp_path / "yours.py").write_text(NET.format(more="depth: int = 1, ").replace("class Net", "class Better"))
    del sys.modules["yours"]
    changed = type_in("fit", "--ckpt_path", last, *more, "--model.depth=2")
    assert f"error: {last}: has model.depth not yet, and now it is 2; go on with the same." in changed.err
    said = type_in("fit", "--ckpt_path", last, *more)
    assert said.status == 0, said.err
    assert f"notice: model.depth is new since {last} was written; going on with its default, 1." in said.err


def test_an_argument_that_is_gone_is_one_sentence(changing: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match=r"Net takes no argument depth \(here 2\)"):
        load_forecaster(changing(depth=2))
    before = read_checkpoint(changing(depth=2))
    now = load_forecaster(changing())
    with pytest.raises(UserError, match="has model.depth 2, and Net takes no such argument any more"):
        require_same_model(now, before)


def test_an_argument_that_the_checkpoint_lacks_is_named(changing: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match="Net needs depth, which was not written down"):
        load_forecaster(changing(NET.replace("hidden_size: int = 3, {more}", "depth: int, hidden_size: int = 3, ")))


def test_an_argument_of_another_type_is_one_sentence(changing: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match="cannot be made here: hidden_size: many is not of type int"):
        load_forecaster(changing(hidden_size="many"))


def test_a_module_elsewhere_is_imported_only_if_it_is_named(
    changing: Callable[..., Path], type_in: Callable[..., Said], tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    library = tmp_path_factory.mktemp("library")
    (library / "elsewhere.py").write_text(NET.format(more=""))
    monkeypatch.syspath_prepend(library)
    path = changing(class_path="elsewhere.Net")
    try:
        said = type_in("predict", "--ckpt_path", path)
        assert said.err == (
            f"error: {path}: needs elsewhere.Net, which cannot be made here: the module elsewhere lies outside the "
            "working folder and is not imported on the word of a file; name it with --import elsewhere, or in Python "
            "import it before.\n"
        )
        assert "elsewhere" not in sys.modules
        assert type_in("predict", "--ckpt_path", path, "--import", "elsewhere").status == 0
        assert type_in("predict", "--ckpt_path", path).status == 0  # imported by now
    finally:
        sys.modules.pop("elsewhere", None)


@pytest.mark.parametrize("path", ["os", "LSTM", "", "a..b", "a b.c", 3, None, {"class_path": "x"}, "os.path", ".a"])
def test_what_is_no_import_path_of_a_class_is_refused(path: object) -> None:
    with pytest.raises(ImportPathError):
        find_object(path)


def test_a_module_of_the_working_folder_is_looked_at_before_it_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Path("traps.py").write_text("raise SystemExit('it ran')\nclass Thing: pass\nclass Heir(Thing): pass\n")
    for name in ("Thing", "Nothing"):
        with pytest.raises(ImportPathError, match=name):
            find_object(f"traps.{name}")
    with pytest.raises(SystemExit):
        find_object("traps.Heir")


def test_load_from_checkpoint_takes_a_checkpoint_of_its_class_and_no_more(fitted: Run) -> None:
    assert isinstance(LSTM.load_from_checkpoint(fitted.checkpoint), LSTM)
    assert isinstance(Forecaster.load_from_checkpoint(str(fitted.checkpoint), map_location="cpu", rename={}), LSTM)
    with pytest.raises(UserError, match="best.ckpt: holds cryptoforecast.models.lstm.LSTM, which is no GRU"):
        GRU.load_from_checkpoint(fitted.checkpoint)
    with pytest.raises(UserError, match="LSTM.load_from_checkpoint takes no hidden_size, strict: a checkpoint holds"):
        LSTM.load_from_checkpoint(fitted.checkpoint, hidden_size=128, strict=False)
    with pytest.raises(UserError, match="load_from_checkpoint takes no"):
        LSTM.load_from_checkpoint(fitted.checkpoint, "cpu", "hparams.yaml")
    with pytest.raises(UserError, match="make a CloseDataModule of a source"):
        CloseDataModule.load_from_checkpoint(fitted.checkpoint)


def test_no_public_constructor_has_an_argument_that_may_be_anything() -> None:
    public = [getattr(cryptoforecast, name) for name in cryptoforecast.__all__]
    makers = [cls for cls in public if isinstance(cls, type) and not issubclass(cls, BaseException)]
    assert {CloseDataModule, LSTM, cryptoforecast.YahooSource} <= set(makers)
    for cls in makers:
        for name, parameter in parameters_of(cls).items():
            assert not may_be_anything(parameter.annotation), (cls, name)


def may_be_anything(hint: Any) -> bool:
    return hint in (Any, object, Parameter.empty) or any(may_be_anything(inner) for inner in get_args(hint))


def test_an_expected_class_is_one_of_ours() -> None:
    """Not of Python's or of a package: a file may not say which of those is made."""
    from logging import Handler

    with pytest.raises(RecipeError, match="no file may say what Handler is made"):
        read_recipe({"class_path": "logging.FileHandler", "init_args": {"filename": "x"}}, Handler)


def test_arguments_come_back_as_their_types_have_them(tmp_path: Path) -> None:
    from tests.models.typed import Typed

    made = Typed(
        where=tmp_path, size=(1, 2), kind=Typed.Kind.LARGE, act=torch.nn.functional.gelu, free={"a": ["005930"]}
    )
    again = read_recipe(recipe_of(made), Typed).make()
    assert vars(again) == vars(made)
    assert vars(read_recipe(recipe_of(again), Typed).make()) == vars(made)
