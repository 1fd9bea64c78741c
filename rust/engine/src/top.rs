//! The best k of many scores, in one pass and little memory.

use std::cmp::Ordering;

/// Collects candidates; what cannot be among the best `limit` any more is turned away at the door.
pub struct Top {
    limit: usize,
    found: Vec<(u32, f32)>,
    /// Score of the `limit`-th best so far; what is not above it stays out.
    pub threshold: f32,
}

impl Top {
    /// Keeps the best `limit` of those that score above `threshold`.
    pub fn new(limit: usize, threshold: f32) -> Self {
        Self { limit, found: Vec::with_capacity(2 * limit.clamp(32, 4096)), threshold }
    }

    #[inline]
    pub fn offer(&mut self, node: u32, score: f32) {
        if score > self.threshold {
            self.found.push((node, score));
            if self.found.len() >= 2 * self.limit.max(32) {
                self.shrink();
            }
        }
    }

    /// Best first; of equal scores the lower node first.
    pub fn ranked(mut self) -> Vec<(u32, f32)> {
        self.found.sort_unstable_by(better);
        self.found.truncate(self.limit);
        self.found
    }

    /// Takes over what another collected.
    pub fn merge(mut self, other: Top) -> Top {
        for (node, score) in other.found {
            self.found.push((node, score));
        }
        if self.found.len() > self.limit {
            self.shrink();
        }
        self
    }

    fn shrink(&mut self) {
        if self.limit == 0 {
            self.found.clear();
            return;
        }
        let (_, last, _) = self.found.select_nth_unstable_by(self.limit - 1, better);
        // A later candidate of the same score has the higher node when nodes come in order, so it may stay out; where
        // they do not, the order among equals is settled by what is kept.
        self.threshold = last.1;
        self.found.truncate(self.limit);
    }
}

fn better(left: &(u32, f32), right: &(u32, f32)) -> Ordering {
    right.1.total_cmp(&left.1).then(left.0.cmp(&right.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(count: u32) -> Vec<(u32, f32)> {
        (0..count).map(|node| (node, (node.wrapping_mul(2_654_435_761) >> 22) as f32)).collect()
    }

    #[test]
    fn the_best_are_those_of_a_full_sort() {
        for limit in [1, 5, 40, 2000] {
            let mut all = scores(1000);
            let mut top = Top::new(limit, f32::MIN);
            all.iter().for_each(|&(node, score)| top.offer(node, score));
            all.sort_by(better);
            all.truncate(limit);
            assert_eq!(top.ranked(), all, "limit {limit}");
        }
    }

    #[test]
    fn halves_merge_to_the_whole() {
        let all = scores(999);
        let collect = |part: &[(u32, f32)]| {
            let mut top = Top::new(50, 0.0);
            part.iter().for_each(|&(node, score)| top.offer(node, score));
            top
        };
        let merged = collect(&all[..400]).merge(collect(&all[400..]));
        assert_eq!(merged.ranked(), collect(&all).ranked());
    }

    #[test]
    fn a_limit_of_nothing_gives_nothing() {
        let mut top = Top::new(0, f32::MIN);
        scores(500).into_iter().for_each(|(node, score)| top.offer(node, score));
        assert_eq!(top.ranked(), []);
    }
}
