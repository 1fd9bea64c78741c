//! The answer: chosen symbols fitted to a token budget, from full body down to one line.
