"""The model card beside an exported model: what it is, how it is used, and what is known of its skill."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cryptoforecast.evaluation.ledger import ledger_of, read_ledger
from cryptoforecast.evaluation.tries import count_tried
from cryptoforecast.formatting import count_of
from cryptoforecast.models.checkpoints.file import Checkpoint
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.quantiles import COLUMNS
from cryptoforecast.training.fit_entries import weights_digest
from cryptoforecast.training.run_folder import folder_of_results

MARK = "<!-- Written by cryptoforecast export. -->"  # a file with it may be written over
LICENCE = "MIT"  # of the code

PT2_EXAMPLE = """import torch
model = torch.export.load("{name}").module()
{inputs}
with torch.no_grad():
    {outputs} = model({call})"""
ONNX_EXAMPLE = """import numpy as np, onnxruntime
model = onnxruntime.InferenceSession("{name}")
{inputs}
{outputs} = model.run(None, {call})"""


def write_card(
    checkpoint: Checkpoint,
    model: Forecaster,
    output: Path,
    content: bytes,
    inputs: dict[str, str],
    outputs: Sequence[str],
    compared: str,
) -> str:
    """The text of a model card, in Markdown.

    Args:
        checkpoint: what was exported.
        model: made from it.
        output: the exported file.
        content: what that holds.
        inputs: shapes in words, by name.
        outputs: names, of ``forecast``, ``quantiles`` and ``rise``.
        compared: how well the file agrees with the checkpoint, as a sentence.
    """
    name, horizon = type(model).__name__, model.horizon
    shapes = {
        "forecast": f"`(batch, {horizon})`, float64: the closes of the next {count_of(horizon, 'bar')}",
        "quantiles": f"`(batch, {horizon}, {len(COLUMNS)})`, float64: at the levels {', '.join(COLUMNS)}",
        "rise": f"`(batch, {horizon})`, float64: the probability that the close is above the last one",
    }
    lines = [
        f"# {name}",
        MARK,
        f"A model that forecasts {count_of(horizon, 'bar')} ahead from {model.context_length}, exported to "
        f"`{output.name}` (SHA-256 `{hashlib.sha256(content).hexdigest()}`). {compared}",
        "## Inputs and outputs",
        *(f"- input `{key}`: {shape}" for key, shape in inputs.items()),
        *(f"- output `{key}`: {shapes[key]}" for key in outputs),
        f"```python\n{_example(model, output, list(inputs), outputs)}\n```",
        "## Data",
        *_data_lines(checkpoint),
        "## Verdict",
        *_verdict_lines(checkpoint, model),
        "## Versions and licence",
        f"- written by: {', '.join(f'{key} {value}' for key, value in checkpoint.versions.items())}",
        f"- licence of cryptoforecast's code: {LICENCE}; that of the data is their vendor's",
    ]
    return "\n\n".join(_joined(lines)) + "\n"


def _joined(lines: Sequence[str]) -> list[str]:
    """Paragraphs; items of a list that follow each other are one."""
    parts: list[str] = []
    for line in lines:
        if parts and line.startswith("- ") and parts[-1].startswith("- "):
            parts[-1] += f"\n{line}"
        else:
            parts.append(line)
    return parts


def _example(model: Forecaster, output: Path, inputs: list[str], outputs: Sequence[str]) -> str:
    length, horizon, columns = model.context_length, model.horizon, len(model.columns)
    sizes = {
        "prices": (1, length) if columns == 1 else (1, length, columns),
        "series": (1,), "times": (1, length), "future": (1, horizon, len(model.future)),
    }  # fmt: skip
    is_onnx = output.suffix == ".onnx"
    library, real, whole = ("np", "np.float64", "np.int64") if is_onnx else ("torch", "torch.float64", "torch.int64")
    fills = {"prices": f"100.0, {real}", "future": f"0.0, {real}"}
    word = "dtype=" if not is_onnx else ""
    made = [f"{key} = {library}.full({sizes[key]}, {fills.get(key, f'0, {whole}').replace(', ', f', {word}')})"
            for key in inputs]  # fmt: skip
    call = f"{{{', '.join(f'{key!r}: {key}' for key in inputs)}}}"
    if not is_onnx:
        call = ", ".join(["prices", *(f"{key}={key}" for key in inputs[1:])])
    found = ", ".join(outputs) + ("," if is_onnx and len(outputs) == 1 else "")
    template = ONNX_EXAMPLE if is_onnx else PT2_EXAMPLE
    return template.format(name=output.name, inputs="\n".join(made), outputs=found, call=call)


def _data_lines(checkpoint: Checkpoint) -> list[str]:
    if checkpoint.data is None:
        return ["It was trained without a CloseDataModule, and its data is not on record."]
    lines = [
        f"- {series['symbol']}{' (simulated)' if series['simulated'] else ''}: {series['interval']}, {series['first']} "
        f"to {series['last']}, SHA-256 `{series['sha256']}`"
        for series in checkpoint.data["provenance"]
    ]
    fitted, selected = (checkpoint.data[key] for key in ("fitted_until", "selected_until"))
    return [*lines, f"- fitted on closes until {fitted}, and its best epoch chosen on closes until {selected}"]


def _verdict_lines(checkpoint: Checkpoint, model: Forecaster) -> list[str]:
    folder = folder_of_results(checkpoint).resolve()
    entries = read_ledger(ledger_of(folder))
    weights = weights_digest(model)
    tests = [entry for entry in entries if entry["kind"] == "test" and _is_of(entry, weights)]
    fits = [entry for entry in entries if entry["kind"] == "fit" and entry["folder"] == str(folder)]
    lines = [f"- {sentence}" for sentence in (_sentences(tests[-1]) if tests else ["It was not tested."])]
    targets = [part for entry in (tests or fits)[-1:] for part in entry["targets"] if part["split"] == "test"]
    if not targets:
        return [*lines, "- The ledger has no entry of its targets, and how often they were tried is not known."]
    extents = {part["series"]: (pd.Timestamp(part["first"]), pd.Timestamp(part["last"])) for part in targets}
    return [*lines, f"- The ledger counts {count_tried(entries, extents, []).in_words} tried on its test targets."]


def _is_of(entry: dict[str, Any], weights: str) -> bool:
    """Whether a test was one of these weights."""
    seen = entry["variant"].get("data")
    return bool(entry.get("judged") == hashlib.sha256(f"{weights} {seen}".encode()).hexdigest()[:16])


def _sentences(test: dict[str, Any]) -> list[str]:
    """What a test has claimed, as its folder has it, as long as nothing else was written over it."""
    folder = Path(test["folder"])
    try:
        rows, scores = (folder / "forecasts.csv").read_bytes(), json.loads((folder / "scores.json").read_text())
    except (OSError, ValueError):
        return ["It was tested, and the files of the test are gone."]
    if hashlib.sha256(rows).hexdigest() != test["forecasts"] or scores.get("split") != "test":
        return ["It was tested, and another verdict was written over that of the test."]
    of_distribution = (scores.get("distribution") or {}).get("verdict")
    return [str(scores["verdict"]), *([str(of_distribution)] if of_distribution else [])]
