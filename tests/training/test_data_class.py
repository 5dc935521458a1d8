"""A data module of the user's class: in fits, tests, forecasts, backtests and audits, and from a checkpoint."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import cryptoforecast as cf
from cryptoforecast.evaluation.ledger import LEDGER, read_ledger
from tests.helpers import Said
from tests.training.helpers import ADAM, LAST, SMALL, fit

MY_DATA = """
import torch
from cryptoforecast import CloseDataModule


class Recent(CloseDataModule):
    def __init__(self, count: int = 32, **kwargs):
        super().__init__(**kwargs)
        self.count = count

    def sample(self, windows, epoch, generator):
        return windows[torch.multinomial(torch.arange(1.0, len(windows) + 1), self.count, generator=generator)]


class Narrow(CloseDataModule):
    def __init__(self, source, horizon: int = 3):
        super().__init__(source, horizon=horizon)


class Untyped(CloseDataModule):
    def __init__(self, source, **kwargs):
        super().__init__(source, **kwargs)


class Forgetful(CloseDataModule):
    def __init__(self, count: int = 32, **kwargs):
        super().__init__(**kwargs)


class Plain:
    pass
"""
TYPED = ("--model=LSTM", "--model.hidden_size=2", "--data.source=CsvSource", "--data.source.path=COIN-USD.csv",
         "--data.context_length=6", "--seed_everything=7", "--trainer.max_epochs=1")  # fmt: skip
TypeIn = Callable[..., Said]


@pytest.fixture
def own(python: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module of the user's in the working folder."""
    (python / "my_data.py").write_text(MY_DATA)
    monkeypatch.syspath_prepend(python)
    return "my_data"


def weights_of(run: cf.Run) -> dict[str, torch.Tensor]:
    assert run.folder is not None
    content = torch.load(run.folder / "checkpoints" / "last.ckpt", weights_only=True)
    return {name: value for name, value in content["state_dict"].items() if isinstance(value, torch.Tensor)}


@pytest.mark.slow
def test_the_class_of_the_data_is_in_the_run_and_its_checkpoint_and_a_resumed_fit_has_the_same_bits(
    own: str, python: Path, type_in: TypeIn
) -> None:
    options = {"data_class": f"{own}.Recent", "count": 20}
    whole, begun = fit(**options, name="whole"), fit(**options, name="begun", max_epochs=2)
    usual = fit(name="usual")
    assert whole.folder is not None
    assert usual.folder is not None
    assert f"data_class: {own}.Recent" in (whole.folder / "config.yaml").read_text()
    assert "data_class" not in (usual.folder / "config.yaml").read_text()
    resumed = cf.fit(ckpt_path=begun, max_epochs=3, progress=False)
    assert all(torch.equal(value, weights_of(whole)[name]) for name, value in weights_of(resumed).items())
    assert not all(torch.equal(value, weights_of(whole)[name]) for name, value in weights_of(usual).items())
    content = torch.load(whole.folder / "checkpoints" / "last.ckpt", weights_only=True)["cryptoforecast"]["data"]
    assert (content["class_path"], content["settings"]["count"]) == (f"{own}.Recent", 20)
    assert "class_path" not in torch.load(usual.checkpoint, weights_only=True)["cryptoforecast"]["data"]
    assert whole.test().skill == pytest.approx(cf.Run.open(whole.folder).test().skill)
    assert len(whole.predict()) == 1
    variants = [entry["variant"]["data"] for entry in read_ledger(python / "runs" / LEDGER) if entry["kind"] == "fit"]
    assert [(data.get("class_path"), data.get("count")) for data in variants[:3]] == [
        (f"{own}.Recent", 20),
        (f"{own}.Recent", 20),
        (None, None),
    ]
    assert f"{own}.py" in read_ledger(python / "runs" / LEDGER)[0]["variant"]["code"]
    with pytest.raises(cf.UserError, match=r"has data\.count 20, and now it is 30; go on with the same"):
        cf.fit(ckpt_path=begun, count=30, max_epochs=3, progress=False)
    with pytest.raises(cf.UserError, match=rf"data_class {own}\.Recent, and now it is .*CloseDataModule; go on"):
        fit(ckpt_path=begun.folder / "checkpoints" / "last.ckpt", config={"name": "other"})  # type: ignore[operator]
    assert type_in("test", "--ckpt_path", whole.folder, "--data_class=CloseDataModule").err.startswith(
        "error: --data_class cannot be changed: the checkpoint"
    )


@pytest.mark.slow
def test_each_fold_and_the_audit_use_the_class_that_is_named(own: str, type_in: TypeIn, python: Path) -> None:
    named = (f"--data_class={own}.Recent", "--data.count=20")
    made = type_in("backtest", *TYPED, *named, "--folds=1", "--output_dir=walk")
    assert made.status == 0, made.err
    (kept,) = Path("walk").rglob("last.ckpt")
    assert torch.load(kept, weights_only=True)["cryptoforecast"]["data"]["class_path"] == f"{own}.Recent"
    audited = type_in("audit", *TYPED, *named, "--steps=1")
    assert audited.status == 0, audited.err
    assert "is blind to the future" in audited.out


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("OWN.Plain", "--data_class: OWN.Plain is no subclass of CloseDataModule."),
        ("OWN.Recnt", "--data_class: there is no OWN.Recnt: there is no Recnt in OWN."),
        ("no_module.Recent", "--data_class: there is no no_module.Recent: there is no module no_module."),
        ("Rcent", "--data_class: there is no Rcent"),
        ("__main__.Recent", "--data_class: there is no __main__.Recent: Recent was defined in the script"),
        ("OWN.Narrow", "--data_class: OWN.Narrow.__init__ does not take context_length, batch_size, start"),
        (
            "OWN.Untyped",
            "--data_class: source of OWN.Untyped.__init__ has no type; write source: Source",
        ),
        ("OWN.Forgetful", "Forgetful must keep its argument count as self.count"),
    ],
)
def test_a_class_that_is_none_or_takes_too_little_is_refused_in_a_sentence(
    own: str, type_in: TypeIn, name: str, sentence: str
) -> None:
    said = type_in("fit", *TYPED, f"--data_class={name.replace('OWN', own)}")
    assert said.status != 0
    assert said.err.startswith(f"error: {sentence.replace('OWN', own)}")
    assert not Path("runs").exists()


def test_options_of_the_class_are_checked_by_their_names(own: str, type_in: TypeIn) -> None:
    said = type_in("fit", *TYPED, f"--data_class={own}.Recent", "--data.cuont=3")
    assert said.err == "error: There is no option --data.cuont; the nearest is data.count.\n"
    with pytest.raises(cf.UserError, match="fit has no option cuont; the nearest is count"):
        fit(data_class=f"{own}.Recent", cuont=3)


def test_a_class_that_is_defined_in_a_function_is_refused(python: Path) -> None:
    class Inner(cf.CloseDataModule):
        pass

    with pytest.raises(cf.UserError, match="data_class: Inner is defined within a function, where no checkpoint can"):
        cf.fit(**SMALL, source=cf.CsvSource("COIN-USD.csv"), data_class=Inner, optimizer=ADAM, callbacks=[LAST])
