"""A mirror of the working folder in which some files are altered, entered by a process under the real names."""

import builtins
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from cryptoforecast.user_code.opened_files import Opened, is_library


class Mirror(NamedTuple):
    """A folder that looks like another: all in it are links to what is there, but for copies of files and of code.

    ``files`` says where the copy of a file lies; one that is not below ``real`` has its copy elsewhere.
    """

    real: Path
    shown: Path
    files: dict[Path, Path]

    def shown_path(self, path: str | Path) -> str:
        """Where a path leads in the mirror; itself, if it is not below the mirrored folder."""
        whole = Path(path)
        if whole.is_relative_to(self.real) and not is_library(str(whole)):
            return str(self.shown / whole.relative_to(self.real))
        return str(path)

    def real_path(self, path: str) -> str:
        """The path that stands for one in the mirror."""
        copies = {str(copy): str(file) for file, copy in self.files.items()}
        if path in copies:
            return copies[path]
        whole = Path(path)
        return str(self.real / whole.relative_to(self.shown)) if whole.is_relative_to(self.shown) else path


def mirror(files: Iterable[Path], working: Path, folder: Path) -> Mirror:
    """Show the working folder, with room for copies in the place of some files.

    What is mirrored is the lowest folder that has both working folder and files in it, if that is not the root: so a
    path that is written from the working folder leads to a copy, whoever follows it.

    Args:
        files: to be copied into the places that the mirror names.
        working: the working folder.
        folder: where all goes; empty.
    """
    places = [Path(os.path.realpath(file)) for file in files]
    working = Path(os.path.realpath(working))
    near = [place for place in places if _common(working, place) is not None]
    real = min(
        [working, *(common for place in near if (common := _common(working, place)))], key=lambda p: len(p.parts)
    )
    shown = folder / "mirror"
    inside = {place for place in places if place.is_relative_to(real)}
    _show(real, shown, {above for place in (*inside, working / "x") for above in place.parents}, inside)
    copies = {place: shown / place.relative_to(real) for place in inside}
    for number, place in enumerate(place for place in places if place not in inside):
        (folder / str(number)).mkdir()
        copies[place] = folder / str(number) / place.name
    return Mirror(real, shown, copies)


def _common(working: Path, place: Path) -> Path | None:
    """The lowest folder above both; None if it is the root, or a root's folder such as ``/home``."""
    common = Path(os.path.commonpath([working, place.parent])) if working.anchor == place.anchor else Path(place.anchor)
    return common if len(common.parts) > 2 else None


def _show(real: Path, shown: Path, apart: set[Path], left_out: set[Path]) -> None:
    """Link what is in a folder; folders that hold something of its own are shown likewise, and code is copied."""
    shown.mkdir(parents=True)
    with suppress(PermissionError), os.scandir(real) as entries:
        for entry in entries:
            path = real / entry.name
            if path in left_out or entry.name == "__pycache__":
                continue
            if path in apart and entry.is_dir():
                _show(path, shown / entry.name, apart, left_out)
            elif entry.is_file() and entry.name.endswith(".py"):
                shutil.copy2(path, shown / entry.name)  # a link's target would be where a module finds itself
            else:
                _link(path, shown / entry.name)


def _link(path: Path, place: Path) -> None:
    try:
        place.symlink_to(path)
    except OSError:  # a system where not everybody may
        with suppress(OSError):
            shutil.copytree(path, place) if path.is_dir() else shutil.copy2(path, place)


def live_in(mirrored: Mirror) -> None:
    """Have this process work in a mirror: its folder, where it finds modules, and what it opens by a whole path."""
    os.chdir(mirrored.shown_path(Path(os.path.realpath(Path.cwd()))))
    sys.path[:] = [mirrored.shown_path(os.path.realpath(place)) if place else "" for place in sys.path]
    sys.dont_write_bytecode = True
    copies = {str(file): str(copy) for file, copy in mirrored.files.items()}
    for module, name in ((builtins, "open"), (io, "open"), (os, "open")):
        setattr(module, name, _redirected(getattr(module, name), copies))


def _redirected(opens: Callable[..., Any], copies: Mapping[str, str]) -> Callable[..., Any]:
    """What opens a file, or its copy if it has one."""

    def open_copy(file: Any, *arguments: Any, **named: Any) -> Any:
        if isinstance(file, str | bytes | os.PathLike):
            file = copies.get(os.path.realpath(os.fsdecode(file)), file)
        return opens(file, *arguments, **named)

    return open_copy


def under_real_names(opened: Iterable[Opened], mirrored: Mirror) -> list[Opened]:
    """What a process in a mirror has opened, as it would have outside."""
    return [entry._replace(path=mirrored.real_path(entry.path)) for entry in opened]
