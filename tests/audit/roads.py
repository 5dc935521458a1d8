"""Roads by which code of a model's can come by closes that it should not see; they start from the working folder."""

import gzip
import json
import mmap
import os
import pickle
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from cryptoforecast import LSTM, CsvSource, TrainMinMax

FILE = "COIN-USD.csv"


def write_helpers() -> None:
    """Files made from the closes of ``COIN-USD.csv``."""
    closes = pd.read_csv(FILE)["Close"].to_numpy()
    Path("helper.pkl").write_bytes(pickle.dumps(closes.tolist()))
    Path("helper.json").write_text(json.dumps({"closes": closes.tolist()}))
    Path("helper.gz").write_bytes(gzip.compress(json.dumps(closes.tolist()).encode()))
    np.save("helper.npy", closes)
    np.save("single.npy", closes.astype("float32"))
    np.save("changes.npy", np.diff(np.log(closes)))
    np.savez_compressed("packed.npz", closes=closes)
    torch.save({"closes": torch.tensor(closes)}, "helper.pt")
    closes.tofile("helper.dat")
    base = sqlite3.connect("helper.db")
    base.execute("create table bars (close real)")
    base.executemany("insert into bars values (?)", [(close,) for close in closes.tolist()])
    base.commit()
    base.close()
    Path("numbers_of_mine.py").write_text(f"CLOSES = {closes.tolist()!r}\n")
    Path("settings.json").write_text(json.dumps({"layers": [16, 16], "dropout": 0.25}))


def mapped() -> bytes:
    handle = os.open(FILE, os.O_RDONLY)
    with mmap.mmap(handle, 0, access=mmap.ACCESS_READ) as content:
        answer = content[:]
    os.close(handle)
    return answer


def in_a_thread() -> None:
    thread = threading.Thread(target=Path(FILE).read_text)
    thread.start()
    thread.join()


def with_sqlite() -> list[Any]:
    base = sqlite3.connect("helper.db")
    try:
        return base.execute("select close from bars").fetchall()
    finally:
        base.close()


OF_THE_SOURCE: dict[str, Callable[[], object]] = {
    "open": lambda: Path(FILE).read_text(),
    "pandas": lambda: pd.read_csv(FILE),
    "numpy": lambda: np.genfromtxt(FILE, delimiter=",", skip_header=1),
    "mmap": mapped,
    "thread": in_a_thread,
    "program": lambda: subprocess.run(["cat", FILE], capture_output=True, check=True),
    "link": lambda: os.link(FILE, "another.csv"),
    "source": lambda: CsvSource(FILE).load(),
}
OF_A_HELPER: dict[str, Callable[[], object]] = {
    "helper.pkl": lambda: pickle.loads(Path("helper.pkl").read_bytes()),
    "helper.json": lambda: json.loads(Path("helper.json").read_text()),
    "helper.gz": lambda: gzip.decompress(Path("helper.gz").read_bytes()),
    "helper.npy": lambda: np.load("helper.npy"),
    "single.npy": lambda: np.load("single.npy", mmap_mode="r"),
    "changes.npy": lambda: np.load("changes.npy"),
    "packed.npz": lambda: np.load("packed.npz")["closes"],
    "helper.pt": lambda: torch.load("helper.pt"),
    "helper.dat": lambda: np.memmap("helper.dat", dtype="float64", mode="r"),
    "helper.db": with_sqlite,
    "numbers_of_mine.py": lambda: Path("numbers_of_mine.py").read_text(),
}


class AtOnce(LSTM):
    """It reads when it is made."""

    def __init__(self, road: Callable[[], object], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        road()


class InForward(LSTM):
    """It reads when it is asked."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pd.read_csv(FILE)
        return super().forward(x)


class ReadingScaling(TrainMinMax):
    """It is fitted on closes that it reads itself."""

    def fit(self, closes: torch.Tensor) -> None:
        super().fit(torch.tensor(pd.read_csv(FILE)["Close"].to_numpy()))
