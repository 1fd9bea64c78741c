"""``leindex analyze``: the code that answers a question, within a token budget."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import Exit, emit, project, remark


def analyze(
    query: options.Query,
    budget: Annotated[int, typer.Option("--budget", "-b", help="cl100k tokens that the answer may cost.")] = 2000,
    path: options.Project = None,
    json: options.Json = False,
    text: Annotated[bool, typer.Option("--text", help="Print the form for models, even on a terminal.")] = False,
) -> None:
    """Answer a question with the code it is about."""
    with project(path) as opened:
        context = opened.analyze(query, budget=budget)
        emit(context, json=json, text=text)
    if context.text and not json and (text or not sys.stdout.isatty()):
        for note in context.notes:
            remark(note)
    if not context.pieces:
        raise typer.Exit(Exit.NOTHING_FOUND)
