//! Ranks symbols and files by the index in a snapshot: one array of scores, one pass over the list of each term.

use super::{PATHS, SYMBOLS, Weights, length_of};
use crate::snapshot::{Snapshot, SnapshotError};
use crate::text::dictionary::DictionaryView;
use crate::text::postings::{Counts, Entries, Place, PostingsView};
use crate::top::Top;

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

    /// Symbols that have a term (as [`crate::text::terms`] makes it) in a field of their own or in their file's path.
    pub fn document_frequency(&self, term: &str) -> u32 {
        self.occurrences(term, &[], &[]).count()
    }

    /// The best `limit` symbols for weighted terms, best first. Terms nobody has change nothing.
    pub fn search(&self, terms: &[(String, f32)], limit: usize, weights: &Weights) -> Vec<Match> {
        let norms = self.norms(weights);
        let (gains, path_gains) = (gains(&self.postings, weights), path_gains(&self.path_postings, weights));
        let mut found = vec![(0f32, 0u32); self.lengths.len()];
        for (place, (term, weight)) in terms.iter().enumerate() {
            let occurrences = self.occurrences(term, &gains, &path_gains);
            let factor = weight * rarity(occurrences.count(), self.lengths.len()) * (weights.k1 + 1.0);
            let bit = bit(place);
            occurrences.each(|node, gain| {
                let (Some(found), Some(&length)) = (found.get_mut(node as usize), self.lengths.get(node as usize))
                else {
                    return;
                };
                let frequency = gain * norms[length as usize];
                found.0 += factor * frequency / (frequency + weights.k1);
                found.1 |= bit;
            });
        }
        best(&found, limit, |node| node)
    }

    /// The best `limit` files, each taken as one document: all its symbols together.
    pub fn search_files(&self, terms: &[(String, f32)], limit: usize, weights: &Weights) -> Vec<Match> {
        let (gains, path_gains) = (gains(&self.postings, weights), path_gains(&self.path_postings, weights));
        let mean = (self.total_length / self.files.len().max(1) as f32).max(f32::MIN_POSITIVE);
        let mut found = vec![(0f32, 0u32); self.files.len()];
        let mut having: Vec<(usize, f32)> = Vec::new();
        for (place, (term, weight)) in terms.iter().enumerate() {
            having.clear();
            self.occurrences(term, &gains, &path_gains).each_file(|file, gain| having.push((file, gain)));
            let factor = weight * rarity(having.len() as u32, self.files.len()) * (weights.file_k1 + 1.0);
            for &(file, gain) in &having {
                let frequency = gain / discount(weights.file_b, self.file_lengths[file] / mean);
                found[file].0 += factor * frequency / (frequency + weights.file_k1);
                found[file].1 |= bit(place);
            }
        }
        best(&found, limit, |file| self.files[file as usize])
    }

    /// One over the discount of each length code.
    fn norms(&self, weights: &Weights) -> [f32; 256] {
        let mean = (self.total_length / self.lengths.len().max(1) as f32).max(f32::MIN_POSITIVE);
        std::array::from_fn(|code| 1.0 / discount(weights.b, length_of(code as u8) / mean))
    }

    fn occurrences<'b>(&'b self, term: &str, gains: &'b [f32], path_gains: &'b [f32]) -> Occurrences<'b> {
        Occurrences {
            own: self.terms.find(term).map(|number| self.postings.list(number)),
            paths: self.path_terms.find(term).map(|number| self.path_postings.list(number)),
            gains,
            path_gains,
            files: self.files,
            nodes: self.lengths.len() as u32,
        }
    }
}

/// Where a term stands: the entries of symbols, and the files whose path has it, which all their symbols share.
struct Occurrences<'a> {
    own: Option<Entries<'a>>,
    paths: Option<Entries<'a>>,
    gains: &'a [f32],
    path_gains: &'a [f32],
    files: &'a [u32],
    nodes: u32,
}

impl Occurrences<'_> {
    fn count(&self) -> u32 {
        match &self.paths {
            None => self.own.as_ref().map_or(0, |entries| entries.len),
            Some(_) => {
                let mut count = 0;
                self.clone().each(|_, _| count += 1);
                count
            }
        }
    }

    /// Calls `visit` with every symbol, nodes going up, and its weighted count.
    fn each(self, mut visit: impl FnMut(u32, f32)) {
        let gain = |gains: &[f32], code: u32| gains.get(code as usize).copied().unwrap_or(0.0);
        let mut own = self.own.into_iter().flatten();
        let mut next = own.next();
        for (file, code) in self.paths.into_iter().flatten() {
            let Some(&start) = self.files.get(file as usize) else { return };
            let end = self.files.get(file as usize + 1).map_or(self.nodes, |&next| next);
            while let Some((node, code)) = next.filter(|entry| entry.0 < start) {
                visit(node, gain(self.gains, code));
                next = own.next();
            }
            let shared = gain(self.path_gains, code);
            for node in start..end {
                match next {
                    Some((own_node, code)) if own_node == node => {
                        visit(node, shared + gain(self.gains, code));
                        next = own.next();
                    }
                    _ => visit(node, shared),
                }
            }
        }
        while let Some((node, code)) = next {
            visit(node, gain(self.gains, code));
            next = own.next();
        }
    }

    /// Calls `visit` with every file and the weighted counts of its symbols together.
    fn each_file(self, mut visit: impl FnMut(usize, f32)) {
        let files = self.files;
        let (mut file, mut sum) = (0, 0f32);
        self.each(|node, gain| {
            if files.get(file + 1).is_some_and(|&next| node >= next) {
                if sum > 0.0 {
                    visit(file, sum);
                }
                sum = 0.0;
                file += files[file + 1..].partition_point(|&first| first <= node);
            }
            sum += gain;
        });
        if sum > 0.0 {
            visit(file, sum);
        }
    }
}

impl Clone for Occurrences<'_> {
    fn clone(&self) -> Self {
        Self { own: self.own.clone(), paths: self.paths.clone(), ..*self }
    }
}

/// For each combination of counts its weighted sum.
fn gains(postings: &PostingsView, weights: &Weights) -> Vec<f32> {
    let fields = [
        (Place::Name, weights.name),
        (Place::Container, weights.container),
        (Place::Signature, weights.signature),
        (Place::Doc, weights.doc),
        (Place::Body, weights.body),
        (Place::Text, weights.text),
    ];
    weighted(postings, &fields)
}

fn path_gains(postings: &PostingsView, weights: &Weights) -> Vec<f32> {
    weighted(postings, &[(Place::Name, weights.file), (Place::Container, weights.folder)])
}

fn weighted(postings: &PostingsView, fields: &[(Place, f32)]) -> Vec<f32> {
    let sum = |counts: Counts| fields.iter().map(|&(place, weight)| counts.get(place) as f32 * weight).sum();
    postings.counts().map(sum).collect()
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

fn bit(place: usize) -> u32 {
    1u32.checked_shl(place as u32).unwrap_or(0)
}

fn best(found: &[(f32, u32)], limit: usize, node: impl Fn(u32) -> u32) -> Vec<Match> {
    let mut top = Top::new(limit, 0.0);
    for (place, &(score, _)) in found.iter().enumerate() {
        top.offer(place as u32, score);
    }
    let matched = |(place, score): (u32, f32)| Match { node: node(place), score, terms: found[place as usize].1 };
    top.ranked().into_iter().map(matched).collect()
}
