"""Exporting a checkpoint: ``cryptoforecast.export``, and what ``python -m cryptoforecast export`` calls."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from cryptoforecast.atomic import write_atomically
from cryptoforecast.data.windows import Window
from cryptoforecast.errors import UserError, first_sentence
from cryptoforecast.export.card import MARK, write_card
from cryptoforecast.export.formats import ONNX, Written, require_format, to_onnx, to_pt2
from cryptoforecast.export.graph import NAMED, ForecastGraph
from cryptoforecast.export.program import program_of
from cryptoforecast.export.windows import windows_to_compare
from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.models.checkpoints.load import load_forecaster
from cryptoforecast.models.contract.arguments import FIELDS
from cryptoforecast.models.contract.distribution import forecast_with_distribution
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.training.checkpoint_of_run import checkpoint_of_run
from cryptoforecast.user_folders import expand_home

TOLERANCE = 1e-6  # of a price: a format rounds in another way, and so does torch where it joins operations
TRACED = 5  # windows in the batch that is traced


class Exported(NamedTuple):
    """What was written.

    Attributes:
        output: the exported model.
        card: the model card beside it.
        difference: the largest between a price that it forecasts and the checkpoint's, over that.
        sentence: how well both agree, and on what.
    """

    output: Path
    card: Path
    difference: float
    sentence: str


def export(run: Any, output: str | Path, *, rename: Mapping[str, str] | None = None) -> Exported:
    """Write a trained model as a file that forecasts without this package, and a model card beside it.

    The file holds scaling, network and head: it takes prices, float64 ``(batch, context_length)``, or ``(batch,
    context_length, columns)`` of a model of several columns, for batches of any size. It returns the forecast closes,
    float64 ``(batch, horizon)``; of a model with a distribution also quantiles ``(batch, horizon, 21)``, and with the
    head Bernoulli the probabilities of a rise. What ``forward`` names besides the bars is a further input of its name.
    Before anything is written, it forecasts the last windows of the data, in batches of several sizes. Its forecasts
    have to be the checkpoint's within a millionth; ``sentence`` says how large the difference is, and whether the
    closes are the same bits, as they are in a ``.pt2`` file where torch computes them in the same order. Within
    ``torch.no_grad()`` it does so; elsewhere it may take another kernel for a batch of one window.

    Args:
        run: a run, a run folder or a checkpoint.
        output: the file: ``.pt2`` for ``torch.export.load``, or ``.onnx``. The card has the same name and ends with
            ``.md``.
        rename: import paths of classes that were moved or renamed since, old to new.

    Raises:
        UserError: if there is no such checkpoint; if its model forecasts with more than prices and a network; or if
            the exported model does not forecast what the checkpoint does. Then nothing is written.

    >>> export("runs/btc/version_0", "btc.pt2").sentence  # doctest: +SKIP
    """
    path = expand_home(str(output))
    card = path.with_suffix(".md")
    _require_place(path, card)
    checkpoint = read_checkpoint(checkpoint_of_run(run), rename)
    model = load_forecaster(checkpoint)
    with torch.no_grad():
        graph = ForecastGraph(model)
        windows, origin = windows_to_compare(checkpoint, model)
        names = _output_names(model, windows)
        written = _written(graph, _inputs(model, windows, slice(0, TRACED)), names, path.suffix)
        bits, difference = _compare(written, model, windows)
    if not difference <= TOLERANCE:
        raise UserError(
            f"{type(model).__name__} cannot be exported: {path.name} forecasts other prices than the checkpoint, by up "
            f"to {difference:.2g} of a price; nothing is written."
        )
    agreement = "the checkpoint's to the bit" if bits else "the checkpoint's up to rounding"
    apart = "nothing differs" if difference == 0 else f"no number differs by more than {difference:.1g} of it"
    sentence = f"On {origin}, its closes are {agreement}, and {apart}."
    text = write_card(checkpoint, model, path, written.content, _shapes(model), names, sentence)
    write_atomically(path, lambda file: file.write(written.content))
    write_atomically(card, lambda file: file.write(text.encode()))
    return Exported(path, card, difference, sentence)


def _require_place(path: Path, card: Path) -> None:
    require_format(path.suffix)
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent} to write it into.")
    if card.exists() and MARK not in card.read_text(encoding="utf-8", errors="replace"):
        raise UserError(f"{card}: is no model card, and one would be written over it; give --output another name.")


def _written(graph: ForecastGraph, inputs: dict[str, Tensor], outputs: Sequence[str], suffix: str) -> Written:
    """The graph in a format.

    Raises:
        UserError: if torch cannot trace it, or the format lacks an operation.
    """
    name, (prices, *_) = type(graph.model).__name__, inputs.values()
    validates = torch.distributions.Distribution._validate_args
    torch.distributions.Distribution.set_default_validate_args(False)  # which decides by values
    try:
        program = program_of(graph, (prices,), {key: value for key, value in inputs.items() if key != "prices"})
        if suffix != ONNX:
            return to_pt2(program)
        return to_onnx(program, list(inputs), outputs)
    except UserError as problem:
        raise UserError(f"{name} {problem}" if str(problem).startswith("cannot") else str(problem)) from None
    except Exception as problem:  # of many kinds
        raise UserError(
            f"{name} cannot be exported: torch.export cannot follow its code, which takes more than torch or decides "
            f"by values: {first_sentence(problem)}"
        ) from None
    finally:
        torch.distributions.Distribution.set_default_validate_args(validates)


def _inputs(model: Forecaster, windows: Window, part: slice) -> dict[str, Tensor]:
    """The inputs of the exported model for some windows, by name."""
    context = windows.context[part]
    further = {name: getattr(windows, FIELDS[name]) for name in NAMED if name in model.names_in_forward}
    of_part = {name: value[part] for name, value in further.items() if value is not None}
    if "future" in of_part:
        of_part["future"] = of_part["future"].double()
    return {"prices": (context if len(model.columns) > 1 else context[..., 0]).contiguous(), **of_part}


def _compare(written: Written, model: Forecaster, windows: Window) -> tuple[bool, float]:
    """Whether closes are the same bits, and the largest difference of a price, in batches of three sizes."""
    bits, largest = True, 0.0
    for size in dict.fromkeys((len(windows.context), 1, min(3, len(windows.context)))):
        part = slice(0, size)
        expected = _expected(model, windows, part)
        found = written.forecast(_inputs(model, windows, part))
        if [value.shape for value in found] != [value.shape for value in expected]:
            return False, math.inf
        bits = bits and torch.equal(found[0], expected[0])
        for value, wanted in zip(found, expected, strict=True):
            apart = torch.where(value == wanted, 0.0, (value - wanted).abs() / wanted.abs())
            largest = max(largest, float(apart.nan_to_num(nan=math.inf).max()))
    return bits, largest


def _expected(model: Forecaster, windows: Window, part: slice) -> list[Tensor]:
    """What the checkpoint's model forecasts for some windows."""
    cut = Window(**{name: field[part] for name, field in windows.tensors().items()})
    point, distribution, rise = forecast_with_distribution(model, cut)
    return [value for value in (point, distribution and distribution.quantiles, rise) if value is not None]


def _output_names(model: Forecaster, windows: Window) -> list[str]:
    cut = Window(**{name: field[:1] for name, field in windows.tensors().items()})
    named = zip(("forecast", "quantiles", "rise"), forecast_with_distribution(model, cut), strict=True)
    return [name for name, value in named if value is not None]


def _shapes(model: Forecaster) -> dict[str, str]:
    """The shapes of the inputs in words, by name."""
    length, columns = model.context_length, len(model.columns)
    oldest_first = f"float64: {', '.join(model.columns)} of the last {length} bars, oldest first"
    shapes = {"prices": f"`(batch, {length}{'' if columns == 1 else f', {columns}'})`, {oldest_first}"}
    symbols = [] if model.known_series is None else model.known_series.symbols
    known = ", ".join(f"{number} {symbol}" for number, symbol in enumerate(symbols, start=1))
    further = {
        "series": f"`(batch,)`, int64: {known}, 0 another one",
        "times": f"`(batch, {length})`, int64: UTC nanoseconds of the bars",
        "future": f"`(batch, {model.horizon}, {len(model.future)})`, float64: {', '.join(model.future)}",
    }
    return shapes | {name: shape for name, shape in further.items() if name in model.names_in_forward}
