//! A file that holds an index as it lies in memory: written once, read whole, and refused if a bit of it is wrong.
//!
//! Layout: a head of 64-bit words (a mark with the version, how many arrays there are, and the bytes of each), the arrays
//! one behind the other, the hash of every block of an array, and the hash of head, label and hashes. The label says what
//! the file is for, so one that was written for something else is refused as well. Blocks are read and checked by several
//! threads at once.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use blake3::{Hash, Hasher, OUT_LEN};
use bytemuck::{Pod, Zeroable, cast_slice, cast_slice_mut};
use rayon::prelude::*;

/// The last byte is the version of the layout. A file of another byte order is refused as well.
const MARK: u64 = u64::from_be_bytes(*b"LEINDEM\x01");
const BLOCK: usize = 1 << 20;
const MOST_ARRAYS: u64 = 1 << 10;
const WORD: u64 = 8;
/// An array has room for an eighth more when it is read, which costs nothing before it is used.
const SPARE: usize = 8;

/// Writes arrays, given as bytes, into a new file, and returns it: the caller decides when to wait for the disk.
pub fn write(path: &Path, label: &str, arrays: &[&[u8]]) -> io::Result<File> {
    let lengths = arrays.iter().map(|array| array.len() as u64);
    let head: Vec<u64> = [MARK, arrays.len() as u64].into_iter().chain(lengths).collect();
    let hashes: Vec<u8> = arrays.iter().flat_map(|array| blocks(array)).flat_map(|hash| *hash.as_bytes()).collect();
    let mut file = File::create_new(path)?;
    file.write_all(cast_slice(&head))?;
    arrays.iter().try_for_each(|array| file.write_all(array))?;
    file.write_all(&hashes)?;
    file.write_all(seal(&head, label, &hashes).as_bytes())?;
    Ok(file)
}

/// The hashes of an array, block by block.
fn blocks(array: &[u8]) -> Vec<Hash> {
    array.par_chunks(BLOCK).map(blake3::hash).collect()
}

fn seal(head: &[u64], label: &str, hashes: &[u8]) -> Hash {
    Hasher::new().update(cast_slice(head)).update(label.as_bytes()).update(hashes).finalize()
}

/// A file of arrays whose head and hashes are sound; the arrays come in the order in which they were written.
pub struct Arrays {
    file: File,
    lengths: std::vec::IntoIter<u64>,
    hashes: Vec<u8>,
    position: u64,
    blocks: usize,
}

impl Arrays {
    /// # Errors
    /// `InvalidData` for what is no whole file of this version and label, otherwise what the system says.
    pub fn open(path: &Path, label: &str) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut start = [0u64; 2];
        file.read_exact(cast_slice_mut(&mut start)).map_err(cut)?;
        let [mark, count] = start;
        if mark != MARK || count > MOST_ARRAYS {
            return Err(unusable("not of this version"));
        }
        let mut head = vec![0u64; 2 + count as usize];
        head[..2].copy_from_slice(&start);
        file.read_exact(cast_slice_mut(&mut head[2..])).map_err(cut)?;
        let lengths = head[2..].to_vec();
        let content = lengths.iter().try_fold(0u64, |sum, &length| sum.checked_add(length));
        let blocks: u64 = lengths.iter().map(|length| length.div_ceil(BLOCK as u64)).sum();
        let position = head.len() as u64 * WORD;
        let whole =
            content.and_then(|content| (blocks + 1).checked_mul(OUT_LEN as u64)?.checked_add(position + content));
        if whole != Some(file.metadata()?.len()) {
            return Err(unusable("not whole"));
        }
        let mut hashes = vec![0u8; (blocks as usize + 1) * OUT_LEN];
        read_at(&file, &mut hashes, position + content.unwrap_or_default())?;
        let last = hashes.split_off(blocks as usize * OUT_LEN);
        if seal(&head, label, &hashes).as_bytes() != &last[..] {
            return Err(unusable("damaged, or not the one that was meant"));
        }
        Ok(Self { file, lengths: lengths.into_iter(), hashes, position, blocks: 0 })
    }

    /// How many arrays are still to come.
    pub fn left(&self) -> usize {
        self.lengths.len()
    }

    /// Bytes of the array that comes next; 0 behind the last.
    pub fn length(&self) -> usize {
        self.lengths.as_slice().first().map_or(0, |&length| length as usize)
    }

    /// The array that comes next.
    pub fn take<T: Pod + Zeroable>(&mut self) -> io::Result<Vec<T>> {
        if self.left() == 0 || !self.length().is_multiple_of(size_of::<T>()) {
            return Err(unusable("of another form"));
        }
        let count = self.length() / size_of::<T>();
        let mut values = bytemuck::zeroed_vec(count + count / SPARE);
        values.truncate(count);
        self.take_into(cast_slice_mut(&mut values))?;
        Ok(values)
    }

    /// Fills `bytes`, which are as many as [`Self::length`] says, with the array that comes next.
    pub fn take_into(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        let hashes = &self.hashes[self.blocks * OUT_LEN..];
        bytes.par_chunks_mut(BLOCK).zip(hashes.par_chunks(OUT_LEN)).enumerate().try_for_each(
            |(at, (block, hash))| {
                read_at(&self.file, block, self.position + (at * BLOCK) as u64)?;
                if blake3::hash(block).as_bytes() == hash { Ok(()) } else { Err(unusable("damaged")) }
            },
        )?;
        self.lengths.next();
        self.position += bytes.len() as u64;
        self.blocks += bytes.len().div_ceil(BLOCK);
        Ok(())
    }
}

/// What a file is that an index cannot be read from.
pub fn unusable(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the file of an index is {problem}"))
}

fn cut(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof { unusable("not whole") } else { error }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], position: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, position).map_err(cut)
}

#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut position: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, position)?;
        if read == 0 {
            return Err(unusable("not whole"));
        }
        bytes = &mut bytes[read..];
        position += read as u64;
    }
    Ok(())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// What writing and reading again makes of an index.
    pub fn again<T>(
        write: impl FnOnce(&Path) -> io::Result<File>,
        read: impl FnOnce(&mut Arrays) -> io::Result<T>,
    ) -> T {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("index");
        write(&path).expect("written");
        read(&mut Arrays::open(&path, "label").expect("sound")).expect("read")
    }

    fn read_all(path: &Path, label: &str) -> io::Result<(Vec<u32>, Vec<u8>, Vec<f32>)> {
        let mut arrays = Arrays::open(path, label)?;
        let all = (arrays.take()?, arrays.take()?, arrays.take()?);
        assert_eq!((arrays.left(), arrays.length()), (0, 0));
        Ok(all)
    }

    fn values() -> (Vec<u32>, Vec<u8>, Vec<f32>) {
        let many = (0..BLOCK as u32).collect(); // four blocks
        (many, Vec::new(), vec![1.5, f32::NEG_INFINITY, 0.25])
    }

    fn written(path: &Path) -> Vec<u8> {
        let (numbers, none, floats) = values();
        write(path, "label", &[cast_slice(&numbers), &none, cast_slice(&floats)]).expect("written");
        std::fs::read(path).expect("read")
    }

    #[test]
    fn arrays_come_back_as_they_were() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("index");
        written(&path);
        assert_eq!(read_all(&path, "label").expect("sound"), values());
        assert_eq!(write(&path, "label", &[]).map_err(|error| error.kind()).err(), Some(io::ErrorKind::AlreadyExists));
    }

    #[test]
    fn one_wrong_bit_or_a_missing_or_further_byte_is_found_wherever_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("index");
        let whole = written(&path);
        let refused = |bytes: &[u8]| {
            std::fs::write(&path, bytes).expect("written");
            read_all(&path, "label").err().map(|error| error.kind())
        };
        let places = [0, 7, 8, 15, 16, 31, 40, 41, BLOCK + 99, 3 * BLOCK, whole.len() - 200, whole.len() - 40];
        for at in places.into_iter().chain([whole.len() - 1]) {
            let mut changed = whole.clone();
            changed[at] ^= 4;
            assert_eq!(refused(&changed), Some(io::ErrorKind::InvalidData), "byte {at}");
        }
        for length in [0, 3, 15, 16, 30, BLOCK, whole.len() - 1] {
            assert_eq!(refused(&whole[..length]), Some(io::ErrorKind::InvalidData), "{length} bytes");
        }
        assert_eq!(refused(&[&whole[..], &[0]].concat()), Some(io::ErrorKind::InvalidData));
        assert_eq!(refused(&whole), None);
    }

    #[test]
    fn what_was_written_for_something_else_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("index");
        written(&path);
        assert!(read_all(&path, "other").is_err());
        let mut arrays = Arrays::open(&path, "label").expect("sound");
        arrays.take::<u32>().expect("numbers");
        arrays.take::<u32>().expect("nothing is a column of anything");
        assert!(arrays.take::<u64>().is_err(), "12 bytes are no words of 8");
        arrays.take::<f32>().expect("floats");
        assert!(arrays.take::<u8>().is_err(), "there are no more");
    }
}
