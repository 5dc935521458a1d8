"""Options that name classes: ``--import MODULE`` and ``--rename old.Name=new.Name``."""

from collections.abc import Sequence

from cryptoforecast.errors import UsageError
from cryptoforecast.recipe.class_paths import ImportPathError, import_named

IMPORT, RENAME = "--import", "--rename"


def take_class_options(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Import the modules that ``--import`` names, and collect what ``--rename`` renames.

    Args:
        words: a command line.

    Returns:
        The command line without these options, and the new names by the old ones.

    Raises:
        UsageError: if there is no such module or class.
    """
    left: list[str] = []
    rename: dict[str, str] = {}
    following = iter(words)
    for word in following:
        option, equals, value = word.partition("=")
        if option not in (IMPORT, RENAME):
            left.append(word)
            continue
        value = value if equals else next(following, "")
        old, _, new = value.rpartition("=")
        if not value or (option == RENAME and not (old and new)):
            raise UsageError(f"{option} takes {'a module' if option == IMPORT else 'old.Name=new.Name'}.")
        try:
            import_named(new)
        except ImportPathError as problem:
            raise UsageError(f"{option} {value}: {problem}.") from None
        if option == RENAME:
            rename[old] = new
    return left, rename
