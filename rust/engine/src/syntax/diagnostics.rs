//! Syntax errors as people want to read them: where, and what.
//!
//! The tree says it in two kinds of node: ERROR for text that fits nowhere, MISSING for what the grammar put in to go on.
//! Only subtrees that hold one are entered, so a sound file costs one question.

use tree_sitter::{Node, Tree};

/// Characters of the source that a message shows.
const SHOWN: usize = 40;

/// One syntax error. Lines and columns count from 1, columns in characters; the end is behind the last character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    pub message: String,
}

/// The first `most` syntax errors of a source, in order.
pub fn diagnostics(source: &[u8], tree: &Tree, most: usize) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    while found.len() < most {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            found.push(diagnostic(source, node));
        }
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
    found
}

fn diagnostic(source: &[u8], node: Node) -> Diagnostic {
    let (start, end) = (node.start_position(), node.end_position());
    Diagnostic {
        line: start.row as u32 + 1,
        column: column(source, node.start_byte(), start.column),
        end_line: end.row as u32 + 1,
        end_column: column(source, node.end_byte(), end.column),
        message: if node.is_missing() { format!("missing {}", named(node)) } else { unexpected(source, node) },
    }
}

/// The column of a byte that stands `bytes` behind the start of its line.
fn column(source: &[u8], byte: usize, bytes: usize) -> u32 {
    let byte = byte.min(source.len());
    let before = &source[byte.saturating_sub(bytes)..byte];
    // Every byte of UTF-8 but those that continue a character begins one.
    before.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u32 + 1
}

/// A token as it is written, a kind of node by its words.
fn named(node: Node) -> String {
    if node.is_named() { node.kind().replace('_', " ") } else { format!("`{}`", node.kind()) }
}

/// Shows the first line of what fits nowhere.
fn unexpected(source: &[u8], node: Node) -> String {
    let text = String::from_utf8_lossy(&source[node.start_byte()..node.end_byte().min(node.start_byte() + 8 * SHOWN)]);
    let line = text.trim_start().lines().next().unwrap_or_default().trim_end();
    match line.char_indices().nth(SHOWN) {
        _ if line.is_empty() => "unexpected end".into(),
        Some((cut, _)) => format!("unexpected `{}…`", &line[..cut]),
        None => format!("unexpected `{line}`"),
    }
}
