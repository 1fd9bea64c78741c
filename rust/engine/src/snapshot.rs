//! One file that holds the graph, text and vector indexes of one generation, memory-mapped and used in place.
//!
//! A snapshot is a cache: the store is the truth, and a snapshot of another generation is rebuilt. It is written beside
//! its final name and renamed, so a reader sees all of it or none. Layout: magic, format version, section count,
//! generation, maker, then a table of (name, offset, length), then the sections, each aligned to 64 bytes so that columns of `Pod`
//! records can be read without copying.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytemuck::{AnyBitPattern, NoUninit};
use memmap2::Mmap;

const MAGIC: &[u8; 8] = b"LEINDEX\x01";
/// Bumped when any section changes its layout; see also [`MAKER`].
pub const SNAPSHOT_VERSION: u32 = 1;
/// The LeIndex that wrote it: another one may resolve and rank otherwise, so what it left is made again.
const MAKER: [u8; 8] = first_bytes(env!("CARGO_PKG_VERSION"));
const ALIGNMENT: u64 = 64;
const NAME_BYTES: usize = 32;
const ENTRY_BYTES: usize = NAME_BYTES + 16;
const MAX_SECTIONS: usize = 64;
const TABLE_START: usize = 32;
const DATA_START: u64 = (TABLE_START + MAX_SECTIONS * ENTRY_BYTES) as u64;

#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("cannot use the snapshot {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("the snapshot {path} is {problem}; it will be rebuilt from the store")]
    Unusable { path: PathBuf, problem: String },
}

/// Writes sections one after the other; nothing is visible before [`SnapshotWriter::publish`].
pub struct SnapshotWriter {
    file: BufWriter<File>,
    path: PathBuf,
    temporary: PathBuf,
    sections: Vec<(String, u64, u64)>,
    position: u64,
    generation: u64,
}

impl SnapshotWriter {
    pub fn create(path: &Path, generation: u64) -> Result<Self, SnapshotError> {
        let temporary = path.with_extension(format!("tmp{}", std::process::id()));
        let open = || -> io::Result<BufWriter<File>> {
            let mut file = BufWriter::with_capacity(1 << 20, File::create(&temporary)?);
            file.seek(SeekFrom::Start(DATA_START))?;
            Ok(file)
        };
        let file = open().map_err(|source| SnapshotError::Io { path: temporary.clone(), source })?;
        Ok(Self { file, path: path.into(), temporary, sections: Vec::new(), position: DATA_START, generation })
    }

    /// Adds a section that holds `values` as they lie in memory.
    pub fn section<T: NoUninit>(&mut self, name: &str, values: &[T]) -> Result<(), SnapshotError> {
        self.begin(name)?;
        self.append(values)
    }

    /// Starts a section whose content comes by [`SnapshotWriter::append`], for what should not be held in memory whole.
    pub fn begin(&mut self, name: &str) -> Result<(), SnapshotError> {
        assert!(
            name.len() <= NAME_BYTES && self.sections.len() < MAX_SECTIONS,
            "section {name} does not fit the table"
        );
        let padding = (ALIGNMENT - self.position % ALIGNMENT) % ALIGNMENT;
        self.write(&[0u8; ALIGNMENT as usize][..padding as usize])?;
        self.sections.push((name.into(), self.position, 0));
        Ok(())
    }

    /// Appends to the section begun last.
    pub fn append<T: NoUninit>(&mut self, values: &[T]) -> Result<(), SnapshotError> {
        let bytes = bytemuck::cast_slice(values);
        self.write(bytes)?;
        if let Some(section) = self.sections.last_mut() {
            section.2 += bytes.len() as u64;
        }
        Ok(())
    }

    /// Writes the table, flushes to disk and renames into place.
    pub fn publish(mut self) -> Result<(), SnapshotError> {
        let mut head = Vec::with_capacity(DATA_START as usize);
        head.extend_from_slice(MAGIC);
        head.extend_from_slice(&SNAPSHOT_VERSION.to_le_bytes());
        head.extend_from_slice(&(self.sections.len() as u32).to_le_bytes());
        head.extend_from_slice(&self.generation.to_le_bytes());
        head.extend_from_slice(&MAKER);
        for (name, offset, length) in &self.sections {
            let mut field = [0u8; NAME_BYTES];
            field[..name.len()].copy_from_slice(name.as_bytes());
            head.extend_from_slice(&field);
            head.extend_from_slice(&offset.to_le_bytes());
            head.extend_from_slice(&length.to_le_bytes());
        }
        let mut finish = || -> io::Result<()> {
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(&head)?;
            self.file.flush()?;
            self.file.get_ref().sync_data()?;
            std::fs::rename(&self.temporary, &self.path)
        };
        finish().map_err(|source| SnapshotError::Io { path: self.path.clone(), source })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.position += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|source| SnapshotError::Io { path: self.temporary.clone(), source })
    }
}

impl Drop for SnapshotWriter {
    fn drop(&mut self) {
        // After `publish` the temporary file is gone; before it, it is rubbish. Either way a failure changes nothing.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

/// An opened snapshot. Cheap to open: pages are read when they are touched.
#[derive(Debug)]
pub struct Snapshot {
    map: Mmap,
    path: PathBuf,
    sections: Vec<(String, usize, usize)>,
    generation: u64,
}

impl Snapshot {
    /// # Errors
    /// [`SnapshotError::Io`] when the file cannot be read, [`SnapshotError::Unusable`] when it is not a whole snapshot
    /// of this version.
    pub fn open(path: &Path) -> Result<Self, SnapshotError> {
        let io_error = |source| SnapshotError::Io { path: path.into(), source };
        let unusable = |problem: &str| SnapshotError::Unusable { path: path.into(), problem: problem.into() };
        let file = File::open(path).map_err(io_error)?;
        // SAFETY: snapshots are written under another name and renamed into place, never changed afterwards.
        let map = unsafe { Mmap::map(&file) }.map_err(io_error)?;
        if map.len() < DATA_START as usize || &map[..8] != MAGIC {
            return Err(unusable("not a snapshot"));
        }
        if read_u32(&map, 8) != SNAPSHOT_VERSION || map[24..TABLE_START] != MAKER {
            return Err(unusable("of another version of LeIndex"));
        }
        let count = read_u32(&map, 12) as usize;
        if count > MAX_SECTIONS {
            return Err(unusable("damaged"));
        }
        let mut sections = Vec::with_capacity(count);
        for index in 0..count {
            let at = TABLE_START + index * ENTRY_BYTES;
            let name = map[at..at + NAME_BYTES].split(|&byte| byte == 0).next().unwrap_or_default();
            let (offset, length) = (read_u64(&map, at + NAME_BYTES), read_u64(&map, at + NAME_BYTES + 8));
            if offset % ALIGNMENT != 0 || offset.checked_add(length).is_none_or(|end| end > map.len() as u64) {
                return Err(unusable("damaged"));
            }
            sections.push((String::from_utf8_lossy(name).into_owned(), offset as usize, length as usize));
        }
        let generation = read_u64(&map, 16);
        Ok(Self { map, path: path.into(), sections, generation })
    }

    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Bytes of the file.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The records of a section, in place.
    ///
    /// # Errors
    /// [`SnapshotError::Unusable`] when the section is missing or does not hold whole records of `T`.
    pub fn section<T: AnyBitPattern>(&self, name: &str) -> Result<&[T], SnapshotError> {
        let bytes = self
            .sections
            .iter()
            .find(|section| section.0 == name)
            .map(|&(_, offset, length)| &self.map[offset..offset + length])
            .ok_or_else(|| self.unusable(format!("without the section {name}")))?;
        bytemuck::try_cast_slice(bytes).map_err(|_| self.unusable(format!("damaged in the section {name}")))
    }

    /// The error of a reader that finds a section's content inconsistent.
    pub fn unusable(&self, problem: String) -> SnapshotError {
        SnapshotError::Unusable { path: self.path.clone(), problem }
    }
}

const fn first_bytes(text: &str) -> [u8; 8] {
    let mut bytes = [0; 8];
    let mut at = 0;
    while at < text.len() && at < bytes.len() {
        bytes[at] = text.as_bytes()[at];
        at += 1;
    }
    bytes
}

fn read_u32(bytes: &[u8], at: usize) -> u32 {
    bytemuck::pod_read_unaligned(&bytes[at..at + 4])
}

fn read_u64(bytes: &[u8], at: usize) -> u64 {
    bytemuck::pod_read_unaligned(&bytes[at..at + 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_come_back_as_they_were_written() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("snapshot.bin");
        let mut writer = SnapshotWriter::create(&path, 7).expect("create");
        writer.section("numbers", &[1u32, 2, 3]).expect("write");
        writer.begin("stream").expect("begin");
        writer.append(&[9u64]).expect("append");
        writer.append(&[10u64]).expect("append");
        assert!(!path.exists(), "nothing is visible before publish");
        writer.publish().expect("publish");

        let snapshot = Snapshot::open(&path).expect("open");
        assert_eq!(snapshot.generation(), 7);
        assert_eq!(snapshot.section::<u32>("numbers").expect("numbers"), [1, 2, 3]);
        assert_eq!(snapshot.section::<u64>("stream").expect("stream"), [9, 10]);
        assert!(snapshot.section::<u32>("absent").is_err());
        assert!(snapshot.section::<u64>("numbers").is_err(), "12 bytes are no whole u64 records");
        assert_eq!(std::fs::read_dir(folder.path()).expect("list").count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_truncated_or_foreign_file_is_unusable_not_a_panic() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("snapshot.bin");
        let mut writer = SnapshotWriter::create(&path, 1).expect("create");
        writer.section("bytes", &[5u8; 1000]).expect("write");
        writer.publish().expect("publish");
        let whole = std::fs::read(&path).expect("read");
        for length in [0, 7, 40, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).expect("truncate");
            assert!(Snapshot::open(&path).is_err(), "{length} bytes");
        }
        let mut other = whole.clone();
        other[24..29].copy_from_slice(b"9.9.9");
        std::fs::write(&path, &other).expect("overwrite");
        let error = Snapshot::open(&path).expect_err("another LeIndex made it");
        assert!(error.to_string().contains("another version of LeIndex"), "{error}");
        std::fs::write(&path, vec![b'x'; whole.len()]).expect("overwrite");
        assert!(matches!(Snapshot::open(&path), Err(SnapshotError::Unusable { .. })));
    }
}
