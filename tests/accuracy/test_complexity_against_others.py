"""Other people's tools are the judges of our numbers: radon of cyclomatic, cognitive_complexity of cognitive complexity.

The judged are the functions of the standard library: a part of its files in each run, all of them with `ACCURACY=all`.
Where the tools count by other rules, the difference is computed from Python's own tree, so that every number is accounted
for, and `RULES` says why ours differ.
"""

from __future__ import annotations

import ast
import os
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from cognitive_complexity.api import get_cognitive_complexity
from radon.visitors import ComplexityVisitor, Function

from leindex.leparse.flow import CodeIntelligence, ComplexityMetrics
from leindex.leparse.outline import parse_text

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
EVERY = 1 if os.environ.get("ACCURACY") == "all" else 24
PYTHON = CodeIntelligence("python")
Definition = ast.FunctionDef | ast.AsyncFunctionDef

RULES = {
    "else of a loop or try": "radon adds one; it is no decision of its own, for the loop or the handlers decided already",
    "inside an assert": "radon does not look there; a condition in it branches as any other does",
    "default case": "radon leaves it out only where it is `_`; `case name` takes everything as well",
    "except*": "radon does not know it",
    "parameter defaults": "radon does not look there; they are evaluated with the function",
}
"""Why our cyclomatic complexity is not radon's."""


def files() -> Iterator[tuple[bytes, ast.Module]]:
    for path in sorted(LIBRARY.rglob("*.py"))[::EVERY]:
        source = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                tree = ast.parse(source)
            except (SyntaxError, ValueError):
                continue
        if "site-packages" not in path.parts and not parse_text("x.py", source, "python").syntax_errors:
            yield source, tree


def ours(source: bytes) -> dict[tuple[int, str], ComplexityMetrics]:
    found = PYTHON.measure(source)
    return {(each.start_line, each.name.rpartition(".")[2]): each.metrics for each in found}


def definitions(tree: ast.Module) -> Iterator[tuple[tuple[int, str], Definition]]:
    for node in ast.walk(tree):
        if isinstance(node, Definition):
            yield (min(each.lineno for each in [node, *node.decorator_list]), node.name), node


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """What runs in a function, without definitions in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, Definition | ast.ClassDef):
            yield child
            yield from inside(child)


def decisions(node: ast.AST) -> int:
    """Decisions by our rules, from Python's own tree."""
    match node:
        case ast.If() | ast.IfExp() | ast.While() | ast.For() | ast.AsyncFor() | ast.ExceptHandler() | ast.Assert():
            return 1
        case ast.BoolOp():
            return len(node.values) - 1
        case ast.comprehension():
            return 1 + len(node.ifs)
        case ast.match_case():
            takes_all = isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None and node.guard is None
            return 0 if takes_all else 1
    return 0


def radon(node: Definition) -> int:
    visitor = ComplexityVisitor()
    visitor.visit_FunctionDef(node)
    (function,) = visitor.functions
    assert isinstance(function, Function)
    return int(function.complexity)


def closures(node: Definition) -> int:
    """What radon's `complexity` of a function adds for the functions in it."""
    visitor = ComplexityVisitor()
    visitor.visit_FunctionDef(node)
    return sum(each.complexity for each in visitor.functions[0].closures)


def difference(node: Definition) -> int:
    """Radon's number less ours, by `RULES`."""
    total = 0
    body = [part for statement in node.body if not isinstance(statement, Definition | ast.ClassDef) for part in [statement, *inside(statement)]]
    for part in body:
        if isinstance(part, ast.For | ast.AsyncFor | ast.While | ast.Try) and part.orelse:
            total += 1
        if isinstance(part, ast.Assert):
            total -= sum(map(decisions, inside(part)))
        if isinstance(part, ast.Match):
            underscore = any(getattr(case.pattern, "pattern", False) is None for case in part.cases)
            total += max(0, len(part.cases) - underscore) - sum(map(decisions, part.cases))
        if isinstance(part, ast.TryStar):
            total -= len(part.handlers)
    total -= sum(map(decisions, inside(node.args)))
    return total


@pytest.fixture(scope="module")
def judged() -> list[tuple[Definition, ComplexityMetrics, str]]:
    found = []
    for source, tree in files():
        measured = ours(source)
        for key, node in definitions(tree):
            assert key in measured, f"{key} is not measured"
            found.append((node, measured[key], f"{key[1]} of line {key[0]}"))
    assert len(found) > 25000 // EVERY
    return found


def test_cyclomatic_complexity_is_radons_by_its_rules(judged: list[tuple[Definition, ComplexityMetrics, str]]) -> None:
    wrong = []
    for node, metrics, name in judged:
        theirs = radon(node)
        expected = theirs - difference(node)
        if expected != metrics.cyclomatic:
            wrong.append(f"{name}: {metrics.cyclomatic}, radon {theirs}, by our rules {expected}")
    assert not wrong, f"{len(wrong)} of {len(judged)}:\n" + "\n".join(wrong[:30])


def test_cognitive(judged: list[tuple[Definition, ComplexityMetrics, str]]) -> None:
    wrong = []
    for node, metrics, name in judged:
        theirs = get_cognitive_complexity(node)
        if theirs != metrics.cognitive:
            wrong.append(f"{name}: {metrics.cognitive}, theirs {theirs}")
    assert not wrong, f"{len(wrong)} of {len(judged)}:\n" + "\n".join(wrong[:30])
