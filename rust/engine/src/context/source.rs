//! One source file as the answer needs it: its lines, and how far the index's spans into it can be trusted.
//!
//! Files are read, not mapped: they are small, and a mapped file that another program truncates kills the process.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::{Span, Stamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The very bytes that were indexed.
    Fresh,
    /// Other bytes: a span is used only where its signature is still found.
    Changed,
    /// Cannot be read.
    Missing,
}

pub struct Source {
    bytes: Vec<u8>,
    /// Byte at which line `i + 1` starts.
    starts: Vec<usize>,
    pub trust: Trust,
}

impl Source {
    pub fn read(root: &Path, file: &str, stamp: Option<&Stamp>) -> Self {
        let path = root.join(file);
        let Ok(bytes) = std::fs::read(&path) else {
            return Self { bytes: Vec::new(), starts: Vec::new(), trust: Trust::Missing };
        };
        let trust = if is_fresh(&path, &bytes, stamp) { Trust::Fresh } else { Trust::Changed };
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', &bytes).map(|at| at + 1));
        if starts.last() == Some(&bytes.len()) {
            starts.pop();
        }
        Self { bytes, starts, trust }
    }

    /// A line without its end, counted from 1; None beyond the file.
    pub fn line(&self, number: u32) -> Option<&[u8]> {
        let index = (number as usize).checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).copied().unwrap_or(self.bytes.len());
        let line = &self.bytes[start..end];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    pub fn is_blank(&self, number: u32) -> bool {
        self.line(number).is_none_or(|line| line.iter().all(u8::is_ascii_whitespace))
    }

    /// Lines that a byte range touches, white space at its ends not counted; None if it is empty or outside the file.
    pub fn lines(&self, start: u32, end: u32) -> Option<RangeInclusive<u32>> {
        let text = self.bytes.get(start as usize..end as usize)?;
        let first = start as usize + text.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let last = start as usize + text.iter().rposition(|byte| !byte.is_ascii_whitespace())?;
        Some(self.line_of(first)..=self.line_of(last))
    }

    /// Whether the symbol still stands where the index says: lines match bytes, and, in a changed file, so does the text
    /// of the signature.
    pub fn holds(&self, span: &Span) -> bool {
        let Some(lines) = self.lines(span.start_byte, span.end_byte) else { return false };
        let in_place = *lines.start() >= span.start_line && *lines.end() <= span.end_line;
        match self.trust {
            Trust::Fresh => in_place,
            Trust::Changed => in_place && self.signature_matches(span),
            Trust::Missing => false,
        }
    }

    fn signature_matches(&self, span: &Span) -> bool {
        let range = span.signature_start as usize..span.signature_end as usize;
        let Some(text) = self.bytes.get(range) else { return false };
        let visible = |text: &[u8]| text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<_>>();
        let (found, stored) = (visible(text), visible(span.signature.as_bytes()));
        // The stored text may leave out the mark that opens the body.
        !stored.is_empty() && found.starts_with(&stored) && found.len() <= stored.len() + 1
    }

    fn line_of(&self, byte: usize) -> u32 {
        self.starts.partition_point(|&start| start <= byte) as u32
    }
}

fn is_fresh(path: &Path, bytes: &[u8], stamp: Option<&Stamp>) -> bool {
    let Some(stamp) = stamp else { return false };
    if bytes.len() as u64 != stamp.size {
        return false;
    }
    let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let nanoseconds = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map(|age| age.as_nanos() as i64);
    nanoseconds == Some(stamp.mtime_ns) || blake3::hash(bytes).as_bytes().as_slice() == stamp.content_hash
}
