"""The one door of this package to the engine."""

from leindex_rust import GraphIndex, Reach, VectorIndex, read_columns, write_columns

__all__ = ["GraphIndex", "Reach", "VectorIndex", "read_columns", "write_columns"]
