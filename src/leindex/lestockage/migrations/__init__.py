"""The schema, one SQL file per change, applied in the order of their names and recorded by name."""
