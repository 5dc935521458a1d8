"""Options that name classes: ``--import MODULE`` and ``--rename old.Name=new.Name``."""

from collections.abc import Sequence

from cryptoforecast.errors import UsageError
from cryptoforecast.recipe.class_paths import ImportPathError, import_named

IMPORT, RENAME = "--import", "--rename"
HELP = f"""{IMPORT} MODULE imports a module first, such as one outside the working folder that has a checkpoint's class.
{RENAME} old.Name=new.Name takes a checkpoint of a class that was moved or renamed. Both can be given several times."""


def take_class_options(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Carry out the options that name classes.

    Args:
        words: a command line.

    Returns:
        The command line without them, and the new names by the old ones.

    Raises:
        UsageError: if there is no such module or class.
    """
    left: list[str] = []
    rename: dict[str, str] = {}
    following = iter(words)
    for word in following:
        option, equals, said = word.partition("=")
        if option not in (IMPORT, RENAME):
            left.append(word)
            continue
        said = said if equals else next(following, "")
        old, _, new = said.rpartition("=")
        if not said or (option == RENAME and not (old and new)):
            raise UsageError(f"{option} takes {'a module' if option == IMPORT else 'old.Name=new.Name'}.")
        try:
            import_named(new)
        except ImportPathError as problem:
            raise UsageError(f"{option} {said}: {problem}.") from None
        if option == RENAME:
            rename[old] = new
    return left, rename
