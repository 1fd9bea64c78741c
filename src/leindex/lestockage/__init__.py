"""Where an index rests: one SQLite file per project, published by generation."""
