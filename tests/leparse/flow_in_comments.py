"""Fixtures of control flow that carry their own assertions: sources whose comments say where control goes.

A comment at the end of a line of code says things of that line, parted by `;`:

    -> 7 true, 9 false      ways from the last statement on this line to the first on another; `exit` is the end of the
                            function, `head` of `loop-back` the line of the loop. All ways must be said, or none;
                            a way to the next line of code without a decision needs no word and is not said
    defines x, self.y       variables that get a value here
    uses x@3, y@4 6         variables read here, with the lines of the definitions that they may see
    dead                    nothing leads here
    cyclomatic 4 cognitive 7 nesting 2 parameters 1 …    numbers of the function that begins here

Comments are written with `#`, `//` or `--`, and are cut out before the source is read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from leindex.leparse.flow import CodeIntelligence, FlowGraph

_SAID = re.compile(r"[ \t]*(?:#|//|--)[ \t]*(?=->|defines |uses |dead\b|cyclomatic )(?P<said>.*)$")


@dataclass
class Said:
    """What a fixture says of its lines."""

    ways: dict[int, set[tuple[str, str]]] = field(default_factory=dict)
    defines: dict[int, set[str]] = field(default_factory=dict)
    uses: dict[int, dict[str, set[int]]] = field(default_factory=dict)
    dead: set[int] = field(default_factory=set)
    numbers: dict[int, dict[str, int]] = field(default_factory=dict)


def separated(text: str) -> tuple[str, Said]:
    """The source without what is said of it, and what is said."""
    said, lines = Said(), []
    for number, line in enumerate(text.splitlines(), 1):
        match = _SAID.search(line)
        lines.append(line[: match.start()] if match else line)
        for one in match["said"].split(";") if match else []:
            _read(said, number, one.strip())
    return "\n".join(lines) + "\n", said


def _read(said: Said, line: int, one: str) -> None:
    word, _, rest = one.partition(" ")
    if word == "->":
        pairs = [way.split() for way in rest.split(",")]
        said.ways[line] = {(pair[0], pair[1]) for pair in pairs}
    elif word == "defines":
        said.defines[line] = {name.strip() for name in rest.split(",")}
    elif word == "uses":
        uses = [use.strip().rpartition("@") for use in rest.split(",")]
        said.uses[line] = {name: set(map(int, lines.split())) for name, _, lines in uses}
    elif word == "dead":
        said.dead.add(line)
    elif word == "cyclomatic":
        words = one.split()
        said.numbers[line] = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    else:
        raise ValueError(f"line {line}: {one!r} is no assertion")


def check(language: str, text: str) -> list[str]:
    """What is wrong with the flow of a fixture, one complaint each."""
    source, said = separated(text)
    intelligence, encoded = CodeIntelligence(language), source.encode()
    complaints: list[str] = []
    asserted = {*said.ways, *said.defines, *said.uses, *said.dead}
    functions = [each for each in intelligence.get_signatures(encoded) if each.kind in {"function", "method"}]
    for function in functions:
        inner = {
            line
            for other in functions
            if function.start_byte < other.start_byte < function.end_byte
            for line in range(other.start_line, other.end_line + 1)
        }
        own = asserted & set(range(function.start_line, function.end_line + 1)) - inner
        graph = intelligence.compute_cfg(encoded, function)
        complaints += [f"line {line}: {what}" for line in sorted(own) for what in _line(graph, said, line)]
        asserted -= own
    complaints += [f"line {line} is in no function" for line in sorted(asserted)]
    measured = {each.start_line: each.metrics for each in intelligence.measure(encoded)}
    for line, numbers in said.numbers.items():
        found = {name: getattr(measured[line], name) for name in numbers} if line in measured else {}
        if found != numbers:
            complaints.append(f"line {line}: says {numbers}, is {found}")
    return complaints


def _line(graph: FlowGraph, said: Said, line: int) -> list[str]:
    complaints = []
    for what, expected, found in (
        ("ways", said.ways.get(line), lambda: _ways(graph, line)),
        ("defines", said.defines.get(line), lambda: {each.variable for each in graph.definitions if each.line == line}),
        ("uses", said.uses.get(line), lambda: _uses(graph, line)),
    ):
        if expected is not None and expected != found():
            complaints.append(f"{what}: says {expected}, is {found()}")
    blocks = {block.id for block in graph.blocks for each in block.statements if each.start_line == line}
    if line in said.dead and not blocks <= set(graph.unreachable):
        complaints.append("is reached")
    return complaints


def _ways(graph: FlowGraph, line: int) -> set[tuple[str, str]]:
    """Ways from a line to another, through empty blocks and other statements of the same line."""
    leaving = defaultdict(list)
    for edge in graph.edges:
        leaving[edge.source].append(edge)
    ways = set()
    for block in graph.blocks:
        lines = [each.start_line for each in block.statements]
        if line not in lines:
            continue
        last = len(lines) - lines[::-1].index(line)
        if last < len(lines):
            ways.add((str(lines[last]), "next"))
            continue
        waiting = [(edge.target, edge.kind) for edge in leaving[block.id]]
        seen = set()
        while waiting:
            target, kind = waiting.pop()
            to = graph.blocks[target]
            if target == graph.exit or (to.statements and to.statements[0].start_line != line):
                ways.add(("exit" if target == graph.exit else str(to.statements[0].start_line), kind))
            elif not to.statements and target not in seen:
                seen.add(target)
                waiting += [(edge.target, kind if kind != "next" else edge.kind) for edge in leaving[target]]
            elif to.statements and kind not in {"next", "true", "false"}:
                ways.add((str(line), kind))
    return ways


def _uses(graph: FlowGraph, line: int) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {use.variable: set() for use in graph.uses if use.line == line}
    for use, definition in graph.def_use:
        if graph.uses[use].line == line:
            found[graph.uses[use].variable].add(graph.definitions[definition].line)
    return {name: lines for name, lines in found.items() if lines}


def annotated(language: str, text: str) -> str:
    """The fixture with all that could be said of it, to be copied once it is seen to be right."""
    source, _ = separated(text)
    intelligence, encoded = CodeIntelligence(language), source.encode()
    lines = source.splitlines()
    notes: dict[int, list[str]] = defaultdict(list)
    for each in intelligence.measure(encoded):
        m = each.metrics
        notes[each.start_line].append(
            f"cyclomatic {m.cyclomatic} cognitive {m.cognitive} nesting {m.nesting} parameters {m.parameters}"
        )
    functions = [one for one in intelligence.get_signatures(encoded) if one.kind in {"function", "method"}]
    for function in functions:
        inner = {
            line
            for other in functions
            if function.start_byte < other.start_byte < function.end_byte
            for line in range(other.start_line, other.end_line + 1)
        }
        graph = intelligence.compute_cfg(encoded, function)
        starts = {each.start_line for block in graph.blocks for each in block.statements}
        for line in sorted(starts | {each.line for each in graph.definitions}):
            if line in inner:
                continue
            ways = sorted(_ways(graph, line), key=str) if line in starts else []
            if ways and {kind for _, kind in ways} != {"next"}:
                notes[line].append("-> " + ", ".join(f"{to} {kind}" for to, kind in ways))
            defines = sorted({each.variable for each in graph.definitions if each.line == line})
            uses = sorted(_uses(graph, line).items())
            if defines:
                notes[line].append("defines " + ", ".join(defines))
            if uses:
                notes[line].append("uses " + ", ".join(f"{name}@{' '.join(map(str, sorted(at)))}" for name, at in uses))
            dead = {block.id for block in graph.blocks for each in block.statements if each.start_line == line}
            if dead and dead <= set(graph.unreachable):
                notes[line].append("dead")
    hash_sign, dashes = {"python", "ruby", "elixir", "bash", "bats"}, {"lua", "haskell"}
    sign = "#" if language in hash_sign else "--" if language in dashes else "//"
    return (
        "\n".join(
            f"{line}  {sign} {'; '.join(notes[number])}" if notes[number] else line
            for number, line in enumerate(lines, 1)
        )
        + "\n"
    )
