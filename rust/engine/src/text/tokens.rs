//! Exact cl100k tokens: what a context costs the model that will read it.
//!
//! Token counts do not add up (the tokens of two texts joined may be fewer than those of both), so whoever fits a
//! budget counts the text it will hand out, and uses the limit to stop early.

/// Tokens of `text` in the encoding `cl100k_base`.
pub fn count_tokens(text: &str) -> usize {
    bpe_openai::cl100k_base().count(text)
}

/// Tokens of `text` if they are at most `limit`; a text far beyond it costs no more than one near it.
pub fn count_within(text: &str, limit: usize) -> Option<usize> {
    let tokenizer = bpe_openai::cl100k_base();
    tokenizer.split(text).try_fold(0, |used, piece| {
        let piece = tokenizer.bpe.count_till_limit(piece.as_bytes(), limit - used)?;
        Some(used + piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_the_published_encoding() {
        // Examples of the tiktoken documentation and its tests.
        assert_eq!(count_tokens("tiktoken is great!"), 6);
        assert_eq!(count_tokens("hello world"), 2);
        assert_eq!(count_tokens("antidisestablishmentarianism"), 6);
        assert_eq!(count_tokens("2 + 2 = 4"), 7);
        assert_eq!(count_tokens("お誕生日おめでとう"), 9);
        assert_eq!(count_tokens(""), 0);
    }

    #[test]
    fn a_limit_is_met_exactly_or_not_at_all() {
        let text = "fn main() { println!(\"hello\"); }\n".repeat(10);
        let tokens = count_tokens(&text);
        assert_eq!(count_within(&text, tokens), Some(tokens));
        assert_eq!(count_within(&text, tokens + 1), Some(tokens));
        assert_eq!(count_within(&text, tokens - 1), None);
        assert_eq!(count_within(&text, 0), None);
        assert_eq!(count_within("", 0), Some(0));
    }
}
