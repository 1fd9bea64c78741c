//! Text without a grammar: documents and code of other languages, cut into sections that search can find and show.
//!
//! A section is a run of whole lines. It begins where the text itself begins anew: at a Markdown heading, or at a line
//! without indentation after a blank one; one that grows past the limit is cut at the next blank line.

use super::facts::{FileFacts, Header, Interner, NO_INDEX, Str, Symbol, SymbolKind};
use super::names;
use super::terms::Occurrences;

/// Lines that a section has at least, unless a heading ends it, and at most.
const MIN_LINES: usize = 12;
const MAX_LINES: usize = 60;
const TITLE_LIMIT: usize = 80;

/// Facts of a text file: its module and its sections.
pub fn sections(path: &str, source: &[u8], flags: u32) -> FileFacts {
    let mut strings = Interner::default();
    let mut occurrences = Occurrences::default();
    let mut symbols = Vec::new();
    let file = path.rsplit('/').next().unwrap_or(path);
    let lines = names::line_count(source);
    let whole = Span { start: 0, end: source.len(), first: 1, last: lines.max(1) };
    symbols.push(symbol(&mut strings, file, path, SymbolKind::Module, whole, source));
    let markdown = file.ends_with(".md") || file.ends_with(".markdown") || file.ends_with(".mdx");
    for span in cut(source, markdown) {
        let number = symbols.len() as u32;
        let text = &source[span.start..span.end];
        let title = title(text, markdown).unwrap_or_else(|| format!("{file}:{}", span.first));
        let qualified = format!("{path}#{title}");
        symbols.push(symbol(&mut strings, &title, &qualified, SymbolKind::Section, span, source));
        occurrences.identifiers(number, text, &mut strings);
    }
    let mut facts = FileFacts {
        header: Header { lines, syntax_errors: 0, flags, pad: 0 },
        terms: occurrences.into_terms(&symbols),
        symbols,
        ..FileFacts::default()
    };
    facts.strings = strings.table;
    facts
}

#[derive(Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
    first: u32,
    last: u32,
}

fn symbol(strings: &mut Interner, name: &str, qualified: &str, kind: SymbolKind, span: Span, source: &[u8]) -> Symbol {
    let mut symbol: Symbol = bytemuck::Zeroable::zeroed();
    symbol.name = strings.intern(name.as_bytes());
    symbol.qualified = strings.intern(qualified.as_bytes());
    (symbol.container, symbol.returns, symbol.summary) = (Str::NONE, Str::NONE, Str::NONE);
    symbol.signature = if kind == SymbolKind::Section { symbol.name } else { Str::NONE };
    symbol.parent = if kind == SymbolKind::Module { NO_INDEX } else { 0 };
    (symbol.start_byte, symbol.end_byte) = (span.start as u32, span.end as u32);
    (symbol.start_line, symbol.end_line) = (span.first, span.last);
    (symbol.signature_start, symbol.signature_end) = (span.start as u32, span.start as u32);
    symbol.kind = kind as u8;
    let text = if kind == SymbolKind::Module { path_only(qualified) } else { &source[span.start..span.end] };
    symbol.body_hash = names::short_hash(&[text]);
    symbol.interface_hash = names::short_hash(&[qualified.as_bytes(), &[kind as u8]]);
    symbol
}

fn path_only(qualified: &str) -> &[u8] {
    qualified.as_bytes()
}

/// Cuts text into runs of whole lines; blank runs are dropped.
fn cut(source: &[u8], markdown: bool) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut open = Span { start: 0, end: 0, first: 1, last: 0 };
    let (mut blank_before, mut fenced) = (true, false);
    for (index, line) in source.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let number = index as u32 + 1;
        let blank = line.iter().all(u8::is_ascii_whitespace);
        let length = (number - open.first) as usize;
        let heading = markdown && !fenced && line.starts_with(b"#");
        fenced ^= markdown && (line.starts_with(b"```") || line.starts_with(b"~~~"));
        let anew = blank_before && !blank && !line[0].is_ascii_whitespace() && !markdown;
        let full = length >= MAX_LINES && (blank_before || length >= 2 * MAX_LINES);
        if heading || full || (anew && length >= MIN_LINES) {
            spans.push(open);
            open = Span { start: open.end, end: open.end, first: number, last: number };
        }
        open.end += line.len();
        open.last = number;
        blank_before = blank;
    }
    spans.push(open);
    spans.retain(|span| !source[span.start..span.end].iter().all(u8::is_ascii_whitespace));
    spans
}

/// What a section is called: its heading, or its first line that has a word.
fn title(text: &[u8], markdown: bool) -> Option<String> {
    let mut lines = text.split(|&byte| byte == b'\n').take(20).map(String::from_utf8_lossy);
    let line = lines.find(|line| {
        let speaks = line.chars().filter(|letter| letter.is_alphabetic()).count() > 2;
        speaks && (markdown || !line.trim_start().starts_with(['#', '/', '*', '-', '<', ';']))
    })?;
    let line = line.trim().trim_start_matches('#').trim();
    let cut = line.char_indices().nth(TITLE_LIMIT).map_or(line.len(), |(at, _)| at);
    Some(line[..cut].to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(path: &str, text: &str) -> Vec<(String, u32, u32)> {
        let facts = sections(path, text.as_bytes(), 0);
        let rows = facts.symbols.iter().skip(1).map(|symbol| {
            let name = String::from_utf8_lossy(facts.text(symbol.name)).into_owned();
            (name, symbol.start_line, symbol.end_line)
        });
        rows.collect()
    }

    #[test]
    fn markdown_is_cut_at_headings_but_not_inside_fences() {
        let text = "# Pool\nText.\n\n## Options\n```sh\n# not a heading\n```\n";
        assert_eq!(titles("docs/a.md", text), [("Pool".into(), 1, 3), ("Options".into(), 4, 7)]);
    }

    #[test]
    fn code_is_cut_where_a_line_begins_anew_and_sections_cover_the_text() {
        let block = |name: &str| format!("def {name}\n{}end\n\n", "  step\n".repeat(20));
        let text = format!("{}{}", block("first"), block("second"));
        let found = titles("lib/a.rb", &text);
        assert_eq!(found, [("def first".into(), 1, 23), ("def second".into(), 24, 46)]);
    }

    #[test]
    fn a_text_without_blank_lines_is_still_cut_and_a_blank_one_has_no_section() {
        let found = titles("data.txt", &"word and word\n".repeat(1000));
        assert!(found.len() >= 8 && found.iter().all(|(_, first, last)| last - first < 2 * MAX_LINES as u32));
        assert_eq!(titles("empty.txt", "\n \n"), []);
        assert_eq!(sections("empty.txt", b"", 0).symbols.len(), 1);
    }
}
