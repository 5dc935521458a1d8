"""backtest, as typed."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import kstest

from cryptoforecast import SimulatedSource
from cryptoforecast.evaluation.rows import read_written_rows
from cryptoforecast.evaluation.walk_forward.joined_rows import join_rows
from cryptoforecast.evaluation.walk_forward.scores import judge_backtest
from cryptoforecast.study.command import make_backtest
from cryptoforecast.study.engines.local import share_of
from cryptoforecast.study.fit import fit_of
from cryptoforecast.study.fold_fit import fit_fold
from cryptoforecast.study.folds import cut_backtest
from tests.cli.helpers import BEST, QUICK, SIMULATED, contents
from tests.helpers import Said, random_walk, some, write_yahoo

TypeIn = Callable[..., Said]
WRONG = """
from cryptoforecast import LSTM

class Wrong(LSTM):
    def on_train_start(self):
        if len(self.trainer.datamodule.fold.train) > 100:
            raise ValueError("nobody knows why")
"""


def test_a_backtest_writes_rows_of_all_folds_and_seeds_and_says_what_they_come_to(type_in: TypeIn) -> None:
    said = type_in("backtest", *QUICK, *SIMULATED, "--folds=2", "--seeds=2", "--output_dir=out", "--parquet")
    assert said.status == 0, said.err
    assert "   1/4     0     0  2015-05-11 to 2015-05-25" in said.out
    assert "SIMULATED closes, at which nobody ever traded: LSTM is" in said.out
    rows = read_written_rows(Path("out/forecasts.csv"))
    assert list(rows.columns)[-1] == "seed"
    assert rows.groupby(["fold", "model"]).size().to_dict() == {
        (fold, model): 15 * (2 if model == "LSTM" else 1)
        for fold in (0, 1)
        for model in ("LSTM", "RandomWalk", "Drift", "Mean")
    }
    pd.testing.assert_frame_equal(pd.read_parquet("out/forecasts.parquet"), rows, check_dtype=False)
    walk = rows[rows["model"] == "RandomWalk"]
    actual = SimulatedSource(rows=160).load().closes.iloc[-30:]
    assert walk["actual"].tolist() == pytest.approx(actual.tolist(), abs=0)
    written = json.loads(Path("out/scores.json").read_text())
    assert written["verdict"] in said.out
    assert not Path("out/unfinished").exists()


def test_a_second_run_keeps_what_is_finished_and_the_number_of_workers_changes_nothing(type_in: TypeIn) -> None:
    words = ("backtest", *QUICK, *SIMULATED, "--folds=3")
    assert type_in(*words, "--workers=1", "--output_dir=one").status == 0
    assert type_in(*words, "--workers=2", "--output_dir=two").status == 0
    assert contents(Path("one")) == contents(Path("two"))
    before = contents(Path("one"))
    for lost in ("one/forecasts.csv", "one/scores.json", "one/folds/fold_1_seed_0/forecasts.csv"):
        Path(lost).unlink()
    said = type_in(*words, "--workers=2", "--output_dir=one")
    assert "kept     2 of 3 fits, finished before" in said.out
    assert contents(Path("one")) == before


def test_a_fold_is_what_fit_and_test_find_on_the_same_days(type_in: TypeIn) -> None:
    assert type_in("backtest", *QUICK, *SIMULATED, "--folds=2", "--output_dir=out").status == 0
    fold = json.loads(Path("out/backtest.json").read_text())["folds"][1]
    days = [f"--data.{name}={date}" for name, date in fold.items()]
    words = [word for word in QUICK if "logger" not in word]
    assert type_in("fit", *words, *SIMULATED, "--seed_everything=0", *days).status == 0
    checkpoint = Path("runs/LSTM/version_0/checkpoints/best.ckpt")
    assert type_in("test", "--ckpt_path", checkpoint, "--output_dir=tested").status == 0
    ours, theirs = read_written_rows(Path("out/forecasts.csv")), read_written_rows(Path("tested/forecasts.csv"))
    ours = ours[ours["fold"] == 1].drop(columns=["fold", "seed"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(ours, theirs.drop(columns="fold"), check_exact=True)


@pytest.mark.slow
def test_another_configuration_other_data_and_other_code_are_refused(type_in: TypeIn) -> None:
    csv, words = write_yahoo(Path("COIN-USD.csv"), random_walk(160)), ("--folds=1", "--output_dir=out")
    Path("mine.py").write_text("from cryptoforecast import RandomWalk\n\nclass Mine(RandomWalk):\n    pass\n")
    mine = ("backtest", "--model=mine.Mine", *QUICK[2:], "--data.source=CsvSource", f"--data.source.path={csv}", *words)
    assert type_in(*mine).status == 0
    before = contents(Path("out"))
    assert type_in(*mine, "--workers=2").status == 0
    for other, sentence in {
        "--data.context_length=7": "holds a backtest with data.context_length 6, and now it is 7; go on with",
        "--folds=2": "holds a backtest with --folds 1, and now it is 2",
        "--window=rolling": "holds a backtest with --window expanding, and now it is rolling",
        "--data.end=2020-06-01": "holds a backtest with data.end null, and now it is 2020-06-01",
    }.items():
        said = type_in(*mine, other)
        assert (said.status, sentence in said.err) == (1, True), said.err
    write_yahoo(csv, random_walk(161))
    assert "holds a backtest on 160 closes of COIN-USD up to 2020-06-08, and now there are 161" in type_in(*mine).err
    write_yahoo(csv, random_walk(160))
    with Path("mine.py").open("a") as file:
        file.write("# another thought\n")
    assert "out: mine.py has changed since; go on with the code as it was" in type_in(*mine).err
    assert contents(Path("out")) == before


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ((), 2, "the following arguments are required: --folds"),
        (("--folds=0",), 2, "--folds is 0; it must be at least 1"),
        (("--folds=many",), 2, "invalid int value: 'many'"),
        (("--folds=31",), 1, "can be cut into at most 30 test parts"),
        (("--folds=1", "--worker=2"), 2, "There is no option --worker"),
        (("--folds=1", "--ckpt_path=x.ckpt"), 1, "x.ckpt: no such checkpoint"),
        (("--folds=1", "--data.horizon=0"), 1, "data.horizon is 0"),
    ],
)
def test_a_mistake_gets_one_sentence_and_leaves_no_folder(
    type_in: TypeIn, words: tuple[str, ...], status: int, sentence: str
) -> None:
    said = type_in("backtest", *QUICK, *SIMULATED, *words, "--output_dir=out")
    assert (said.status, sentence in said.err, said.err.count("\n")) == (status, True, 1), said.err
    assert not Path("out").exists()


def test_a_fit_that_fails_is_named_with_its_reason_and_the_others_are_kept(type_in: TypeIn) -> None:
    Path("wrong.py").write_text(WRONG)
    words = ("backtest", "--model=wrong.Wrong", *QUICK[1:], *SIMULATED, "--folds=3", "--output_dir=out")
    for _ in range(2):
        said = type_in(*words)
        assert said.status == 1
        assert said.err.startswith("error: fold 1, seed 0: ValueError: nobody knows why; more in ")
        assert said.err.count("\n") == 1
        assert [rows.parent.name for rows in Path("out").glob("folds/*/forecasts.csv")] == ["fold_0_seed_0"]
    assert "kept     1 of 3 fits" in said.out


def test_several_coins_are_walked_over_by_a_rolling_window_into_a_folder_beside_the_runs(type_in: TypeIn) -> None:
    for seed, coin in enumerate(("BTC-USD", "ETH-USD")):
        write_yahoo(Path(f"{coin}.csv"), random_walk(160 - 20 * seed, seed))
    coins = "--data.source=[{class_path: CsvSource, init_args: {path: BTC-USD.csv}}, " \
            "{class_path: CsvSource, init_args: {path: ETH-USD.csv}}]"  # fmt: skip
    borders = ("--data.val_from=2020-04-01", "--data.test_from=2020-04-21")
    logger = ("--trainer.logger=TensorBoardLogger", "--trainer.logger.save_dir=runs", "--trainer.logger.name=coins")
    words = [word for word in QUICK if "from" not in word and "logger" not in word]
    said = type_in("backtest", *words, coins, *borders, *logger, "--folds=2", "--window=rolling")
    assert said.status == 0, said.err
    assert "2 series: LSTM, 2 folds (random walk: 0)" in said.out
    rows = read_written_rows(Path("runs/coins/backtest/forecasts.csv"))
    walk = rows[rows["model"] == "RandomWalk"]
    assert walk.groupby(["fold", "series"]).size().to_dict() == {
        (0, "BTC-USD"): 24, (0, "ETH-USD"): 24, (1, "BTC-USD"): 25, (1, "ETH-USD"): 5,
    }  # fmt: skip
    first, second = json.loads(Path("runs/coins/backtest/backtest.json").read_text())["folds"]
    assert (first["start"][:10], second["start"][:10]) == ("2020-01-01", "2020-01-25")
    assert list(Path("runs/coins/backtest/folds").glob("*/events.out.tfevents.*")), "curves of each fit"
    assert not list(Path("runs/coins/backtest/folds").glob("*/verdict")), "they are no runs to compare"


def test_each_worker_sees_one_gpu_and_none_where_there_are_none() -> None:
    assert [share_of(worker, ["0", "3"])["CUDA_VISIBLE_DEVICES"] for worker in range(4)] == ["0", "3", "0", "3"]
    assert share_of(1, []) == dict(os.environ)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")
def test_on_simulated_closes_an_lstm_has_no_skill_and_its_p_values_look_uniform(tmp_path: Path) -> None:
    """Twelve histories or more, each with a seed of its own and one fit: fits of one history are not independent."""
    trained = ("--trainer.max_epochs=8", "--model.hidden_size=4", "--model.optimizer=Adam", "--model.optimizer.lr=0.01",
               "--data.batch_size=128", "--data.val_from=-200", "--data.test_from=-150",
               f"--trainer.callbacks=[{BEST}]")  # fmt: skip
    verdicts = []
    for seed in range(some(12, many=20)):
        history = ("--data.source=SimulatedSource", "--data.source.rows=1200", f"--data.source.seed={seed}")
        words = [*QUICK, *history, *trained, f"--seed_everything={seed}"]
        made = make_backtest(words)
        folds = cut_backtest(made.datamodule, 1)
        fits = [fit_of(fold, seed, words, made.datamodule.series, tmp_path / str(seed)) for fold in folds]
        for fit in fits:
            fit_fold(fit)
        verdicts.append(
            judge_backtest(join_rows([(seed, read_written_rows(fit.folder / "forecasts.csv")) for fit in fits]))
        )
    assert kstest([verdict.claim.test.p_value for verdict in verdicts], "uniform").pvalue > 0.01
    assert sum("is better than" in verdict.sentence for verdict in verdicts) <= 2, "one in forty by luck"
