"""``register``: forecasts of bars that do not exist yet, appended to a register."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.distribution.quantile_columns import QUANTILES
from cryptoforecast.evaluation.metrics import BASELINE_NAMES
from cryptoforecast.evaluation.next_closes import next_closes
from cryptoforecast.formatting import count_of
from cryptoforecast.models.contract.fitted import require_fitted
from cryptoforecast.models.ladder.ladder import Ladder, fit_ladder
from cryptoforecast.quantiles import LEVELS
from cryptoforecast.recipe.write import class_path
from cryptoforecast.register.chain import HASH, append_records
from cryptoforecast.register.promises import GIVEN_CLOCK, SYSTEM_CLOCK, deadline_of, record_of
from cryptoforecast.training.checkpoint_of_run import checkpoint_of_run
from cryptoforecast.training.console import quiet_libraries
from cryptoforecast.training.ledger_entries import compare_with_fit
from cryptoforecast.training.setting_errors import refusals_in_one_sentence
from cryptoforecast.training.settings.command_line import CommandLine, make
from cryptoforecast.training.settings.from_python import call_of
from cryptoforecast.user_folders import expand_home

REGISTER = "register.jsonl"


@dataclass(frozen=True)
class Registered:
    """What was registered.

    Attributes:
        path: the register.
        name: of the model in it.
        head: the hash of its last line; published elsewhere, it proves that no line was removed or changed later.
        rows: the forecasts, as :func:`cryptoforecast.predict` returns them.
        lines: the appended lines.
    """

    path: Path
    name: str
    head: str
    rows: pd.DataFrame = field(compare=False)
    lines: list[dict[str, Any]] = field(compare=False)

    @property
    def sentence(self) -> str:
        """What was registered, and the hash to publish."""
        first, last = (say_time(time) for time in (self.rows["timestamp"].min(), self.rows["timestamp"].max()))
        bars = first if first == last else f"{first} to {last}"
        registered = f"registered {count_of(len(self.rows), 'forecast')} of {self.name} for {bars} in {self.path}"
        return f"{registered}; its last hash is {self.head}."

    def table(self) -> pd.DataFrame:
        """The forecasts without quantiles, a row for each series and step."""
        return self.rows.drop(columns=QUANTILES, errors="ignore")

    def __repr__(self) -> str:
        return f"{self.table().to_string(index=False)}\n{self.sentence}"


def register(
    run: Any = None,
    *,
    path: str | Path = REGISTER,
    steps: int = 1,
    name: str | None = None,
    now: datetime | None = None,
    config: Any = None,
    source: Any = None,
    model: Any = None,
    **options: Any,
) -> Registered:
    """Append forecasts of bars that do not exist yet to a register, as ``python -m cryptoforecast register`` does.

    A line for each series holds the forecasts, the quantiles, those of the ladder's rungs fitted to all bars up to the
    origin, the model, a fingerprint of the closes, the time, and the hash of the line before.

    Args:
        run: a run, a run folder or a checkpoint; None for a model without weights, such as ``model=cf.Drift``.
        path: the register, a file of JSON lines, which is begun if it is missing.
        steps: how many closes ahead, at most the model's horizon.
        name: of the model in the register; by default its class with the beginning of the checkpoint's hash. Models
            that are fitted anew may go on under the same name. Each name is a try.
        now: the present, for simulations, which each line notes; by default the time of the clock.
        config: a configuration file or dictionary, for a model without weights.
        source: closes to use in the place of those that the model was fitted on.
        model: a model without weights; a run has its own.
        options: options of the data by their names, such as ``end="2024-01-01"``.

    Returns:
        What was registered, with the hash to publish.

    Raises:
        UserError: if a bar to forecast is over by a tenth already, was registered before, or the register was edited.

    >>> register("runs/btc/version_0", steps=3).head  # doctest: +SKIP
    """
    checkpoint = None if run is None else checkpoint_of_run(run)
    call = call_of("predict", config, source=source, model=model, ckpt_path=checkpoint, **options)
    with quiet_libraries(), refusals_in_one_sentence():
        return register_words(call.words, call.objects, path=path, steps=steps, name=name, now=now)


def register_words(
    words: Sequence[str],
    objects: Mapping[str, Any] | None = None,
    *,
    path: str | Path = REGISTER,
    steps: int = 1,
    name: str | None = None,
    now: datetime | None = None,
) -> Registered:
    """Register what a command line of ``predict`` forecasts; see :func:`register`."""
    file = expand_home(str(path))
    if not file.parent.is_dir():
        raise UserError(f"{file}: there is no folder {file.parent} to write it into.")
    if now is not None and now.tzinfo is None:
        raise UserError(f"now is {now}; give a time with a zone, such as datetime.now(UTC).")
    made = make(words, CommandLine, objects=objects)
    data, model = made.datamodule, made.model
    if not 1 <= steps <= model.horizon:
        raise UserError(f"steps is {steps}; it is at least 1 and at most the model's horizon, {model.horizon}.")
    sha256 = None
    if made.checkpoint is None:
        require_fitted(model, "register needs --ckpt_path")
    else:
        sha256 = hashlib.sha256(made.checkpoint.path.read_bytes()).hexdigest()
    called = _name(type(model).__name__, name, sha256)
    identity = {"name": called, "class": class_path(type(model)),
                "checkpoint": sha256}  # fmt: skip
    data.setup("predict")
    if made.checkpoint is not None:
        compare_with_fit(made.checkpoint, made.restored, data)
    for series in data.series:  # before anything takes time
        _require_in_time(series, now or datetime.now(UTC))
    rows = next_closes(model, data)
    rows = rows[rows["step"] <= steps].reset_index(drop=True)
    records = _records(rows, data, identity, model.horizon)

    def timed(before: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        time = now or datetime.now(UTC)
        for series in data.series:
            _require_in_time(series, time)
        _require_new(records, before, file, time)
        clock = SYSTEM_CLOCK if now is None else GIVEN_CLOCK
        text = time.astimezone(UTC).isoformat(timespec="microseconds")
        return [{**record, "registered": text, "clock": clock} for record in records]

    lines = append_records(file, timed)
    return Registered(file, called, lines[-1][HASH], rows.assign(model=called), lines)


def _name(cls: str, name: str | None, sha256: str | None) -> str:
    if name is not None and (name in BASELINE_NAMES or not name.strip()):
        raise UserError(f"name is {name!r}; give the model a name that is no baseline's.")
    return name or (cls if sha256 is None else f"{cls} {sha256[:8]}")


def _records(
    rows: pd.DataFrame, data: CloseDataModule, identity: Mapping[str, Any], horizon: int
) -> list[dict[str, Any]]:
    """A line for each series, with the quantiles of the rungs where the model has quantiles."""
    bars = [series._replace(trained=np.ones(len(series.closes), dtype=bool)) for series in data.bars()]
    ladder = fit_ladder(bars, horizon) if QUANTILES[0] in rows else Ladder({}, {})
    records = []
    for series, of_series in zip(data.series, bars, strict=True):
        part = rows[rows["series"] == series.closes.name]
        changes = {name: rung.quantiles(rung.follow(of_series)[-1:], LEVELS)[0] for name, rung in ladder.rungs.items()}
        last = float(series.closes.iloc[-1])
        rungs = {name: last * np.exp(change[: len(part)]) for name, change in changes.items()}
        records.append(record_of(part, series, identity, rungs, ladder.left_out))
    return records


def _require_in_time(series: CloseSeries, now: datetime) -> None:
    """Check that the last bar is over, and that the one after it is not over by a tenth."""
    name, origin, interval = series.closes.name, series.closes.index[-1], series.interval
    if (over := interval.ends(pd.DatetimeIndex([origin]))[0]) > now:
        raise UserError(
            f"{name}: the last bar, of {say_time(origin)}, is over at {say_time(over)}, and now is "
            f"{_say_now(now)}; set data.end before it."
        )
    target = interval.after(origin, 1)[0]
    if now >= (late := deadline_of(interval, target)):
        raise UserError(
            f"{name}: the bar to forecast, of {say_time(target)}, began at {say_time(target)}, and a tenth of it was "
            f"over at {say_time(late)}; now is {_say_now(now)}. Register within the first tenth of a bar, with closes "
            "up to the bar before."
        )


def _require_new(
    records: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], path: Path, now: datetime
) -> None:
    """Check that no line is of the same model, series and origin, and that the clock has not been set back."""
    if before and pd.Timestamp(before[-1]["registered"]) > pd.Timestamp(now):
        raise UserError(f"{path}: its last line was registered at {before[-1]['registered']}, which is still to come.")
    for record in records:
        name, series = record["model"]["name"], record["data"]["series"]
        for line, earlier in enumerate(before, start=1):
            if (earlier["model"]["name"], earlier["data"]["series"]) != (name, series):
                continue
            if earlier["origin"] == record["origin"]:
                raise UserError(
                    f"{path}: line {line:,} has a forecast of {name} for {series} from {record['origin']} already."
                )
            if len(earlier["forecasts"]) != len(record["forecasts"]):
                raise UserError(
                    f"{path}: line {line:,} has {count_of(len(earlier['forecasts']), 'step')} of {name}; register as "
                    "many with steps, or give another name."
                )


def _say_now(now: datetime) -> str:
    return say_time(pd.Timestamp(now).tz_convert("UTC").floor("s"))
