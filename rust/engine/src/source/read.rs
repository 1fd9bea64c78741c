//! The bytes of one source file, and what kind of bytes they are.
//!
//! Bytes are never copied into strings: a parser sees them as they lie. Files up to [`MAP_FROM`] are read, larger ones
//! are mapped. A mapping shorter than its file was is a SIGBUS, and editors truncate files all day, so mapping is kept for
//! the few files where a second copy in memory would count; reading a mebibyte costs less than a thousandth of parsing it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::LazyLock;

use memchr::{memchr, memchr_iter, memmem};
use memmap2::Mmap;

/// Files larger than this are mapped instead of read.
const MAP_FROM: u64 = 1 << 20;
/// How far into a file a NUL byte makes it binary; git looks as far.
const SNIFF: usize = 8 << 10;
/// How far into a file a program says that it wrote it.
const GENERATED_HEAD: usize = 2 << 10;
/// Shorter files are never called minified: a one-line configuration is worth finding.
const MINIFIED_MIN: usize = 4 << 10;
/// Average bytes per line from which a script or style sheet was made by a minifier (Linguist's figure).
const MINIFIED_SCRIPT_LINE: usize = 110;
/// The same for any other file; prose with a paragraph per line stays below it.
const MINIFIED_LINE: usize = 500;

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{size} bytes, the limit is {limit}")]
    TooLarge { size: u64, limit: u64 },
    #[error("not a regular file")]
    NotAFile,
}

/// What the bytes of a file are, as far as an index is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classification {
    /// Something people wrote or could have written; not necessarily valid UTF-8.
    Text,
    Binary,
    /// Text that a program squeezed: lines of hundreds of bytes, names of one letter.
    Minified,
}

enum Data {
    Owned(Vec<u8>),
    Mapped(Mmap),
}

/// An opened source file: its bytes and their classification.
pub struct SourceFile {
    data: Data,
    classification: Classification,
}

impl SourceFile {
    /// Opens a regular file of at most `max_bytes`.
    ///
    /// # Errors
    /// [`ReadError::TooLarge`] also when the file grew since it was looked at, [`ReadError::NotAFile`] for folders,
    /// pipes and devices, which are not opened for reading: that could wait for ever.
    pub fn open(path: &Path, max_bytes: u64) -> Result<Self, ReadError> {
        if !std::fs::metadata(path)?.is_file() {
            return Err(ReadError::NotAFile);
        }
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        if size > max_bytes {
            return Err(ReadError::TooLarge { size, limit: max_bytes });
        }
        let data = if size > MAP_FROM { map(&file)? } else { read(&file, size, max_bytes)? };
        let classification = classify(path, data.bytes());
        Ok(Self { data, classification })
    }

    pub fn bytes(&self) -> &[u8] {
        self.data.bytes()
    }

    pub fn classification(&self) -> Classification {
        self.classification
    }
}

impl Data {
    fn bytes(&self) -> &[u8] {
        match self {
            Data::Owned(bytes) => bytes,
            Data::Mapped(map) => map,
        }
    }
}

fn map(file: &File) -> Result<Data, ReadError> {
    // SAFETY: the file is another's and may change while it is mapped. Changed bytes give a wrong tree, which the next
    // run repairs because size or time of modification moved; truncation ends the process, and the store, committed
    // batch by batch, is whole when it starts again. `MAP_FROM` keeps both rare.
    let map = unsafe { Mmap::map(file) }?;
    Ok(Data::Mapped(map))
}

fn read(file: &File, size: u64, max_bytes: u64) -> Result<Data, ReadError> {
    let mut bytes = Vec::with_capacity(size as usize + 1);
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        return Err(ReadError::TooLarge { size: bytes.len() as u64, limit: max_bytes });
    }
    Ok(Data::Owned(bytes))
}

/// Tells text from what a parser should not be shown. The path is asked for its name only.
pub fn classify(path: &Path, bytes: &[u8]) -> Classification {
    if is_binary(bytes) {
        Classification::Binary
    } else if is_minified(path, bytes) {
        Classification::Minified
    } else {
        Classification::Text
    }
}

/// A NUL byte near the start, or the mark of UTF-16 (text, but none that a byte-oriented grammar can read) or PDF.
fn is_binary(bytes: &[u8]) -> bool {
    let marked = [&b"\xff\xfe"[..], b"\xfe\xff", b"%PDF-"].iter().any(|mark| bytes.starts_with(mark));
    marked || memchr(0, &bytes[..bytes.len().min(SNIFF)]).is_some()
}

fn is_minified(path: &Path, bytes: &[u8]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let script = [".js", ".mjs", ".cjs", ".css"].iter().any(|end| name.ends_with(end));
    if script && (name.contains(".min.") || name.contains("-min.")) {
        return true;
    }
    let limit = if script { MINIFIED_SCRIPT_LINE } else { MINIFIED_LINE };
    bytes.len() >= MINIFIED_MIN && bytes.len() / (memchr_iter(b'\n', bytes).count() + 1) > limit
}

/// Says the head of the file that a program wrote it? Only comment lines are asked, so that a generator's own source,
/// which holds the same words in strings, is not taken for its product.
pub fn is_generated(bytes: &[u8]) -> bool {
    static MARKS: LazyLock<[memmem::Finder<'static>; 5]> = LazyLock::new(|| {
        let marks = ["@generated", "do not edit", "code generated by", "automatically generated", "autogenerated"];
        marks.map(memmem::Finder::new)
    });
    let head = &bytes[..bytes.len().min(GENERATED_HEAD)];
    head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_start).any(|line| {
        let comment = line.first().is_some_and(|first| b"#/*-;<%!\"'({".contains(first));
        comment && {
            let line = line.to_ascii_lowercase();
            MARKS.iter().any(|mark| mark.find(&line).is_some())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, bytes: &[u8]) -> Classification {
        classify(Path::new(name), bytes)
    }

    #[test]
    fn binary_is_known_by_a_nul_byte_near_the_start_or_a_mark() {
        assert_eq!(kind("a.c", b"int x;\0"), Classification::Binary);
        assert_eq!(kind("wide.txt", b"\xff\xfea\0b\0"), Classification::Binary);
        assert_eq!(kind("paper", b"%PDF-1.7 ..."), Classification::Binary);
        assert_eq!(kind("latin1.py", b"name = 'Gr\xf6\xdfe'\n"), Classification::Text, "invalid UTF-8 is still text");
        assert_eq!(kind("empty", b""), Classification::Text);
        let late = [&b"x = 1\n".repeat(SNIFF)[..], b"\0"].concat();
        assert_eq!(kind("late.py", &late), Classification::Text);
    }

    #[test]
    fn minified_is_known_by_name_or_by_long_lines() {
        let line = |length: usize| [&b"a".repeat(length)[..], b"\n"].concat().repeat(8000 / length);
        assert_eq!(kind("jquery.min.js", b"x"), Classification::Minified);
        assert_eq!(kind("app.js", &line(200)), Classification::Minified);
        assert_eq!(kind("notes.md", &line(200)), Classification::Text, "prose has long lines");
        assert_eq!(kind("data.json", &line(2000)), Classification::Minified);
        assert_eq!(kind("small.json", &[b'x'; 2000]), Classification::Text, "one short line is worth finding");
        assert_eq!(kind("min.py", b"def min(): pass"), Classification::Text);
    }

    #[test]
    fn generated_files_say_so_in_a_comment_at_their_head() {
        assert!(is_generated(b"// Code generated by protoc-gen-go. DO NOT EDIT.\npackage x"));
        assert!(is_generated(b"#!/usr/bin/env python\n# @generated by tool\n"));
        assert!(is_generated(b"/*\n * This file is automatically generated\n */"));
        assert!(!is_generated(b"BANNER = 'Do not edit'\n"), "a generator is not its product");
        let late = [&b"x = 1\n".repeat(GENERATED_HEAD)[..], b"# DO NOT EDIT"].concat();
        assert!(!is_generated(&late));
    }

    #[test]
    fn small_files_are_read_and_large_ones_mapped_with_the_same_bytes() {
        let folder = tempfile::tempdir().expect("folder");
        for size in [0, 1, MAP_FROM as usize, MAP_FROM as usize + 1] {
            let path = folder.path().join(format!("{size}.txt"));
            let bytes = b"line\n".iter().copied().cycle().take(size).collect::<Vec<_>>();
            std::fs::write(&path, &bytes).expect("write");
            let file = SourceFile::open(&path, 1 << 30).expect("open");
            assert!(file.bytes() == bytes, "{size} bytes");
            assert_eq!(matches!(file.data, Data::Mapped(_)), size as u64 > MAP_FROM);
            assert_eq!(file.classification(), Classification::Text);
        }
    }

    #[test]
    fn a_file_over_the_limit_a_folder_and_a_missing_file_are_errors() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("big.c");
        std::fs::write(&path, b"0123456789").expect("write");
        assert!(SourceFile::open(&path, 10).is_ok());
        assert!(matches!(SourceFile::open(&path, 9), Err(ReadError::TooLarge { size: 10, limit: 9 })));
        assert!(matches!(SourceFile::open(folder.path(), 9), Err(ReadError::NotAFile)));
        assert!(matches!(SourceFile::open(&folder.path().join("gone"), 9), Err(ReadError::Io(_))));
    }
}
