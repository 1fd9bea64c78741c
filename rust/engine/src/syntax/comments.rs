//! Comments: which of them document a definition, and what they say without their markers.
//!
//! A comment is met before the definition that it documents, so comments are collected in order and claimed backwards:
//! a definition takes the unbroken run of comments that ends on the line above it. What nobody claimed is text of the
//! symbol in which it stands.

use std::borrow::Cow;

use tree_sitter::Node;

use super::extract::Extractor;
use super::facts::Str;
use super::terms::WORD_LIMIT;

#[derive(Clone, Copy)]
pub struct Comment {
    pub start: u32,
    pub end: u32,
    pub start_row: u32,
    pub end_row: u32,
    /// The symbol in which it stands, or that it documents.
    pub owner: u32,
    documents: bool,
    /// Nothing but white space before it on its line.
    alone: bool,
}

impl Comment {
    pub fn new(node: Node, owner: u32) -> Self {
        let end = node.end_position();
        // Some grammars count the line break into a line comment.
        let end_row = if end.column == 0 { end.row.saturating_sub(1) } else { end.row };
        Self {
            start: node.start_byte() as u32,
            end: node.end_byte() as u32,
            start_row: node.start_position().row as u32,
            end_row: (end_row as u32).max(node.start_position().row as u32),
            owner,
            documents: false,
            alone: true,
        }
    }
}

#[derive(Default)]
pub struct Comments {
    list: Vec<Comment>,
}

impl Comments {
    pub fn push(&mut self, mut comment: Comment, source: &[u8]) {
        let before = &source[..comment.start as usize];
        comment.alone = before.iter().rev().take_while(|&&byte| byte != b'\n').all(|byte| byte.is_ascii_whitespace());
        self.list.push(comment);
    }

    /// Claims the run of comments that ends directly above `row` for `symbol`; its byte range.
    pub fn claim(&mut self, symbol: u32, start_byte: u32, row: u32, prefixes: &[String], source: &[u8]) -> (u32, u32) {
        let Some(mut last) = self.list.iter().rposition(|comment| comment.end <= start_byte) else { return (0, 0) };
        let mut first = None;
        let (mut next_row, mut next_byte) = (row, start_byte);
        for index in (0..=last).rev() {
            let comment = &self.list[index];
            let text = &source[comment.start as usize..comment.end as usize];
            let fits = prefixes.is_empty() || prefixes.iter().any(|prefix| text.starts_with(prefix.as_bytes()));
            // What is marked as documentation may have a blank line below it.
            let blank = u32::from(fits && !prefixes.is_empty());
            let between = source.get(comment.end as usize..next_byte as usize).unwrap_or_default();
            let adjacent = comment.alone
                && !comment.documents
                && (comment.end_row + 1..=comment.end_row + 1 + blank).contains(&next_row)
                && between.iter().all(u8::is_ascii_whitespace);
            if !adjacent || !fits && first.is_some() {
                break;
            }
            // A note to a tool may stand between the documentation and what it documents.
            if fits {
                last = if first.is_none() { index } else { last };
                first = Some(index);
            }
            (next_row, next_byte) = (comment.start_row, comment.start);
        }
        let Some(first) = first else { return (0, 0) };
        for comment in &mut self.list[first..=last] {
            (comment.documents, comment.owner) = (true, symbol);
        }
        (self.list[first].start, self.list[last].end)
    }

    /// The comment at the top of the file, unless it is a licence.
    fn claim_header(&mut self, source: &[u8]) -> Option<(u32, u32)> {
        let first = self.list.first().copied().filter(|comment| !comment.documents && comment.alone)?;
        // A first line for the shell is no code.
        let shell = if source.starts_with(b"#!") { memchr::memchr(b'\n', source).unwrap_or(0) } else { 0 };
        let before = source.get(shell..first.start as usize).unwrap_or_default();
        if !before.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let mut last = 0;
        while self
            .list
            .get(last + 1)
            .is_some_and(|next| next.start_row == self.list[last].end_row + 1 && !next.documents && next.alone)
        {
            last += 1;
        }
        let (start, end) = (first.start, self.list[last].end);
        if is_licence(&source[start as usize..end as usize]) {
            return None;
        }
        for comment in &mut self.list[..=last] {
            (comment.documents, comment.owner) = (true, 0);
        }
        Some((start, end))
    }
}

fn is_licence(text: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&text[..text.len().min(2000)]).to_ascii_lowercase();
    head.contains("copyright") || head.contains("spdx-license") || head.contains("licensed under")
}

impl Extractor<'_> {
    /// After the walk: words of comments go to the symbols they document or stand in.
    pub(super) fn attach_comments(&mut self) {
        if self.facts.symbols[0].doc_end == 0
            && let Some((start, end)) = self.comments.claim_header(self.source)
        {
            self.set_doc(0, start, end);
        }
        let comments = std::mem::take(&mut self.comments);
        for comment in &comments.list {
            let text = &self.source[comment.start as usize..comment.end as usize];
            let text = if comment.documents { text } else { &text[..text.len().min(WORD_LIMIT)] };
            self.occurrences.words(comment.owner, comment.documents, text, &mut self.strings);
        }
    }

    pub(super) fn set_doc(&mut self, symbol: u32, start: u32, end: u32) {
        let said = summary(&self.source[start as usize..end as usize]);
        self.set_doc_and_summary(symbol, start, end, said);
    }

    /// The same for a string, in which no mark of a comment stands.
    pub(super) fn set_docstring(&mut self, symbol: u32, start: u32, end: u32) {
        let said =
            first_line(String::from_utf8_lossy(&self.source[start as usize..end as usize]).lines().map(str::trim));
        self.set_doc_and_summary(symbol, start, end, said);
    }

    fn set_doc_and_summary(&mut self, symbol: u32, start: u32, end: u32, summary: Option<String>) {
        let summary = summary.map_or(Str::NONE, |line| self.strings.intern(line.as_bytes()));
        let symbol = &mut self.facts.symbols[symbol as usize];
        (symbol.doc_start, symbol.doc_end, symbol.summary) = (start, end, summary);
    }
}

const SUMMARY_LIMIT: usize = 200;

/// First line that says something, without comment markers, quotes and tags.
pub fn summary(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let text = without_tags(&text);
    first_line(text.lines().map(clean_line))
}

/// The first line that says something, cut where it gets too long.
fn first_line<'t>(mut lines: impl Iterator<Item = &'t str>) -> Option<String> {
    lines.find(|line| line.chars().any(char::is_alphanumeric)).map(|line| {
        let cut = line.char_indices().nth(SUMMARY_LIMIT).map_or(line.len(), |(at, _)| at);
        line[..cut].to_string()
    })
}

/// `{@link Pool#get}` says `Pool#get`.
fn without_tags(text: &str) -> Cow<'_, str> {
    if !text.contains("{@") {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once("{@") {
        plain.push_str(before);
        let (inner, after) = tag.split_once('}').unwrap_or((tag, ""));
        plain.push_str(inner.split_once(char::is_whitespace).map_or("", |(_, said)| said));
        rest = after;
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn clean_line(line: &str) -> &str {
    let line = line
        .trim()
        .trim_start_matches(['/', '*', '#', '!', '-', ';', ':', '%', '"', '\'', '{', '<', '|', ' ', '\t'].as_slice());
    line.trim_end_matches(['*', '/', '"', '\'', '}', '-', ' ', '\t'].as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_the_first_line_that_says_something() {
        let cases = [
            ("/**\n * Opens the pool.\n * @param size\n */", "Opens the pool."),
            ("/// Reads a frame.", "Reads a frame."),
            ("/** {@code null} or a {@link Pool#get pool}. */", "null or a Pool#get pool."),
            ("#: Most items of a cart.", "Most items of a cart."),
            ("//go:noinline", "go:noinline"),
            ("\n    Session of one user.\n\n    More.\n", "Session of one user."),
            ("-- | Tiles windows.", "Tiles windows."),
        ];
        for (comment, expected) in cases {
            assert_eq!(summary(comment.as_bytes()).as_deref(), Some(expected), "{comment}");
        }
        assert_eq!(summary(b"/* ---- */"), None);
    }
}
