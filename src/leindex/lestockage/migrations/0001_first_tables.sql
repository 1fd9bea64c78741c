-- The specification's tables (FR-4.1) with what a Symbol needs besides, and the files they were made from.

CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    root TEXT NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0,      -- 0: nothing published yet
    published_at INTEGER NOT NULL DEFAULT 0,    -- seconds since 1970
    pending INTEGER NOT NULL DEFAULT 0,         -- 1: parsed_files has changed since the last publish
    counts TEXT NOT NULL DEFAULT '{}'           -- JSON: nodes and edges by kind, as published
);

-- What readers see: the files of the published generation. Nodes of a file are numbered from first_node, densely.
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    language TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    content_hash BLOB NOT NULL,                 -- BLAKE3, 32 bytes; empty when the file could not be read
    status TEXT NOT NULL,                       -- parsed, text, binary, minified, unreadable
    detail TEXT NOT NULL,
    flags INTEGER NOT NULL,                     -- 1 generated, 2 test, 4 vendored, 8 example
    symbols INTEGER NOT NULL,
    syntax_errors INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    first_node INTEGER NOT NULL,
    generation INTEGER NOT NULL
) WITHOUT ROWID;

-- What the writer works on: the same files as they are parsed, kept from run to run and through a kill, so that an
-- unchanged file is never parsed again. Readers never look here.
CREATE TABLE parsed_files (
    path TEXT PRIMARY KEY,
    language TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    content_hash BLOB NOT NULL,
    status TEXT NOT NULL,
    detail TEXT NOT NULL,
    flags INTEGER NOT NULL,
    symbols INTEGER NOT NULL,
    syntax_errors INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    parser TEXT NOT NULL,                       -- fingerprint of grammar, rules and encoding; another one parses again
    facts BLOB NOT NULL
);

CREATE TABLE skipped_files (
    path TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE intel_nodes (
    id INTEGER PRIMARY KEY,                     -- the node's number in the program graph
    project_id TEXT,
    file_path TEXT,
    symbol_name TEXT,
    node_type TEXT,
    signature TEXT,
    complexity INTEGER,
    content_hash TEXT,                          -- of the body, white space and comments aside
    embedding BLOB,                             -- NULL: vectors lie in the snapshot, beside the graph
    local_name TEXT,                            -- what follows file_path:: in the symbol's id; empty for a module
    qualified_name TEXT,
    summary TEXT,
    visibility TEXT,
    parent INTEGER,
    start_line INTEGER,
    end_line INTEGER,
    start_byte INTEGER,
    end_byte INTEGER,
    signature_start INTEGER,
    signature_end INTEGER,
    doc_start INTEGER,
    doc_end INTEGER,
    interface_hash TEXT,
    FOREIGN KEY(project_id) REFERENCES projects(id)
);

-- Covers every look-up by name: a qualified name ends with the symbol's name, so its rows lie together.
CREATE INDEX intel_nodes_by_name ON intel_nodes(symbol_name, qualified_name);

CREATE TABLE intel_edges (
    caller_id INTEGER,
    callee_id INTEGER,
    edge_type TEXT,
    confidence REAL,
    line INTEGER,
    PRIMARY KEY(caller_id, callee_id, edge_type)
) WITHOUT ROWID;

CREATE TABLE analysis_cache (
    node_hash TEXT PRIMARY KEY,
    cfg_data BLOB,
    complexity_metrics BLOB,
    timestamp INTEGER
);
