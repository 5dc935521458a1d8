"""No process waits for another: whatever each of them has, all take part in the same collectives in the same order."""

import ast
import warnings
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.strategies import SingleDeviceStrategy
from torch import Tensor

import cryptoforecast
from cryptoforecast import LSTM, CloseDataModule, CsvSource, UserError, Window
from cryptoforecast.training.finite_loss import FiniteLoss
from cryptoforecast.training.lightning.resumption import Resumption
from cryptoforecast.training.seeding import SeedEachBatch
from tests.helpers import random_walk, write_yahoo

PROCESSES, BATCHES = 2, 3
COLLECTIVES = {"reduce", "broadcast", "barrier", "all_gather", "reduce_boolean_decision"}
OF_THE_MODULE = {
    "take",
    "to_state",
    "_by_process",
    "_names",
    "_check_losses",
    "agreed_seed",
}  # methods of ours that are collectives
GLOBAL = {"world_size", "at_once", "trainer"}  # what all processes know alike


class Room:
    """Where two threads that play two processes exchange what they have; who waits in vain fails."""

    def __init__(self) -> None:
        self.barrier, self.held = Barrier(PROCESSES, timeout=10), [("", None)] * PROCESSES

    def exchange(self, rank: int, name: str, value: Any) -> list[Any]:
        self.held[rank] = name, value
        self.barrier.wait()
        held = list(self.held)
        self.barrier.wait()
        assert len({name for name, _ in held}) == 1, f"one process is at {held[0][0]}, the other at {held[1][0]}"
        return [value for _, value in held]


class InThreads(SingleDeviceStrategy):
    """A strategy whose processes are threads. Gradients are not shared: it is about who waits for whom."""

    def __init__(self, room: Room, rank: int) -> None:
        super().__init__(torch.device("cpu"))
        self.room, self.global_rank, self.world_size = room, rank, PROCESSES

    is_global_zero = property(lambda self: self.global_rank == 0)  # type: ignore[assignment]

    def all_gather(self, tensor: Tensor, *_: Any, **__: Any) -> Tensor:
        return torch.stack(self.room.exchange(self.global_rank, "all_gather", tensor.clone()))

    def reduce(self, tensor: Any, *_: Any, **__: Any) -> Any:
        return torch.stack(self.room.exchange(self.global_rank, "reduce", torch.as_tensor(tensor).clone())).sum(dim=0)

    def reduce_boolean_decision(self, decision: bool, all: bool = True) -> bool:
        decisions = self.room.exchange(self.global_rank, "decide", decision)
        return sum(decisions) == PROCESSES if all else sum(decisions) > 0

    def barrier(self, *_: Any, **__: Any) -> None:
        self.room.exchange(self.global_rank, "barrier", None)

    def broadcast(self, obj: Any, src: int = 0) -> Any:
        return self.room.exchange(self.global_rank, "broadcast", obj)[src]


class Uneven(LSTM):
    """Trains its second process by a step of its own, which adds nothing to the epoch's mean, but draws a curve."""

    def training_step(self, window: Window, batch_index: int) -> Tensor | None:
        if self.trainer.global_rank == 0:
            return super().training_step(window, batch_index)
        self.curve("of_the_second_process", 1.0)
        return (self.forecast(window.context) / window.target - 1).square().mean()


def together(each: Callable[[Room, int], object]) -> list[BaseException | None]:
    """Do something as two processes do, and return how each of them ended."""
    room, ended = Room(), [None] * PROCESSES  # type: tuple[Room, list[BaseException | None]]

    def process(rank: int) -> None:
        try:
            each(room, rank)
        except BaseException as problem:
            ended[rank] = problem

    threads = [Thread(target=process, args=(rank,)) for rank in range(PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def fit(folder: Path, kind: type[LSTM], ours: bool, path: Path | None = None) -> list[BaseException | None]:
    """Train as two processes, with a checkpoint after each batch and after each validation."""
    write_yahoo(folder / "COIN-USD.csv", random_walk(120))
    keep = {"dirpath": folder, "save_top_k": -1}

    def process(room: Room, rank: int) -> None:
        callbacks: list[Callback] = [FiniteLoss(), SeedEachBatch(), Resumption()] if ours else []
        callbacks.append(ModelCheckpoint(monitor="val/loss", filename="best-{step}", **keep))
        callbacks.append(ModelCheckpoint(every_n_train_steps=1, filename="last-{step}", **keep))
        trainer = Trainer(
            strategy=InThreads(room, rank),
            callbacks=callbacks,
            max_epochs=2 if path is None else 3,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        source = CsvSource(str(folder / "COIN-USD.csv"))
        trainer.fit(models[rank], CloseDataModule(source, context_length=10, batch_size=15), ckpt_path=path)
        assert trainer.current_epoch == trainer.max_epochs
        assert trainer.num_training_batches == BATCHES

    models = [kind(hidden_size=2, context_length=10) for _ in range(PROCESSES)]
    return together(process)


@pytest.mark.parametrize("ours", [True, False], ids=["with what fit puts around", "with a plain Trainer"])
@pytest.mark.parametrize("kind", [LSTM, Uneven])
def test_a_fit_of_two_processes_ends_wherever_it_goes_on_from(kind: type[LSTM], ours: bool, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # threads share the filters
        assert fit(tmp_path, kind, ours) == [None, None]
        paths = sorted(tmp_path.glob("*.ckpt"))
        assert {path.stem for path in paths} >= {"last-step=1", f"last-step={BATCHES}", f"best-step={BATCHES}"}
        for path in paths if kind is LSTM and ours else paths[1::3]:
            assert fit(tmp_path, kind, ours, path) == [None, None], path


def test_processes_that_have_read_other_closes_all_say_so(tmp_path: Path) -> None:
    for rank in range(PROCESSES):
        (tmp_path / f"{rank}").mkdir()
        write_yahoo(tmp_path / f"{rank}" / "COIN-USD.csv", random_walk(120 + rank))

    def process(room: Room, rank: int) -> None:
        data = CloseDataModule(CsvSource(str(tmp_path / f"{rank}" / "COIN-USD.csv")), context_length=10)
        data.trainer = Trainer(strategy=InThreads(room, rank), logger=False, enable_checkpointing=False)
        data.setup("fit")
        data.train_dataloader()

    ended = together(process)
    assert [type(problem) for problem in ended] == [UserError, UserError]
    assert all("COIN-USD: the processes of this fit have read different closes" in str(problem) for problem in ended)


def conditions_of_collectives(tree: ast.AST) -> list[tuple[str, set[str]]]:
    """Each call of a collective, with the names in the conditions that it stands under."""
    found: list[tuple[str, set[str]]] = []

    def names(node: ast.AST) -> set[str]:
        return {getattr(part, "attr", getattr(part, "id", "")) for part in ast.walk(node)} - {""}

    def visit(node: ast.AST, known: set[str]) -> None:
        name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
        if name in COLLECTIVES | OF_THE_MODULE:
            found.append((name, known))
        if isinstance(node, ast.If | ast.IfExp | ast.While):
            visit(node.test, known)
            inside = known | names(node.test)
            for part in ast.iter_child_nodes(node):
                if part is not node.test:
                    visit(part, inside)
        elif isinstance(node, ast.BoolOp):
            before: set[str] = set()
            for part in node.values:
                visit(part, known | before)
                before |= names(part)
        elif isinstance(node, ast.ExceptHandler):
            for part in node.body:
                visit(part, known | {"an exception"})
        else:
            for part in ast.iter_child_nodes(node):
                visit(part, known)

    visit(tree, set())
    return found


def test_no_collective_stands_under_a_condition_that_one_process_may_see_otherwise() -> None:
    assert conditions_of_collectives(ast.parse("if self.count and 1: s.reduce(x)")) == [("reduce", {"self", "count"})]
    calls = 0
    for file in sorted(Path(cryptoforecast.__file__).parent.rglob("*.py")):
        text = file.read_text()
        if "torch" not in text and "lightning" not in text:
            continue  # where no process trains, as where numpy reduces the steps of a price file
        for name, known in conditions_of_collectives(ast.parse(text)):
            calls += 1
            allowed = {*GLOBAL, "self", "_learns", "CHECK_EVERY", "batch_idx", "_seen"}
            allowed |= {"model", "len", "_evaluation"}  # the table of an evaluation has a row a batch in each process
            assert known <= allowed, f"{file.name}: {name} stands under a condition on {known - allowed}"
    assert calls >= 8
