//! All pages and the purse: buys views while the budget lasts, and puts the answer together.

use std::ops::RangeInclusive;
use std::path::Path;

use rustc_hash::FxHashMap;

use super::page::{Page, View};
use super::source::Trust;
use super::{Candidate, Detail, Fitted, Piece, Question, Span};
use crate::text::tokens::count_tokens;

pub struct Sheet<'a> {
    root: &'a Path,
    pages: FxHashMap<String, Page>,
    frames: FxHashMap<&'a str, Vec<&'a Span>>,
    preface: String,
    spent: usize,
    budget: usize,
}

impl<'a> Sheet<'a> {
    pub fn new(root: &'a Path, question: &Question<'a>) -> Self {
        let mut frames: FxHashMap<&str, Vec<&Span>> = FxHashMap::default();
        let enclosing = question.candidates.iter().map(|candidate| &candidate.span).chain(question.frames);
        for span in enclosing.filter(|span| span.kind != "module") {
            frames.entry(&span.file).or_default().push(span);
        }
        let (pages, preface) = (FxHashMap::default(), String::new());
        Self { root, pages, frames, preface, spent: 0, budget: question.budget }
    }

    pub fn remaining(&self) -> usize {
        self.budget - self.spent
    }

    /// A line above all files; shown only if it costs no more than `limit`.
    pub fn set_preface(&mut self, text: String, limit: usize) -> bool {
        let tokens = count_tokens(&text);
        let fits = tokens <= limit.min(self.budget);
        if fits {
            (self.preface, self.spent) = (text, tokens);
        }
        fits
    }

    pub fn page(&mut self, file: &str, question: &Question) -> &mut Page {
        let open = || Page::new(self.root, file, question.stamps.get(file));
        self.pages.entry(file.into()).or_insert_with(open)
    }

    /// Shows a symbol at a detail, below one line of each symbol around it, if that costs no more than `limit`.
    pub fn show(&mut self, span: &Span, detail: Detail, limit: usize, question: &Question) -> bool {
        let frames = self.frames.get(span.file.as_str()).cloned().unwrap_or_default();
        let page = self.page(&span.file, question);
        let Some(mut view) = page.view(span, detail) else { return false };
        let plain = view.clone();
        for frame in frames.into_iter().filter(|frame| encloses(frame, span)) {
            let line = page.one_line(frame, page.source.holds(frame));
            view.lines.extend(line.lines);
            view.briefs.extend(line.briefs);
        }
        view.lines.sort_unstable();
        view.lines.dedup();
        self.buy(&span.file, view, limit) || self.buy(&span.file, plain, limit)
    }

    /// Shows source lines of a file already opened.
    pub fn show_lines(&mut self, file: &str, lines: RangeInclusive<u32>, limit: usize) -> bool {
        let Some(page) = self.pages.get(file) else { return false };
        let view = page.source_view([Some(lines)]);
        self.buy(file, view, limit)
    }

    fn buy(&mut self, file: &str, view: View, limit: usize) -> bool {
        let limit = limit.min(self.remaining());
        let Some(page) = self.pages.get_mut(file) else { return false };
        let Some(price) = page.price(&view, limit) else { return false };
        page.show(view);
        self.spent = self.spent.saturating_add_signed(price);
        true
    }

    /// The best detail at which a symbol is shown by now.
    pub fn detail(&self, span: &Span) -> Option<Detail> {
        let page = self.pages.get(&span.file)?;
        [Detail::Full, Detail::Signature, Detail::Line]
            .into_iter()
            .find(|&detail| page.view(span, detail).is_some_and(|view| page.shows(&view)))
    }

    /// The text, and what of the candidates is in it.
    pub fn render(&self, question: &Question) -> Fitted {
        let shown = self.shown(question.candidates);
        let mut fitted = Fitted { omitted: question.candidates.len() - shown.len(), ..Fitted::default() };
        let own: Vec<(usize, Detail)> =
            shown.iter().copied().filter(|&(index, _)| !merged(index, &shown, question)).collect();
        for file in self.files_by_relevance(question) {
            let page = &self.pages[file];
            fitted.text += &page.header();
            fitted.text += &page.render(|_| true).0;
            fitted.pieces.extend(pieces_of(page, &own, question.candidates));
            match page.source.trust {
                Trust::Fresh => {}
                Trust::Changed => fitted.changed.push(file.into()),
                Trust::Missing => fitted.missing.push(file.into()),
            }
        }
        if !fitted.text.is_empty() {
            fitted.text.insert_str(0, &self.preface);
        }
        fitted.tokens = count_tokens(&fitted.text);
        fitted.changed.sort();
        fitted.missing.sort();
        fitted
    }

    fn shown(&self, candidates: &[Candidate]) -> Vec<(usize, Detail)> {
        let details = candidates.iter().enumerate().map(|(index, candidate)| (index, self.detail(&candidate.span)));
        details.filter_map(|(index, detail)| Some((index, detail?))).collect()
    }

    fn files_by_relevance<'q>(&self, question: &Question<'q>) -> Vec<&'q str> {
        let mut files: Vec<&str> = Vec::new();
        for candidate in question.candidates {
            let file = candidate.span.file.as_str();
            let open = self.pages.get(file).is_some_and(|page| !page.is_empty());
            if open && !files.contains(&file) {
                files.push(file);
            }
        }
        files
    }
}

fn encloses(outer: &Span, inner: &Span) -> bool {
    let (outer_size, inner_size) =
        (outer.end_byte.wrapping_sub(outer.start_byte), inner.end_byte.wrapping_sub(inner.start_byte));
    outer.file == inner.file
        && outer.start_byte <= inner.start_byte
        && inner.end_byte <= outer.end_byte
        && outer_size > inner_size
}

/// A symbol inside another that is shown whole is part of that one.
fn merged(index: usize, shown: &[(usize, Detail)], question: &Question) -> bool {
    let span = &question.candidates[index].span;
    shown.iter().any(|&(other, detail)| {
        let around = &question.candidates[other].span;
        let twin = other < index
            && around.file == span.file
            && around.start_byte == span.start_byte
            && around.end_byte == span.end_byte;
        twin || (detail == Detail::Full && encloses(around, span))
    })
}

/// The pieces of one file in source order. A line belongs to the smallest of them that contains it.
fn pieces_of(page: &Page, own: &[(usize, Detail)], candidates: &[Candidate]) -> Vec<Piece> {
    let mut here: Vec<(usize, Detail, RangeInclusive<u32>)> = own
        .iter()
        .filter(|(index, _)| candidates[*index].span.file == page.file)
        .map(|&(index, detail)| (index, detail, extent(page, &candidates[index].span)))
        .collect();
    here.sort_by_key(|(index, _, lines)| (*lines.start(), std::cmp::Reverse(*lines.end()), *index));
    let owner = |line: u32| {
        let around = here.iter().enumerate().filter(|(_, (_, _, lines))| lines.contains(&line));
        around
            .min_by_key(|(place, (_, _, lines))| (lines.end() - lines.start(), std::cmp::Reverse(*place)))
            .map(|(place, _)| place)
    };
    let pieces = here.iter().enumerate().map(|(place, &(candidate, detail, ref lines))| {
        let (text, rows) = page.render(|line| owner(line) == Some(place));
        let (start_line, end_line) = rows.unwrap_or_else(|| lines.clone()).into_inner();
        Piece { candidate, detail, tokens: count_tokens(&text), text, start_line, end_line }
    });
    pieces.collect()
}

/// Lines of a symbol with the documentation above it.
fn extent(page: &Page, span: &Span) -> RangeInclusive<u32> {
    let doc = page.doc_lines(span).filter(|_| page.source.trust == Trust::Fresh);
    let first = doc.map_or(span.start_line, |lines| span.start_line.min(*lines.start()));
    first..=span.end_line.max(first)
}
