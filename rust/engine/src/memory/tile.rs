//! A few rows of sketches beside many queries: each row is taken apart once, and then multiplied with every query while
//! both lie in the processor's first cache.
//!
//! One query at a time reads all sketches from memory, and unpacks them, again for each query. Here four rows and two
//! queries share what is read of either: a product of four bits with eight costs about as much as the multiplication.

use crate::memory::sketch::{BLOCK, Query};

/// Rows of a tile.
pub const ROWS: usize = 64;
/// Rows and queries whose sums are taken together.
const TOGETHER: usize = 4;
const PAIR: usize = 2;
/// Bytes that are multiplied at once.
#[cfg(target_arch = "x86_64")]
const CHUNK: usize = 32;
/// More chunks than this would overflow 16 bits: 8 × 2 × 15 × 127 = 30,480.
#[cfg(target_arch = "x86_64")]
const CHUNKS_PER_SUM: usize = 8;

/// For each row, the sum of products of its levels with the codes of a query.
pub type Sums = [i32; ROWS];

/// Some rows of sketches, one byte for each level.
pub struct Tile {
    levels: Vec<u8>,
    /// Bytes of a row.
    wide: usize,
}

impl Tile {
    /// Room for rows of so many bytes.
    pub fn new(wide: usize) -> Self {
        Self { levels: vec![0; ROWS * 2 * wide], wide }
    }

    /// Takes apart the rows of a plane, [`ROWS`] at most; sums of places behind them mean nothing.
    pub fn fill(&mut self, rows: &[u8]) {
        let half = BLOCK / 2;
        for (bytes, levels) in rows.chunks_exact(half).zip(self.levels.chunks_exact_mut(BLOCK)) {
            let (low, high) = levels.split_at_mut(half);
            low.iter_mut().zip(bytes).for_each(|(level, byte)| *level = byte & 15);
            high.iter_mut().zip(bytes).for_each(|(level, byte)| *level = byte >> 4);
        }
    }

    /// The sums of two queries with every row.
    pub fn sums(&self, queries: [&Query; PAIR], sums: &mut [Sums; PAIR]) {
        let codes = queries.map(|query| &query.codes[..]);
        assert!(codes.iter().all(|codes| codes.len() == 2 * self.wide), "queries and rows of one width");
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, and rows and queries are equally long, as was checked.
            return unsafe { sums_avx2(codes, &self.levels, sums) };
        }
        sums_plain(codes, &self.levels, sums);
    }
}

fn sums_plain(queries: [&[i8]; PAIR], levels: &[u8], sums: &mut [Sums; PAIR]) {
    for (codes, sums) in queries.into_iter().zip(sums) {
        for (row, sum) in levels.chunks_exact(codes.len().max(1)).zip(sums) {
            *sum = row.iter().zip(codes).map(|(&level, &code)| i32::from(level) * i32::from(code)).sum();
        }
    }
}

/// # Safety
/// `levels` has [`ROWS`] rows, each as long as either query: a multiple of [`BLOCK`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn sums_avx2(queries: [&[i8]; PAIR], levels: &[u8], sums: &mut [Sums; PAIR]) {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_storeu_si128, _mm256_add_epi32, _mm256_castsi256_si128, _mm256_extracti128_si256,
        _mm256_hadd_epi32, _mm256_madd_epi16, _mm256_set1_epi16, _mm256_setzero_si256,
    };
    let (wide, ones) = (queries[0].len(), _mm256_set1_epi16(1));
    for first in (0..ROWS).step_by(TOGETHER) {
        let mut totals = [_mm256_setzero_si256(); PAIR * TOGETHER];
        for start in (0..wide).step_by(CHUNK * CHUNKS_PER_SUM) {
            let chunks = (wide - start).div_ceil(CHUNK).min(CHUNKS_PER_SUM);
            // SAFETY: there are so many chunks from `start` on in each query, and in the four rows from `first` on.
            let parts = unsafe {
                let codes = queries.map(|codes| codes.as_ptr().add(start));
                products(codes, levels.as_ptr().add(first * wide + start), wide, chunks)
            };
            for (total, part) in totals.iter_mut().zip(parts) {
                *total = _mm256_add_epi32(*total, _mm256_madd_epi16(part, ones));
            }
        }
        for (sums, four) in sums.iter_mut().zip(totals.chunks_exact(TOGETHER)) {
            let halves = _mm256_hadd_epi32(_mm256_hadd_epi32(four[0], four[1]), _mm256_hadd_epi32(four[2], four[3]));
            let four = _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256::<1>(halves));
            // SAFETY: there are four sums from `first` on.
            unsafe { _mm_storeu_si128(sums.as_mut_ptr().add(first).cast::<__m128i>(), four) };
        }
    }
}

/// Sums of products in sixteen lanes of 16 bits, of the first query with four rows, then of the second. Each has a name
/// of its own, so that it stays in a register.
///
/// # Safety
/// Each query, and each of the rows that lie `wide` bytes apart, has so many chunks; no more than [`CHUNKS_PER_SUM`].
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn products(
    queries: [*const i8; PAIR],
    rows: *const u8,
    wide: usize,
    chunks: usize,
) -> [std::arch::x86_64::__m256i; PAIR * TOGETHER] {
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi16, _mm256_loadu_si256, _mm256_maddubs_epi16, _mm256_setzero_si256,
    };
    let zero = _mm256_setzero_si256();
    let (mut a0, mut a1, mut a2, mut a3) = (zero, zero, zero, zero);
    let (mut b0, mut b1, mut b2, mut b3) = (zero, zero, zero, zero);
    for at in 0..chunks {
        // SAFETY: `at` is a chunk of each query and each row.
        let (a, b, rows) = unsafe {
            let row = |row: usize| _mm256_loadu_si256(rows.add(row * wide).cast::<__m256i>().add(at));
            let query = |query: usize| _mm256_loadu_si256(queries[query].cast::<__m256i>().add(at));
            (query(0), query(1), [row(0), row(1), row(2), row(3)])
        };
        a0 = _mm256_add_epi16(a0, _mm256_maddubs_epi16(rows[0], a));
        b0 = _mm256_add_epi16(b0, _mm256_maddubs_epi16(rows[0], b));
        a1 = _mm256_add_epi16(a1, _mm256_maddubs_epi16(rows[1], a));
        b1 = _mm256_add_epi16(b1, _mm256_maddubs_epi16(rows[1], b));
        a2 = _mm256_add_epi16(a2, _mm256_maddubs_epi16(rows[2], a));
        b2 = _mm256_add_epi16(b2, _mm256_maddubs_epi16(rows[2], b));
        a3 = _mm256_add_epi16(a3, _mm256_maddubs_epi16(rows[3], a));
        b3 = _mm256_add_epi16(b3, _mm256_maddubs_epi16(rows[3], b));
    }
    [a0, a1, a2, a3, b0, b1, b2, b3]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::sketch::{self, Sketch, width};
    use crate::memory::vectors::tests::random_unit;

    #[test]
    fn two_queries_have_the_sums_that_one_by_one_has_with_and_without_wide_registers() {
        for dimensions in [1, 63, 64, 65, 256, 384, 1024, 1100] {
            let rows: Vec<u8> =
                (0..ROWS as u64).flat_map(|seed| Sketch::take(&mut random_unit(dimensions, seed)).bytes).collect();
            let queries = [70, 71].map(|seed| Query::new(&random_unit(dimensions, seed)));
            let mut tile = Tile::new(width(dimensions));
            tile.fill(&rows);
            let (mut fast, mut plain, mut single) = ([[0; ROWS]; PAIR], [[0; ROWS]; PAIR], [[0; ROWS]; PAIR]);
            tile.sums([&queries[0], &queries[1]], &mut fast);
            sums_plain([&queries[0].codes, &queries[1].codes], &tile.levels, &mut plain);
            for (query, sums) in queries.iter().zip(&mut single) {
                sketch::sums(query, rows.chunks_exact(width(dimensions)), sums);
            }
            assert_eq!(fast, single, "{dimensions} dimensions");
            assert_eq!(plain, single, "{dimensions} dimensions");
        }
    }

    #[test]
    fn the_extremes_of_query_and_row_do_not_overflow() {
        let query = Query::new(&[0.01; 2048]);
        let mut tile = Tile::new(width(2048));
        tile.fill(&vec![0xFF; ROWS * width(2048)]);
        let mut sums = [[0; ROWS]; PAIR];
        tile.sums([&query, &query], &mut sums);
        assert_eq!(sums, [[2048 * 127 * 15; ROWS]; PAIR]);
    }
}
