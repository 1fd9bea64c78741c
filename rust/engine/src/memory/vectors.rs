//! The vectors of one model by the numbers of their nodes; put and removed one by one, without rebuilding anything.
//!
//! A vector lies at unit length in a slot: as two sketches, and in sixteen bits a dimension, which is the truth for every
//! score (off by less than 1e-5 from 32-bit floats). Slots are dense: the last moves into the place of one removed.

use std::fs::File;
use std::io;
use std::path::Path;

use bytemuck::cast_slice;
use rayon::prelude::*;

use crate::memory::file::{self, Arrays, unusable};
use crate::memory::sketch::{Plane, Sketch, width};

/// No slot, in the table by number.
pub const ABSENT: u32 = u32::MAX;
/// Largest code of a value.
const LARGEST: f32 = 32_767.0;
/// Vectors that one thread encodes at a stretch.
const VECTORS_PER_TASK: usize = 256;
const LANES: usize = 16;

pub struct VectorIndex {
    dimensions: usize,
    slots: Vec<u32>,
    pub(super) numbers: Vec<u32>,
    pub(super) planes: [Plane; 2],
    codes: Vec<i16>,
    /// What a code of each vector is worth.
    scales: Vec<f32>,
}

impl VectorIndex {
    pub fn new(dimensions: usize) -> Self {
        let (slots, numbers, planes, codes, scales) = Default::default();
        Self { dimensions, slots, numbers, planes, codes, scales }
    }

    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Stores the vectors of nodes, one row for each number, in place of those they have. A vector without a direction
    /// (zeros, or values that are not finite) takes the node out.
    pub fn put(&mut self, numbers: &[u32], vectors: &[f32]) {
        assert_eq!(vectors.len(), numbers.len() * self.dimensions, "one row of values for each number");
        if self.dimensions == 0 {
            return;
        }
        let rows = vectors.par_chunks(VECTORS_PER_TASK * self.dimensions);
        let encoded: Vec<Vec<Option<Encoded>>> = rows.map(|rows| encoded(rows, self.dimensions)).collect();
        for (&number, encoded) in numbers.iter().zip(encoded.into_iter().flatten()) {
            match encoded {
                Some(encoded) => self.store(number, encoded),
                None => self.remove(number),
            }
        }
    }

    /// Takes out a node's vector, if it has one.
    pub fn remove(&mut self, number: u32) {
        let slot = self.slot(number);
        if slot == ABSENT {
            return;
        }
        let (slot, last, wide) = (slot as usize, self.len() - 1, width(self.dimensions));
        self.slots[number as usize] = ABSENT;
        if slot != last {
            self.slots[self.numbers[last] as usize] = slot as u32;
            self.codes.copy_within(last * self.dimensions.., slot * self.dimensions);
        }
        self.numbers.swap_remove(slot);
        self.scales.swap_remove(slot);
        self.planes.iter_mut().for_each(|plane| plane.swap_remove(slot, wide));
        self.codes.truncate(last * self.dimensions);
    }

    /// Where a node's vector lies, or [`ABSENT`].
    #[inline]
    pub fn slot(&self, number: u32) -> u32 {
        self.slots.get(number as usize).copied().unwrap_or(ABSENT)
    }

    /// Cosines of a unit vector with those in some slots, into `out`; the same bits on every machine.
    pub(super) fn cosines(&self, query: &[f32], slots: impl Iterator<Item = u32> + Clone, out: &mut [f32]) {
        let codes = slots.clone().map(|slot| {
            let start = slot as usize * self.dimensions;
            &self.codes[start..start + self.dimensions]
        });
        products(query, codes, out);
        slots.zip(out).for_each(|(slot, product)| *product *= self.scales[slot as usize]);
    }

    /// Cosine of a unit vector with each of the nodes; not a number for a node without a vector.
    pub fn similarity(&self, query: &[f32], numbers: &[u32]) -> Vec<f32> {
        assert_eq!(query.len(), self.dimensions, "dimensions of the query");
        let mut cosines = vec![f32::NAN; numbers.len()];
        for (number, cosine) in numbers.iter().zip(cosines.chunks_exact_mut(1)) {
            let slot = self.slot(*number);
            if slot != ABSENT {
                self.cosines(query, std::iter::once(slot), cosine);
            }
        }
        cosines
    }

    fn store(&mut self, number: u32, encoded: Encoded) {
        if self.slots.len() <= number as usize {
            self.slots.resize(number as usize + 1, ABSENT);
        }
        let slot = self.slots[number as usize] as usize;
        if slot == ABSENT as usize {
            self.slots[number as usize] = self.len() as u32;
            self.numbers.push(number);
            self.planes.iter_mut().zip(&encoded.sketches).for_each(|(plane, sketch)| plane.push(sketch));
            self.codes.extend_from_slice(&encoded.codes);
            self.scales.push(encoded.scale);
        } else {
            self.planes.iter_mut().zip(&encoded.sketches).for_each(|(plane, sketch)| plane.replace(slot, sketch));
            self.codes[slot * self.dimensions..(slot + 1) * self.dimensions].copy_from_slice(&encoded.codes);
            self.scales[slot] = encoded.scale;
        }
    }
}

impl VectorIndex {
    /// Makes room for so many vectors more.
    pub fn reserve(&mut self, count: usize) {
        self.numbers.reserve(count);
        self.scales.reserve(count);
        self.codes.reserve(count * self.dimensions);
        self.planes.iter_mut().for_each(|plane| plane.reserve(count, width(self.dimensions)));
    }

    /// Writes the vectors into a new file.
    pub fn write(&self, path: &Path, label: &str) -> io::Result<File> {
        let dimensions = [self.dimensions as u64];
        let own: [&[u8]; 4] =
            [cast_slice(&dimensions), cast_slice(&self.numbers), cast_slice(&self.codes), cast_slice(&self.scales)];
        let planes = self.planes.iter().flat_map(Plane::arrays);
        file::write(path, label, &own.into_iter().chain(planes).collect::<Vec<_>>())
    }

    /// The vectors that were written into a file.
    pub fn read(arrays: &mut Arrays) -> io::Result<Self> {
        let dimensions: Vec<u64> = arrays.take()?;
        let &[dimensions] = &dimensions[..] else { return Err(unusable("no vectors")) };
        let dimensions = dimensions as usize;
        let (numbers, codes, scales): (Vec<u32>, Vec<i16>, Vec<f32>) = (arrays.take()?, arrays.take()?, arrays.take()?);
        let planes = [Plane::read(arrays)?, Plane::read(arrays)?];
        let (count, wide) = (numbers.len(), width(dimensions));
        let fits = codes.len() == count * dimensions && scales.len() == count;
        if !fits || planes.iter().any(|plane| !plane.holds(count, wide)) {
            return Err(unusable("no vectors"));
        }
        let mut slots = vec![ABSENT; numbers.iter().max().map_or(0, |&number| number as usize + 1)];
        (0..).zip(&numbers).for_each(|(slot, &number)| slots[number as usize] = slot);
        Ok(Self { dimensions, slots, numbers, planes, codes, scales })
    }
}

struct Encoded {
    sketches: [Sketch; 2],
    codes: Vec<i16>,
    scale: f32,
}

/// Vectors, row after row, in the form in which they are kept; the same bits on every machine.
fn encoded(rows: &[f32], dimensions: usize) -> Vec<Option<Encoded>> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { encoded_avx2(rows, dimensions) };
    }
    encoded_plain(rows, dimensions)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn encoded_avx2(rows: &[f32], dimensions: usize) -> Vec<Option<Encoded>> {
    encoded_plain(rows, dimensions)
}

#[inline(always)]
fn encoded_plain(rows: &[f32], dimensions: usize) -> Vec<Option<Encoded>> {
    let mut encoded = Vec::with_capacity(rows.len() / dimensions);
    for row in rows.chunks_exact(dimensions) {
        encoded.push(Encoded::new(row));
    }
    encoded
}

impl Encoded {
    /// None for a vector without a direction.
    #[inline(always)]
    fn new(vector: &[f32]) -> Option<Self> {
        let largest = vector.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        if !(largest > 0.0 && vector.iter().all(|value| value.is_finite())) {
            return None;
        }
        // Divided by the largest value first, so that no square leaves the range of floats.
        let scaled: Vec<f32> = vector.iter().map(|value| value / largest).collect();
        let length = scaled.iter().map(|value| value * value).sum::<f32>().sqrt();
        let scale = 1.0 / length / LARGEST;
        let codes: Vec<i16> = scaled.iter().map(|value| (value * LARGEST).round() as i16).collect();
        let mut kept: Vec<f32> = codes.iter().map(|&code| f32::from(code) * scale).collect();
        let sketches = [Sketch::take(&mut kept), Sketch::take(&mut kept)];
        Some(Self { sketches, codes, scale })
    }
}

/// The product of a query with each of the rows, into `out`.
fn products<'a>(query: &[f32], rows: impl Iterator<Item = &'a [i16]>, out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { products_avx2(query, rows, out) };
    }
    products_plain(query, rows, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn products_avx2<'a>(query: &[f32], rows: impl Iterator<Item = &'a [i16]>, out: &mut [f32]) {
    products_plain(query, rows, out);
}

/// Sixteen partial sums for each row, which the compiler keeps in wide registers.
#[inline(always)]
fn products_plain<'a>(query: &[f32], rows: impl Iterator<Item = &'a [i16]>, out: &mut [f32]) {
    for (row, out) in rows.zip(out) {
        let mut lanes = [0f32; LANES];
        let (queries, codes) = (query.chunks_exact(LANES), row.chunks_exact(LANES));
        let rest = queries.remainder().iter().zip(codes.remainder());
        let rest: f32 = rest.map(|(&left, &right)| left * f32::from(right)).sum();
        for (left, right) in queries.zip(codes) {
            for lane in 0..LANES {
                lanes[lane] += left[lane] * f32::from(right[lane]);
            }
        }
        *out = lanes.iter().sum::<f32>() + rest;
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::memory::file::tests::again;
    use crate::memory::{Among, Request};

    /// A vector of length 1 that looks like chance.
    pub fn random_unit(dimensions: usize, seed: u64) -> Vec<f32> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
        let mut step = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32 / (1u64 << 24) as f32) - 0.5
        };
        let values: Vec<f32> = (0..dimensions).map(|_| step() + step() + step()).collect();
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        values.iter().map(|value| value / length).collect()
    }

    #[test]
    fn sums_of_products_are_the_same_with_and_without_wide_registers() {
        for dimensions in [1, 16, 17, 384] {
            let query = random_unit(dimensions, 3);
            let codes: Vec<i16> = random_unit(dimensions, 4).iter().map(|value| (value * LARGEST) as i16).collect();
            let (mut fast, mut plain) = ([0.0], [0.0]);
            products(&query, std::iter::once(&codes[..]), &mut fast);
            products_plain(&query, std::iter::once(&codes[..]), &mut plain);
            assert_eq!(fast[0].to_bits(), plain[0].to_bits());
        }
    }

    #[test]
    fn vectors_are_kept_alike_with_and_without_wide_registers() {
        for dimensions in [1, 7, 64, 100, 384] {
            let rows: Vec<f32> = (0..9).flat_map(|seed| random_unit(dimensions, seed)).collect();
            for (fast, plain) in encoded(&rows, dimensions).iter().zip(encoded_plain(&rows, dimensions)) {
                let (fast, plain) = (fast.as_ref().expect("a direction"), plain.expect("a direction"));
                assert_eq!((&fast.codes, fast.scale.to_bits()), (&plain.codes, plain.scale.to_bits()));
                assert_eq!(fast.sketches, plain.sketches);
            }
        }
    }

    #[test]
    fn vectors_that_were_written_are_the_same_when_they_are_read() {
        let mut index = VectorIndex::new(100);
        index.reserve(40);
        for number in 0..40 {
            index.put(&[number * 3], &random_unit(100, u64::from(number)));
        }
        index.remove(9);
        let mut read = again(|path| index.write(path, "label"), VectorIndex::read);
        for index in [&mut index, &mut read] {
            index.put(&[6, 700], &[random_unit(100, 90), random_unit(100, 91)].concat());
            index.remove(12);
        }
        assert_eq!((read.len(), read.dimensions(), &read.slots), (39, 100, &index.slots));
        let (query, all) = (random_unit(100, 99), (0..701).collect::<Vec<_>>());
        let bits =
            |index: &VectorIndex| index.similarity(&query, &all).into_iter().map(f32::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(&read), bits(&index));
        let request = |among| Request {
            limit: 50,
            among,
            bonus: None,
            weight: 1.0,
            floor: -2.0,
            after: None,
            except: &[],
            least: f32::NEG_INFINITY,
        };
        let hits = |index: &VectorIndex| {
            index
                .search(&query, &request(Among::All))
                .0
                .iter()
                .map(|hit| (hit.number, hit.score.to_bits()))
                .collect::<Vec<_>>()
        };
        assert_eq!(hits(&read), hits(&index));
        assert!(again(|path| VectorIndex::new(0).write(path, "label"), VectorIndex::read).is_empty());
    }

    #[test]
    fn what_is_no_vectors_is_refused() {
        let mut index = VectorIndex::new(3);
        index.put(&[1, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        index.scales.pop();
        assert!(!again(|path| index.write(path, "label"), |arrays| Ok(VectorIndex::read(arrays).is_ok())));
        index.scales.push(1.0);
        assert!(again(|path| index.write(path, "label"), |arrays| Ok(VectorIndex::read(arrays).is_ok())));
        index.planes[1].errors.pop();
        assert!(!again(|path| index.write(path, "label"), |arrays| Ok(VectorIndex::read(arrays).is_ok())));
        assert!(!again(|path| file::write(path, "label", &[&[]]), |arrays| Ok(VectorIndex::read(arrays).is_ok())));
    }

    #[test]
    fn cosines_are_those_of_floats_to_a_hundred_thousandth() {
        let mut index = VectorIndex::new(384);
        let vectors: Vec<Vec<f32>> = (0..100).map(|seed| random_unit(384, seed)).collect();
        let long: Vec<f32> = vectors.iter().flatten().map(|value| value * 1e20).collect();
        index.put(&(0..100).collect::<Vec<_>>(), &long);
        let query = random_unit(384, 500);
        for (number, vector) in vectors.iter().enumerate() {
            let truth: f32 = query.iter().zip(vector).map(|(left, right)| left * right).sum();
            assert!((index.similarity(&query, &[number as u32])[0] - truth).abs() < 1e-5);
        }
    }

    #[test]
    fn what_is_removed_or_replaced_leaves_no_trace() {
        let (mut changed, mut fresh) = (VectorIndex::new(20), VectorIndex::new(20));
        for number in [7, 3, 9, 1] {
            changed.put(&[number], &random_unit(20, 50 + u64::from(number)));
        }
        changed.put(&[3], &random_unit(20, 90));
        changed.remove(7);
        changed.remove(7);
        changed.remove(1000);
        fresh.put(&[9], &random_unit(20, 59));
        fresh.put(&[1, 3], &[random_unit(20, 51), random_unit(20, 90)].concat());
        let query = random_unit(20, 0);
        let all: Vec<u32> = (0..12).collect();
        let bits =
            |index: &VectorIndex| index.similarity(&query, &all).into_iter().map(f32::to_bits).collect::<Vec<_>>();
        assert_eq!((changed.len(), bits(&changed)), (3, bits(&fresh)));
    }

    #[test]
    fn a_vector_without_a_direction_is_no_vector() {
        let mut index = VectorIndex::new(2);
        index.put(&[1, 2, 3], &[0.0, 1.0, 0.0, 0.0, f32::NAN, 1.0]);
        assert_eq!(index.len(), 1);
        index.put(&[1], &[0.0, 0.0]);
        assert!(index.is_empty());
    }
}
