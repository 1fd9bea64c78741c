"""From a question to symbols: query understanding, retrieval, ranking."""
