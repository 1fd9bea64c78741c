"""The schemas of the tools' structured results, field by field as ``present.data`` makes them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SymbolModel(_Strict):
    """A named piece of code."""

    id: str = Field(description="Exact name to ask for it again: path::qualified.name")
    name: str
    qualified_name: str
    kind: str
    language: str
    file: str = Field(description="Path relative to the project")
    start_line: int
    end_line: int
    signature: str
    summary: str = Field(description="First line of its documentation")
    visibility: str
    complexity: int = Field(description="Cyclomatic complexity")
    file_is: list[str] = Field(description="What its file is besides code: test, generated, vendored, example")


class HitModel(_Strict):
    """A search result."""

    symbol: SymbolModel
    score: float
    why: list[str]


class SearchModel(_Strict):
    """Results of a search, best first."""

    query: str
    hits: list[HitModel]


class PieceModel(_Strict):
    """One symbol of a context, and how much of it is shown."""

    symbol: SymbolModel
    detail: Literal["full", "signature", "line"]
    start_line: int
    end_line: int
    tokens: int
    relevance: float
    distance: int = Field(description="Edges from the nearest entry point")
    reason: str


class ContextModel(_Strict):
    """The answer to a question."""

    query: str
    budget: int
    tokens: int = Field(description="Exact cl100k tokens of text")
    text: str = Field(description="The code, with line numbers, grouped by file")
    entry_points: list[HitModel]
    pieces: list[PieceModel]
    omitted: int = Field(description="Relevant symbols that did not fit the budget")
    notes: list[str]


class RelationModel(_Strict):
    """An edge to another symbol."""

    symbol: SymbolModel
    kind: Literal["call", "inheritance", "data_dependency"]
    confidence: float = Field(description="1.0 is certain; 1/n where n symbols bear the name")
    line: int = Field(description="Where the reference stands; 0 if unknown")


class UnresolvedModel(_Strict):
    """A name that too many symbols bear to draw an edge to each."""

    name: str
    kind: Literal["call", "inheritance", "data_dependency"]
    candidates: int
    line: int


class SymbolAnswerModel(_Strict):
    """One symbol, or the candidates if the name is not exact enough."""

    symbol: SymbolModel | None
    text: str = Field(default="", description="Its source with line numbers")
    detail: Literal["full", "signature", "line"] | None = None
    parent: str | None = None
    members: list[SymbolModel] = []
    callers: list[RelationModel] = []
    callees: list[RelationModel] = []
    unresolved: list[UnresolvedModel] = Field(default=[], description="Names it uses whose meaning stays open")
    notes: list[str] = []
    candidates: list[SymbolModel] = Field(default=[], description="Ask for one of these by its id")


class SkippedModel(_Strict):
    """A file that was left out."""

    file: str
    reason: str
    detail: str


class IndexModel(_Strict):
    """What an index run did."""

    root: str
    generation: int
    files: int
    parsed: int
    unchanged: int
    removed: int
    symbols: int
    edges: int
    languages: dict[str, int]
    skipped_count: int
    skipped_by_reason: dict[str, int]
    skipped: list[SkippedModel] = Field(description="The first of them")
    syntax_errors: int
    bytes: int
    seconds: float
    stages: dict[str, float]
