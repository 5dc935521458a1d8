"""A logger that writes nothing, for code that expects a logger where nothing is logged."""

from pathlib import Path

from lightning.pytorch.loggers.logger import DummyLogger


class SilentLogger(DummyLogger):
    """Has the methods of a logger, and writes nothing.

    Args:
        folder: its ``save_dir`` and ``log_dir``.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = str(folder)

    @property
    def save_dir(self) -> str:
        """The folder."""
        return self.folder

    @property
    def log_dir(self) -> str:
        """The folder."""
        return self.folder
