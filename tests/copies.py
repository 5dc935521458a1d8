"""Commands in processes of their own: copies of one that has imported all that they take, which takes seconds."""

import multiprocessing
import os
from multiprocessing.process import BaseProcess
from pathlib import Path

import torch

from cryptoforecast.cli.main import main
from cryptoforecast.study.engines import local
from cryptoforecast.training import forkserver

PRELOADED = [*forkserver.PRELOADED, "tests.copies"]


def start_copy(*words: str, folder: Path | None = None, printed: Path | None = None) -> BaseProcess:
    """Start a command in a process group of its own.

    Args:
        words: the command.
        folder: its working folder; by default the current one.
        printed: file for what it prints; its errors are in one beside it that ends in ``.err``.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    process = context.Process(target=_type_in, args=(words, folder or Path.cwd(), printed))
    process.start()
    return process


def _type_in(words: tuple[str, ...], folder: Path, printed: Path | None) -> None:
    """The life of such a process; those that it starts are copies of it in turn."""
    os.setsid()
    os.chdir(folder)
    files = {1: printed, 2: printed.with_suffix(".err")} if printed else {1: Path(os.devnull)}
    for stream, file in files.items():
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    torch.set_num_threads(1)  # others would not be copied
    forkserver.ensure_running = lambda: None
    local.forkserver_context = lambda: multiprocessing.get_context("fork")
    os._exit(main(words))
