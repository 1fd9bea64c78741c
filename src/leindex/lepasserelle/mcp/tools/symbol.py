"""``leindex_symbol``: one symbol with its source, callers and callees; the candidates if its name is not exact."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field

from leindex.errors import AmbiguousSymbol
from leindex.lepasserelle.mcp.calls import project, result
from leindex.lepasserelle.mcp.models import SymbolAnswerModel
from leindex.lepasserelle.mcp.projects import Projects
from leindex.lepasserelle.present import data, text
from leindex.lepasserelle.values import Definition, Relations

SOURCE_TOKENS = 4000
"""Of the definition: a longer one is shown in part, and says where the whole is."""
MOST_RELATIONS = 50
"""Callers and callees listed each; the note says how many there are."""


def register(server: MCPServer[Any], projects: Projects) -> None:
    """Add the tool to a server."""

    @server.tool(title="Show a symbol", annotations=ToolAnnotations(read_only_hint=True))
    async def leindex_symbol(
        context: Context[Any, Any],
        symbol: Annotated[
            str, Field(description="A name (get), a qualified name (Session.get) or an id from a result")
        ],
        project_path: Annotated[str | None, Field(description="Another project's folder; default: this one")] = None,
    ) -> Annotated[CallToolResult, SymbolAnswerModel]:
        """Show a symbol: definition, signature, documentation, members, who calls it and what it calls. If several
        symbols bear the name, all candidates are returned instead; ask again with the id of one.
        """
        async with project(projects, project_path, context) as opened:
            try:
                definition = await opened.show(symbol, budget=SOURCE_TOKENS)
                exact = definition.symbol.id
                callers, callees = await opened.callers(exact), await opened.callees(exact)
            except AmbiguousSymbol as error:
                candidates = [data.render(candidate) for candidate in error.candidates]
                return result(SymbolAnswerModel.model_validate({"symbol": None, "candidates": candidates}), str(error))
        return _answer(definition, callers, callees)


def _answer(definition: Definition, callers: Relations, callees: Relations) -> CallToolResult:
    notes = [*_listed(callers), *_listed(callees)]
    callers, callees = _first(callers), _first(callees)
    fields: dict[str, Any] = data.render(definition)
    del fields["tokens"]
    fields["callers"] = data.render(callers)["relations"]
    fields["callees"] = data.render(callees)["relations"]
    fields["unresolved"] = data.render(callees)["unresolved"]
    fields["notes"] = [*definition.notes, *notes]
    texts = [text.render(definition), text.render(callers), text.render(callees), *notes]
    return result(SymbolAnswerModel.model_validate(fields), *texts)


def _first(value: Relations) -> Relations:
    return replace(value, relations=value.relations[:MOST_RELATIONS], unresolved=value.unresolved[:MOST_RELATIONS])


def _listed(value: Relations) -> list[str]:
    if len(value.relations) <= MOST_RELATIONS:
        return []
    return [f"{MOST_RELATIONS} of {len(value.relations)} {value.direction} are listed"]
