"""What judging costs: forecasts of a test split, and backtests with one worker and with two."""

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
    """Measure, and say it in a table."""
    turns, folds = (1, 4) if quick else (3, FOLDS)
    took = run([sys.executable, __file__], PYTHONPATH=str(Path(__file__).parents[1]))
    scoring = json.loads(took.out.splitlines()[-1])
    with tempfile.TemporaryDirectory() as folder:
        closes = write_closes(Path(folder, "COIN-USD.csv"))
        walls = [{workers: _backtest(closes, folds, workers) for workers in WORKERS} for _ in range(turns)]
    lines = [
        f"Judging, LSTM(64), context {CONTEXT}",
        "",
        f"{f'forecasts of {TARGETS} targets':<50}{1000 * scoring:>7.1f} ms",
        "",
        f"A backtest of {folds} fits of {EPOCHS} epochs, LSTM(64); medians of {turns} turns",
        "",
        f"{'':<50}{'wall s':>7}{'times':>8}",
    ]
    for workers in WORKERS:
        wall = statistics.median(turn[workers] for turn in walls)
        times = statistics.median(turn[1] / turn[workers] for turn in walls)
        lines.append(f"{f'{workers} worker' + 's' * (workers > 1):<50}{wall:>7.1f}{times:>8.2f}")
    return "\n".join(lines)


def _backtest(closes: Path, folds: int, workers: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        words = [
            *("backtest", f"--folds={folds}", f"--workers={workers}", f"--output_dir={folder}/out"),
            *("--seed_everything=0", "--model=LSTM", "--data.source=CsvSource", f"--data.source.path={closes}"),
            *("--data.val_from=1100", "--data.test_from=1200", f"--trainer.max_epochs={EPOCHS}"),
            *("--trainer.callbacks+=ModelCheckpoint", "--trainer.callbacks.monitor=val/loss"),
        ]
        return run([sys.executable, "-m", "cryptoforecast", *words]).wall


def score_here() -> float:
    """Seconds to forecast the targets, the median of many times; the first warms up."""
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
    print(json.dumps(score_here()))
