"""What the doors take from the engine; the only module of this package that knows it."""

from leindex_rust import EngineError, FittedContext, Snapshot, SnapshotUnusable, build_weighted_context, terms

__all__ = ["EngineError", "FittedContext", "Snapshot", "SnapshotUnusable", "build_weighted_context", "terms"]
