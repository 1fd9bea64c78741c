-- Which files beside the database hold indexes, and after which change each was written. A missing file is no loss.
CREATE TABLE index_files (
    part TEXT PRIMARY KEY,                      -- nodes, edges, the vectors of a model, a property
    token TEXT NOT NULL,                        -- the name of the file, which no other file ever has
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
