"""What the parse layer uses of the engine; the only module here that imports it."""

from leindex_rust import (
    Flow,
    Language,
    ParsedFile,
    WalkedFile,
    WalkSkip,
    describe_facts,
    hash_files,
    parse_files,
    parse_only,
    parse_source,
    sniff_files,
    use_system_allocator,
    walk,
)

__all__ = [
    "Flow",
    "Language",
    "ParsedFile",
    "WalkSkip",
    "WalkedFile",
    "describe_facts",
    "hash_files",
    "parse_files",
    "parse_only",
    "parse_source",
    "sniff_files",
    "use_system_allocator",
    "walk",
]
