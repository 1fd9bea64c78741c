//! Many files at once: map, classify, hash, parse and extract on all cores, one parser kept per thread and language.
//!
//! A file never stops the others. One that cannot be read, is binary or minified says so in its status; one on which the
//! grammar runs longer than [`TIME_LIMIT`] is kept as text.

use std::borrow::Cow;
use std::mem::ManuallyDrop;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use super::arena;
use super::extract::extract;
use super::facts::{FileFacts, file_flag};
use super::rules::Table;
use super::sections::sections;
use crate::source::hash::hash;
use crate::source::read::{Classification, SourceFile, is_generated};

/// No honest file of the size limit needs this long; only a grammar caught in error recovery does.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Parsed,
    /// Kept as sections of text: no grammar, or the grammar gave up.
    Text,
    Binary,
    Minified,
    Unreadable,
}

impl Status {
    pub fn name(self) -> &'static str {
        ["parsed", "text", "binary", "minified", "unreadable"][self as usize]
    }
}

/// One file of the work list.
pub struct Job<'a> {
    /// Relative to the root, `/` between the parts.
    pub path: &'a str,
    pub table: &'a Table,
    /// Bits of [`file_flag`].
    pub flags: u32,
}

/// A file after parsing; `facts` is [`FileFacts::encode`]d, empty unless parsed or kept as text.
#[derive(Debug)]
pub struct ParsedFile {
    pub status: Status,
    /// Why it is unreadable.
    pub detail: String,
    pub size: u64,
    pub content_hash: Option<[u8; 32]>,
    pub facts: Vec<u8>,
    pub flags: u32,
    pub symbols: u32,
    pub syntax_errors: u32,
    pub lines: u32,
}

impl ParsedFile {
    fn without_facts(status: Status, detail: String, size: u64, content_hash: Option<[u8; 32]>, flags: u32) -> Self {
        Self { status, detail, size, content_hash, facts: vec![], flags, symbols: 0, syntax_errors: 0, lines: 0 }
    }
}

/// Parses files under `root`, in the order given, on `threads` threads (0: all cores).
pub fn parse_files(root: &Path, jobs: &[Job], max_bytes: u64, threads: usize) -> Vec<ParsedFile> {
    let work = || jobs.par_iter().with_max_len(1).map(|job| parse_file(root, job, max_bytes)).collect();
    in_pool(threads, work)
}

/// Runs work on a pool of its own size, or on the shared one for 0.
pub fn in_pool<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) if threads > 0 => pool.install(work),
        _ => work(),
    }
}

fn parse_file(root: &Path, job: &Job, max_bytes: u64) -> ParsedFile {
    let file = match SourceFile::open(&root.join(job.path), max_bytes) {
        Ok(file) => file,
        Err(error) => return ParsedFile::without_facts(Status::Unreadable, error.to_string(), 0, None, job.flags),
    };
    let bytes = file.bytes();
    let size = bytes.len() as u64;
    let rejected = |status| ParsedFile::without_facts(status, String::new(), size, Some(hash(bytes)), job.flags);
    match file.classification() {
        Classification::Text => parse_source(job.path, bytes, job.table, job.flags),
        Classification::Binary => rejected(Status::Binary),
        Classification::Minified => rejected(Status::Minified),
    }
}

/// Parses bytes that are already in memory.
pub fn parse_source(path: &str, source: &[u8], table: &Table, flags: u32) -> ParsedFile {
    let flags = flags | if is_generated(source) { file_flag::GENERATED } else { 0 };
    // SAFETY: the tree is read here and leaves nothing behind.
    let facts = unsafe {
        arena::within(|| {
            let tree = ManuallyDrop::new(parse_tree(source, table)?);
            Some(extract(path, source, &tree, table, flags))
        })
    };
    match facts {
        Some(facts) => parsed(Status::Parsed, &facts, source),
        None => parsed(Status::Text, &sections(path, source, flags), source),
    }
}

fn parsed(status: Status, facts: &FileFacts, source: &[u8]) -> ParsedFile {
    ParsedFile {
        status,
        detail: String::new(),
        size: source.len() as u64,
        content_hash: Some(hash(source)),
        facts: facts.encode(),
        flags: facts.header.flags,
        symbols: facts.symbols.len() as u32,
        syntax_errors: facts.header.syntax_errors,
        lines: facts.header.lines,
    }
}

/// Set by the first parse of the process.
static BEGUN: AtomicBool = AtomicBool::new(false);

/// Whether anything has been parsed in this process.
pub fn has_begun() -> bool {
    BEGUN.load(Ordering::Relaxed)
}

/// The syntax tree; None without a grammar, or when the grammar gives up.
pub fn parse_tree(source: &[u8], table: &Table) -> Option<Tree> {
    let grammar = table.grammar.as_ref()?;
    let readable = without_macros(source, &table.rules.macros_around);
    let source = &with_known_heads(readable.as_ref(), table);
    BEGUN.store(true, Ordering::Relaxed);
    let mut parser = Parser::new();
    parser.set_language(grammar).ok()?;
    let begun = Instant::now();
    let mut watch = |_: &ParseState| {
        if begun.elapsed() > TIME_LIMIT { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut watch);
    parser.parse_with_options(&mut |at, _| source.get(at..).unwrap_or_default(), None, Some(options))
}

/// The source with every head that the grammar does not know (`@test "adds" {`) written as one that it does, in as many
/// bytes; places in the tree are places in the source.
fn with_known_heads<'s>(source: &'s [u8], table: &Table) -> Cow<'s, [u8]> {
    let mut known = Cow::Borrowed(source);
    if table.rules.heads.is_empty() {
        return known;
    }
    let mut line_start = 0;
    for line in source.split_inclusive(|&byte| byte == b'\n') {
        let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let head = table.rules.heads.iter().find(|(word, _)| line[indent..].starts_with(word.as_bytes()));
        let end = line.windows(2).rposition(|pair| matches!(pair, b" {" | b"\t{"));
        if let (Some((word, instead)), Some(end)) = (head, end)
            && indent + word.len().max(instead.len()) <= end
        {
            let known = &mut known.to_mut()[line_start + indent..=line_start + end];
            known.fill(b' ');
            known[..instead.len()].copy_from_slice(instead.as_bytes());
        }
        line_start += line.len();
    }
    known
}

/// The source with blanks for the macros around `keywords`: `SHOP_EXPORT template`, `class SHOP_API Cart {`. A grammar
/// takes them for types and names, and what follows for anything but a definition.
fn without_macros<'s>(source: &'s [u8], keywords: &[String]) -> Cow<'s, [u8]> {
    let mut readable = Cow::Borrowed(source);
    for keyword in keywords {
        for at in memchr::memmem::find_iter(source, keyword.as_bytes()) {
            let end = at + keyword.len();
            let whole = |byte: Option<&u8>| byte.is_none_or(|&byte| !is_word(byte));
            if !whole(source[..at].last()) || !whole(source.get(end)) {
                continue;
            }
            for macros in [macros_before(source, at), end..end + macros_after(&source[end..])] {
                if !macros.is_empty() {
                    let text = readable.to_mut()[macros].iter_mut();
                    text.filter(|byte| is_word(**byte)).for_each(|byte| *byte = b' ');
                }
            }
        }
    }
    readable
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_macro(name: &[u8]) -> bool {
    name.len() > 1 && name[0].is_ascii_uppercase() && !name.iter().any(u8::is_ascii_lowercase)
}

/// Where the macros before a keyword stand; not on a line of the preprocessor.
fn macros_before(source: &[u8], keyword: usize) -> std::ops::Range<usize> {
    let mut start = keyword;
    loop {
        let end = source[..start].trim_ascii_end().len();
        let begin = end - source[..end].iter().rev().take_while(|&&byte| is_word(byte)).count();
        let line = memchr::memrchr(b'\n', &source[..begin]).map_or(0, |at| at + 1);
        let directive = source[line..].trim_ascii_start().starts_with(b"#");
        if end == start || !is_macro(&source[begin..end]) || directive {
            return start..keyword;
        }
        start = begin;
    }
}

/// How long the macros are at the start of a text, if the name of a type that begins its body or bases follows.
fn macros_after(text: &[u8]) -> usize {
    let blank = |from: usize| from + text[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let word = |from: usize| from + text[from..].iter().take_while(|&&byte| is_word(byte)).count();
    let mut length = 0;
    loop {
        let (start, end) = (blank(length), word(blank(length)));
        let after = &text[blank(end)..];
        let name_follows = after.first().is_some_and(|&next| is_word(next)) && !after.starts_with(b"final");
        if is_macro(&text[start..end]) && name_follows {
            length = end;
            continue;
        }
        let begins = matches!(after.first(), Some(b'{' | b'<' | b':')) || after.starts_with(b"final");
        return if begins && end > start { length } else { 0 };
    }
}

/// What bare parsing costs: reads and parses every file and keeps nothing. Bytes parsed, and files with syntax errors.
///
/// The baseline of the benchmarks: the same grammar, the same reader, the same threads, and no extraction.
pub fn parse_only(root: &Path, jobs: &[Job], max_bytes: u64, threads: usize) -> (u64, u64) {
    let one = |job: &Job| {
        let Ok(file) = SourceFile::open(&root.join(job.path), max_bytes) else { return (0, 0) };
        match parse_tree(file.bytes(), job.table) {
            Some(tree) => (file.bytes().len() as u64, u64::from(tree.root_node().has_error())),
            None => (0, 0),
        }
    };
    let sum = |left: (u64, u64), right: (u64, u64)| (left.0 + right.0, left.1 + right.1);
    in_pool(threads, || jobs.par_iter().with_max_len(1).map(one).reduce(|| (0, 0), sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_around_the_keyword_of_a_definition_become_blanks() {
        let keywords = ["class".to_string(), "template".to_string(), "namespace".to_string()];
        for (source, expected) in [
            ("class SHOP_API Cart : Base {", "class          Cart : Base {"),
            ("class SHOP_API OLD Cart final {", "class              Cart final {"),
            ("class SHOP_API Box<int> {", "class          Box<int> {"),
            ("SHOP_EXPORT template <class T> class Box;", "            template <class T> class Box;"),
            ("SHOP_BEGIN\nnamespace detail {", "          \nnamespace detail {"),
            ("#define SHOP_CLASS class", "#define SHOP_CLASS class"),
            ("class CART cart = {0};", "class CART cart = {0};"),
            ("class CART final : Base {", "class CART final : Base {"),
            ("template <class T> class", "template <class T> class"),
            ("subclass SHOP_API Cart {", "subclass SHOP_API Cart {"),
        ] {
            assert_eq!(String::from_utf8_lossy(&without_macros(source.as_bytes(), &keywords)), expected);
        }
    }
}
