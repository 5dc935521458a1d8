"""The record of what a backtest or a search is made of: written when it begins, compared when it is resumed."""

import json
from pathlib import Path
from typing import Any

from cryptoforecast.atomic import write_atomically
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import UserError
from cryptoforecast.study.folds import FoldDates
from cryptoforecast.training.run_record import package_versions
from cryptoforecast.user_code.source_files import CODE, SourceCode, changed_files, say_changed

BACKTEST, SEARCH = "backtest", "search"  # what a record is of, as its file is called


def record_of(
    options: dict[str, Any],
    config: dict[str, Any],
    data: CloseDataModule,
    code: SourceCode,
    accelerator: str,
    folds: list[FoldDates],
) -> dict[str, Any]:
    """All that forecast rows depend on; how many workers share the work is no part of it.

    Args:
        options: those of the verb that rows depend on.
        config: all options of ``fit``.
        data: set up.
        code: what model, scaling, sources and callbacks are written in.
        accelerator: the class of the device in use.
        folds: when they begin and end; none of a search.
    """
    return {
        **options,
        **config,
        "series": {
            series.provenance.symbol: {name: getattr(series.provenance, name) for name in ("rows", "last", "sha256")}
            for series in data.series
        },
        "folds": [fold.settings() for fold in folds],
        "code": code.hashes,
        "versions": package_versions(),
        "accelerator": accelerator,
    }


def begin_or_go_on(folder: Path, record: dict[str, Any], kind: str = BACKTEST) -> None:
    """Write a record into its folder; if there is one already, see that it is the same.

    Args:
        folder: of the backtest or the search.
        record: what it is made of.
        kind: which of both it is.

    Raises:
        UserError: naming the first thing that differs.
    """
    path, now = folder / f"{kind}.json", json.loads(json.dumps(record))
    if not path.exists():
        write_atomically(path, lambda file: file.write((json.dumps(now, indent=2) + "\n").encode()))
        return
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise UserError(f"{path}: is no record of a {kind}; set another --output_dir.") from None
    if files := changed_files(before.get("code", {}), now["code"]):
        raise UserError(
            f"{folder}: {say_changed(files)}; go on with the code as it was (a copy is in {folder / CODE}), or set "
            "another --output_dir."
        )
    apart = ("series", "folds", "code")  # the first two follow from the settings and the closes
    known, wanted = (_leaves({name: x for name, x in record.items() if name not in apart}) for record in (before, now))
    for name in [*wanted, *known]:
        was, is_now = known.get(name), wanted.get(name)
        if was != is_now:
            raise UserError(
                f"{folder}: holds a {kind} with {name} {_said(was)}, and now it is {_said(is_now)}; go on with the "
                "same, or set another --output_dir."
            )
    if now["series"] != before.get("series"):
        raise _other_closes(folder, kind, before.get("series", {}), now["series"])


def _other_closes(folder: Path, kind: str, before: dict[str, Any], now: dict[str, Any]) -> UserError:
    for symbol, used in now.items():
        known = before.get(symbol)
        if known is None:
            what = f"closes of {', '.join(before)}, and now {symbol} is among them"
        elif known != used:
            what = (
                f"{known['rows']:,} closes of {symbol} up to {known['last'][:10]}, and now there are {used['rows']:,} "
                f"up to {used['last'][:10]}" + (" with other values" if known["rows"] == used["rows"] else "")
            )
        else:
            continue
        break
    else:
        what = f"closes of {', '.join(before)}, and now of {', '.join(now)} only"
    return UserError(f"{folder}: holds a {kind} on {what}; set data.end, or another --output_dir.")


def _leaves(value: Any, name: str = "") -> dict[str, Any]:
    """The settings of a nested record, each under its whole name.

    >>> _leaves({"data": {"horizon": 1, "source": [{"seed": 0}]}})
    {'data.horizon': 1, 'data.source.0.seed': 0}
    """
    if isinstance(value, dict | list) and value:
        members = value.items() if isinstance(value, dict) else enumerate(value)
        parts = (_leaves(inner, f"{name}.{key}" if name else str(key)) for key, inner in members)
        return {whole: leaf for part in parts for whole, leaf in part.items()}
    return {name: value}


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
