"""Lines on what torch can do with a network: lower precision, compilation, export. The framework requires none."""

import os
import shutil
import sys
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cryptoforecast.check.examination import Examination
from cryptoforecast.check.outcomes import Missing, NotTried, in_one_sentence
from cryptoforecast.check.short_fit import learns
from cryptoforecast.export.program import program_of
from cryptoforecast.models.contract.answers import inputs
from cryptoforecast.models.contract.arguments import arguments_of

STEPS = 2
COMPILERS = ("cl",) if sys.platform == "win32" else ("g++", "clang++", "c++")
RELATIVE, ABSOLUTE = 1e-3, 1e-4  # of a network number: what is rounding
TWO_SIZES = (8, 5)  # windows in a batch


def check_bfloat16(examination: Examination) -> str:
    """Train two steps with bfloat16 where torch takes it to be exact enough."""
    if not learns(examination.fitted.model):
        raise NotTried("it is not trained by steps.")
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
    compiler = os.environ.get("CXX") or next(filter(shutil.which, COMPILERS), None)
    if compiler is None or shutil.which(compiler) is None:
        raise NotTried("there is no C++ compiler.")
    model = examination.fitted.model
    torch._dynamo.reset()
    try:
        _compare(examination, torch.compile(model), "torch.compile", TWO_SIZES[:1])  # each size is compiled
    finally:
        torch._dynamo.reset()
    return "torch.compile returns the same numbers, up to rounding"


def check_export(examination: Examination) -> str:
    """Export the network for batches of any size, and compare what it returns."""
    model, (x, further) = examination.fitted.model, _inputs(examination, TWO_SIZES[0])
    try:
        exported = program_of(model, (x,), further)
    except Exception as problem:
        raise Missing(f"torch.export: {in_one_sentence(problem)}") from None
    _compare(examination, exported.module(), "torch.export")
    return "torch.export returns the same numbers for batches of any size, up to rounding"


def _inputs(examination: Examination, size: int) -> tuple[Tensor, dict[str, Tensor | None]]:
    """What forward is given for a batch: the scaled bars, and what else it names."""
    fitted = examination.fitted
    window = fitted.data.windows[examination.positions[:size]]
    with torch.no_grad():
        return inputs(fitted.model, window), arguments_of(fitted.model, window)


def _compare(examination: Examination, network: Any, made_by: str, sizes: Sequence[int] = TWO_SIZES) -> None:
    """Compare what a network returns with what another form of it does, for batches of some sizes.

    Raises:
        Missing: if it does not work, or they differ by more than rounding.
        NotTried: if forward returns something else than a tensor.
    """
    for size in sizes:
        x, further = _inputs(examination, size)
        with torch.no_grad():
            first = examination.fitted.model(x, **further)
            if not isinstance(first, Tensor):
                raise NotTried("forward returns no tensor.")
            try:
                second = network(x, **further)
            except Exception as problem:
                raise Missing(f"{made_by}: {in_one_sentence(problem)}") from None
        if not torch.allclose(first, second, rtol=RELATIVE, atol=ABSOLUTE):
            difference = float((first - second).abs().max())
            raise Missing(f"{made_by} returns other numbers, by up to {difference:.2g}.")
