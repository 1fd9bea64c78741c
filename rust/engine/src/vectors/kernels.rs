//! The two inner loops, each once in plain Rust and, where the processor has AVX2, once for it.
//!
//! Both forms give the same bits: the sum of products is of integers, and the scaled addition rounds each element alone,
//! in the same order of operations.

/// Adds `factor * row` to `sum`.
#[inline]
pub fn add_scaled(sum: &mut [f32], row: &[i8], factor: f32) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { add_scaled_avx2(sum, row, factor) };
    }
    add_scaled_plain(sum, row, factor);
}

#[inline(always)]
fn add_scaled_plain(sum: &mut [f32], row: &[i8], factor: f32) {
    for (sum, &value) in sum.iter_mut().zip(row) {
        *sum += factor * f32::from(value);
    }
}

/// The same loop, compiled for wider registers.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn add_scaled_avx2(sum: &mut [f32], row: &[i8], factor: f32) {
    add_scaled_plain(sum, row, factor);
}

/// The scalar product of `query` with each row of `rows`, into `products`. A query's values are so small that no sum
/// overflows (see [`quantised_query`]).
pub fn products(query: &[i16], rows: &[i8], products: &mut [i32]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { products_avx2(query, rows, products) };
    }
    products_plain(query, rows, products);
}

fn products_plain(query: &[i16], rows: &[i8], products: &mut [i32]) {
    for (row, product) in rows.chunks_exact(query.len()).zip(products) {
        *product = query.iter().zip(row).map(|(&left, &right)| i32::from(left) * i32::from(right)).sum();
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn products_avx2(query: &[i16], rows: &[i8], products: &mut [i32]) {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_loadu_si128, _mm256_add_epi32, _mm256_cvtepi8_epi16, _mm256_loadu_si256,
        _mm256_madd_epi16, _mm256_setzero_si256, _mm256_storeu_si256,
    };
    const LANES: usize = 16;
    let whole = query.len() - query.len() % LANES;
    for (row, product) in rows.chunks_exact(query.len()).zip(products) {
        let mut sums = [_mm256_setzero_si256(); 2];
        for (turn, (left, right)) in query.chunks_exact(LANES).zip(row.chunks_exact(LANES)).enumerate() {
            // SAFETY: both chunks have 16 elements: 32 bytes of the query, 16 of the row.
            let (left, right) = unsafe {
                (_mm256_loadu_si256(left.as_ptr().cast::<__m256i>()), _mm_loadu_si128(right.as_ptr().cast::<__m128i>()))
            };
            sums[turn % 2] = _mm256_add_epi32(sums[turn % 2], _mm256_madd_epi16(left, _mm256_cvtepi8_epi16(right)));
        }
        let mut lanes = [0i32; 8];
        // SAFETY: `lanes` has the 32 bytes of one register.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast::<__m256i>(), _mm256_add_epi32(sums[0], sums[1])) };
        let rest = query[whole..].iter().zip(&row[whole..]);
        *product =
            lanes.iter().sum::<i32>() + rest.map(|(&left, &right)| i32::from(left) * i32::from(right)).sum::<i32>();
    }
}

/// A query as 16-bit integers and what one unit is worth. The largest value is chosen so that the product with a row of
/// bytes stays within 32 bits whatever the row.
pub fn quantised_query(query: &[f32]) -> (Vec<i16>, f32) {
    let most = (i32::MAX as usize / (127 * query.len().max(1))).min(i16::MAX as usize) as f32;
    let (integers, scale) = quantised(query, most);
    (integers.map(|value| value as i16).collect(), scale)
}

/// A vector as bytes, appended to `out`, and what one unit is worth.
pub fn quantise_row(vector: &[f32], out: &mut Vec<i8>) -> f32 {
    let (integers, scale) = quantised(vector, 127.0);
    out.extend(integers.map(|value| value as i8));
    scale
}

/// The values scaled to integers of at most `most` in size; a vector of zeros has the scale 0.
fn quantised(vector: &[f32], most: f32) -> (impl Iterator<Item = f32>, f32) {
    let scale = vector.iter().fold(0f32, |largest, value| largest.max(value.abs())) / most;
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    (vector.iter().map(move |value| (value * inverse).round().clamp(-most, most)), scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random_bytes(count: usize, mut state: u64) -> Vec<i8> {
        let mut step = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % 255) as i16 - 127
        };
        (0..count).map(|_| step() as i8).collect()
    }

    #[test]
    fn products_are_the_same_with_and_without_wide_registers() {
        for dimensions in [1, 15, 16, 17, 100, 256] {
            let rows = random_bytes(dimensions * 37, 3);
            let query: Vec<i16> = random_bytes(dimensions, 5).iter().map(|&value| i16::from(value) * 258).collect();
            let (mut fast, mut plain) = ([0; 37], [0; 37]);
            products(&query, &rows, &mut fast);
            products_plain(&query, &rows, &mut plain);
            assert_eq!(fast, plain, "{dimensions} dimensions");
        }
    }

    #[test]
    fn scaled_addition_is_the_same_with_and_without_wide_registers() {
        for dimensions in [1, 7, 256, 300] {
            let row = random_bytes(dimensions, 11);
            let (mut fast, mut plain) = (vec![0.1f32; dimensions], vec![0.1f32; dimensions]);
            for factor in [0.003, 1.7] {
                add_scaled(&mut fast, &row, factor);
                add_scaled_plain(&mut plain, &row, factor);
            }
            assert_eq!(fast, plain, "{dimensions} dimensions");
        }
    }

    #[test]
    fn the_largest_query_does_not_overflow_on_the_largest_row() {
        for dimensions in [3, 256, 1024] {
            let (query, _) = quantised_query(&vec![-0.5; dimensions]);
            let rows = vec![-127i8; dimensions];
            let mut product = [0];
            products(&query, &rows, &mut product);
            assert!(product[0] > 0, "{dimensions} dimensions: {}", product[0]);
        }
    }

    #[test]
    fn a_quantised_row_is_the_vector_again_to_half_a_step() {
        let vector: Vec<f32> = (0..50).map(|index| ((index * 37 % 19) as f32 - 9.0) / 30.0).collect();
        let mut row = Vec::new();
        let scale = quantise_row(&vector, &mut row);
        assert!(
            vector.iter().zip(&row).all(|(&value, &byte)| (value - f32::from(byte) * scale).abs() <= scale * 0.501)
        );
        assert_eq!(quantise_row(&[0.0; 4], &mut row), 0.0);
    }
}
