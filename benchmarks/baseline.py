"""What tree-sitter alone takes for the files of a folder: the yardstick of the speed suite.

    python -m benchmarks.baseline FOLDER [--tuned]

The same files as an index run sees, the same grammars, threads and reading; every file is parsed and its tree thrown
away. Bare means tree-sitter as it comes, with the system's allocator; `--tuned` gives it the allocator with which
LeIndex runs it. Prints one line of JSON. Run as a program of its own, so that the memory of one measurement is not that
of another.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from leindex.leparse.discovery import discover
from leindex.leparse.languages import languages
from leindex.leparse.native import parse_only, use_system_allocator

MOST_BYTES = 2 << 20  # the default of the setting max_file_bytes


def parse(root: Path) -> dict[str, float]:
    """Parse every file of a language with a grammar, and tell how long that took."""
    known = languages()
    files = discover(root, known, max_file_bytes=MOST_BYTES).files
    entries = [entry for entry in files if known[entry.language].grammar is not None]
    names = sorted({entry.language for entry in entries})
    place = {name: number for number, name in enumerate(names)}
    work = [(entry.path, place[entry.language], entry.flags) for entry in entries]
    grammars = [known[name].native for name in names]
    start = time.perf_counter()
    size, errors = parse_only(root, work, grammars, max_bytes=MOST_BYTES)
    return {"seconds": time.perf_counter() - start, "bytes": size, "files": len(work), "with_errors": errors}


if __name__ == "__main__":
    if "--tuned" not in sys.argv:
        use_system_allocator()
    print(json.dumps(parse(Path(sys.argv[1]).resolve())))
