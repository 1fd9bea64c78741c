//! A vector in four bits a dimension, with the length of what that leaves out: enough to rule most vectors out.
//!
//! With a query `q` and a vector `o` split into what is kept and what is left out, `q = q' + r` and `o = o' + s`, the
//! Cauchy–Schwarz inequality says that `q·o` differs from `q'·o'` by at most `|q'||s| + |r||o|`. That bound is proven, so
//! a search that looks in full at every vector whose bound reaches the best is exact. What one sketch leaves out has a
//! sketch of its own in a second [`Plane`], which makes the bound some five times narrower.

use std::io;

use bytemuck::cast_slice;

use crate::memory::file::Arrays;

/// Dimensions in one block of a sketch: 32 bytes, low halves first, then high halves.
pub const BLOCK: usize = 64;
/// The sixteen levels lie at these distances around zero: half a step, one and a half, …
const MIDDLE: f32 = 7.5;
/// Shares of the largest value at which the levels may end; the best for each vector is taken.
const ENDS: [f32; 5] = [1.0, 0.85, 0.7, 0.58, 0.48];
/// More blocks than this would overflow 16 bits: 8 × 2 × 15 × 127 = 30,480.
const BLOCKS_PER_SUM: usize = 8;
/// Rows that lie anywhere are asked for from memory so many rows ahead.
#[cfg(target_arch = "x86_64")]
const AHEAD: usize = 8;
#[cfg(target_arch = "x86_64")]
const CACHE_LINE: usize = 64;

/// Bytes of the sketch of a vector.
pub fn width(dimensions: usize) -> usize {
    dimensions.div_ceil(BLOCK) * (BLOCK / 2)
}

/// Sketches of many vectors, one after the other.
#[derive(Default)]
pub struct Plane {
    pub bytes: Vec<u8>,
    /// What a step of each sketch is worth.
    pub steps: Vec<f32>,
    /// The length of what each leaves out.
    pub errors: Vec<f32>,
}

/// One sketch, to be put into a plane.
#[derive(Debug, PartialEq)]
pub struct Sketch {
    pub(super) bytes: Vec<u8>,
    step: f32,
    error: f32,
}

impl Sketch {
    /// The sketch of a vector, which becomes what the sketch leaves out.
    #[inline(always)]
    pub fn take(vector: &mut [f32]) -> Self {
        let mut bytes = Vec::with_capacity(width(vector.len()));
        let (step, error) = sketch(vector, &mut bytes);
        let inverse = inverse(step);
        vector.iter_mut().for_each(|value| *value -= level(nibble(*value, inverse), step));
        Self { bytes, step, error }
    }
}

impl Plane {
    pub fn push(&mut self, sketch: &Sketch) {
        self.bytes.extend_from_slice(&sketch.bytes);
        self.steps.push(sketch.step);
        self.errors.push(sketch.error);
    }

    pub fn replace(&mut self, slot: usize, sketch: &Sketch) {
        let wide = sketch.bytes.len();
        self.bytes[slot * wide..(slot + 1) * wide].copy_from_slice(&sketch.bytes);
        (self.steps[slot], self.errors[slot]) = (sketch.step, sketch.error);
    }

    /// Moves the last sketch into the place of another, which goes.
    pub fn swap_remove(&mut self, slot: usize, wide: usize) {
        let last = self.steps.len() - 1;
        self.bytes.copy_within(last * wide.., slot * wide);
        self.bytes.truncate(last * wide);
        self.steps.swap_remove(slot);
        self.errors.swap_remove(slot);
    }

    pub fn reserve(&mut self, count: usize, wide: usize) {
        self.bytes.reserve(count * wide);
        self.steps.reserve(count);
        self.errors.reserve(count);
    }

    /// What is written of it into a file.
    pub fn arrays(&self) -> [&[u8]; 3] {
        [&self.bytes, cast_slice(&self.steps), cast_slice(&self.errors)]
    }

    pub fn read(arrays: &mut Arrays) -> io::Result<Self> {
        Ok(Self { bytes: arrays.take()?, steps: arrays.take()?, errors: arrays.take()? })
    }

    /// Whether there are so many sketches, each of so many bytes.
    pub fn holds(&self, count: usize, wide: usize) -> bool {
        [self.bytes.len(), self.steps.len(), self.errors.len()] == [count * wide, count, count]
    }

    #[inline]
    pub fn row(&self, slot: u32, wide: usize) -> &[u8] {
        &self.bytes[slot as usize * wide..(slot as usize + 1) * wide]
    }
}

/// Appends the sketch of a vector; returns what one step is worth and the length of what is left out.
#[inline(always)]
fn sketch(vector: &[f32], out: &mut Vec<u8>) -> (f32, f32) {
    let largest = vector.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    let (mut step, mut error) = (0f32, f32::INFINITY);
    for end in ENDS {
        let tried = largest * end / 8.0;
        let left = left_out(vector, tried);
        if left < error {
            (step, error) = (tried, left);
        }
    }
    let inverse = inverse(step);
    for values in vector.chunks(BLOCK) {
        let mut nibbles = [0u8; BLOCK];
        nibbles.iter_mut().zip(values).for_each(|(into, &value)| *into = nibble(value, inverse) as u8);
        let (low, high) = nibbles.split_at(BLOCK / 2);
        out.extend(low.iter().zip(high).map(|(low, high)| low | high << 4));
    }
    (step, error.sqrt())
}

/// The square of the length of what a sketch with this step leaves out, in eight partial sums that stay in registers.
#[inline(always)]
fn left_out(vector: &[f32], step: f32) -> f32 {
    let inverse = inverse(step);
    let mut sums = [0f32; 8];
    let square = |value: f32| {
        let left = value - level(nibble(value, inverse), step);
        left * left
    };
    let eights = vector.chunks_exact(8);
    let rest = eights.remainder();
    for values in eights {
        sums.iter_mut().zip(values).for_each(|(sum, &value)| *sum += square(value));
    }
    sums.iter_mut().zip(rest).for_each(|(sum, &value)| *sum += square(value));
    sums.iter().sum()
}

#[inline(always)]
fn inverse(step: f32) -> f32 {
    if step > 0.0 { 1.0 / step } else { 0.0 }
}

/// Which of the sixteen levels a value comes nearest to.
#[inline(always)]
fn nibble(value: f32, inverse: f32) -> f32 {
    (value * inverse + 8.0).clamp(0.0, 15.5).floor()
}

#[inline(always)]
fn level(nibble: f32, step: f32) -> f32 {
    (nibble - MIDDLE) * step
}

/// A query as bytes in the order of a sketch, and what is needed to turn sums into products.
pub struct Query {
    pub(super) codes: Vec<i8>,
    unit: f32,
    offset: f32,
    /// Length of what the codes keep, and of what they leave out.
    length: f32,
    rest: f32,
}

impl Query {
    pub fn new(query: &[f32]) -> Self {
        let unit = query.iter().fold(0f32, |largest, value| largest.max(value.abs())) / 127.0;
        let inverse = if unit > 0.0 { 1.0 / unit } else { 0.0 };
        let mut codes: Vec<i8> = query.iter().map(|value| (value * inverse).round() as i8).collect();
        let (mut length, mut rest) = (0f32, 0f32);
        for (&value, &code) in query.iter().zip(&codes) {
            let kept = f32::from(code) * unit;
            length += kept * kept;
            rest += (value - kept) * (value - kept);
        }
        let sum: i32 = codes.iter().map(|&code| i32::from(code)).sum();
        codes.resize(query.len().div_ceil(BLOCK) * BLOCK, 0);
        Self { codes, unit, offset: MIDDLE * sum as f32, length: length.sqrt(), rest: rest.sqrt() }
    }

    /// The product that a sum of [`sums`] stands for, given what a step of the row is worth.
    #[inline]
    pub fn product(&self, sum: i32, step: f32) -> f32 {
        (sum as f32 - self.offset) * (step * self.unit)
    }

    /// How far the product can be from the truth, for a row at unit length that leaves out `error`.
    #[inline]
    pub fn error(&self, error: f32) -> f32 {
        // Rows are at unit length, and sums in floating point right, to far less than these allowances.
        self.length * error * 1.0001 + self.rest * 1.0001 + 1e-5
    }
}

impl Query {
    /// The highest scores that cosines can stand for, minus infinity where they are below the floor for sure.
    pub fn highest(&self, cosines: &[f32], errors: &[f32], weight: f32, floor: f32, highest: &mut [f32]) {
        for ((highest, &cosine), &error) in highest.iter_mut().zip(cosines).zip(errors) {
            let most = cosine + self.error(error);
            *highest = if most >= floor { weight * most } else { f32::NEG_INFINITY };
        }
    }
}

/// For each row of sketches that `rows` names, the sum of products of its levels with the codes of the query.
pub fn sums<'a>(query: &Query, rows: impl Iterator<Item = &'a [u8]> + Clone, out: &mut [i32]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { sums_avx2(&query.codes, rows, out) };
    }
    sums_plain(&query.codes, rows, out);
}

fn sums_plain<'a>(codes: &[i8], rows: impl Iterator<Item = &'a [u8]>, out: &mut [i32]) {
    let half = BLOCK / 2;
    for (row, out) in rows.zip(out) {
        let mut sum = 0i32;
        for (codes, bytes) in codes.chunks_exact(BLOCK).zip(row.chunks_exact(half)) {
            for (at, byte) in bytes.iter().enumerate() {
                sum += i32::from(codes[at]) * i32::from(byte & 15) + i32::from(codes[half + at]) * i32::from(byte >> 4);
            }
        }
        *out = sum;
    }
}

/// Asks for a line of memory that is wanted soon.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn prefetch(line: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: every processor of this kind has the instruction, and it reads nothing.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast::<i8>()) };
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sums_avx2<'a>(codes: &[i8], rows: impl Iterator<Item = &'a [u8]> + Clone, out: &mut [i32]) {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_shuffle_epi32, _mm256_add_epi16, _mm256_add_epi32,
        _mm256_and_si256, _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_madd_epi16,
        _mm256_maddubs_epi16, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_setzero_si256, _mm256_srli_epi16,
    };
    let (mask, ones) = (_mm256_set1_epi8(15), _mm256_set1_epi16(1));
    let mut later = rows.clone().skip(AHEAD);
    for (row, out) in rows.zip(out) {
        if let Some(row) = later.next() {
            row.chunks(CACHE_LINE).for_each(|line| prefetch(line.as_ptr()));
        }
        let mut total = _mm256_setzero_si256();
        let groups = codes.chunks(BLOCK * BLOCKS_PER_SUM).zip(row.chunks(BLOCK / 2 * BLOCKS_PER_SUM));
        for (codes, bytes) in groups {
            let (mut low, mut high) = (_mm256_setzero_si256(), _mm256_setzero_si256());
            for (codes, bytes) in codes.chunks_exact(BLOCK).zip(bytes.chunks_exact(BLOCK / 2)) {
                // SAFETY: `codes` has 64 bytes and `bytes` 32.
                let (bytes, first, second) = unsafe {
                    (
                        _mm256_loadu_si256(bytes.as_ptr().cast::<__m256i>()),
                        _mm256_loadu_si256(codes.as_ptr().cast::<__m256i>()),
                        _mm256_loadu_si256(codes.as_ptr().add(BLOCK / 2).cast::<__m256i>()),
                    )
                };
                let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), mask);
                low = _mm256_add_epi16(low, _mm256_maddubs_epi16(_mm256_and_si256(bytes, mask), first));
                high = _mm256_add_epi16(high, _mm256_maddubs_epi16(upper, second));
            }
            total = _mm256_add_epi32(total, _mm256_madd_epi16(low, ones));
            total = _mm256_add_epi32(total, _mm256_madd_epi16(high, ones));
        }
        let mut sum: __m128i = _mm_add_epi32(_mm256_castsi256_si128(total), _mm256_extracti128_si256::<1>(total));
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32::<0b01_00_11_10>(sum));
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32::<0b10_11_00_01>(sum));
        *out = _mm_cvtsi128_si32(sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::vectors::tests::random_unit;

    #[test]
    fn sums_are_the_same_with_and_without_wide_registers() {
        for dimensions in [1, 63, 64, 65, 256, 384, 1024, 1100] {
            let query = Query::new(&random_unit(dimensions, 1));
            let mut rows = Vec::new();
            (2..39).for_each(|seed| _ = sketch(&random_unit(dimensions, seed), &mut rows));
            let (mut fast, mut plain) = ([0; 37], [0; 37]);
            sums(&query, rows.chunks_exact(width(dimensions)), &mut fast);
            sums_plain(&query.codes, rows.chunks_exact(width(dimensions)), &mut plain);
            assert_eq!(fast, plain, "{dimensions} dimensions");
        }
    }

    #[test]
    fn the_extremes_of_query_and_row_do_not_overflow() {
        let query = Query::new(&[0.01; 2048]);
        let rows = vec![0xFF; width(2048)];
        let mut sum = [0];
        sums(&query, rows.chunks_exact(width(2048)), &mut sum);
        assert_eq!(sum, [2048 * 127 * 15]);
    }

    #[test]
    fn the_product_is_never_further_from_the_truth_than_the_bound() {
        for dimensions in [1, 3, 64, 100, 384] {
            for seed in 0..200 {
                let (left, right) = (random_unit(dimensions, seed), random_unit(dimensions, seed + 1000));
                let (query, mut row, mut sum) = (Query::new(&left), Vec::new(), [0]);
                let (step, error) = sketch(&right, &mut row);
                sums(&query, row.chunks_exact(width(dimensions)), &mut sum);
                let truth: f32 = left.iter().zip(&right).map(|(left, right)| left * right).sum();
                let off = (query.product(sum[0], step) - truth).abs();
                assert!(
                    off <= query.error(error),
                    "{dimensions} dimensions: off by {off}, {} allowed",
                    query.error(error)
                );
            }
        }
    }

    #[test]
    fn a_sketch_leaves_out_about_a_tenth_and_the_second_a_fifth_of_that() {
        for seed in 0..50 {
            let mut vector = random_unit(384, seed);
            let (first, second) = (Sketch::take(&mut vector), Sketch::take(&mut vector));
            assert!(first.error < 0.13 && second.error < 0.02, "{} {}", first.error, second.error);
            let left = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
            assert!((left - second.error).abs() < 1e-4, "what is left is what the error says");
        }
    }

    #[test]
    fn what_is_kept_in_full_leaves_nothing_to_a_second_sketch() {
        let mut vector = [0.0; 3];
        assert_eq!(Sketch::take(&mut vector).error, 0.0);
        assert_eq!(vector, [0.0; 3]);
    }
}
