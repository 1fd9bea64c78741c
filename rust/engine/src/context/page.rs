//! What is shown of one file so far: the set of its lines, with the exact price of adding more.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

use rustc_hash::FxHashMap;

use super::source::{Source, Trust};
use super::{Detail, Span, Stamp};
use crate::text::tokens::count_tokens;

/// Stands where lines of a file are left out.
const GAP: &str = "...\n";
/// No token of cl100k_base is longer, so a line of more bytes than this times its budget is not worth counting.
const LONGEST_TOKEN: usize = 128;
/// A stored signature of more characters is shown by the symbol's name instead.
const LONGEST_SIGNATURE: usize = 400;
/// A doc comment of more lines is shown up to its first empty line.
const LONGEST_DOC: u32 = 12;

/// What opens or closes documentation on a line of its own.
const DOC_MARKS: [&[u8]; 8] = [b"\"\"\"", b"'''", b"r\"\"\"", b"/**", b"/*", b"*/", b"**/", b"/*!"];

/// A wish: source lines, and single lines in the index's words.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub lines: Vec<u32>,
    pub briefs: Vec<(u32, String)>,
}

enum Row {
    Source,
    /// One-line forms of symbols that begin at this line.
    Brief(Vec<String>),
}

pub struct Page {
    pub file: String,
    pub source: Source,
    rows: BTreeMap<u32, Row>,
    header_tokens: usize,
    /// Tokens of source lines already counted.
    counted: FxHashMap<u32, usize>,
}

impl Page {
    pub fn new(root: &Path, file: &str, stamp: Option<&Stamp>) -> Self {
        let source = Source::read(root, file, stamp);
        let mut page =
            Self { file: file.into(), source, rows: BTreeMap::new(), header_tokens: 0, counted: FxHashMap::default() };
        page.header_tokens = count_tokens(&page.header());
        page
    }

    pub fn header(&self) -> String {
        let path: String = self.file.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        match self.source.trust {
            Trust::Fresh => format!("## {path}\n"),
            Trust::Changed => format!("## {path} (changed since it was indexed)\n"),
            Trust::Missing => format!("## {path} (cannot be read any more)\n"),
        }
    }

    fn source_row(&self, line: u32) -> String {
        let text = self.source.line(line).unwrap_or_default();
        format!("{line}\t{}\n", String::from_utf8_lossy(text))
    }

    fn line_tokens(&mut self, line: u32, limit: usize) -> usize {
        if self.source.line(line).is_some_and(|text| text.len() > limit.saturating_mul(LONGEST_TOKEN)) {
            return limit + 1;
        }
        if let Some(&tokens) = self.counted.get(&line) {
            return tokens;
        }
        let tokens = count_tokens(&self.source_row(line));
        self.counted.insert(line, tokens);
        tokens
    }

    /// Tokens the text grows by when the view is shown (it may shrink: a line can be cheaper than the gap it closes);
    /// None if that is more than `limit`.
    pub fn price(&mut self, view: &View, limit: usize) -> Option<isize> {
        let mut price = if self.rows.is_empty() { self.header_tokens as isize } else { 0 };
        // Lines may take the place of briefs and gaps, so they are allowed a little more until those are subtracted.
        let patience = limit.saturating_mul(2).saturating_add(64) as isize;
        for &line in &view.lines {
            match self.rows.get(&line) {
                Some(Row::Source) => continue,
                Some(Row::Brief(texts)) => price -= texts.iter().map(|text| brief_tokens(line, text)).sum::<isize>(),
                None => {}
            }
            price += self.line_tokens(line, limit.saturating_add(64)) as isize;
            if price > patience {
                return None;
            }
        }
        for (line, text) in &view.briefs {
            if !view.lines.contains(line) && !self.has_brief(*line, text) {
                price += brief_tokens(*line, text);
            }
        }
        price += self.gap_tokens(view);
        (price <= limit as isize).then_some(price)
    }

    fn gap_tokens(&self, view: &View) -> isize {
        let before: Vec<u32> = self.rows.keys().copied().collect();
        let mut after = before.clone();
        after.extend(&view.lines);
        after.extend(view.briefs.iter().map(|(line, _)| line));
        after.sort_unstable();
        after.dedup();
        let gaps = |lines: &[u32]| lines.windows(2).filter(|pair| self.is_gap(pair[0], pair[1])).count() as isize;
        (gaps(&after) - gaps(&before)) * count_tokens(GAP) as isize
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether something other than empty lines is left out between two lines.
    fn is_gap(&self, first: u32, second: u32) -> bool {
        let trusted = self.source.trust != Trust::Missing;
        second > first + 1 && !(trusted && (first + 1..second).all(|line| self.source.is_blank(line)))
    }

    fn has_brief(&self, line: u32, text: &str) -> bool {
        match self.rows.get(&line) {
            Some(Row::Source) => true,
            Some(Row::Brief(texts)) => texts.iter().any(|shown| shown == text),
            None => false,
        }
    }

    pub fn show(&mut self, view: View) {
        for line in view.lines {
            self.rows.insert(line, Row::Source);
        }
        for (line, text) in view.briefs {
            if self.has_brief(line, &text) {
                continue;
            }
            match self.rows.entry(line).or_insert_with(|| Row::Brief(Vec::new())) {
                Row::Source => {}
                Row::Brief(texts) => texts.push(text),
            }
        }
    }

    pub fn shows(&self, view: &View) -> bool {
        view.lines.iter().all(|line| matches!(self.rows.get(line), Some(Row::Source)))
            && view.briefs.iter().all(|(line, text)| self.has_brief(*line, text))
    }

    /// The rows of some of the lines, with gaps between them.
    pub fn render(&self, wanted: impl Fn(u32) -> bool) -> (String, Option<RangeInclusive<u32>>) {
        let mut text = String::new();
        let mut extent: Option<(u32, u32)> = None;
        for (&line, row) in self.rows.iter().filter(|(line, _)| wanted(**line)) {
            if extent.is_some_and(|(_, last)| self.is_gap(last, line)) {
                text.push_str(GAP);
            }
            match row {
                Row::Source => text.push_str(&self.source_row(line)),
                Row::Brief(briefs) => briefs.iter().for_each(|brief| text.push_str(&brief_row(line, brief))),
            }
            extent = Some((extent.map_or(line, |(first, _)| first), line));
        }
        (text, extent.map(|(first, last)| first..=last))
    }

    /// What showing a symbol at a detail means; None if the source does not allow it.
    pub fn view(&self, span: &Span, detail: Detail) -> Option<View> {
        let holds = self.source.holds(span);
        let fresh = self.source.trust == Trust::Fresh;
        match detail {
            Detail::Full => {
                let ranges = [self.doc_lines(span), self.source.lines(span.start_byte, span.end_byte)];
                (holds && fresh).then(|| self.source_view(ranges))
            }
            Detail::Signature => {
                let start = if fresh { span.start_byte.min(span.signature_start) } else { span.signature_start };
                let signature = self.source.lines(start, span.signature_end);
                let doc = self.doc_lines(span).filter(|_| fresh).map(|lines| self.first_paragraph(lines));
                let view = (holds && span.signature_end > span.signature_start && signature.is_some() || doc.is_some())
                    .then(|| self.source_view([doc, signature]));
                view.filter(|_| holds)
            }
            Detail::Line => Some(self.one_line(span, holds)),
        }
    }

    pub fn source_view<const N: usize>(&self, ranges: [Option<RangeInclusive<u32>>; N]) -> View {
        let mut lines: Vec<u32> =
            ranges.into_iter().flatten().flatten().filter(|&line| !self.source.is_blank(line)).collect();
        lines.sort_unstable();
        lines.dedup();
        View { lines, briefs: Vec::new() }
    }

    /// Lines of the documentation, with the marks around it that stand on lines of their own.
    pub fn doc_lines(&self, span: &Span) -> Option<RangeInclusive<u32>> {
        let (first, last) = self.source.lines(span.doc_start, span.doc_end)?.into_inner();
        let marks = |line: u32| self.source.line(line).is_some_and(|text| DOC_MARKS.contains(&text.trim_ascii()));
        let first = if first > 1 && marks(first - 1) { first - 1 } else { first };
        Some(first..=if marks(last + 1) { last + 1 } else { last })
    }

    fn first_paragraph(&self, doc: RangeInclusive<u32>) -> RangeInclusive<u32> {
        let (first, last) = doc.into_inner();
        if last - first < LONGEST_DOC {
            return first..=last;
        }
        // The opening mark may stand alone on its line, so the search starts after it.
        let end = (first + 1..=last).find(|&line| self.source.is_blank(line)).map_or(last, |line| line - 1);
        first..=end.min(first + LONGEST_DOC - 1)
    }

    /// Lines of the signature; a section has none but its first line.
    fn signature_lines(&self, span: &Span) -> Option<RangeInclusive<u32>> {
        let first_line =
            || self.source.lines(span.start_byte, span.end_byte).map(|lines| *lines.start()..=*lines.start());
        let signature = self.source.lines(span.signature_start, span.signature_end);
        signature.or_else(|| if span.kind == "section" { first_line() } else { None })
    }

    /// The line of the signature if it has one to itself, else the signature as stored.
    pub fn one_line(&self, span: &Span, holds: bool) -> View {
        let signature = self.signature_lines(span).filter(|_| holds);
        let line = signature.as_ref().map_or(span.start_line, |lines| *lines.start());
        let text = self.source.line(line).unwrap_or_default();
        let single = signature.is_some_and(|lines| lines.start() == lines.end());
        if single && text.len() <= LONGEST_SIGNATURE {
            return View { lines: vec![line], briefs: Vec::new() };
        }
        let indent = if holds { text.iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count() } else { 0 };
        let brief = String::from_utf8_lossy(&text[..indent]).into_owned() + &in_one_line(span);
        View { lines: Vec::new(), briefs: vec![(line, brief)] }
    }
}

/// The index's own words for a symbol, without line breaks.
fn in_one_line(span: &Span) -> String {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let signature = words(&span.signature);
    if !signature.is_empty() && signature.chars().count() <= LONGEST_SIGNATURE {
        return signature;
    }
    let name = format!("{} {}", span.kind, words(&span.qualified_name));
    let summary = words(&span.summary);
    if summary.is_empty() || summary.chars().count() > LONGEST_SIGNATURE { name } else { format!("{name}: {summary}") }
}

fn brief_row(line: u32, text: &str) -> String {
    format!("{line}\t{text}\n")
}

fn brief_tokens(line: u32, text: &str) -> isize {
    count_tokens(&brief_row(line, text)) as isize
}
