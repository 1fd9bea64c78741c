"""What parsing does not do: load grammars that no file needs, hold the interpreter, or copy the source."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

from leindex import parse_file
from leindex.leparse.languages import languages
from leindex.leparse.native import parse_source

FUNCTION = "def function_number_{}(self, path: str, limit: int = 10) -> int:\n    return len(path) + limit\n\n\n"


def told_by(script: str, *arguments: object) -> object:
    """What a program of its own prints as JSON."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_to_parse_python_loads_one_grammar(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(): pass\n")
    script = """
import json, sys
from leindex import parse_file
before = [name for name in sys.modules if name.startswith("tree_sitter")]
parse_file(sys.argv[1])
print(json.dumps([before, [name for name in sys.modules if name.startswith("tree_sitter") and "." not in name]]))
"""
    assert told_by(script, tmp_path / "a.py") == [[], ["tree_sitter_python"]]


def test_symbols_are_ranges_of_bytes_in_the_source(tmp_path: Path) -> None:
    source = ("# größe\n" + "".join(map(FUNCTION.format, range(2000)))).encode()
    (tmp_path / "a.py").write_bytes(source)
    symbols = parse_file(tmp_path / "a.py").symbols[1:]
    assert len(symbols) == 2000
    for number, symbol in enumerate(symbols):
        text = source[symbol.start_byte : symbol.end_byte]
        assert text == FUNCTION.format(number).strip().encode()
        assert source.count(b"\n", 0, symbol.start_byte) + 1 == symbol.start_line


def test_of_a_large_source_only_facts_are_kept_not_its_text() -> None:
    # A comment of eight megabytes in front: its text would be the larger part of the facts by far.
    code = "".join(map(FUNCTION.format, range(200)))
    native = languages()["python"].native
    small = parse_source("a.py", code.encode(), native).facts
    large = parse_source("a.py", ("x = '" + "a " * (4 << 20) + "'\n" + code).encode(), native).facts
    assert len(large) < len(small) + 4096


def test_other_threads_go_on_while_one_parses() -> None:
    source = "".join(map(FUNCTION.format, range(40_000))).encode()
    native = languages()["python"].native
    parsed, steps = threading.Event(), 0

    def parse() -> None:
        parse_source("a.py", source, native)
        parsed.set()

    thread = threading.Thread(target=parse)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(60)  # nobody takes the interpreter away: only who gives it back lets others go on
    try:
        thread.start()
        while not parsed.is_set():
            steps += 1
            parsed.wait(0.0005)
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert steps > 3
