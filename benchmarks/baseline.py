"""What tree-sitter alone takes for the files of a folder: the yardstick of the speed suite.

    python -m benchmarks.baseline FOLDER [--tuned | --extract]

The same files as an index run sees, the same grammars, threads and reading; every file is parsed and its tree thrown
away. Bare means tree-sitter as it comes, with the system's allocator; `--tuned` gives it the allocator that the rest of
LeIndex uses. With `--extract` LeIndex reads its facts from each tree, too. Prints one line of JSON. Run as a program of
its own, so that the memory of one measurement is not that of another.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from leindex.leparse.discovery import discover
from leindex.leparse.languages import languages
from leindex.leparse.native import parse_files, parse_only, use_system_allocator

MOST_BYTES = 2 << 20  # the default of the setting max_file_bytes
AT_ONCE = 1000  # files whose facts wait in memory


def parse(root: Path, *, extract: bool = False) -> dict[str, float]:
    """Parse every file of a language with a grammar, and tell how long that took, by the clock and on the processor."""
    known = languages()
    files = discover(root, known, max_file_bytes=MOST_BYTES).files
    entries = [entry for entry in files if known[entry.language].grammar is not None]
    names = sorted({entry.language for entry in entries})
    place = {name: number for number, name in enumerate(names)}
    work = [(entry.path, place[entry.language], entry.flags) for entry in entries]
    grammars = [known[name].native for name in names]
    start, busy = time.perf_counter(), time.process_time()
    if extract:
        size = errors = 0
        for at in range(0, len(work), AT_ONCE):
            for file in parse_files(root, work[at : at + AT_ONCE], grammars, max_bytes=MOST_BYTES):
                size += file.size
                errors += file.syntax_errors > 0
    else:
        size, errors = parse_only(root, work, grammars, max_bytes=MOST_BYTES)
    return {
        "seconds": time.perf_counter() - start,
        "processor": time.process_time() - busy,
        "bytes": size,
        "files": len(work),
        "with_errors": errors,
    }


if __name__ == "__main__":
    extracts = "--extract" in sys.argv
    if "--tuned" not in sys.argv and not extracts:
        use_system_allocator()
    print(json.dumps(parse(Path(sys.argv[1]).resolve(), extract=extracts)))
