//! The nearest of many queries at once, each exactly what [`VectorIndex::search`] finds for it alone.
//!
//! The sketches are gone through once, a tile at a time, for all queries: what limits a search is then arithmetic, not
//! memory. Whoever cannot reach the floor by its sketch, or the worst of the best so far, is out; the rest is looked at
//! by both sketches, and then in full, as soon as there is enough of it.

use rayon::prelude::*;

use crate::memory::candidates::{Among, Request};
use crate::memory::search::{Hit, ROUNDING};
use crate::memory::sketch::{self, Query, width};
use crate::memory::tile::{ROWS, Sums, Tile};
use crate::memory::vectors::VectorIndex;

/// Vectors that are worth a thread.
const FEWEST_PER_TASK: usize = 4096;
/// Vectors that are looked at closely together.
const TOGETHER: usize = 64;

/// One query, and what was found for it so far.
struct Asked<'a> {
    query: &'a [f32],
    sketched: Query,
    limit: usize,
    floor: f32,
    /// The cosine below which nothing can be among the best.
    bar: f32,
    /// Slots that may be, with what the first sketch tells of their cosines.
    promising: Vec<(u32, f32)>,
    best: Vec<Hit>,
}

impl VectorIndex {
    /// For each query (row after row, at unit length) the best hits in order, none with a cosine below `floor`.
    ///
    /// # Panics
    /// When the queries are not of [`VectorIndex::dimensions`].
    pub fn nearest(&self, queries: &[f32], limit: usize, floor: f32) -> Vec<Vec<Hit>> {
        let wide = self.dimensions().max(1);
        assert_eq!(queries.len() % wide, 0, "dimensions of the queries");
        if limit == 0 || self.is_empty() {
            return vec![Vec::new(); queries.len() / wide];
        }
        if queries.len() == wide {
            return vec![self.search(queries, &above(limit, floor)).0]; // nobody shares what is read
        }
        let asked = || queries.chunks_exact(wide).map(|query| Asked::new(query, limit, floor)).collect();
        let rows = self.len().div_ceil(rayon::current_num_threads()).next_multiple_of(ROWS).max(FEWEST_PER_TASK);
        let parts = (0..self.len()).into_par_iter().step_by(rows);
        let found = parts.map(|first| self.nearest_of(asked(), first..self.len().min(first + rows)));
        let joined = found.reduce(Vec::new, |mut joined, part| {
            joined.resize_with(part.len(), Vec::new);
            joined.iter_mut().zip(part).for_each(|(hits, more): (&mut Vec<Hit>, _)| hits.extend(more));
            joined
        });
        joined.into_iter().map(|hits| Hit::ranked(hits, limit)).collect()
    }

    /// The same among some slots, in no order.
    fn nearest_of(&self, mut asked: Vec<Asked>, slots: std::ops::Range<usize>) -> Vec<Vec<Hit>> {
        let (wide, plane) = (width(self.dimensions()), &self.planes[0]);
        let (mut tile, mut sums) = (Tile::new(wide), [[0; ROWS]; 2]);
        for first in slots.clone().step_by(ROWS) {
            let places = first..slots.end.min(first + ROWS);
            let (steps, errors) = (&plane.steps[places.clone()], &plane.errors[places.clone()]);
            tile.fill(&plane.bytes[places.start * wide..places.end * wide]);
            for pair in asked.chunks_mut(2) {
                tile.sums([&pair[0].sketched, &pair[pair.len() - 1].sketched], &mut sums);
                for (asked, sums) in pair.iter_mut().zip(&sums) {
                    asked.take_promising(first as u32, sums, steps, errors);
                    if asked.promising.len() >= TOGETHER {
                        self.look_closely(asked);
                    }
                }
            }
        }
        asked.iter_mut().for_each(|asked| self.look_closely(asked));
        asked.into_iter().map(|asked| asked.best).collect()
    }

    /// Scores in full what can still be among the best by both sketches.
    fn look_closely(&self, asked: &mut Asked) {
        let (wide, plane) = (width(self.dimensions()), &self.planes[1]);
        let mut sums = [0; ROWS + TOGETHER];
        let rows = asked.promising.iter().map(|&(slot, _)| plane.row(slot, wide));
        sketch::sums(&asked.sketched, rows, &mut sums);
        let reaches = |(&(slot, cosine), &sum): (&(u32, f32), &i32)| {
            let (step, error) = (plane.steps[slot as usize], plane.errors[slot as usize]);
            let most = cosine + asked.sketched.product(sum, step) + asked.sketched.error(error);
            (most >= asked.bar).then_some(slot)
        };
        let slots: Vec<u32> = asked.promising.iter().zip(&sums).filter_map(reaches).collect();
        let mut cosines = [0f32; ROWS + TOGETHER];
        self.cosines(asked.query, slots.iter().copied(), &mut cosines);
        let hit = |(&slot, &cosine): (&u32, &f32)| {
            let number = self.numbers[slot as usize];
            (cosine >= asked.floor).then_some(Hit { number, score: cosine, cosine })
        };
        asked.best.extend(slots.iter().zip(&cosines).filter_map(hit));
        asked.promising.clear();
        asked.raise_the_bar();
    }
}

impl<'a> Asked<'a> {
    fn new(query: &'a [f32], limit: usize, floor: f32) -> Self {
        let (promising, best) = Default::default();
        Self { query, sketched: Query::new(query), limit, floor, bar: floor, promising, best }
    }

    /// Notes which rows of a tile may be among the best.
    fn take_promising(&mut self, first: u32, sums: &Sums, steps: &[f32], errors: &[f32]) {
        let query = &self.sketched;
        let mut cosines = [0f32; ROWS];
        let mut reached = 0u32;
        for (((cosine, &sum), &step), &error) in cosines.iter_mut().zip(sums).zip(steps).zip(errors) {
            *cosine = query.product(sum, step);
            reached += u32::from(*cosine + query.error(error) >= self.bar);
        }
        if reached > 0 {
            let rows = (first..).zip(cosines.iter().zip(errors));
            let rows = rows.filter(|(_, (cosine, error))| **cosine + query.error(**error) >= self.bar);
            self.promising.extend(rows.map(|(slot, (&cosine, _))| (slot, cosine)));
        }
    }

    /// Once there are more than enough hits, forgets the worst, and asks as much of others as the last one has.
    fn raise_the_bar(&mut self) {
        if self.best.len() > self.limit {
            self.best.select_nth_unstable_by(self.limit - 1, Hit::order);
            self.best.truncate(self.limit);
        }
        if self.best.len() == self.limit {
            let last = self.best.iter().fold(f32::INFINITY, |lowest, hit| lowest.min(hit.cosine));
            self.bar = self.floor.max(last - last.abs() * ROUNDING);
        }
    }
}

/// What is asked for one query alone.
fn above<'a>(limit: usize, floor: f32) -> Request<'a> {
    let (bonus, after, least) = (None, None, f32::NEG_INFINITY);
    Request { limit, among: Among::All, bonus, weight: 1.0, floor, after, except: &[], least }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::vectors::tests::random_unit;

    fn one_by_one(index: &VectorIndex, queries: &[f32], limit: usize, floor: f32) -> Vec<Vec<Hit>> {
        queries.chunks_exact(index.dimensions()).map(|query| index.search(query, &above(limit, floor)).0).collect()
    }

    /// A vector beside one of a few directions; every fifth is exactly like others.
    fn text(dimensions: usize, seed: u64) -> Vec<f32> {
        let about = random_unit(dimensions, seed % 23);
        let own = if seed.is_multiple_of(5) { vec![0.0; dimensions] } else { random_unit(dimensions, seed + 1000) };
        let far = (seed % 7) as f32 / 5.0;
        let sum: Vec<f32> = about.iter().zip(&own).map(|(about, own)| about + far * own).collect();
        let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt();
        sum.iter().map(|value| value / length).collect()
    }

    /// Nodes of which every eleventh has lost its vector and every thirteenth has got another.
    fn index(dimensions: usize, count: u32) -> VectorIndex {
        let mut index = VectorIndex::new(dimensions);
        for number in 0..count {
            index.put(&[3 * number], &text(dimensions, u64::from(number)));
        }
        (0..count).step_by(11).for_each(|number| index.remove(3 * number));
        (0..count).step_by(13).for_each(|number| index.put(&[3 * number], &text(dimensions, u64::from(number) + 7)));
        index
    }

    #[test]
    fn many_at_once_find_what_each_finds_alone() {
        for (dimensions, counts) in [(100, &[1, 2, 63, 64, 65, 700, 9_500][..]), (256, &[300]), (5, &[2_000])] {
            for &count in counts {
                let index = index(dimensions, count);
                for asked in [2, 3, 8] {
                    let queries: Vec<f32> = (0..asked).flat_map(|seed| text(dimensions, seed * 31 + 4)).collect();
                    for (limit, floor) in [(1, -2.0), (10, 0.85), (10, 0.2), (70, 0.5), (20_000, 0.85), (3_000, -2.0)] {
                        let (together, alone) =
                            (index.nearest(&queries, limit, floor), one_by_one(&index, &queries, limit, floor));
                        assert_eq!(together, alone, "{asked} of {count}: {limit} above {floor}");
                    }
                }
            }
        }
    }

    #[test]
    fn of_equals_those_with_the_lowest_numbers_are_found_however_many_there_are() {
        let mut index = VectorIndex::new(3);
        (0..20_000u32).rev().for_each(|number| index.put(&[number], &[0.0, 1.0, 0.0]));
        let found = index.nearest(&[0.0, 1.0, 0.0, 1.0, 0.0, 0.0], 5, 0.85);
        assert_eq!(found[0].iter().map(|hit| hit.number).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(found[1], []);
    }

    #[test]
    fn an_empty_index_and_no_query_find_nothing() {
        assert_eq!(VectorIndex::new(2).nearest(&[1.0, 0.0, 0.0, 1.0], 5, -2.0), [[], []]);
        assert!(index(5, 100).nearest(&[], 5, -2.0).is_empty());
        assert_eq!(index(5, 100).nearest(&[0.5; 10], 0, -2.0), [[], []]);
        assert_eq!(index(5, 1000).nearest(&[0.0; 10], 5, 0.85), [[], []], "no direction");
    }
}
