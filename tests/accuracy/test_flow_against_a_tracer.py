"""What Python really runs is the judge of our graphs: every step between statements is a path that they have.

Functions of the standard library run under `sys.settrace`. A line that runs is taken for the statement that it belongs
to; where control then goes must be a statement that follows in the graph, with nothing but empty blocks between.
A generator's frame goes on where it yielded; a comprehension has a frame of its own, and is left out.
"""

from __future__ import annotations

import argparse
import ast
import bisect
import configparser
import csv
import difflib
import fractions
import heapq
import io
import json
import json.decoder
import json.encoder
import json.scanner
import pprint
import shlex
import statistics
import string
import sys
import textwrap
import tokenize
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from inspect import CO_GENERATOR
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import pytest

from leindex.leparse.flow import CodeIntelligence, FlowGraph
from leindex.leparse.outline import FileSymbol
from tests.accuracy import ways_out

PYTHON = CodeIntelligence("python")
Place = tuple[int, int]
"""A block and the place of a statement in it."""


@cache
def heads(path: str) -> list[tuple[int, int]]:
    """By line: the first and last line of the statement that it belongs to, without the statements inside."""
    tree = ast.parse(Path(path).read_bytes())
    found = [(0, 0)] * (len(Path(path).read_bytes().splitlines()) + 1)
    for node in ast.walk(tree):  # what encloses comes before what it encloses
        if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            first = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
            body = getattr(node, "body", None)
            last = max(first, body[0].lineno - 1) if body else node.end_lineno or first
            for line in range(first, last + 1):
                found[line] = (first, last)
    return found


@cache
def symbols(path: str) -> tuple[bytes, dict[tuple[int, str], FileSymbol]]:
    """Functions of a file by their first line, decorators included, and name."""
    source = Path(path).read_bytes()
    return source, {(each.start_line, each.name): each for each in PYTHON.get_signatures(source)}


class Steps:
    """Which statement follows which, in one function."""

    def __init__(self, path: str, graph: FlowGraph) -> None:
        self.blocks = graph.blocks
        self.exit = graph.exit
        self.next: dict[int, set[int]] = defaultdict(set)
        for edge in graph.edges:
            self.next[edge.source].add(edge.target)
        self.head = heads(path)
        self.at: dict[tuple[int, int], set[Place]] = defaultdict(set)
        for block in graph.blocks:
            for place, statement in enumerate(block.statements):
                self.at[self.head[statement.start_line]].add((block.id, place))

    def places(self, line: int) -> set[Place]:
        """What stands in the graph of the statement that a line belongs to."""
        return self.at.get(self.head[line], set())

    def first(self, block: int, seen: set[int]) -> Iterator[Place]:
        """The first statement of a block, or of those that follow it where it has none."""
        if block in seen:
            return
        seen.add(block)
        if self.blocks[block].statements:
            yield block, 0
        elif block != self.exit:
            for following in self.next[block]:
                yield from self.first(following, seen)

    def after(self, place: Place) -> set[Place]:
        block, index = place
        if index + 1 < len(self.blocks[block].statements):
            return {(block, index + 1)}
        seen: set[int] = set()
        return {one for following in self.next[block] for one in self.first(following, seen)}

    def allows(self, line: int, following: int) -> bool:
        """Whether control may go from one line to another; how it wanders inside of one statement is not asked."""
        if self.head[line] == self.head[following]:
            return True
        targets = self.places(following)
        return any(not targets.isdisjoint(self.after(place)) for place in self.places(line))


@cache
def steps(path: str, first: int, name: str) -> Steps | None:
    source, known = symbols(path)
    symbol = known.get((first, name))
    return Steps(path, PYTHON.compute_cfg(source, symbol)) if symbol else None


class Tracer:
    """Line steps of every function of some modules, by function."""

    def __init__(self, modules: list[ModuleType]) -> None:
        self.paths = {module.__file__ for module in modules}
        self.seen: dict[CodeType, set[tuple[int, int]]] = defaultdict(set)
        self.last: dict[FrameType, int] = {}

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        if code.co_filename not in self.paths or code.co_name.startswith("<"):
            return None
        known = steps(code.co_filename, code.co_firstlineno, code.co_name)
        if known is None:
            return None
        if event == "line" and known.places(frame.f_lineno):  # `try:` does nothing
            if frame in self.last:
                self.seen[code].add((self.last[frame], frame.f_lineno))
            self.last[frame] = frame.f_lineno
        elif event == "return" and not code.co_flags & CO_GENERATOR:  # a generator's frame goes on
            self.last.pop(frame, None)
        return self


def run_textwrap() -> None:
    text = "Hello there, how are you this fine day?  I'm glad to hear it! a-hyphenated-word\n\tand   a tab. " * 3
    for width in (1, 5, 12, 70):
        for more in ({}, {"max_lines": 2}, {"break_long_words": False}, {"fix_sentence_endings": True}):
            with suppress(ValueError):
                textwrap.wrap(text, width, initial_indent=" ", placeholder="…", **more)
    textwrap.dedent("  a\n    b\n\n  c"), textwrap.indent("a\n\nb", "> "), textwrap.shorten(text, 30)


def run_json() -> None:
    value = {"a": [1, 2.5, None, True, False, 'é"\n', {}, [], float("inf")], "b": {"c": (1, 2)}, "d": -1}
    for options in ({}, {"indent": 2}, {"sort_keys": True, "indent": None}, {"skipkeys": True, "indent": 1}):
        encoded = json.dumps({**value, 1: 2, None: 3} if "sort_keys" not in options else value, **options)
        json.loads(encoded, object_pairs_hook=list), json.loads(encoded.encode())
    with suppress(ValueError):
        json.dumps({"a": float("nan")}, allow_nan=False, indent=1)
    loop: list[Any] = []
    loop.append(loop)
    for wrong in (loop, {(1,): 2}, object()):
        with suppress(ValueError, TypeError):
            json.dumps(wrong, indent=1)
    scan = json.scanner.py_make_scanner(json.decoder.JSONDecoder())
    for text in (
        '{"a": [1, -2.5e3, "x\\u00e9\\ud834\\udd1e"], "b": null}',
        '{"a"',
        "[1,]",
        "[1 2]",
        '{"a":1,}',
        '"a',
        "tru",
        "",
        "{ }",
        "[ ]",
        "{1}",
    ):
        with suppress(ValueError, StopIteration):
            scan(text, 0)
            json.decoder.JSONDecoder().raw_decode(text)
        with suppress(ValueError):
            json.decoder.py_scanstring(text, 1)


def run_difflib() -> None:
    one, two = "abc\ndef\nghi\njkl\n".splitlines(True), "abc\ndxf\nghi\nmno\npqr\n".splitlines(True)
    list(difflib.ndiff(one, two)), list(difflib.unified_diff(one, two)), list(difflib.context_diff(one, two))
    difflib.get_close_matches("appel", ["ape", "apple", "peach"]), difflib.HtmlDiff().make_table(one, two, context=True)
    list(difflib.unified_diff(one, one)), list(difflib.restore(difflib.ndiff(one, two), 1))


def run_shlex() -> None:
    for text in ('a \'b c\' "d\\"e" # f\n g', "a|b;c&&d", "'open", '"a\\', "a\\", ""):
        for options in ({"posix": True}, {"posix": False}, {"posix": True, "punctuation_chars": True}):
            with suppress(ValueError):
                list(shlex.shlex(text, **options))  # type: ignore[arg-type]
    shlex.split("a 'b c'", comments=True), shlex.quote("a b"), shlex.join(["a", "b c"])


def run_configparser() -> None:
    text = "[DEFAULT]\nx = 1\n[a]\ny: %(x)s/2\n ; note\nz =\n  many\n  lines\n[b]\nk\n"
    for options in (
        {"allow_no_value": True},
        {"allow_no_value": True, "interpolation": configparser.ExtendedInterpolation()},
    ):
        parser = configparser.ConfigParser(**options)  # type: ignore[arg-type]
        parser.read_string(text)
        for section in parser:
            for key in parser[section]:
                parser.get(section, key), parser.has_option(section, key)
        parser.set("a", "n", "5"), parser.getint("a", "n"), parser.remove_option("a", "n"), parser.write(io.StringIO())
    for wrong in ("x=1", "[a]\n[a]", "[a]\nx=1\nx=2", "[a]\nnothing"):
        with suppress(configparser.Error):
            configparser.ConfigParser().read_string(wrong)


def run_heapq() -> None:
    list(heapq.merge([1, 4], [2, 3], [], key=None)), list(heapq.merge([4, 1], [3], reverse=True, key=abs))
    heapq.nlargest(2, range(9), key=abs), heapq.nsmallest(3, [5, 1, 4], key=abs), heapq.nsmallest(1, [3])
    heapq.nlargest(20, range(3)), heapq.nlargest(1, [3, 2])


def run_tokenize() -> None:
    source = (
        b"# -*- coding: utf-8 -*-\ndef f(x):\n  if x: return '''a\nb'''\n  y = f'{x}' + \\\n 1.5e3\n\n#c\n(1,\n2)\n"
    )
    tokens = list(tokenize.tokenize(io.BytesIO(source).readline))
    tokenize.untokenize(tokens), tokenize.untokenize(each[:2] for each in tokens)
    for wrong in (b"'''a", b"(\n", b"if x:\n    a\n  b\n", b"# coding: nope\n"):
        with suppress(tokenize.TokenError, SyntaxError):
            list(tokenize.tokenize(io.BytesIO(wrong).readline))


def run_argparse() -> None:
    parser = argparse.ArgumentParser("x", description="about " * 20, exit_on_error=False, fromfile_prefix_chars="@")
    parser.add_argument("file", nargs="*", type=int, help="a %(default)s")
    parser.add_argument("-v", "--verbose", action="count", default=0)
    parser.add_argument("--many", nargs="+", choices=["a", "b"])
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--one", action="store_true")
    group.add_argument("--two", action="store_const", const=2)
    parser.format_help(), parser.format_usage()
    for words in ("1 2 -vv", "--many a b", "--one --two", "--verb", "--many c", "x", "-vq", "--many", "--many=a -- 3"):
        with suppress(argparse.ArgumentError, SystemExit):
            parser.parse_args(words.split())


def run_others() -> None:
    pprint.pformat({"a": list(range(50)), "b": {"c": "x" * 200, "d": (1,)}, "e": {1, 2}}, width=30, compact=True)
    (
        statistics.median([1, 3, 2]),
        statistics.mode("aab"),
        statistics.pstdev([1.5, 2, 9]),
        statistics.quantiles([1, 2, 3, 4]),
    )
    statistics.mean([fractions.Fraction(1, 3), 2]), statistics.fmean([1, 2]), statistics.harmonic_mean([1, 2.5])
    for text in ("3/4", "-1.5e2", "x", "1/0"):
        with suppress(ValueError, ZeroDivisionError):
            fractions.Fraction(text).limit_denominator(10)
    fractions.Fraction(7, 3) ** 2, round(fractions.Fraction(7, 3), 1), fractions.Fraction(1, 2) == 0.5
    (
        string.Template("$a ${b} $$ $").safe_substitute(a=1),
        string.Formatter().format("{0!r:>5} {x[0]} {}".replace("{}", ""), 1, x=[2]),
    )
    reader = csv.DictReader(io.StringIO("a,b\n1,2,3\n\n4\n"))
    list(reader), csv.Sniffer().sniff("a;b;c\n1;2;3\n"), csv.Sniffer().has_header("a,b\n1,2\n3,4\n")
    for way in range(0, 9, 2):
        bisect.bisect([1, 3, 5], way)


RUNS = {
    ways_out.run: [ways_out],
    run_textwrap: [textwrap],
    run_json: [json, json.encoder, json.decoder, json.scanner],
    run_difflib: [difflib],
    run_shlex: [shlex],
    run_configparser: [configparser],
    run_heapq: [heapq],
    run_tokenize: [tokenize],
    run_argparse: [argparse],
    run_others: [pprint, statistics, fractions, string, csv],
}


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.__name__)
def test_every_step_that_python_takes_is_in_the_graph(run: Callable[[], None]) -> None:
    tracer = Tracer(RUNS[run])
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        run()
    finally:
        sys.settrace(before)
    checked, missing = 0, []
    for code, taken in tracer.seen.items():
        known = steps(code.co_filename, code.co_firstlineno, code.co_name)
        assert known is not None
        checked += len(taken)
        wrong = [pair for pair in sorted(taken) if not known.allows(*pair)]
        missing += [f"{code.co_filename}:{line} -> {following} in {code.co_name}" for line, following in wrong]
    assert checked > 10
    assert not missing, f"{len(missing)} of {checked} steps:\n" + "\n".join(missing[:40])
