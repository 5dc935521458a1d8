"""The pages that people read: their blocks, their links, and the form of the outputs that they show."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
UNREAD = ("CHANGELOG.md",)  # a history: its words are those of its day
PAGES = [
    README,
    *sorted(page for page in ROOT.glob("*.md") if page != README and page.name not in UNREAD),
    *sorted(page for folder in ("cryptoforecast", "configs", "scripts") for page in (ROOT / folder).rglob("*.md")),
]
ROOMS = ("data", "models", "training", "evaluation", "study", "backtest", "audit", "register", "cli")
ELIDED = "..."
NUMBER = re.compile(r"[-+]?\d[\d,.:%TZe+-]*")
SENTENCE = re.compile(
    r"(No model is better than the random walk: )?[\w ]+('s distribution (is|may or may not)|"
    r" (is (no better|worse|better) than persistence|"
    r"may or may not be better than persistence|is the best of those given|is better than the random walk)).*"
)


class Block(NamedTuple):
    """A fenced block: the words after its fence, and its text."""

    words: list[str]
    text: str

    @property
    def kind(self) -> str:
        """The language of the block, the first word after the fence."""
        return self.words[0] if self.words else ""

    @property
    def file(self) -> str | None:
        """The name of the file that the block holds, where it holds one."""
        if self.kind == "csv":
            return self.words[1]
        named = re.match(r"# ([\w./-]+\.(?:py|yaml))\n", self.text)
        return named[1] if named and self.kind in ("python", "yaml") else None


class Command(NamedTuple):
    """A command of a console block, and the lines that the page shows beneath it."""

    words: str
    shown: list[str]


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page, in its order."""
    found = re.findall(r"^```([^\n`]*)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    return [Block(words.split(), text) for words, text in found]


def commands_of(block: Block) -> Iterator[Command]:
    """The commands of a console block; each begins with a dollar sign."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        words, *shown = part.splitlines()
        yield Command(words, shown)


def form_of(text: str) -> str:
    """A text without what differs from file to file: numbers, verdicts, yes and no, widths of columns.

    >>> form_of("LSTM   1,850.7   +0.0002") == form_of("LSTM 92.1 -0.13")
    True
    >>> form_of("LSTM   1,850.7") == form_of("GRU   1,850.7")
    False
    """
    text = re.sub(r"\b[0-9a-f]{64}\b", "#", text)
    text = re.sub(r"─+", "─", text)
    text = SENTENCE.sub("VERDICT", text)
    text = re.sub(r"< (?=\d)", "", text)
    text = NUMBER.sub("#", text)
    text = re.sub(r"#(st|nd|rd|th)\b", "#th", text)
    text = re.sub(r"\b(yes|no)\b|\bcopy: |(?<= )[-–](?=\s|$)", lambda found: "#" if found[0] in "-–" else "", text)
    return " ".join(text.split())


def not_in(shown: list[str], printed: str) -> list[str]:
    """The lines that a page shows and whose form a command has not printed."""
    form = form_of(printed)
    return [line for line in shown if line.strip() != ELIDED and form_of(line) not in form]


def links_of(page: Path) -> list[str]:
    """The targets of a page's links and pictures that do not lead to the web."""
    return re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text())


def anchors_of(page: Path) -> set[str]:
    """The names under which the headings of a page are linked to."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
