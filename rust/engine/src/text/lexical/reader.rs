//! Ranks symbols and files by the index in a snapshot: one array of scores, one pass over the list of each term.
//!
//! Terms come in the order of what they can add at most, the rarest first. As soon as all terms still to come cannot
//! lift anything new above the worst of the best (MaxScore, Turtle and Flood 1995), only those that still have a chance
//! are looked up in their lists: the commonest words have the longest lists, and hardly ever need to be read whole.

use super::occurrences::Occurrences;
use super::{PATHS, SYMBOLS, Weights, length_of};
use crate::snapshot::{Snapshot, SnapshotError};
use crate::text::dictionary::DictionaryView;
use crate::text::postings::{Counts, Place, PostingsView};
use crate::top::Top;

/// Shorter lists are read whole sooner than it is found out whether they need to be.
const LONG_LIST: usize = 20_000;
/// Room for the rounding of sums, so that nothing is given up by a last bit.
const ROUNDING: f32 = 1.000_01;

/// A symbol or file that has some of the terms asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Of a file, the node of its module.
    pub node: u32,
    pub score: f32,
    /// Bit i is set where term i occurs; terms beyond the 32nd have no bit.
    pub terms: u32,
}

/// The index in a snapshot. Opening it reads nothing: open it for each query.
pub struct Lexical<'a> {
    terms: DictionaryView<'a>,
    postings: PostingsView<'a>,
    lengths: &'a [u8],
    total_length: f32,
    path_terms: DictionaryView<'a>,
    path_postings: PostingsView<'a>,
    /// First node of each file, and the sum of its symbols' lengths.
    files: &'a [u32],
    file_lengths: &'a [f32],
}

impl<'a> Lexical<'a> {
    /// # Errors
    /// [`SnapshotError::Unusable`] when a section is missing or damaged.
    pub fn open(snapshot: &'a Snapshot) -> Result<Self, SnapshotError> {
        let lengths: &[u8] = snapshot.section("lexical.lengths")?;
        let files: &[u32] = snapshot.section("paths.first_nodes")?;
        let file_lengths: &[f32] = snapshot.section("paths.lengths")?;
        let in_order = files.windows(2).all(|pair| pair[0] <= pair[1]);
        if files.len() != file_lengths.len()
            || !in_order
            || files.last().is_some_and(|&node| node as usize > lengths.len())
        {
            return Err(snapshot.unusable("damaged in the section paths.first_nodes".into()));
        }
        Ok(Self {
            terms: DictionaryView::open(snapshot, SYMBOLS)?,
            postings: PostingsView::open(snapshot, SYMBOLS)?,
            lengths,
            total_length: file_lengths.iter().sum(),
            path_terms: DictionaryView::open(snapshot, PATHS)?,
            path_postings: PostingsView::open(snapshot, PATHS)?,
            files,
            file_lengths,
        })
    }

    /// Symbols that have a term (as [`crate::text::terms`] makes it) in a field of their own or in their file's path. Where
    /// both occur, that of the two which says more.
    pub fn document_frequency(&self, term: &str) -> u32 {
        self.occurrences(term, &Tables::default()).symbols()
    }

    /// The best `limit` symbols for weighted terms, best first. Terms nobody has change nothing.
    pub fn search(&self, terms: &[(String, f32)], limit: usize, weights: &Weights) -> Vec<Match> {
        let mean = (self.total_length / self.lengths.len().max(1) as f32).max(f32::MIN_POSITIVE);
        let norms: [f32; 256] = std::array::from_fn(|code| 1.0 / discount(weights.b, length_of(code as u8) / mean));
        let norm = |node: usize| norms[self.lengths[node] as usize];
        self.rank::<false>(terms, limit, weights, norm, |node| node)
    }

    /// The best `limit` files, each taken as one document: all its symbols together.
    pub fn search_files(&self, terms: &[(String, f32)], limit: usize, weights: &Weights) -> Vec<Match> {
        let mean = (self.total_length / self.files.len().max(1) as f32).max(f32::MIN_POSITIVE);
        let norm = |file: usize| 1.0 / discount(weights.file_b, self.file_lengths[file] / mean);
        self.rank::<true>(terms, limit, weights, norm, |file| self.files[file as usize])
    }

    /// Ranks files or symbols ("units"), whose counts are scaled by `norm`.
    fn rank<const FILES: bool>(
        &self,
        terms: &[(String, f32)],
        limit: usize,
        weights: &Weights,
        norm: impl Fn(usize) -> f32,
        node: impl Fn(u32) -> u32,
    ) -> Vec<Match> {
        let (units, k1) = if FILES { (self.files.len(), weights.file_k1) } else { (self.lengths.len(), weights.k1) };
        let tables = Tables::new(&self.postings, &self.path_postings, weights);
        let mut lists = self.lists::<FILES>(terms, &tables, units, k1);
        let mut found = vec![(0f32, 0u32); units];
        while let Some(list) = lists.pop() {
            let add = |found: &mut (f32, u32), unit: usize, gain: f32| {
                let frequency = gain * norm(unit);
                found.0 += list.most * frequency / (frequency + k1);
                found.1 |= list.bit;
            };
            let to_come = (list.most + lists.iter().map(|list| list.most).sum::<f32>()) * ROUNDING;
            let hopeful = if list.occurrences.entries() > LONG_LIST { hopeful(&found, limit, to_come) } else { None };
            match hopeful {
                Some(units) => {
                    for (unit, gain) in list.occurrences.among::<FILES>(&units) {
                        add(&mut found[unit as usize], unit as usize, gain);
                    }
                }
                None => list.occurrences.each_unit::<FILES>(|unit, gain| {
                    if let Some(found) = found.get_mut(unit) {
                        add(found, unit, gain);
                    }
                }),
            }
        }
        let matched = |(unit, score): (u32, f32)| Match { node: node(unit), score, terms: found[unit as usize].1 };
        best(&found, limit).into_iter().map(matched).collect()
    }

    /// The lists of the terms, the one that can add most last.
    fn lists<'b, const FILES: bool>(
        &'b self,
        terms: &[(String, f32)],
        tables: &'b Tables,
        units: usize,
        k1: f32,
    ) -> Vec<List<'b>> {
        let list = |(place, (term, weight)): (usize, &(String, f32))| {
            let occurrences = self.occurrences(term, tables);
            let having = if FILES { occurrences.files() } else { occurrences.symbols() };
            let bit = 1u32.checked_shl(place as u32).unwrap_or(0);
            List { most: weight * rarity(having, units) * (k1 + 1.0), bit, occurrences }
        };
        let mut lists: Vec<List> = terms.iter().enumerate().map(list).collect();
        lists.sort_by(|left, right| left.most.total_cmp(&right.most));
        lists
    }

    fn occurrences<'b>(&'b self, term: &str, tables: &'b Tables) -> Occurrences<'b> {
        Occurrences {
            own: self.terms.find(term).map(|number| self.postings.list(number)),
            paths: self.path_terms.find(term).map(|number| self.path_postings.list(number)),
            gains: &tables.own,
            path_gains: &tables.paths,
            files: self.files,
            nodes: self.lengths.len() as u32,
        }
    }
}

/// A term of a query.
struct List<'a> {
    /// More than this it cannot add to a score.
    most: f32,
    bit: u32,
    occurrences: Occurrences<'a>,
}

/// What each combination of counts is worth by the weights of a query.
#[derive(Default)]
struct Tables {
    own: Vec<f32>,
    paths: Vec<f32>,
}

impl Tables {
    fn new(postings: &PostingsView, paths: &PostingsView, weights: &Weights) -> Tables {
        let own = [
            (Place::Name, weights.name),
            (Place::Container, weights.container),
            (Place::Signature, weights.signature),
            (Place::Doc, weights.doc),
            (Place::Body, weights.body),
            (Place::Text, weights.text),
        ];
        let of_path = [(Place::Name, weights.file), (Place::Container, weights.folder)];
        Tables { own: weighted(postings, &own), paths: weighted(paths, &of_path) }
    }
}

fn weighted(postings: &PostingsView, fields: &[(Place, f32)]) -> Vec<f32> {
    let sum = |counts: Counts| fields.iter().map(|&(place, weight)| counts.get(place) as f32 * weight).sum();
    postings.counts().map(sum).collect()
}

/// The units that can still come among the best `limit` when no score grows by more than `to_come`; None when that may
/// be any.
fn hopeful(found: &[(f32, u32)], limit: usize, to_come: f32) -> Option<Vec<u32>> {
    let worst = best(found, limit).get(limit.wrapping_sub(1))?.1;
    if worst <= to_come {
        return None;
    }
    let chance = |&(_, found): &(usize, &(f32, u32))| found.0 + to_come >= worst;
    Some(found.iter().enumerate().filter(chance).map(|(unit, _)| unit as u32).collect())
}

fn best(found: &[(f32, u32)], limit: usize) -> Vec<(u32, f32)> {
    let mut top = Top::new(limit, 0.0);
    for (unit, &(score, _)) in found.iter().enumerate() {
        top.offer(unit as u32, score);
    }
    top.ranked()
}

/// What a count is divided by for a length in proportion to the mean.
fn discount(b: f32, length: f32) -> f32 {
    (1.0 - b + b * length).max(f32::MIN_POSITIVE)
}

/// Inverse document frequency, never negative.
fn rarity(having: u32, all: usize) -> f32 {
    let (having, all) = (f64::from(having), all as f64);
    (1.0 + (all - having + 0.5).max(0.0) / (having + 0.5)).ln() as f32
}
