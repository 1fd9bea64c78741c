"""The narrow door to the engine: what of the native module the packages above may use."""

from leindex_rust._engine import (
    EngineError,
    FittedContext,
    FittedPiece,
    Language,
    ParsedFile,
    SnapshotUnusable,
    build_weighted_context,
    count_tokens,
    describe_facts,
    parse_files,
    parse_only,
    parse_source,
    split_identifier,
    terms,
)

__all__ = [
    "EngineError",
    "FittedContext",
    "FittedPiece",
    "Language",
    "ParsedFile",
    "SnapshotUnusable",
    "build_weighted_context",
    "count_tokens",
    "describe_facts",
    "parse_files",
    "parse_only",
    "parse_source",
    "split_identifier",
    "terms",
]
from leindex_rust._engine import EngineError, SnapshotUnusable, WalkedFile, WalkSkip, hash_files, walk

__all__ = ["EngineError", "SnapshotUnusable", "WalkSkip", "WalkedFile", "hash_files", "walk"]
