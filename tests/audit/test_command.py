"""The look-ahead audit: it passes what is sound, and names where the future gets in."""

import importlib
import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cryptoforecast import CloseDataModule, CsvSource, LookAhead
from cryptoforecast import audit as audit_from_python
from cryptoforecast.user_code.opened_files import record_opened_files
from tests.audit.leaks import AT_IMPORT, LEAKS, MADE_OF, SOUND, TOLD, UNHEARD
from tests.cli.helpers import CSV
from tests.helpers import CONFIGS, FITS, SMALL, Run, Said, random_walk, some, write_yahoo

QUICK = ("--steps=4", "--data.context_length=12", "--data.batch_size=16")
OF_FILE = ("audit", "--config", CONFIGS / "crypto_nn.yaml", *CSV, *QUICK)


@pytest.fixture
def audit(type_in: Callable[..., Said], tmp_path: Path) -> Callable[..., Said]:
    """Type ``audit`` in a folder that has a price file, and variants sound and leaking."""
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    (tmp_path / "sound.py").write_text(SOUND)
    (tmp_path / "leaks.py").write_text(LEAKS)
    return lambda *words: type_in(*OF_FILE, *words)


def names(said: Said, stage: str, *parts: str) -> None:
    """Refused with one sentence that names a stage, printed after the stages before it."""
    assert said.status == 1, said.out
    assert said.err.splitlines()[-1].startswith(f"error: audit: the first stage that differs is {stage}: "), said.err
    for part in parts:
        assert part in said.err
    rows = [line.split()[:2] for line in said.out.splitlines() if not line.startswith(" ")]
    assert rows[-1] == [stage, "differs"]
    assert all(row[1] in ("equal", "not") for row in rows[:-1])


def made(name: str, **arguments: object) -> Any:
    """An object of a class that is named as on a command line."""
    module, _, cls = name.rpartition(".")
    return getattr(importlib.import_module(module or "cryptoforecast"), cls)(**arguments)


SHIPPED = some([CONFIGS / f"{name}.yaml" for name in ("coins", "density")], many=FITS)


@pytest.mark.slow
@pytest.mark.parametrize("config", SHIPPED, ids=lambda config: config.stem)
def test_every_shipped_config_is_blind_to_the_future(
    config: Path, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    said = type_in("audit", "--config", config, *CSV, *SMALL, *QUICK)
    assert said.status == 0, said.err
    stages = [line.split()[:2] for line in said.out.splitlines() if line and not line.startswith(" ")][:6]
    assert stages == [[stage, "equal"] for stage in ("source", "series", "windows", "scaling", "training", "forecast")]
    assert "is blind to the future: no bit before 2020-07-29" in said.out, said.out
    assert {path.name for path in tmp_path.iterdir()} == {"COIN-USD.csv"}


@pytest.mark.slow
def test_what_was_compared_is_counted(audit: Callable[..., Said]) -> None:
    said = audit("--model.hidden_size=4")
    text = " ".join(said.out.split())
    assert "source equal 300 closes of COIN-USD, with garbage in its files from 7 days on" in text
    assert "series equal 210 bars before 2020-07-29 and 255 bars before 2020-09-12" in text
    assert "windows equal 198 for training in the order of 2 epochs, 45 for validation" in text
    assert "scaling equal TrainMinMax after 210 training closes" in text
    assert "forecast equal 199 from origins before 2020-07-29 and 244 from origins before 2020-09-12" in text


@pytest.mark.parametrize("scaling", ["sound.TrainMean", *some([], many=["RelativeLog", "WindowStandard"])])
def test_a_sound_variant_with_a_sound_scaling_passes(scaling: str, audit: Callable[..., Said]) -> None:
    said = audit("--model=sound.Line", f"--model.scaling={scaling}", "--data.horizon=3")
    assert said.status == 0, said.err


def test_a_model_without_weights_passes(audit: Callable[..., Said]) -> None:
    said = audit("--model=RandomWalk")
    assert said.status == 0, said.err
    assert "RandomWalk has no weights" in said.out


@pytest.mark.parametrize(
    ("model", "scaling", "stage", "part"),
    [
        (
            "leaks.AllMinMax",
            "TrainMinMax",
            "scaling",
            "TrainMinMax's state differs when closes from 2020-07-29 on change",
        ),
        ("sound.Line", "leaks.FileMinMax", "scaling", "FileMinMax reads COIN-USD.csv itself"),
        ("sound.Line", "leaks.ReadAtOnce", "scaling", "ReadAtOnce reads COIN-USD.csv itself"),
        ("leaks.Cheat", "TrainMinMax", "training", "Cheat reads COIN-USD.csv itself"),
        ("leaks.AllMean", "leaks.HiddenMean", "scaling", "HiddenMean scales the same training windows otherwise"),
        (
            "leaks.TomorrowsTarget",
            "RelativeLog",
            "training",
            "of TomorrowsTarget differs after 4 steps when closes from 2020",
        ),
        ("leaks.Moody", "RelativeLog", "training", "differs each time, on the same closes with the same seed"),
        ("leaks.Remembering", "RelativeLog", "forecast", "asked again; a forecast must depend on its own window only"),
        ("leaks.OfTheBatch", "RelativeLog", "forecast", "in batches of 1 from"),
        ("leaks.Foreseeing", "RelativeLog", "forecast", "changes with the bars behind it"),
    ],
)
@pytest.mark.usefixtures("audit")
def test_a_model_that_leaks_is_named(model: str, scaling: str, stage: str, part: str) -> None:
    """From Python, in one process: so many fresh ones would take minutes."""
    data = CloseDataModule(CsvSource("COIN-USD.csv"), 12, batch_size=16, val_from=0.7, test_from=0.85)
    with record_opened_files(), pytest.raises(LookAhead, match=re.escape(part)) as found:
        list(audit_from_python(made(model, scaling=made(scaling), context_length=12), data, steps=4))
    assert found.value.stage == stage


def test_a_leak_ends_the_command_with_one_sentence_behind_the_stages_before_it(audit: Callable[..., Said]) -> None:
    said = audit("--model=leaks.AllMinMax", "--model.scaling=TrainMinMax")
    names(said, "scaling", "TrainMinMax's state differs when closes from 2020-07-29 on change")


@pytest.mark.slow
def test_a_centred_moving_average_is_named(type_in: Callable[..., Said], audit: Callable[..., Said]) -> None:
    words = ("--data.source.path=COIN-USD.csv", "--data.columns=[Close, Open]", "--model=sound.Line", *QUICK)
    btc = ("audit", "--config", CONFIGS / "btc.yaml")
    said = type_in(*btc, "--data.source=leaks.Centred", *words)
    names(said, "source", "Centred: the open of 2020-08-", "by what the rows from 2020-08-")
    said = type_in(*btc, "--data.source=sound.Trailing", *words)
    assert said.status == 0, said.err


@pytest.mark.slow
def test_a_gap_filled_from_behind_is_named_wherever_it_lies(
    type_in: Callable[..., Said], audit: Callable[..., Said]
) -> None:
    rows = Path("COIN-USD.csv").read_text().splitlines()
    Path("COIN-USD.csv").write_text("\n".join([*rows[:50], *rows[53:]]) + "\n")
    words = ("--data.source.path=COIN-USD.csv", "--model=sound.Line", *QUICK)
    btc = ("audit", "--config", CONFIGS / "btc.yaml")
    said = type_in(*btc, "--data.source=leaks.BackFilled", *words)
    names(said, "source", "BackFilled: the close of 2020-02-19 is", "by what the rows from 2020-02-22 on hold")
    said = type_in(*btc, "--data.source=CsvSource", "--data.source.gaps=ffill", *words)
    assert said.status == 0, said.err


def test_a_file_that_is_read_when_a_module_is_imported_is_named(audit: Callable[..., Said]) -> None:
    Path("at_import.py").write_text(AT_IMPORT)
    names(audit("--model=at_import.Peek"), "training", "at_import.py, when it is imported, reads COIN-USD.csv itself")


@pytest.mark.parametrize(("module", "model"), [("told", "Told"), ("unheard", "Unheard")])
def test_what_nobody_sees_opening_a_file_is_found_by_its_forecasts_where_the_file_is_another(
    module: str, model: str, audit: Callable[..., Said], type_in: Callable[..., Said]
) -> None:
    Path(f"{module}.py").write_text({"told": TOLD, "unheard": UNHEARD}[module])
    source = ("--data.source=told.Telling", "--data.source.path=COIN-USD.csv") if module == "told" else CSV
    said = type_in("audit", "--config", CONFIGS / "btc.yaml", *source, f"--model={module}.{model}", *QUICK)
    assert said.status == 1, said.out
    assert f"first stage that differs is forecast: {model} forecasts " in said.err
    assert ", the latter when closes from 2020-" in said.err


@pytest.mark.slow
def test_an_ensemble_is_blind_only_if_no_member_was_fitted_behind_a_border(
    fitted: Run, audit: Callable[..., Said]
) -> None:
    Path("made_of.py").write_text(MADE_OF)
    model = ("--model=made_of.Ensemble", f"--model.members=[{fitted.checkpoint}]", "--data.horizon=2")
    names(audit(*model), "training", "Ensemble has taken something from", "best.ckpt, which was fitted on closes up to "
          "2020-08-27, and the val targets begin with 2020-07-29")  # fmt: skip
    said = audit(*model, "--data.val_from=0.8", "--data.test_from=0.9")
    assert said.status == 0, said.err
    assert "Ensemble on COIN-USD is blind to the future" in said.out


@pytest.mark.slow
def test_a_file_made_from_the_closes_is_named_and_any_other_keeps_a_model_from_being_called_blind(
    audit: Callable[..., Said],
) -> None:
    Path("made_of.py").write_text(MADE_OF)
    Path("helper.pkl").write_bytes(pickle.dumps(random_walk(300)))
    Path("helper.json").write_text(json.dumps({"layers": [16, 16]}))
    names(audit("--model=made_of.Helped", "--model.helper=helper.pkl"), "training",
          "Helped reads helper.pkl, which holds closes from 2020-07-29 on")  # fmt: skip
    said = audit("--model=made_of.Helped", "--model.helper=helper.json")
    assert said.status == 0, said.err
    assert "          not checked  Helped reads helper.json\n" in said.out
    assert "Helped on COIN-USD is not shown to be blind to the future: " in said.out
    assert said.out.endswith("but Helped reads helper.json.\n")


def test_a_mistake_is_told_before_anything_is_compared(audit: Callable[..., Said]) -> None:
    said = audit("--model.hidden_size=4", "--stepz=3")
    assert (said.status, said.err) == (2, "error: There is no option --stepz; the nearest is steps.\n")
    said = audit("--model.hidden_size=4", "--data.source.path=absent.csv")
    assert (said.status, said.out) == (1, "")
    assert "absent.csv: no such file" in said.err


def test_a_run_that_was_fitted_can_be_audited_with_its_weights(fitted: Run, type_in: Callable[..., Said]) -> None:
    said = type_in("audit", "--config", fitted.folder / "config.yaml", "--ckpt_path", fitted.checkpoint, "--steps=2")
    assert said.status == 0, said.err
    assert "by trained and by first weights" in said.out.replace("\n                       ", " ")
