"""study: many variants in one queue, compared on the same targets."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import cryptoforecast as cf
from cryptoforecast import Forecaster
from tests.cli.helpers import QUICK, SIMULATED, contents, refused
from tests.helpers import Said
from tests.study.helpers import run_whole_and_killed

TypeIn = Callable[..., Said]
WORDS = tuple(word for word in QUICK if not word.startswith("--model"))

PLAN = """
model: LSTM
variants:
  - NLinear
  - {name: small, model.hidden_size: 2}
folds: 2
"""


class Broken(Forecaster):
    """A model whose fits fail in the last fold."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.layer = torch.nn.Linear(self.context_length, self.outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """A linear map of the closes."""
        return self.layer(x[..., 0])

    def on_train_start(self) -> None:
        """Fail where there are more than sixty-odd closes to train on."""
        if self.trainer.num_training_batches > 0 and len(self.trainer.datamodule.fold.train) > 96:  # type: ignore[attr-defined]
            raise ValueError("nobody knows why")


def plan(folder: Path, text: str = PLAN) -> Path:
    (file := folder / "plan.yaml").write_text(text)
    return file


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")
def test_a_variant_that_fails_is_left_out_and_the_others_have_the_bytes_of_their_backtests(
    type_in: TypeIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PL_GLOBAL_SEED", raising=False)  # the first seed is 0 where nobody has set another
    broken = plan(tmp_path, PLAN.replace("  - NLinear", "  - tests.study.test_study.Broken\n  - NLinear"))
    words = ("study", "--config", broken, *WORDS, *SIMULATED)
    said = type_in(*words)
    assert said.status == 1
    assert said.err.startswith("error: Broken: left out, for 1 fits failed; the first: Broken: fold 1, seed 0: ")
    assert "ValueError: nobody knows why; more in " in said.err
    folder = Path("runs/plan/study")
    record = json.loads((folder / "study.json").read_text())
    assert {"NLinear", "small", "RandomWalk"} <= set(record["pooled"]["standings"])
    assert "Broken" not in record["pooled"]["standings"]
    assert (folder / "study.html").stat().st_size > 10_000
    assert len(list(folder.glob("*/folds/*/forecasts.csv"))) == 5

    again = type_in("study", "--config", plan(tmp_path), *WORDS, *SIMULATED)
    assert again.status == 0, again.err
    assert "kept     4 of 4 fits, finished before" in again.out

    alone = type_in("backtest", "--model=LSTM", "--model.hidden_size=2", *WORDS, *SIMULATED, "--folds=2",
                    "--output_dir=alone")  # fmt: skip
    assert alone.status == 0, alone.err
    assert (folder / "small/forecasts.csv").read_bytes() == Path("alone/forecasts.csv").read_bytes()
    scores, lonely = (json.loads((at / "scores.json").read_text()) for at in (folder / "small", Path("alone")))
    assert scores["folds"] == lonely["folds"]

    changed = type_in("study", "--config", plan(tmp_path, PLAN.replace("size: 2", "size: 3")), *WORDS, *SIMULATED)
    refused(changed, 1, "holds a backtest with model.init_args.hidden_size 2, and now it is 3")


@pytest.mark.parametrize(
    ("variants", "words", "status", "sentence"),
    [
        ("[NLinear]", (), 2, "study takes --folds N, or folds: N in its configuration."),
        ("[NLinear, {name: a, model: NLinear}]", ("--folds=2",), 1, "variants NLinear and a have the same settings"),
        ("[NLinear, {name: a, data.horizon: 2}]", ("--folds=2",), 1,
         "variant a: forecasts other targets than NLinear does, for its data.horizon is 2, not 1"),
        ("[NLinaer]", ("--folds=2",), 2, "variant NLinaer: model: there is no NLinaer; the nearest is NLinear"),
        ("[{name: a, model.hiden_size: 2}]", ("--folds=2",), 2, "variant a: "),
        ("[NLinear]", ("--folds=two",), 2, "argument --folds: invalid int value: 'two'; see study --help."),
        ("[NLinear]", ("--folds=0",), 2, "--folds is 0; it must be at least 1."),
    ],
)  # fmt: skip
def test_what_no_study_can_be_made_of_is_refused_before_anything_is_written(
    type_in: TypeIn, tmp_path: Path, variants: str, words: tuple[str, ...], status: int, sentence: str
) -> None:
    file = plan(tmp_path, f"model: LSTM\nvariants: {variants}\n")
    refused(type_in("study", "--config", file, *WORDS, *SIMULATED, *words), status, sentence)
    assert not Path("runs").exists()


def test_a_study_from_python_holds_frames_and_what_each_variant_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = cf.study(
        source=cf.SimulatedSource(rows=160), model="NLinear", grid={"data.context_length": [5, 6]}, folds=1,
        progress=False, val_from=-60, test_from=-30, max_epochs=1, accelerator="cpu", output_dir="out",
    )  # fmt: skip
    table = result.table().set_index("model")
    assert list(result.backtests) == ["context_length=5", "context_length=6"]
    assert table.loc["context_length=5", "weights"] == 6
    assert table.loc["context_length=6", "weights"] == 7
    assert (table.loc[list(result.backtests), "seconds"] > 0).all()
    for name, backtest in result.backtests.items():
        assert 1 - table.loc[name, "relative_rmse"] == pytest.approx(backtest.skill)
    assert result.sentence in repr(result)


@pytest.mark.slow
def test_killed_at_random_moments_a_study_ends_with_the_same_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    more = ("--seed_everything=0", "--seeds=2", "--workers=2")
    run_whole_and_killed(["study", "--config", str(plan(tmp_path)), *WORDS, *SIMULATED, *more])
    for name in ("NLinear", "small"):
        assert contents(Path("broken", name)) == contents(Path("whole", name))
    boards = [json.loads(Path(at, "study.json").read_text())["pooled"] for at in ("whole", "broken")]
    assert boards[0] == boards[1]
