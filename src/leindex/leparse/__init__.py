"""From files to facts: languages, discovery, parsing."""
