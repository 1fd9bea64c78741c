"""What LeIndex is measured by: speed and memory against bare parsing, retrieval against published figures."""
