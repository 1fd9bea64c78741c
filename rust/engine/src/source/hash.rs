//! Whether a file changed: BLAKE3 of its bytes, for the one case that size and time of modification cannot decide.

use std::path::Path;

use rayon::prelude::*;

use crate::source::read::SourceFile;

/// BLAKE3 of a file's bytes.
pub fn hash(bytes: &[u8]) -> [u8; 32] {
    *blake3::hash(bytes).as_bytes()
}

/// Hashes of many files under `root`, in the order asked; None for a file that cannot be read or is too large. A branch
/// switched back and forth touches thousands of files without changing one, so they are read in parallel.
pub fn hash_files(root: &Path, paths: &[String], max_bytes: u64) -> Vec<Option<[u8; 32]>> {
    paths
        .par_iter()
        .map(|path| SourceFile::open(&root.join(path), max_bytes).ok().map(|file| hash(file.bytes())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_have_equal_hashes_and_a_missing_file_has_none() {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::write(folder.path().join("a.py"), "x = 1\n").expect("write");
        std::fs::write(folder.path().join("b.py"), "x = 1\n").expect("write");
        std::fs::write(folder.path().join("long.py"), "x = 1000\n").expect("write");
        let names = ["a.py", "b.py", "gone.py", "long.py"].map(String::from);
        let hashes = hash_files(folder.path(), &names, 6);
        assert_eq!(hashes[0], Some(hash(b"x = 1\n")));
        assert_eq!(hashes[0], hashes[1]);
        assert_eq!((hashes[2], hashes[3]), (None, None), "missing, and over the limit");
    }
}
