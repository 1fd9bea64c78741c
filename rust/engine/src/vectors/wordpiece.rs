//! Cuts words into the pieces of a BERT vocabulary: lower case, accents gone, always the longest piece that fits.
//!
//! Identifiers are split before (`getHTTPResponse` asks for get, http, response), punctuation says nothing here, and a
//! word with a character that no piece has gives no piece at all, as in BERT.

use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;

use crate::text::split::Parts;
use crate::text::terms::words;

/// BERT takes longer words for unknown.
const MAX_WORD_CHARACTERS: usize = 100;

/// The pieces of a vocabulary by their text. Continuations (`##ing`) have a table of their own.
pub struct WordPiece {
    first: FxHashMap<Box<str>, u32>,
    continued: FxHashMap<Box<str>, u32>,
    longest: usize,
}

impl WordPiece {
    /// From the lines of a `vocab.txt`; a piece's number is its line.
    pub fn new<'a>(tokens: impl Iterator<Item = &'a str>) -> Self {
        let mut pieces = Self { first: FxHashMap::default(), continued: FxHashMap::default(), longest: 0 };
        for (number, token) in tokens.enumerate() {
            let (table, text) = match token.strip_prefix("##") {
                Some(rest) if !rest.is_empty() => (&mut pieces.continued, rest),
                _ => (&mut pieces.first, token),
            };
            table.insert(text.into(), number as u32);
            pieces.longest = pieces.longest.max(text.len());
        }
        pieces
    }

    /// Appends the pieces of every word in a text.
    pub fn of_text(&self, text: &str, out: &mut Vec<u32>) {
        words(text).for_each(|word| self.of_identifier(word, out));
    }

    /// Appends the pieces of an identifier's parts.
    pub fn of_identifier(&self, identifier: &str, out: &mut Vec<u32>) {
        let mut parts = Parts::default();
        parts.split(identifier);
        for part in parts.iter() {
            if part.is_ascii() {
                self.of_word(part, out);
            } else {
                self.of_word(&without_accents(part), out);
            }
        }
    }

    fn of_word(&self, word: &str, out: &mut Vec<u32>) {
        if word.len() > MAX_WORD_CHARACTERS && word.chars().count() > MAX_WORD_CHARACTERS {
            return;
        }
        let before = out.len();
        let mut start = 0;
        while start < word.len() {
            let table = if start == 0 { &self.first } else { &self.continued };
            let mut end = word.len().min(start + self.longest);
            let found = loop {
                if end == start {
                    break None;
                }
                if let Some(&number) = word.get(start..end).and_then(|piece| table.get(piece)) {
                    break Some(number);
                }
                end -= 1;
            };
            let Some(number) = found else { return out.truncate(before) };
            out.push(number);
            start = end;
        }
    }
}

/// The text decomposed (NFD) without its combining marks: `größe` is `große`, é is e.
fn without_accents(text: &str) -> String {
    text.nfd().filter(|&character| !unicode_normalization::char::is_combining_mark(character)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOCABULARY: [&str; 10] = ["un", "##aff", "##able", "aff", "##a", "connect", "##ion", "pool", "cafe", "##"];

    fn pieces(text: &str) -> Vec<&str> {
        let mut numbers = Vec::new();
        WordPiece::new(VOCABULARY.into_iter()).of_text(text, &mut numbers);
        numbers.into_iter().map(|number| VOCABULARY[number as usize]).collect()
    }

    #[test]
    fn the_longest_piece_wins() {
        assert_eq!(pieces("unaffable"), ["un", "##aff", "##able"]);
        assert_eq!(pieces("Connection, pool!"), ["connect", "##ion", "pool"]);
        assert_eq!(pieces("connectionPool"), ["connect", "##ion", "pool"]);
    }

    #[test]
    fn a_word_with_an_unknown_rest_gives_nothing() {
        assert_eq!(pieces("unaffx pool"), ["pool"]);
        assert_eq!(pieces("zzz"), [""; 0]);
        assert_eq!(pieces(&"pool".repeat(30)), [""; 0], "too long to be a word");
    }

    #[test]
    fn accents_do_not_count() {
        assert_eq!(pieces("Café CAFE\u{301}"), ["cafe", "cafe"]);
        assert_eq!(pieces("连"), [""; 0]);
    }
}
