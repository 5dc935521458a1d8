"""What tests of commands share."""

from pathlib import Path
from typing import Any

import torch

from tests.helpers import CONFIGS, Said

CSV = ("--data.source=CsvSource", "--data.source.path=COIN-USD.csv", "--data.source.column=Close", "--data.start=null",
       "--data.end=null", "--data.val_from=0.7", "--data.test_from=0.85")  # fmt: skip


BTC = ("fit", "--config", CONFIGS / "btc.yaml")


COIN = (*BTC, "--data.source=CsvSource", "--data.source.path=COIN.csv")


BEST = "{class_path: ModelCheckpoint, init_args: {monitor: val/loss, filename: best}}"


LAST = "{class_path: ModelCheckpoint, init_args: {filename: last}}"


OFTEN = "{class_path: ModelCheckpoint, init_args: {filename: last, every_n_train_steps: 3}}"


PATIENT = "{class_path: EarlyStopping, init_args: {monitor: val/loss, patience: 9}}"


FIT = ("fit", "--model=LSTM", "--model.hidden_size=2", "--model.dropout=0.3", "--model.optimizer=Adam",
       "--model.optimizer.lr=0.02", "--data.context_length=6", "--data.batch_size=16", "--data.source=CsvSource",
       "--data.source.path=COIN-USD.csv", "--seed_everything=7", "--trainer.max_epochs=3", "--trainer.accelerator=cpu",
       "--trainer.logger=TensorBoardLogger", "--trainer.logger.save_dir=runs")  # fmt: skip


ENDS = (*FIT, f"--trainer.callbacks=[{LAST}, {BEST}, {PATIENT}]")


AMIDST = (*FIT, f"--trainer.callbacks=[{BEST}, {OFTEN}]")


RUN = Path("runs", "lightning_logs", "version_0")


LAST_FILE = RUN / "checkpoints" / "last.ckpt"


QUICK = ("--model=LSTM", "--model.hidden_size=2", "--data.context_length=6", "--data.val_from=-60",
         "--data.test_from=-30", "--trainer.max_epochs=1", "--trainer.logger=false",
         "--trainer.accelerator=cpu")  # fmt: skip


SIMULATED = ("--data.source=SimulatedSource", "--data.source.rows=160")


def refused(said: Said, status: int, sentence: str) -> None:
    assert said.status == status
    assert sentence in said.err
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    assert said.out == ""


def bits(run: Path) -> dict[str, Any]:
    """Weights and moments of the last checkpoint, weights of the best, and how good it was."""
    last, best = (torch.load(run / "checkpoints" / f"{name}.ckpt", weights_only=True) for name in ("last", "best"))
    (found,) = (one for key, one in last["callbacks"].items() if "val/loss" in key and "ModelCheckpoint" in key)
    (optimizer,) = last["optimizer_states"]
    weights = {f"{name} {key}": value for name, one in (("last", last), ("best", best))
               for key, value in one["state_dict"].items()}  # fmt: skip
    moments = {f"{key} {at}": value for at, one in optimizer["state"].items() for key, value in one.items()}
    numbers = {name: value.cpu().numpy().tobytes() if isinstance(value, torch.Tensor) else repr(value)
               for name, value in {**weights, **moments}.items()}  # fmt: skip
    return {**numbers, "best": (Path(found["best_model_path"]).name, found["best_model_score"].item())}


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("forecasts.csv", "scores.json")}
