"""What the graph layer uses of the engine; the only module here that imports it."""

from leindex_rust import NodeRows, Program, ProgramBuilder, RustAnalyzer, Snapshot, SnapshotUnusable, StaticModel

__all__ = ["NodeRows", "Program", "ProgramBuilder", "RustAnalyzer", "Snapshot", "SnapshotUnusable", "StaticModel"]
