"""A folder as bytes, to be sent from one machine to another."""

import io
import shutil
import tarfile
from pathlib import Path


def pack(folder: Path) -> bytes:
    """All that a folder holds, as an archive; files alone, without owners and times.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "log.txt").write_text("done")
    ...     content = pack(Path(folder))
    ...     unpack(content, Path(folder, "copy"))
    ...     Path(folder, "copy", "log.txt").read_text()
    'done'
    """
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", dereference=True) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.addfile(_entry(file, folder), io.BytesIO(file.read_bytes()))
    return content.getvalue()


def unpack(content: bytes, folder: Path) -> None:
    """Make a folder of what :func:`pack` returned: the whole folder or, if the process is killed meanwhile, none.

    Args:
        content: the archive.
        folder: what to make; an older one of the same name is replaced.

    Raises:
        tarfile.FilterError: if the archive has a file that would lie outside the folder.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(part, filter="data")
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _entry(file: Path, folder: Path) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(file.relative_to(folder).as_posix())
    entry.size = file.stat().st_size
    return entry
