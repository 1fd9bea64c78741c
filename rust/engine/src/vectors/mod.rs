//! Meaning: a static table of subword vectors, mean-pooled per symbol, scanned exactly.
