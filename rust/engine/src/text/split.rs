//! Where one word ends and the next begins inside an identifier: `getHTTPResponse2` is get, http, response, 2.
//!
//! One pass over the characters, by class: a separator ends a word; so does a step between letters and digits and a
//! step from lower to upper case; a run of capitals followed by a small letter gives its last capital to the next word
//! (`HTTPServer`), unless that letter is a lone plural s (`URLs`). Ideographs are words of their own.

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Separator,
    Lower,
    Upper,
    Digit,
    Ideograph,
    /// A combining accent: part of the letter before it.
    Mark,
}

fn class(character: char) -> Class {
    match character {
        'a'..='z' => Class::Lower,
        'A'..='Z' => Class::Upper,
        '0'..='9' => Class::Digit,
        '\0'..='\x7f' => Class::Separator,
        '\u{300}'..='\u{36f}' => Class::Mark,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => {
            Class::Ideograph
        }
        _ if character.is_uppercase() => Class::Upper,
        _ if character.is_alphabetic() => Class::Lower,
        _ if character.is_numeric() => Class::Digit,
        _ => Class::Separator,
    }
}

/// The lower-cased words of one identifier. Kept between identifiers, so that splitting allocates nothing.
#[derive(Default)]
pub struct Parts {
    /// All words, nothing between them.
    joined: String,
    /// End of each word in `joined`.
    ends: Vec<usize>,
}

impl Parts {
    /// Replaces what was here by the words of `text`.
    pub fn split(&mut self, text: &str) {
        self.joined.clear();
        self.ends.clear();
        let mut previous = Class::Separator;
        let mut capitals = 0;
        // Where the last character of `joined` begins.
        let mut last = 0;
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            let mut now = class(character);
            match (previous, now) {
                (Class::Separator, Class::Mark) => now = Class::Separator,
                (_, Class::Mark) => now = previous,
                (_, Class::Separator | Class::Ideograph) | (Class::Ideograph, _) => self.close(self.joined.len()),
                (Class::Digit, _) | (_, Class::Digit) if previous != now => self.close(self.joined.len()),
                (Class::Lower, Class::Upper) => self.close(self.joined.len()),
                (Class::Upper, Class::Lower) if capitals > 1 && !is_plural(character, &rest) => self.close(last),
                _ => {}
            }
            capitals = if now == Class::Upper { capitals + 1 } else { 0 };
            previous = now;
            if now != Class::Separator {
                last = self.joined.len();
                self.push_lower(character);
            }
        }
        self.close(self.joined.len());
    }

    /// All words written together: the identifier itself, whatever its style. `get_http` and `getHTTP` are `gethttp`.
    pub fn joined(&self) -> &str {
        &self.joined
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|index| {
            let start = if index == 0 { 0 } else { self.ends[index - 1] };
            &self.joined[start..self.ends[index]]
        })
    }

    fn close(&mut self, end: usize) {
        if end > self.ends.last().copied().unwrap_or(0) {
            self.ends.push(end);
        }
    }

    fn push_lower(&mut self, character: char) {
        if character.is_ascii() {
            self.joined.push(character.to_ascii_lowercase());
        } else {
            self.joined.extend(character.to_lowercase());
        }
    }
}

/// The s of `URLs`: nothing of the same word follows it.
fn is_plural(character: char, rest: &std::str::Chars<'_>) -> bool {
    character == 's' && !rest.clone().next().is_some_and(|next| matches!(class(next), Class::Lower | Class::Mark))
}

/// The words of an identifier, lower-cased.
pub fn split_identifier(text: &str) -> Vec<String> {
    let mut parts = Parts::default();
    parts.split(text);
    parts.iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(identifier: &str, words: &str) {
        assert_eq!(split_identifier(identifier).join(" "), words, "{identifier}");
    }

    #[test]
    fn every_naming_style_gives_the_same_words() {
        check("getHTTPResponse2", "get http response 2");
        check("get_http_response_2", "get http response 2");
        check("GET_HTTP_RESPONSE_2", "get http response 2");
        check("get-http-response2", "get http response 2");
        check("Get.HTTP::Response/2", "get http response 2");
    }

    #[test]
    fn capitals_belong_together_until_a_word_begins() {
        check("HTTPServer", "http server");
        check("parseURLs", "parse urls");
        check("URLsByID", "urls by id");
        check("XMLHttpRequest", "xml http request");
        check("isA", "is a");
        check("IOError", "io error");
        check("ABC", "abc");
    }

    #[test]
    fn digits_are_words() {
        check("sha256sum", "sha 256 sum");
        check("int32", "int 32");
        check("x2y3", "x 2 y 3");
        check("2048", "2048");
    }

    #[test]
    fn separators_alone_give_nothing() {
        check("", "");
        check("__", "");
        check("$ ->", "");
        check("__init__", "init");
        check("_private", "private");
    }

    #[test]
    fn other_scripts_have_words_too() {
        check("größeÄndern", "größe ändern");
        check("ИмяФайла", "имя файла");
        check("e\u{301}tatInitial", "e\u{301}tat initial");
        check("连接池Size", "连 接 池 size");
        check("ÀÉÎon", "àé îon");
    }

    #[test]
    fn the_joined_form_forgets_style() {
        let mut parts = Parts::default();
        parts.split("getHTTPResponse");
        assert_eq!(parts.joined(), "gethttpresponse");
        parts.split("get_http");
        assert_eq!((parts.joined(), parts.len()), ("gethttp", 2));
    }
}
