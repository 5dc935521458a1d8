"""What a researcher's own code raises keeps its type and its place; what a setting causes is one sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest
from lightning.fabric.utilities.exceptions import MisconfigurationException

from cryptoforecast.user_code.exception_origin import innermost_frames_first
from tests.cli.helpers import FIT
from tests.helpers import Said, random_walk, write_yahoo

TypeIn = Callable[..., Said]
MINE = """
import numpy as np
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback
from cryptoforecast import LSTM, CsvSource, RelativeLog


class Reads(LSTM):
    def training_step(self, window, batch_index):
        np.load("sentiment.npy")


class Handles(LSTM):
    def training_step(self, window, batch_index):
        try:
            open("optional.txt")
        except OSError:
            raise ValueError("alpha must be positive")


class Refuses(LSTM):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        raise ValueError("no such alpha")


class Opens(LSTM):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        open("weights.bin")


class Misconfigured(LSTM):
    def training_step(self, window, batch_index):
        raise MisconfigurationException("by myself")


class Scaled(RelativeLog):
    def __init__(self, power: float = 1.0):
        raise ValueError("no such power")


class Files(CsvSource):
    def load(self, columns=()):
        raise RuntimeError("no such exchange")


class Note(Callback):
    def on_validation_end(self, trainer, pl_module):
        open("notes.txt")


class Setting(Callback):
    def __init__(self, every: int = 0):
        raise ValueError("every must be positive")
"""


@pytest.fixture
def coin(tmp_path: Path, type_in: TypeIn) -> TypeIn:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(140))
    Path("mine.py").write_text(MINE)
    return type_in


@pytest.mark.parametrize(
    ("option", "kind", "words"),
    [
        ("--model=mine.Reads", FileNotFoundError, "sentiment.npy"),
        ("--model=mine.Handles", ValueError, "alpha must be positive"),
        ("--model=mine.Refuses", ValueError, "no such alpha"),
        ("--model=mine.Opens", FileNotFoundError, "weights.bin"),
        ("--model=mine.Misconfigured", MisconfigurationException, "by myself"),
        ("--model.scaling=mine.Scaled", ValueError, "no such power"),
        ("--data.source=mine.Files", RuntimeError, "no such exchange"),
        ("--trainer.callbacks+=mine.Note", FileNotFoundError, "notes.txt"),
        ("--trainer.callbacks+=mine.Setting", ValueError, "every must be positive"),
    ],
)
def test_an_exception_of_the_researchers_own_code_keeps_its_type_and_its_place(
    option: str, kind: type[Exception], words: str, coin: TypeIn
) -> None:
    options = [option if word.startswith(option.split("=")[0] + "=") else word for word in FIT]
    given = options if option in options else [*options, option]
    with pytest.raises(kind, match=words) as caught:
        coin(*given, "--trainer.max_epochs=1")
    assert type(caught.value) is kind
    assert any(frame.f_code.co_filename.endswith("mine.py") for frame in innermost_frames_first(caught.value))


def test_a_value_that_a_network_of_ours_refuses_is_one_sentence_though_a_variant_has_passed_it_on(coin: TypeIn) -> None:
    Path("mine.py").write_text(
        "from cryptoforecast import LSTM\nclass Small(LSTM):\n"
        "    def __init__(self, **kwargs):\n        super().__init__(**{**kwargs, 'hidden_size': 0})\n"
    )
    said = coin(*(word.replace("model=LSTM", "model=mine.Small") for word in FIT if not word.startswith("--model.")))
    assert (said.status, said.err) == (1, "error: hidden_size must be greater than zero.\n")
