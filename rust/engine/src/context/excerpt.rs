//! The part of a long body that answers the question best: blocks of lines, those with most of its words first.

use std::ops::RangeInclusive;

use super::source::Source;

/// A block longer than this is cut into windows: a screenful is more than one thought.
const WINDOW: u32 = 10;

/// Blocks of a body, best first. Without any word of the question in it, the blocks stay in source order: a beginning
/// says more than an end.
pub fn blocks(source: &Source, body: RangeInclusive<u32>, terms: &[String]) -> Vec<RangeInclusive<u32>> {
    let mut scored: Vec<(usize, RangeInclusive<u32>)> =
        split(source, body).into_iter().map(|block| (score(source, block.clone(), terms), block)).collect();
    scored.sort_by_key(|(score, block)| (std::cmp::Reverse(*score), *block.start()));
    scored.into_iter().map(|(_, block)| block).collect()
}

/// Runs of lines between blank ones, no longer than a window.
fn split(source: &Source, body: RangeInclusive<u32>) -> Vec<RangeInclusive<u32>> {
    let mut blocks = Vec::new();
    let mut start = None;
    for line in body.clone() {
        let blank = source.is_blank(line);
        if let Some(first) = start {
            if blank || line - first >= WINDOW {
                blocks.push(first..=line - 1);
                start = (!blank).then_some(line);
            }
        } else if !blank {
            start = Some(line);
        }
    }
    blocks.extend(start.map(|first| first..=*body.end()));
    blocks
}

/// Different words count for more than the same word again.
fn score(source: &Source, block: RangeInclusive<u32>, terms: &[String]) -> usize {
    let text: Vec<u8> = block.filter_map(|line| source.line(line)).flat_map(|line| line.to_ascii_lowercase()).collect();
    terms
        .iter()
        .map(|term| memchr::memmem::find_iter(&text, term.as_bytes()).count())
        .filter(|&count| count > 0)
        .map(|count| 10 + count.min(3))
        .sum()
}
