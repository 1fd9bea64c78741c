"""What the doors take from the engine; the only module of this package that knows it."""

from leindex_rust import EngineError, Snapshot, SnapshotUnusable

__all__ = ["EngineError", "Snapshot", "SnapshotUnusable"]
