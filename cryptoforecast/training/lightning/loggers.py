"""Where Lightning's loggers of files write: their version, and the folder of a run that goes on."""

from pathlib import Path

from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger


def is_file_logger(logger: object) -> bool:
    """Whether a logger writes into folders ``save_dir/name/version``, as those of TensorBoard and CSV do."""
    return isinstance(logger, TensorBoardLogger | CSVLogger)


def chosen_version(logger: object) -> int | str | None:
    """The version that the user has given a logger; None if it takes the next free one, or has no versions.

    ``logger.version`` would choose one.
    """
    version: int | str | None = getattr(logger, "_version", None)
    return version


def takes_next_version(logger: object) -> bool:
    """Whether a logger has versions, and takes the next free one."""
    return getattr(logger, "_version", "") is None


def set_version(logger: Logger, version: int | str | None) -> None:
    """Set a logger's version; with None it looks for the next free one again."""
    logger._version = version  # type: ignore[attr-defined]


def omit_hp_metric(loggers: list[Logger]) -> None:
    """Have TensorBoard's loggers write no ``hp_metric``, the metric without a value that Lightning gives each run."""
    for logger in loggers:
        if isinstance(logger, TensorBoardLogger):
            logger._default_hp_metric = False


def continue_loggers(loggers: list[Logger], run: Path, epoch: int) -> None:
    """Let loggers go on writing: those of the run in its folder, others where they have their own.

    Args:
        loggers: have not written anything yet; the first is the run's, and so are those that log in the same place.
        run: the folder.
        epoch: the one that training goes on in.
    """
    files = [logger for logger in loggers if isinstance(logger, TensorBoardLogger | CSVLogger)]
    roots = [Path(logger.root_dir).resolve() for logger in files]
    for logger, root in zip(files, roots, strict=True):
        of_run = logger is loggers[0] or (root == roots[0] and files[0] is loggers[0])
        if of_run or takes_next_version(logger):
            continue_logger(logger, run if of_run else Path(logger.root_dir, run.name), epoch)


def continue_logger(logger: Logger, run: Path, epoch: int) -> None:
    """Let a logger go on writing in a run's folder.

    Args:
        logger: has not written anything yet.
        run: the folder.
        epoch: the one that training goes on in; what TensorBoard has of it, and of later ones, is drawn anew.
    """
    save_dir, name, version = str(run.parent.parent), run.parent.name, run.name
    if isinstance(logger, TensorBoardLogger):
        logger._root_dir, logger._name, logger._version = save_dir, name, version
        logger._kwargs["purge_step"], logger._default_hp_metric = epoch, False  # the metric is in the run already
    elif isinstance(logger, CSVLogger):
        logger._save_dir, logger._name, logger._version = save_dir, name, version
        written = run / "metrics.csv"
        if written.exists():  # the logger would remove it
            written.replace(run / f"metrics_until_epoch_{epoch}.csv")
