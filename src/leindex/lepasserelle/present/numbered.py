"""Reads the numbered lines of a context back: files, runs of source lines, gaps.

Empty lines are left out of the text for models, the numbers tell where; here they return.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

GAP = "..."
FILE = "## "
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Heading:
    """The start of a file, or a line that belongs to none."""

    text: str
    is_file: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Source lines without a gap."""

    first: int
    lines: tuple[str, ...]

    @property
    def code(self) -> str:
        """The lines as one text, without control characters that a terminal would obey."""
        return harmless("\n".join(self.lines))


def harmless(text: str) -> str:
    """Replace control characters other than line feed and tab."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def read(text: str) -> Iterator[Heading | Run]:
    """Yield headings and runs in their order."""
    first, lines = 0, list[str]()
    for line in text.split("\n"):
        number, tab, code = line.partition("\t")
        if tab and number.isdigit():
            if lines:
                lines += [""] * (int(number) - first - len(lines))
            first = first if lines else int(number)
            lines.append(code)
            continue
        if lines:
            yield Run(first, tuple(lines))
            lines = []
        if line and line != GAP:
            yield Heading(line.removeprefix(FILE), line.startswith(FILE))
    if lines:
        yield Run(first, tuple(lines))
