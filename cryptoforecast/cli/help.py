"""The first page of help for each verb that trains or forecasts. It loads neither torch nor Lightning."""

from collections.abc import Sequence

from cryptoforecast.cli.help_pages import PAGES
from cryptoforecast.errors import UsageError

HELP = ("-h", "--help")
TOPICS = ("trainer", "data", "model")
MORE = "all options: --help trainer, --help data, --help model"


def asks_for_help(words: Sequence[str]) -> bool:
    """Whether a command line of one of these verbs asks for help instead of carrying something out.

    >>> asks_for_help(["fit", "--model=LSTM", "--help"]), asks_for_help(["fit", "--model.help", "LSTM"])
    (True, True)
    """
    return words[0] in PAGES and any(word in HELP or _class_asked(word) for word in words[1:])


def print_help(words: Sequence[str]) -> None:
    """Print what a command line asks for: the verb's page, all options of a topic, or those of a class.

    Args:
        words: the command line; ``--help trainer`` has a topic, and ``--model.help LSTM`` a class.

    Raises:
        UsageError: if there is no such topic or class.
    """
    place = next(at for at, word in enumerate(words) if at and (word in HELP or _class_asked(word)))
    asked, equals, value = words[place].partition("=")
    following = value if equals else next(iter(words[place + 1 :]), "")
    topic = "" if following.startswith("-") else following
    if asked in HELP and not topic:
        print(page(words[0]))
        return
    from cryptoforecast.cli.class_help import class_help, topic_help

    if asked not in HELP:
        print(class_help(asked.removeprefix("--").removesuffix(".help"), topic))
    elif topic in TOPICS:
        print(topic_help(topic, words[0]))
    else:
        raise UsageError(
            f"--help {topic}: there are {', '.join(f'--help {name}' for name in TOPICS)}, and --help alone."
        )


def page(verb: str) -> str:
    """The first page of help for a verb."""
    shown = PAGES[verb]
    lines = [f"usage: python -m cryptoforecast {verb} {shown.required} [options]", shown.description]
    for title, options in shown.options.items():
        lines += [f"{title}:", *map(str, options)]
    return "\n".join([*lines, MORE])


def _class_asked(word: str) -> bool:
    return word.partition("=")[0] in ("--model.help", "--data.source.help")
