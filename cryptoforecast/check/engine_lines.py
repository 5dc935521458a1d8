"""Lines on what torch can do with a network: lower precision, compilation, export. The framework requires none."""

import os
import shutil
import sys
import warnings
from typing import Any

import torch
from torch import Tensor

from cryptoforecast.check.examination import Examination
from cryptoforecast.check.outcomes import Missing, NotTried, in_one_sentence
from cryptoforecast.models.contract.answers import inputs
from cryptoforecast.models.forecaster import Forecaster

STEPS = 2
COMPILERS = ("cl",) if sys.platform == "win32" else ("g++", "clang++", "c++")
RELATIVE, ABSOLUTE = 1e-3, 1e-4  # of a network number: what is rounding
TWO_SIZES = (8, 5)  # windows in a batch


def check_bfloat16(examination: Examination) -> str:
    """Train two steps with bfloat16 where torch takes it to be exact enough."""
    try:
        fitted = examination.fit(examination.data(), STEPS, precision="bf16-mixed")
    except RuntimeError as problem:
        if "primitive" in str(problem):  # in oneDNN's error for a precision that the processor cannot compute in
            raise NotTried("this processor cannot compute in it.") from None
        raise Missing(f"{in_one_sentence(problem).rstrip('.')}: trainer.precision bf16-mixed cannot be used.") from None
    if not all(weights.isfinite().all() for weights in fitted.model.parameters()):
        raise Missing("weights are not finite after two steps: trainer.precision bf16-mixed cannot be used.")
    return "trainer.precision bf16-mixed trains two steps"


def check_compilation(examination: Examination) -> str:
    """Compile the network, and compare what it returns."""
    compiler = os.environ.get("CXX") or next((name for name in COMPILERS if shutil.which(name)), None)
    if compiler is None or shutil.which(compiler) is None:
        raise NotTried("there is no C++ compiler.")
    model = examination.fitted.model
    torch._dynamo.reset()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _compare(model, torch.compile(model), _inputs(examination))
    except Exception as problem:
        raise Missing(f"torch.compile: {in_one_sentence(problem)}") from None
    finally:
        torch._dynamo.reset()
    return "torch.compile returns the same numbers, up to rounding"


def check_export(examination: Examination) -> str:
    """Export the network for batches of any size, and compare what it returns."""
    model, given = examination.fitted.model, _inputs(examination)
    batch = torch.export.Dim("batch", min=2)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exported = torch.export.export(model, (given[: TWO_SIZES[0]],), dynamic_shapes=({0: batch},)).module()
            _compare(model, exported, given)
    except Exception as problem:
        raise Missing(f"torch.export: {in_one_sentence(problem)}") from None
    return "torch.export returns the same numbers for batches of any size, up to rounding"


def _inputs(examination: Examination) -> Tensor:
    """The scaled bars of some windows."""
    fitted = examination.fitted
    with torch.no_grad():
        return inputs(fitted.model, fitted.data.windows[examination.positions[: max(TWO_SIZES)]])


def _compare(model: Forecaster, other_form: Any, given: Tensor) -> None:
    """Compare what a network returns with what another form of it does, for batches of two sizes.

    Raises:
        Missing: if they differ by more than rounding.
    """
    with torch.no_grad():
        for size in TWO_SIZES:
            first, second = model(given[:size]), other_form(given[:size])
            if not isinstance(first, Tensor):
                raise NotTried("forward returns no tensor.")
            if not torch.allclose(first, second, rtol=RELATIVE, atol=ABSOLUTE):
                difference = float((first - second).abs().max())
                raise Missing(f"it returns other numbers, by up to {difference:.2g}.")
