"""Are our symbols and complexities right? Asked of universal-ctags and lizard, on real sources.

    python -m benchmarks accuracy --repositories FOLDER ... [--only NAME ...] [--most-files N] [--differences FILE]

Each folder in FOLDER is a checkout. For each language that a judge knows, definitions are compared by file, name and
line over files without syntax errors; `judges.toml` says what is asked, and names the differences that are the judge's
own. What is left counts against us. The table goes to ``docs/reference/accuracy.md``, the differences that nothing
explains to ``--differences``. Needs ``ctags`` (universal-ctags, with JSON) on the path and ``pip install lizard``.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import record
from benchmarks.accuracy import complexity, definitions, table
from benchmarks.accuracy.ours import MOST_BYTES, Seen, parse
from leindex.leparse.discovery import discover
from leindex.leparse.languages import languages

LEAST_SYMBOLS = 100  # of ours, for a language of a repository to be told by itself
MOST_FILES = 2000  # of one language in one repository; of more, as many are drawn, always the same ones


@dataclass(frozen=True, slots=True)
class Row:
    """One language of one repository."""

    language: str
    repository: str
    revision: str
    definitions: definitions.Comparison | None
    broken: definitions.Comparison | None
    """The same in files with syntax errors."""
    complexity: complexity.Complexities | None


def measure(root: Path, most_files: int = MOST_FILES, name: str = "") -> Iterator[Row]:
    """Compare every language of a repository that a judge knows and that has enough to compare."""
    by_language: dict[str, list[str]] = {}
    for file in discover(root, languages(), max_file_bytes=MOST_BYTES).files:
        by_language.setdefault(file.language, []).append(file.path)
    for language, paths in sorted(by_language.items()):
        if language not in definitions.JUDGES["languages"]:
            continue
        chosen = sorted(random.Random(1).sample(paths, min(len(paths), most_files)))
        whole, broken = parse(root, chosen, language)
        if sum(len(file.symbols) for file in whole) < LEAST_SYMBOLS:
            continue
        said, amiss = (_definitions(root, files, language) for files in (whole, broken))
        counted = complexity.compare(whole, language) if complexity.knows(language) else None
        yield Row(language, name or root.name, revision(root), said, amiss, counted)


def _definitions(root: Path, seen: Sequence[Seen], language: str) -> definitions.Comparison | None:
    if not seen or "ctags" not in definitions.JUDGES["languages"][language] or not shutil.which("ctags"):
        return None
    return definitions.compare(seen, definitions.tags(root, [file.path for file in seen], language), language)


def revision(root: Path) -> str:
    """The commit that is checked out, or nothing for what is no checkout of its own."""
    if not (root / ".git").exists():
        return ""
    command = ["git", "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def run(arguments: Sequence[str]) -> None:
    """Compare, print, and write the table."""
    options = _options(arguments)
    if shutil.which("ctags") is None:
        sys.exit("ctags is not installed, so no definition can be compared; on Debian: apt install universal-ctags")
    roots = [root for folder in options.repositories for root in sorted(folder.iterdir()) if root.is_dir()]
    rows: list[Row] = []
    for root in roots:
        if not options.only or root.name in options.only:
            for row in measure(root.resolve(), options.most_files, root.name):
                rows.append(row)
                print(table.line(row), flush=True)
    rows.sort(key=lambda row: (row.language, row.repository))
    if options.differences:
        options.differences.write_text(table.differences(rows), encoding="utf-8")
    if not options.only:
        table.DOCUMENT.write_text(table.document(rows), encoding="utf-8")
        print(f"\nwritten to {table.DOCUMENT} and {record.write('accuracy', {'rows': list(map(table.figures, rows))})}")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks accuracy", description=__doc__)
    parser.add_argument("--repositories", type=Path, nargs="+", required=True, help="folders of checkouts")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these checkouts; nothing is stored")
    parser.add_argument("--most-files", type=int, default=MOST_FILES, metavar="N", help="of a language in a repository")
    parser.add_argument("--differences", type=Path, metavar="FILE", help="where to write what nothing explains")
    return parser.parse_args(arguments)
