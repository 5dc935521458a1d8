"""The formats of an exported model: written into memory, and opened again as a user opens them."""

import io
import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from cryptoforecast.errors import UserError, first_sentence

PT2, ONNX = ".pt2", ".onnx"
MISSING = 'takes onnx, onnxscript and onnxruntime: pip install "cryptoforecast[export]".'
TRACES = ("stack_trace", "from_node")  # of a node: paths of the files on this machine, and lines of code

Forecast = Callable[[Mapping[str, Tensor]], list[Tensor]]  # outputs of named inputs


class Written(NamedTuple):
    """An exported model as the content of a file, and a function that forecasts with that content alone."""

    content: bytes
    forecast: Forecast


def require_format(suffix: str) -> None:
    """Check that a file of an ending can be written here.

    Raises:
        UserError: if it is neither format, or the packages of ONNX are missing.
    """
    if suffix not in (PT2, ONNX):
        raise UserError(f"--output ends with {suffix or 'no ending'}; it is {PT2} for torch or {ONNX}.")
    if suffix == ONNX:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import onnx  # noqa: F401
                import onnxruntime  # noqa: F401
                import onnxscript  # noqa: F401
        except ImportError:
            raise UserError(f"{ONNX} {MISSING}") from None


def to_pt2(program: torch.export.ExportedProgram) -> Written:
    """A program as a file of torch.export, without the paths of this machine."""
    for node in program.graph.nodes:
        for name in TRACES:
            node.meta.pop(name, None)
    for weights in program.state_dict.values():
        weights.requires_grad_(False)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(program, file)
        loaded: Any = torch.export.load(io.BytesIO(file.getvalue())).module()

    def forecast(inputs: Mapping[str, Tensor]) -> list[Tensor]:
        prices, *_ = inputs.values()
        found = loaded(prices, **{name: value for name, value in inputs.items() if name != "prices"})
        return [found] if isinstance(found, Tensor) else list(found)

    return Written(file.getvalue(), forecast)


def to_onnx(program: torch.export.ExportedProgram, inputs: Sequence[str], outputs: Sequence[str]) -> Written:
    """A program as an ONNX file.

    Args:
        program: the program.
        inputs: names of its inputs.
        outputs: names of its outputs.

    Raises:
        UserError: if ONNX or its runtime lacks an operation.
    """
    import onnxruntime

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # else it names each operator that is not installed
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made: Any = torch.onnx.export(
                program, dynamo=True, verbose=False, input_names=list(inputs), output_names=list(outputs)
            )
            model = made.model_proto
        for part in (model.graph, *model.functions):
            for node in part.node:
                del node.metadata_props[:]
        content: bytes = model.SerializeToString()
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    except Exception as problem:  # of many kinds
        raise UserError(f"cannot be exported to ONNX: {_reason(problem)} Export to {PT2}.") from None

    def forecast(given: Mapping[str, Tensor]) -> list[Tensor]:
        found = session.run(None, {name: value.numpy() for name, value in given.items()})
        return [torch.from_numpy(np.asarray(part)) for part in found]

    return Written(content, forecast)


def _reason(problem: BaseException) -> str:
    """The last cause of an exception in one sentence."""
    while problem.__cause__ is not None:
        problem = problem.__cause__
    return first_sentence(problem)
