//! The best k of all vectors that a filter leaves over, exactly, by a score that may add something to each cosine.
//!
//! Sketches give every candidate a highest score that it can have. The k most promising are scored in full; whoever
//! cannot reach the worst of those is out, first by one sketch, then by both. The rest is scored in full as well, so
//! nothing is guessed.

use std::cell::RefCell;
use std::cmp::Ordering;

use rayon::prelude::*;

use crate::memory::candidates::{Candidates, Request};
use crate::memory::sketch::{self, Query, width};
use crate::memory::vectors::VectorIndex;
use crate::top::Top;

/// Sketches whose sums are taken at a stretch.
const ROWS_PER_STRETCH: usize = 256;
/// Bytes of sketches that are worth a thread.
const BYTES_PER_TASK: usize = 1 << 21;
/// Candidates that are scored in full at once: sketches would not save anything.
const FEW: usize = 128;
/// Rows scored in full that are worth a thread.
const FULL_PER_TASK: usize = 8192;

/// What rounding may change of a score, as a share.
pub(super) const ROUNDING: f32 = 1e-6;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    pub number: u32,
    pub score: f32,
    pub cosine: f32,
}

impl Hit {
    /// Higher scores first; of equal ones the lower number.
    pub(super) fn order(&self, other: &Hit) -> Ordering {
        other.score.total_cmp(&self.score).then(self.number.cmp(&other.number))
    }

    /// The best of some hits, in order.
    pub(super) fn ranked(mut hits: Vec<Hit>, limit: usize) -> Vec<Hit> {
        if hits.len() > limit {
            hits.select_nth_unstable_by(limit - 1, Hit::order);
            hits.truncate(limit);
        }
        hits.sort_unstable_by(Hit::order);
        hits
    }
}

thread_local! {
    /// Two values for each candidate, kept from search to search: fresh memory costs more than the scan that fills it.
    static SCRATCH: RefCell<(Vec<f32>, Vec<f32>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

impl VectorIndex {
    /// The best hits in order, and how many vectors were scored in full. `query` is at unit length.
    ///
    /// # Panics
    /// When the query is not of [`VectorIndex::dimensions`].
    pub fn search(&self, query: &[f32], request: &Request) -> (Vec<Hit>, usize) {
        assert_eq!(query.len(), self.dimensions(), "dimensions of the query");
        let candidates = self.candidates(request);
        if candidates.count == 0 || request.limit == 0 || query.is_empty() {
            return (Vec::new(), 0);
        }
        let found: Vec<usize> = if candidates.count <= FEW.max(2 * request.limit) {
            (0..candidates.count).collect()
        } else {
            self.promising(query, request, &candidates)
        };
        let scored = found.len();
        let hits = self.hits(query, request, &candidates, &found);
        (Hit::ranked(hits, request.limit), scored)
    }

    /// Positions of all candidates that can be among the best.
    fn promising(&self, query: &[f32], request: &Request, candidates: &Candidates) -> Vec<usize> {
        let (mut cosines, mut highest) = SCRATCH.take();
        for column in [&mut cosines, &mut highest] {
            column.resize(column.len().max(candidates.count), 0.0);
        }
        let columns = (&mut cosines[..candidates.count], &mut highest[..candidates.count]);
        let found = self.promising_by(query, request, candidates, columns);
        SCRATCH.set((cosines, highest));
        found
    }

    /// The same, with room for what the first sketch tells of each candidate: its cosine and its highest score.
    fn promising_by(
        &self,
        query: &[f32],
        request: &Request,
        candidates: &Candidates,
        (cosines, highest): (&mut [f32], &mut [f32]),
    ) -> Vec<usize> {
        let sketched = Query::new(query);
        let rows = (BYTES_PER_TASK / width(self.dimensions())).max(ROWS_PER_STRETCH);
        let scan = |(task, (cosines, highest)): (usize, (&mut [f32], &mut [f32]))| {
            self.scan(&sketched, request, candidates, task * rows, cosines, highest)
        };
        let seeds = if candidates.count <= 2 * rows {
            scan((0, (&mut *cosines, &mut *highest)))
        } else {
            let parts = cosines.par_chunks_mut(rows).zip(highest.par_chunks_mut(rows)).enumerate();
            parts.map(scan).reduce(|| Top::new(request.limit, f32::NEG_INFINITY), Top::merge)
        };
        let seeds: Vec<usize> = seeds.ranked().into_iter().map(|(at, _)| at as usize).collect();
        let scores = self.hits(query, request, candidates, &seeds);
        let bar = if scores.len() < request.limit {
            request.least
        } else {
            scores.iter().fold(f32::INFINITY, |lowest, hit| lowest.min(hit.score)).max(request.least)
        };
        let bar = bar - bar.abs() * ROUNDING;
        // What is below the floor for sure has minus infinity.
        let above = |(at, &score): (usize, &f32)| {
            let reached = score >= bar && score > f32::NEG_INFINITY && !candidates.excepted(candidates.slot(at));
            reached.then_some(at)
        };
        let found: Vec<usize> = highest.iter().enumerate().filter_map(above).collect();
        self.refined(&sketched, request, candidates, cosines, bar, found)
    }

    /// Fills in the cosines of candidates from `first` on as far as the first sketch tells, and their highest scores,
    /// minus infinity for those below the floor for sure; returns the most promising that may be found.
    fn scan(
        &self,
        query: &Query,
        request: &Request,
        candidates: &Candidates,
        first: usize,
        cosines: &mut [f32],
        highest: &mut [f32],
    ) -> Top {
        let mut top = Top::new(request.limit, f32::NEG_INFINITY);
        let last = request.after.map_or(f32::INFINITY, |(score, _)| score);
        let plane = &self.planes[0];
        let (mut steps, mut errors) = ([0f32; ROWS_PER_STRETCH], [0f32; ROWS_PER_STRETCH]);
        let stretches = cosines.chunks_mut(ROWS_PER_STRETCH).zip(highest.chunks_mut(ROWS_PER_STRETCH));
        for (stretch, (cosines, highest)) in stretches.enumerate() {
            let first = first + stretch * ROWS_PER_STRETCH;
            let places = first..first + highest.len();
            match &candidates.slots {
                Some(slots) => {
                    let slots = &slots[places];
                    for (at, &slot) in slots.iter().enumerate() {
                        (steps[at], errors[at]) = (plane.steps[slot as usize], plane.errors[slot as usize]);
                    }
                    self.cosines_of(0, query, slots.iter().copied(), &steps, cosines);
                    query.highest(cosines, &errors, request.weight, request.floor, highest);
                }
                None => {
                    let slots = places.start as u32..places.end as u32;
                    self.cosines_of(0, query, slots, &plane.steps[places.clone()], cosines);
                    query.highest(cosines, &plane.errors[places], request.weight, request.floor, highest);
                }
            }
            if let Some(bonus) = &candidates.bonus {
                highest.iter_mut().zip(&bonus[first..]).for_each(|(highest, bonus)| *highest += bonus);
            }
            for (at, &score) in highest.iter().enumerate() {
                if score > top.threshold
                    && request.weight * cosines[at] + candidates.bonus(first + at) <= last
                    && !candidates.excepted(candidates.slot(first + at))
                {
                    top.offer((first + at) as u32, score);
                }
            }
        }
        top
    }

    /// What a plane tells of the cosines with vectors in some slots; `steps` are those of their sketches.
    fn cosines_of(
        &self,
        plane: usize,
        query: &Query,
        slots: impl Iterator<Item = u32> + Clone,
        steps: &[f32],
        cosines: &mut [f32],
    ) {
        let wide = width(self.dimensions());
        let mut sums = [0i32; ROWS_PER_STRETCH];
        sketch::sums(query, slots.map(|slot| self.planes[plane].row(slot, wide)), &mut sums);
        for ((cosine, &sum), &step) in cosines.iter_mut().zip(&sums).zip(steps) {
            *cosine = query.product(sum, step);
        }
    }

    /// Those of the positions found by the first sketch that can still reach the bar by both.
    fn refined(
        &self,
        query: &Query,
        request: &Request,
        candidates: &Candidates,
        cosines: &[f32],
        bar: f32,
        found: Vec<usize>,
    ) -> Vec<usize> {
        if found.len() <= FEW {
            return found;
        }
        let plane = &self.planes[1];
        let refine = |places: &[usize]| {
            let (mut more, mut steps) = ([0f32; ROWS_PER_STRETCH], [0f32; ROWS_PER_STRETCH]);
            let slots = places.iter().map(|&at| candidates.slot(at));
            slots.clone().zip(&mut steps).for_each(|(slot, step)| *step = plane.steps[slot as usize]);
            self.cosines_of(1, query, slots.clone(), &steps, &mut more[..places.len()]);
            let reaches = |(at, (slot, more)): (usize, (u32, &f32))| {
                let cosine = cosines[at] + more + query.error(plane.errors[slot as usize]);
                let reached = request.weight * cosine + candidates.bonus(at) >= bar && cosine >= request.floor;
                reached.then_some(at)
            };
            places.iter().copied().zip(slots.zip(&more)).filter_map(reaches).collect::<Vec<usize>>()
        };
        if found.len() > FULL_PER_TASK {
            found.par_chunks(ROWS_PER_STRETCH).with_min_len(16).flat_map_iter(refine).collect()
        } else {
            found.chunks(ROWS_PER_STRETCH).flat_map(refine).collect()
        }
    }

    /// The candidates at these positions with their scores, as far as they are asked for.
    fn hits(&self, query: &[f32], request: &Request, candidates: &Candidates, places: &[usize]) -> Vec<Hit> {
        let score = |places: &[usize]| {
            let mut cosines = [0f32; ROWS_PER_STRETCH];
            self.cosines(query, places.iter().map(|&at| candidates.slot(at)), &mut cosines[..places.len()]);
            let hit = |(&at, &cosine): (&usize, &f32)| self.hit(request, candidates, at, cosine);
            places.iter().zip(&cosines).filter_map(hit).collect::<Vec<Hit>>()
        };
        if places.len() > FULL_PER_TASK {
            places.par_chunks(ROWS_PER_STRETCH).with_min_len(16).flat_map_iter(score).collect()
        } else {
            places.chunks(ROWS_PER_STRETCH).flat_map(score).collect()
        }
    }

    fn hit(&self, request: &Request, candidates: &Candidates, at: usize, cosine: f32) -> Option<Hit> {
        let slot = candidates.slot(at);
        let number = self.numbers[slot as usize];
        let hit = Hit { number, score: request.weight * cosine + candidates.bonus(at), cosine };
        let asked = cosine >= request.floor
            && hit.score >= request.least
            && !candidates.excepted(slot)
            && request.after.is_none_or(|(score, number)| hit.order(&Hit { number, score, cosine }).is_gt());
        asked.then_some(hit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::candidates::Among;
    use crate::memory::vectors::tests::random_unit;

    const COUNT: u32 = 3000;
    const DIMENSIONS: usize = 100;

    /// Nodes 0, 2, 4, … have vectors.
    fn index() -> VectorIndex {
        let mut index = VectorIndex::new(DIMENSIONS);
        for number in (0..COUNT).step_by(2) {
            index.put(&[number], &random_unit(DIMENSIONS, u64::from(number)));
        }
        index
    }

    fn request<'a>(limit: usize, among: Among<'a>) -> Request<'a> {
        Request {
            limit,
            among,
            bonus: None,
            weight: 1.0,
            floor: -1.0,
            after: None,
            except: &[],
            least: f32::NEG_INFINITY,
        }
    }

    /// What looking at every vector in full finds.
    fn by_force(index: &VectorIndex, query: &[f32], request: &Request, bonus: impl Fn(u32) -> f32) -> Vec<Hit> {
        let among = |number: &u32| match request.among {
            Among::All => true,
            Among::Mask(mask) => mask.get(*number as usize).is_some_and(|&byte| byte != 0),
            Among::Numbers(numbers) => numbers.contains(number),
        };
        let mut hits: Vec<Hit> = (0..COUNT)
            .filter(among)
            .filter(|number| !request.except.contains(number))
            .map(|number| (number, index.similarity(query, &[number])[0]))
            .filter(|(_, cosine)| *cosine >= request.floor)
            .map(|(number, cosine)| Hit { number, cosine, score: request.weight * cosine + bonus(number) })
            .collect();
        hits.sort_by(Hit::order);
        hits
    }

    #[test]
    fn every_filter_bonus_floor_and_page_gives_what_looking_at_everything_gives() {
        let index = index();
        let some: Vec<u32> = (0..COUNT).filter(|number| number % 3 == 0).collect();
        let mask: Vec<u8> = (0..COUNT).map(|number| u8::from(number % 5 < 2)).collect();
        let bonuses: Vec<f32> = (0..COUNT).map(|number| (number % 7) as f32 / 20.0).collect();
        let own: Vec<f32> = some.iter().map(|&number| bonuses[number as usize]).collect();
        for seed in 0..20 {
            let query = random_unit(DIMENSIONS, 10_000 + seed);
            for (among, bonus) in
                [(0, None), (1, None), (2, None), (0, Some(&bonuses)), (1, Some(&bonuses)), (2, Some(&own))]
            {
                let among = || match among {
                    0 => Among::All,
                    1 => Among::Mask(&mask),
                    _ => Among::Numbers(&some),
                };
                for (floor, weight) in [(-1.0, 1.0), (0.1, 0.7)] {
                    let added = |number: u32| bonus.map_or(0.0, |_| bonuses[number as usize]);
                    let whole = by_force(&index, &query, &Request { floor, weight, ..request(0, among()) }, added);
                    let (mut after, mut found) = (None, Vec::new());
                    for _ in 0..4 {
                        let bonus = bonus.map(Vec::as_slice);
                        let asked = Request { bonus, floor, weight, after, ..request(13, among()) };
                        found.extend(index.search(&query, &asked).0);
                        after = found.last().map(|hit: &Hit| (hit.score, hit.number));
                    }
                    assert_eq!(found, whole[..whole.len().min(found.len())]);
                    assert_eq!(found.len(), whole.len().min(52), "never short");
                }
            }
        }
    }

    #[test]
    fn what_is_excepted_is_not_found_and_others_take_its_place() {
        let index = index();
        let query = random_unit(DIMENSIONS, 77);
        let some: Vec<u32> = (0..COUNT).filter(|number| number % 3 == 0).collect();
        let best = by_force(&index, &query, &request(0, Among::All), |_| 0.0);
        let except: Vec<u32> = best[..200].iter().map(|hit| hit.number).chain([1, 99_999]).collect();
        for among in [|| Among::All, || Among::Numbers(&[0, 3, 4, 6, 1000]), || Among::Mask(&[1; 500])] {
            let asked = Request { except: &except, ..request(20, among()) };
            let expected = by_force(&index, &query, &asked, |_| 0.0);
            let (hits, scored) = index.search(&query, &asked);
            assert_eq!(hits, expected[..expected.len().min(20)]);
            assert!(scored <= 700, "{scored}");
        }
        let asked = Request { except: &except, ..request(20, Among::Numbers(&some)) };
        assert_eq!(index.search(&query, &asked).0, by_force(&index, &query, &asked, |_| 0.0)[..20]);
    }

    #[test]
    fn most_vectors_are_ruled_out_by_their_sketch() {
        let index = index();
        let query = random_unit(DIMENSIONS, 4);
        let (hits, scored) = index.search(&query, &request(1, Among::All));
        assert_eq!(hits[0].number, 4);
        assert!(scored < 20, "{scored} of {}", index.len());
    }

    #[test]
    fn what_scores_less_than_it_must_is_left_out_without_a_look() {
        let index = index();
        let query = random_unit(DIMENSIONS, 12);
        let best = by_force(&index, &query, &request(0, Among::All), |_| 0.0);
        for rank in [3, 40] {
            let asked = Request { least: best[rank].score, ..request(30, Among::All) };
            let (hits, scored) = index.search(&query, &asked);
            assert_eq!(hits, best[..(rank + 1).min(30)]);
            assert!(scored < 400, "{scored}");
        }
    }

    #[test]
    fn what_is_least_alike_is_found_too_when_nothing_else_is_left() {
        let index = index();
        let query = random_unit(DIMENSIONS, 8);
        let whole = by_force(&index, &query, &request(0, Among::All), |_| 0.0);
        let mut last: Vec<u32> = whole.iter().rev().take(300).map(|hit| hit.number).collect();
        last.sort_unstable();
        let (hits, _) = index.search(&query, &request(10, Among::Numbers(&last)));
        assert_eq!(hits, whole[whole.len() - 300..whole.len() - 290]);
    }

    #[test]
    fn equals_come_in_the_order_of_their_numbers_page_by_page() {
        let mut index = VectorIndex::new(3);
        (0..1000u32).rev().for_each(|number| index.put(&[number], &[0.0, 1.0, 0.0]));
        let (mut after, mut found) = (None, Vec::new());
        loop {
            let (hits, _) = index.search(&[0.0, 1.0, 0.0], &Request { after, ..request(64, Among::All) });
            let Some(last) = hits.last() else { break };
            after = Some((last.score, last.number));
            found.extend(hits.iter().map(|hit| hit.number));
        }
        assert_eq!(found, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn an_empty_index_or_filter_finds_nothing() {
        let index = index();
        let query = random_unit(DIMENSIONS, 1);
        for among in [Among::Mask(&[]), Among::Numbers(&[]), Among::Numbers(&[1, 3, 99_999])] {
            assert_eq!(index.search(&query, &request(5, among)), (vec![], 0));
        }
        assert_eq!(VectorIndex::new(3).search(&[1.0, 0.0, 0.0], &request(5, Among::All)), (vec![], 0));
    }
}
