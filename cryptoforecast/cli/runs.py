"""``runs``: the ledger as a table. It loads neither torch nor Lightning."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cryptoforecast.cli.parser import Parser
from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.user_folders import expand_home

if TYPE_CHECKING:
    import pandas as pd

DESCRIPTION = """List the runs and backtests of a ledger: the settings that differ among them, their seeds, and their
skill on the validation and on the test targets."""
SPLITS = ("val", "test")
LONGEST_SETTING = 24  # letters of a value in the table
WIDEST_RUN, NARROW_RUN = 32, 22  # letters of a run's folder in a line of the table, without and with density skills


def run(words: Sequence[str]) -> None:
    """Carry out ``runs``.

    Raises:
        UserError: if there is no ledger, or no such setting.
    """
    from cryptoforecast.evaluation.ledger_table import runs

    options = _parser().parse_args(list(words)[1:])
    if options.limit is not None and options.limit < 1:
        raise UsageError(f"--limit is {options.limit}; it must be at least 1.")
    frame = runs(
        options.folder, model=options.model, name=options.name, where=options.where, sort=options.sort,
        reverse=options.reverse,
    )  # fmt: skip
    if options.csv is not None:
        _write(frame, options.csv)
        return
    shown = frame if options.limit is None else frame.head(options.limit)
    _print(shown)
    left = len(frame) - len(shown)
    print(f"{len(shown):,} of {len(frame):,} runs" if left else f"{len(frame):,} run{'' if len(frame) == 1 else 's'}")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m cryptoforecast runs", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument("folder", nargs="?", metavar="FOLDER", help="the folder with the ledger; by default ./runs")
    parser.add_argument("--model", metavar="CLASS", help="only runs of this class, such as LSTM")
    parser.add_argument("--name", metavar="PATTERN", help="only runs whose name or folder is like it, such as 'btc*'")
    parser.add_argument("--where", action="append", default=[], metavar="CONDITION",
                        help="only runs that meet it, such as 'hidden_size>=32'; may be given again")  # fmt: skip
    parser.add_argument("--sort", default="time", metavar="COLUMN",
                        help="skill, density_skill, crps (on validation targets), test, time, any setting")  # fmt: skip
    parser.add_argument("--reverse", action="store_true", help="the other way round; skills stand from the highest on")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N")
    parser.add_argument("--csv", metavar="FILE", help="write the table into a file, a column for each setting")
    return parser


def _write(frame: "pd.DataFrame", chosen: str) -> None:
    from cryptoforecast.atomic import write_atomically

    path = expand_home(chosen)
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent} to write it into.")
    text = frame.assign(time=[time.isoformat() for time in frame["time"]]).to_csv(index=False, lineterminator="\n")
    write_atomically(path, lambda file: file.write(text.encode()))
    print(f"wrote {path}", file=sys.stderr)


def _print(frame: "pd.DataFrame") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from cryptoforecast.terminal import default_console

    table = Table(box=SIMPLE_HEAD)
    folders = [cells["folder"] or cells["name"] or "-" for cells in frame.to_dict("records")]
    of_density = any(name.endswith("density_skill") for name in frame)  # then there is no room for the date
    widest = NARROW_RUN if of_density else WIDEST_RUN
    table.add_column("run", overflow="fold", width=min(widest, max(map(len, folders), default=3)))
    for head in ("model", "what differs"):
        table.add_column(head, overflow="fold", min_width=len(head) if of_density else None)
    heads = [f"{split} skill\n/ density" if of_density else f"{split} skill" for split in SPLITS]
    for head in ("seed", *heads, *([] if of_density else ["date"])):
        table.add_column(head, justify="right", no_wrap=True)
    for folder, cells in zip(folders, frame.to_dict("records"), strict=True):
        seed = "-" if cells["seed"] is None else str(cells["seed"])
        words = [folder, cells["model"], _settings(cells)]
        date = [] if of_density else [f"{cells['time']:%Y-%m-%d}"]
        table.add_row(*map(Text, words), seed, *(_skills(cells, split, of_density) for split in SPLITS), *date)
    default_console().print(table)


def _skills(cells: "dict[str, Any]", split: str, of_density: bool) -> str:
    """The skill of a row, and its density skill where any row has one."""
    names = [f"{split}_skill", *([f"{split}_density_skill"] if of_density else [])]
    values = [cells.get(name, float("nan")) for name in names]
    return " / ".join("-" if _is_missing(value) else f"{value:+.4f}" for value in values)


def _settings(cells: "dict[str, object]") -> str:
    """The settings of a row in a line; a long value is cut short."""
    from cryptoforecast.evaluation.ledger_settings import say_value
    from cryptoforecast.evaluation.ledger_table import COLUMNS
    from cryptoforecast.formatting import shorten

    known = {name: value for name, value in cells.items() if name not in COLUMNS and not _is_missing(value)}
    return " ".join(f"{name}={shorten(say_value(value), LONGEST_SETTING)}" for name, value in known.items())


def _is_missing(value: object) -> bool:
    return value is None or value != value
