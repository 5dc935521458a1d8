"""``data``: look at closes before anything is trained on them. It loads neither torch nor Lightning."""

import argparse
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cryptoforecast.cli.parser import Parser
from cryptoforecast.errors import DataNotice, UsageError, UserError
from cryptoforecast.user_folders import expand_home

KNOBS = ("gaps", "symbol", "column", "date_column", "date_format", "decimal", "encoding")  # the reader's own
OF_THE_READER = re.compile(rf"\bdata\.source\.({'|'.join(KNOBS)})\b")
GAPS = ("error", "sessions", "ffill", "split")
OPTIONS = {
    "symbol": ("NAME", "whose closes, where a file has several"),
    "column": ("NAME", "the close column's name, or its number"),
    "date_column": ("NAME", "the date column's name, or its number"),
    "date_format": ("FORMAT", "how dates are written, such as %%d/%%m/%%Y"),
    "encoding": ("NAME", "that of the file's text, such as cp1252"),
}
DESCRIPTION = """Report what is in a price file, or in the closes a configuration names: its format, first and last bar,
order, duplicates, gaps, largest moves, and the SHA-256 of its canonical rows."""


def run(args: Sequence[str]) -> None:
    """Carry out ``data``.

    Raises:
        UserError: if there are no such closes, or they cannot be used as they are; the report is printed all the same
            where only gaps are in the way.
    """
    options = _parser().parse_args(list(args)[1:])
    if bool(options.files) == bool(options.config):
        raise UsageError("data takes a file, or --config with a configuration; see data --help.")
    sources = _sources_of(options.config) if options.config else [_source_of(options.files)]
    _turn(sources, options)
    if len(sources) > 1 and (options.output or options.plot):
        raise UsageError(f"--output and --plot take one series; {options.config} has {len(sources)}.")
    for number, source in enumerate(sources):
        print("\n" * bool(number), end="")
        try:
            series = _report(source, as_options if options.files else str)
        except UserError as mistake:
            raise UserError(as_options(str(mistake)) if options.files else str(mistake)) from None
        if options.output:
            _write_canonical(series, expand_home(options.output))
        if options.plot:
            _draw(series, expand_home(options.plot))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m cryptoforecast data", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument("files", nargs="*", metavar="FILE", help="price files of one series; several are joined")
    parser.add_argument("--config", metavar="FILE", help="a configuration whose data.source to look at instead")
    parser.add_argument("--gaps", choices=GAPS, metavar="HOW", help=f"missing bars: {', '.join(GAPS)}")
    for knob, (name, meaning) in OPTIONS.items():
        parser.add_argument(f"--{knob}", metavar=name, help=meaning)
    parser.add_argument("--decimal", choices=[".", ","], metavar="MARK", help="the mark before decimals: . or ,")
    parser.add_argument("--output", metavar="FILE", help="write the canonical timestamp,close CSV")
    parser.add_argument("--plot", metavar="FILE.png", help="draw the closes")
    return parser


def _source_of(files: list[str]) -> Any:
    from cryptoforecast.data.sources.csv import CsvSource

    return CsvSource(files)


def _sources_of(config: str) -> list[Any]:
    """The sources that a configuration names, made as ``fit`` would make them."""
    from jsonargparse import ArgumentError, ArgumentParser

    from cryptoforecast.data.sources import Source
    from cryptoforecast.training.settings.configuration import read_configuration
    from cryptoforecast.training.settings.yaml_texts import text_expected

    data = read_configuration(config).settings.get("data")
    if not isinstance(data, dict) or "source" not in data:
        raise UserError(f"{config}: no configuration with a data.source in it.")
    named = data["source"]
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--source", type=Source)
    listed = named if isinstance(named, list) else [named]
    try:
        return [parser.instantiate(parser.parse_object({"source": source})).source for source in listed]
    except (ArgumentError, ValueError) as problem:
        last = str(problem).strip().splitlines()[-1].strip(" -").rstrip(".")
        raise UserError(f"{config}: data.source: {text_expected(str(problem)) or last}.") from None


def _turn(sources: list[Any], options: argparse.Namespace) -> None:
    for knob in KNOBS:
        value = getattr(options, knob)
        for source in sources if value is not None else []:
            if not hasattr(source, knob):
                raise UsageError(f"--{knob}: {type(source).__name__} has no such setting.")
            setattr(source, knob, value)


def as_options(text: str) -> str:
    """A text that names settings of ``data.source``, with the options of this verb in their places."""
    return OF_THE_READER.sub(r"--\1", text)


def _report(source: Any, worded: Callable[[str], str]) -> Any:
    """Print the report; a series with gaps that nobody has decided about is reported too, and then refused."""
    from cryptoforecast.data.report import report
    from cryptoforecast.data.series import GapsFound

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)  # the report has them all
        try:
            series = source.load()
        except GapsFound as found:
            print(worded(report(found.series)), flush=True)
            raise
    print(worded(report(series)), flush=True)
    return series


def _write_canonical(series: Any, path: Path) -> None:
    from cryptoforecast.atomic import write_atomically
    from cryptoforecast.data.times import iso_texts

    rows = series.closes.set_axis(iso_texts(series.closes.index)).rename_axis("timestamp").rename("close")
    _require_folder(path)
    write_atomically(path, lambda file: rows.to_csv(file, lineterminator="\n"))
    print(f"wrote {path}", file=sys.stderr)


def _draw(series: Any, path: Path) -> None:
    from cryptoforecast.atomic import write_atomically
    from cryptoforecast.data.plots import default_style, plot_closes

    if path.suffix.lower() != ".png":
        raise UsageError(f"--plot {path}: the picture is a PNG; name it so.")
    _require_folder(path)
    with default_style():
        write_atomically(path, lambda file: plot_closes(series).savefig(file, format="png"))
    print(f"wrote {path}", file=sys.stderr)


def _require_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent} to write it into.")
