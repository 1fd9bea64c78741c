//! From words to index terms, by the same rules for code, comments and questions.
//!
//! A word gives the stem of each of its parts and, when it has several, the stem of the whole written together, so that
//! `ConnectionPool` is found by "connection", by "pools", by `connection_pool` and by "connectionpool". The stemmer is
//! light on purpose: plural, -ing, -ed and a final e. What it cuts need not be a word, it only has to be cut alike
//! everywhere.

use crate::text::split::Parts;

/// Longer words are not words (encoded data, hashes) and would only swell the index.
const MAX_TERM_BYTES: usize = 64;
/// More parts than any name has: a line of text taken for an identifier.
const MAX_PARTS: usize = 32;
/// Words that the rules would take apart or mix up with others.
const KEPT: [&str; 6] = ["alias", "atlas", "bias", "canvas", "embed", "https"];

/// Words of questions that say nothing about what is asked for. Sorted.
const STOP_WORDS: [&str; 75] = [
    "about", "all", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "code", "could",
    "did", "do", "does", "doing", "done", "each", "explain", "find", "for", "from", "give", "had", "has", "have",
    "here", "how", "if", "in", "into", "is", "it", "its", "let", "like", "me", "my", "of", "on", "or", "our", "please",
    "show", "so", "some", "such", "tell", "than", "that", "the", "their", "them", "then", "there", "these", "they",
    "this", "those", "to", "us", "was", "we", "were", "what", "where", "which", "who", "why", "with", "you",
];

/// Makes the terms of one word after the other without allocating.
#[derive(Default)]
pub struct Terms {
    parts: Parts,
    stem: String,
}

impl Terms {
    /// Calls `each` with every term of every word in a text.
    pub fn of_text(&mut self, text: &str, mut each: impl FnMut(&str)) {
        words(text).for_each(|word| self.of_word(word, &mut each));
    }

    /// Calls `each` with every term of an identifier or word: the stems of its parts, then that of the whole.
    pub fn of_word(&mut self, word: &str, mut each: impl FnMut(&str)) {
        self.parts.split(word);
        for part in self.parts.iter().take(MAX_PARTS) {
            if let Some(term) = normal(part, &mut self.stem) {
                each(term);
            }
        }
        if self.parts.len() > 1
            && let Some(term) = normal(self.parts.joined(), &mut self.stem)
        {
            each(term);
        }
    }
}

/// The folders of a path, and its last part without extension.
pub fn folders_and_stem(path: &str) -> (&str, &str) {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => (folders, stem),
        _ => (folders, name),
    }
}

/// The stem of a lower-cased word; None for a lone letter or digit and for what is too long to be a word.
fn normal<'a>(word: &str, stem: &'a mut String) -> Option<&'a str> {
    if word.len() < 2 || word.len() > MAX_TERM_BYTES {
        return None;
    }
    stem.clear();
    stem.push_str(word);
    cut(stem);
    Some(stem)
}

/// Cuts the endings off a lower-cased word.
fn cut(word: &mut String) {
    if word.len() < 4 || !word.is_ascii() || KEPT.contains(&word.as_str()) {
        return;
    }
    let bytes = word.as_bytes();
    let mut end = bytes.len();
    if end > 4 && bytes.ends_with(b"ies") {
        word.truncate(end - 3);
        word.push('y');
        return;
    }
    if bytes[end - 1] == b's' && !matches!(bytes[end - 2], b's' | b'u' | b'i') {
        end -= 1;
    }
    if end > 4 && bytes[..end].ends_with(b"ied") {
        word.truncate(end - 3);
        word.push('y');
        return;
    }
    end = without_ing_or_ed(&bytes[..end]);
    if end > 3 && bytes[end - 1] == b'e' {
        end -= 1;
    }
    if end > 4 && bytes[..end].ends_with(b"ll") {
        end -= 1;
    }
    word.truncate(end);
}

/// Length of the word without -ing or -ed, and without the consonant doubled before it (`running`, `mapped`).
fn without_ing_or_ed(word: &[u8]) -> usize {
    let speaks = |length: usize| length >= 3 && word[..length].iter().any(|byte| b"aeiouy".contains(byte));
    let end = if word.ends_with(b"ing") && speaks(word.len() - 3) {
        word.len() - 3
    } else if word.ends_with(b"ed") && !word.ends_with(b"eed") && speaks(word.len() - 2) {
        word.len() - 2
    } else {
        return word.len();
    };
    let doubled = end >= 4 && word[end - 1] == word[end - 2] && !b"aeiouylsz".contains(&word[end - 1]);
    if doubled { end - 1 } else { end }
}

/// The distinct terms of a text in order of appearance. With `stop_words` true those of a question's empty words are
/// left out, unless nothing else is left.
pub fn terms(text: &str, stop_words: bool) -> Vec<String> {
    let told: Vec<&str> = words(text).filter(|word| !(stop_words && is_stop_word(word))).collect();
    let words: Vec<&str> = if told.is_empty() { words(text).collect() } else { told };
    let mut found = Vec::new();
    let mut terms = Terms::default();
    for word in words {
        terms.of_word(word, |term| {
            if !found.iter().any(|known| known == term) {
                found.push(term.to_owned());
            }
        });
    }
    found
}

/// Runs of letters, digits and underscores.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| {
        !(character.is_alphanumeric() || character == '_' || ('\u{300}'..='\u{36f}').contains(&character))
    })
    .filter(|word| !word.is_empty())
}

fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word.to_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stem(word: &str) -> String {
        let mut word = word.to_owned();
        cut(&mut word);
        word
    }

    #[track_caller]
    fn check_alike(words: &str) {
        let stems: Vec<String> = words.split(' ').map(stem).collect();
        assert!(stems.windows(2).all(|pair| pair[0] == pair[1]), "{words}: {stems:?}");
    }

    #[test]
    fn forms_of_one_word_share_a_term() {
        for words in [
            "connection connections",
            "pool pools pooling pooled",
            "cache caches caching cached",
            "parse parses parsing parsed",
            "run runs running",
            "map maps mapping mapped mappings",
            "entry entries",
            "copy copies copied copying",
            "match matches matching matched",
            "class classes",
            "cancel cancels cancelled cancelling canceled",
            "install installs installed installing",
            "index indexes indexing indexed",
            "alias aliases",
            "response responses",
            "size sizes sized sizing",
        ] {
            check_alike(words);
        }
    }

    #[test]
    fn words_that_only_look_inflected_stay_whole() {
        for word in ["string", "status", "analysis", "thing", "speed", "need", "bus", "gas", "red", "https", "embed"] {
            assert_eq!(stem(word), word);
        }
        assert_ne!(stem("parse"), stem("par"));
        assert_ne!(stem("adding"), stem("ad"));
    }

    #[test]
    fn a_name_gives_its_parts_and_itself() {
        assert_eq!(terms("getHTTPResponses", false), ["get", "http", "respons", "gethttprespons"]);
        assert_eq!(terms("hash_maps HashMap", false), ["hash", "map", "hashmap"]);
        assert_eq!(terms("x i 2", false), [""; 0], "a lone letter says nothing");
        assert_eq!(terms("x2", false), ["x2"]);
    }

    #[test]
    fn a_question_loses_its_empty_words_and_nothing_else() {
        assert_eq!(terms("How does the connection pooling work?", true), ["connection", "pool", "work"]);
        assert_eq!(terms("what is this", true), terms("what is this", false), "all empty: keep them");
        assert_eq!(terms(" ", true), [""; 0]);
    }

    #[test]
    fn a_path_has_folders_and_a_stem() {
        assert_eq!(folders_and_stem("src/net/pool.test.py"), ("src/net", "pool.test"));
        assert_eq!(folders_and_stem("Makefile"), ("", "Makefile"));
        assert_eq!(folders_and_stem("a/.bashrc"), ("a", ".bashrc"));
    }

    #[test]
    fn stop_words_are_sorted_for_the_search() {
        assert!(STOP_WORDS.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn data_is_not_taken_for_words() {
        assert_eq!(terms(&"a".repeat(65), false), [""; 0]);
        assert_eq!(terms(&"a".repeat(64), false).len(), 1);
        let many: String = (0..100).map(|number| format!("part{number}_")).collect();
        assert!(terms(&many, false).len() <= MAX_PARTS);
    }
}
