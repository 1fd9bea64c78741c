"""What the parse layer uses of the engine; the only module here that imports it."""

from leindex_rust import Language, ParsedFile, describe_facts, parse_files, parse_only, parse_source

__all__ = ["Language", "ParsedFile", "describe_facts", "parse_files", "parse_only", "parse_source"]
