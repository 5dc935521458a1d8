"""Judging: forecasts of a test split, and backtests with one worker and with two."""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.process import run
from benchmarks.training import write_closes

TARGETS, CONTEXT = 350, 60
FOLDS, EPOCHS = 24, 20
WORKERS = (1, 2)


def report(quick: bool) -> str:
    """Measure forecasts and backtests, and return a table."""
    rounds, folds = (1, 4) if quick else (3, FOLDS)
    result = run([sys.executable, __file__], PYTHONPATH=str(Path(__file__).parents[1]))
    scoring = json.loads(result.output.splitlines()[-1])
    with tempfile.TemporaryDirectory() as folder:
        closes = write_closes(Path(folder, "COIN-USD.csv"))
        walls = [{workers: _backtest(closes, folds, workers) for workers in WORKERS} for _ in range(rounds)]
    lines = [
        f"Judging, LSTM(64), context {CONTEXT}",
        "",
        f"{f'forecasts of {TARGETS} targets':<50}{1000 * scoring:>7.1f} ms",
        "",
        f"A backtest of {folds} fits of {EPOCHS} epochs, LSTM(64); medians of {rounds} rounds",
        "",
        f"{'':<50}{'wall s':>7}{'times':>8}",
    ]
    for workers in WORKERS:
        wall = statistics.median(walls_s[workers] for walls_s in walls)
        times = statistics.median(walls_s[1] / walls_s[workers] for walls_s in walls)
        lines.append(f"{f'{workers} worker' + 's' * (workers > 1):<50}{wall:>7.1f}{times:>8.2f}")
    return "\n".join(lines)


def _backtest(closes: Path, folds: int, workers: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        words = [
            *("backtest", f"--folds={folds}", f"--workers={workers}", f"--output_dir={folder}/out"),
            *("--seed_everything=0", "--model=LSTM", "--data.source=CsvSource", f"--data.source.path={closes}"),
            *("--data.val_from=1100", "--data.test_from=1200", f"--trainer.max_epochs={EPOCHS}"),
            *("--trainer.callbacks=[]", "--trainer.callbacks+=ModelCheckpoint", "--trainer.callbacks.monitor=val/loss"),
        ]
        return run([sys.executable, "-m", "cryptoforecast", *words]).wall_s


def seconds_to_forecast() -> float:
    """Median seconds to forecast the test targets in this process; the first of 21 times is not counted."""
    from cryptoforecast import LSTM, CloseDataModule, SimulatedSource
    from cryptoforecast.evaluation.forecasts import forecast_rows

    data = CloseDataModule(SimulatedSource(rows=1811), context_length=CONTEXT, val_from=1411, test_from=1461)
    data.setup("test")
    assert len(data.fold.test) == TARGETS
    model, seconds = LSTM(context_length=CONTEXT), []
    for _ in range(21):
        began = time.perf_counter()
        forecast_rows(model, data.windows, data.fold.test)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:])


if __name__ == "__main__":
    print(json.dumps(seconds_to_forecast()))
