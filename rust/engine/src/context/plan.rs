//! How the budget is spent: first on what answers the question itself, then on what surrounds it, then the change.

use super::sheet::Sheet;
use super::source::Trust;
use super::{Candidate, Detail, Question, Span, excerpt};

/// Of the budget for entry points; the rest shows what they depend on.
const ENTRY_SHARE: f64 = 0.7;
/// An entry point may use at least this part of what the entry points have left, however many come after it.
const LEAST_ENTRY_SHARE: f64 = 1.0 / 3.0;
/// A neighbour's whole body may cost this much of the budget, its signature and documentation this much.
const NEIGHBOUR_BODY_SHARE: f64 = 0.15;
const NEIGHBOUR_SIGNATURE_SHARE: f64 = 0.08;
/// Of the budget kept from neighbours' bodies, so that more neighbours get at least a line.
const LINES_SHARE: f64 = 0.1;
/// Of the budget for the line that names the entry points, and how many it names.
const PREFACE_SHARE: f64 = 0.05;
const PREFACE_NAMES: usize = 5;
/// Fewer tokens than this hold no line worth reading.
const SMALLEST_LINE: usize = 4;

pub fn spend(sheet: &mut Sheet, question: &Question) {
    name_entry_points(sheet, question);
    show_entry_points(sheet, question);
    show_neighbours(sheet, question);
    spend_the_rest(sheet, question);
}

fn share(budget: usize, part: f64) -> usize {
    (budget as f64 * part) as usize
}

fn entry_points<'a>(question: &Question<'a>) -> Vec<&'a Candidate> {
    question.candidates.iter().filter(|candidate| candidate.hops == 0).collect()
}

fn name_entry_points(sheet: &mut Sheet, question: &Question) {
    let one_line = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ");
    let names: Vec<String> = entry_points(question)
        .iter()
        .take(PREFACE_NAMES)
        .map(|entry| one_line(&entry.span.qualified_name))
        .filter(|name| !name.is_empty())
        .collect();
    for count in (1..=names.len()).rev() {
        let text = format!("Entry points: {}\n", names[..count].join(", "));
        if sheet.set_preface(text, share(question.budget, PREFACE_SHARE)) {
            return;
        }
    }
}

fn show_entry_points(sheet: &mut Sheet, question: &Question) {
    let entries = entry_points(question);
    let mut purse = share(sheet.remaining(), ENTRY_SHARE);
    let mut weights: f64 = entries.iter().map(|entry| weight(entry)).sum();
    for entry in entries {
        let part = if weights > 0.0 { weight(entry) / weights } else { 1.0 };
        let cap = share(purse, part.clamp(LEAST_ENTRY_SHARE, 1.0));
        let before = sheet.remaining();
        show_entry_point(sheet, &entry.span, cap, question);
        purse = purse.saturating_sub(before.saturating_sub(sheet.remaining()));
        weights -= weight(entry);
    }
}

/// Whether a candidate may be shown whole. A module beside the answer is known by its documentation: its code is a file.
fn whole(candidate: &Candidate) -> bool {
    candidate.hops == 0 || candidate.span.kind != "module"
}

fn weight(candidate: &Candidate) -> f64 {
    let relevance = f64::from(candidate.relevance);
    if relevance.is_finite() { relevance.max(0.0) } else { 0.0 }
}

fn show_entry_point(sheet: &mut Sheet, span: &Span, cap: usize, question: &Question) {
    if sheet.show(span, Detail::Full, cap, question) {
        return;
    }
    let before = sheet.remaining();
    if sheet.show(span, Detail::Signature, cap, question) || sheet.show(span, Detail::Line, usize::MAX, question) {
        let left = cap.saturating_sub(before.saturating_sub(sheet.remaining()));
        show_best_part(sheet, span, left, question);
    }
}

/// Blocks of a body that does not fit whole. Where other candidates lie inside it, they speak for it.
fn show_best_part(sheet: &mut Sheet, span: &Span, cap: usize, question: &Question) {
    let inside = |other: &Span| {
        other.file == span.file
            && other.start_byte >= span.start_byte
            && other.end_byte <= span.end_byte
            && (other.start_byte, other.end_byte) != (span.start_byte, span.end_byte)
    };
    if question.candidates.iter().any(|candidate| inside(&candidate.span)) {
        return;
    }
    let source = &sheet.page(&span.file, question).source;
    let body = source.lines(span.signature_end.max(span.start_byte), span.end_byte);
    let Some(body) = body.filter(|_| source.trust == Trust::Fresh && source.holds(span)) else { return };
    let mut left = cap;
    for block in excerpt::blocks(source, body, question.terms) {
        let before = sheet.remaining();
        if left < SMALLEST_LINE {
            return;
        }
        if sheet.show_lines(&span.file, block, left) {
            left = left.saturating_sub(before.saturating_sub(sheet.remaining()));
        }
    }
}

fn show_neighbours(sheet: &mut Sheet, question: &Question) {
    let budget = question.budget;
    for candidate in question.candidates.iter().filter(|candidate| candidate.hops > 0) {
        if sheet.remaining() < SMALLEST_LINE {
            return;
        }
        let free = sheet.remaining().saturating_sub(share(budget, LINES_SHARE));
        let span = &candidate.span;
        let body =
            whole(candidate) && sheet.show(span, Detail::Full, share(budget, NEIGHBOUR_BODY_SHARE).min(free), question);
        let _shown = body
            || sheet.show(span, Detail::Signature, share(budget, NEIGHBOUR_SIGNATURE_SHARE).min(free), question)
            || sheet.show(span, Detail::Line, usize::MAX, question);
    }
}

/// What is left goes to the most relevant that is not yet shown whole.
fn spend_the_rest(sheet: &mut Sheet, question: &Question) {
    for candidate in question.candidates {
        let left = sheet.remaining();
        if left < SMALLEST_LINE {
            return;
        }
        let span = &candidate.span;
        if !(whole(candidate) && sheet.show(span, Detail::Full, left, question)) {
            let _shown =
                sheet.show(span, Detail::Signature, left, question) || sheet.show(span, Detail::Line, left, question);
            if candidate.hops == 0 {
                show_best_part(sheet, span, left, question);
            }
        }
    }
}
