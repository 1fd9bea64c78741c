//! Which of two languages a file is in, where its name leaves that open: `.h` may be C or C++.
//!
//! A file is claimed if a line of its first [`HEAD`] begins as no line of the other language does. Only lines that do are
//! looked at twice, so the heads of thousands of headers cost as much as reading them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use memchr::memmem::rfind;
use rayon::prelude::*;

/// How far into a file one looks.
const HEAD: u64 = 64 << 10;

/// What tells a language.
pub struct Signs {
    /// Beginnings of lines, after white space; behind one that ends with a blank a name must follow.
    pub lines: Vec<Vec<u8>>,
    /// What begins and ends a comment of several lines, in which no line counts.
    pub comment: (Vec<u8>, Vec<u8>),
}

impl Signs {
    /// Whether a line of the text tells the language.
    pub fn tell(&self, text: &[u8]) -> bool {
        let mut start = 0;
        text.split_inclusive(|&byte| byte == b'\n').any(|line| {
            let before = start;
            start += line.len();
            let line = line.trim_ascii_start();
            self.lines.iter().any(|sign| begins(line, sign)) && !self.in_comment(&text[..before])
        })
    }

    fn in_comment(&self, before: &[u8]) -> bool {
        let (open, close) = (rfind(before, &self.comment.0), rfind(before, &self.comment.1));
        open.is_some_and(|open| close.is_none_or(|close| close < open))
    }
}

fn begins(line: &[u8], sign: &[u8]) -> bool {
    let name = |rest: &[u8]| rest.first().is_some_and(|&next| next.is_ascii_alphabetic() || next == b'_');
    line.strip_prefix(sign).is_some_and(|rest| !sign.ends_with(b" ") || name(rest))
}

/// Which of the files below `root` the signs claim, in the order given; one that cannot be read is not claimed.
pub fn sniff_files(root: &Path, paths: &[String], signs: &Signs) -> Vec<bool> {
    paths.par_iter().map(|path| head(&root.join(path)).is_some_and(|head| signs.tell(&head))).collect()
}

fn head(path: &Path) -> Option<Vec<u8>> {
    let file = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).and_then(|_| File::open(path).ok())?;
    let mut bytes = Vec::new();
    file.take(HEAD).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs() -> Signs {
        let lines = ["class ", "template<"].map(|sign| sign.as_bytes().to_vec()).to_vec();
        Signs { lines, comment: (b"/*".to_vec(), b"*/".to_vec()) }
    }

    #[test]
    fn a_line_that_begins_so_tells_the_language_and_a_comment_does_not() {
        for (text, expected) in [
            (&b"int x;\n  class A;\n"[..], true),
            (b"template<class T>", true),
            (b"struct a {};\nint class_of(int);\n", false),
            (b"\tclass = ONE;\n", false),
            (b"/* the\nclass of it\n*/\nint x;", false),
            (b"/* one */\nclass A {};", true),
            (b"/* never closed\nclass A", false),
            (b"", false),
        ] {
            assert_eq!(signs().tell(text), expected, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn files_answer_in_their_order_and_one_that_is_gone_is_not_claimed() {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::write(folder.path().join("a.h"), "class A;\n").expect("write");
        std::fs::write(folder.path().join("b.h"), "struct a;\n").expect("write");
        let paths = ["b.h", "gone.h", "a.h", "."].map(String::from);
        assert_eq!(sniff_files(folder.path(), &paths, &signs()), [false, false, true, false]);
    }
}
