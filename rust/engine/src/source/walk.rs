//! Which files belong to a project: git's ignore rules, and a few of our own, asked of every folder in parallel.
//!
//! The rules are those of git (`.gitignore` at every level, `.git/info/exclude`), of ripgrep (`.ignore`) and our own
//! ignore file, and they hold whether or not the folder is a repository. The user's global git configuration is left
//! out: two people who index the same tree get the same index. Symbolic links are never followed (git does not either):
//! what lies inside the project is met under its own path, once, and no loop can close.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use ignore::gitignore::GitignoreBuilder;
use ignore::{DirEntry, WalkBuilder, WalkState};
use rustc_hash::{FxHashMap, FxHashSet};

/// What to take and what to leave out. Every name comes from the caller; the walk knows none.
#[derive(Clone, Debug, Default)]
pub struct WalkOptions {
    pub max_file_bytes: u64,
    /// Take files and folders whose name begins with a dot.
    pub hidden: bool,
    /// Take vendored folders, marking their files, instead of reporting the folder as skipped.
    pub vendored: bool,
    /// Names of folders that hold other people's code.
    pub vendored_names: FxHashSet<String>,
    /// Names of files whose presence says the same of their folder (`pyvenv.cfg`).
    pub vendored_markers: Vec<String>,
    /// Name of an additional ignore file, with the syntax of `.gitignore` and the last word.
    pub ignore_file: String,
    /// Names never entered and never mentioned (`.git`, which is a file in a submodule).
    pub excluded: FxHashSet<String>,
    /// 0 lets the machine decide.
    pub threads: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WalkedFile {
    /// Relative to the root, `/` between the parts.
    pub path: String,
    pub size: u64,
    /// Nanoseconds since 1970; negative before.
    pub mtime_ns: i64,
    pub vendored: bool,
}

/// A file or folder that was left out for a reason worth telling; what an ignore rule names is not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WalkSkip {
    /// Bytes that are no UTF-8 appear as U+FFFD.
    pub path: String,
    pub reason: &'static str,
    pub detail: String,
}

/// Both lists are sorted by path, compared as bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Walked {
    pub files: Vec<WalkedFile>,
    pub skipped: Vec<WalkSkip>,
}

/// Regular files of the project.
///
/// # Errors
/// When `root` cannot be listed. A folder below it that cannot is a [`WalkSkip`].
pub fn walk(root: &Path, options: &WalkOptions) -> io::Result<Walked> {
    let root = std::fs::canonicalize(root)?;
    std::fs::read_dir(&root)?;
    let found = walk_by(&root, options, true);
    Ok(if found.files.is_empty() { without_git(&root, options).unwrap_or(found) } else { found })
}

/// What there is when git's rules leave nothing at all. They are then meant for something else (Debian's kernel sources
/// ignore all but the packaging), and who asks for a folder wants what is in it.
fn without_git(root: &Path, options: &WalkOptions) -> Option<Walked> {
    let mut found = walk_by(root, options, false);
    if found.files.is_empty() {
        return None;
    }
    let detail = "it leaves nothing to index, so git's rules were set aside".into();
    found.skipped.push(WalkSkip { path: ".gitignore".into(), reason: "ignores-everything", detail });
    found.skipped.sort_unstable();
    Some(found)
}

fn walk_by(root: &Path, options: &WalkOptions, git: bool) -> Walked {
    let found = Mutex::new(Walked::default());
    builder(root, options, git).build_parallel().run(|| {
        let mut visitor = Visitor { root, options, folders: FxHashMap::default(), own: Walked::default(), all: &found };
        Box::new(move |entry| visitor.visit(entry))
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.files.sort_unstable();
    found.skipped.sort_unstable();
    found
}

fn builder(root: &Path, options: &WalkOptions, git: bool) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder
        .hidden(!options.hidden)
        .parents(rules_above_apply(root))
        .git_global(false)
        .git_ignore(git)
        .git_exclude(git)
        .require_git(false)
        .follow_links(false)
        .threads(options.threads);
    if !options.ignore_file.is_empty() {
        builder.add_custom_ignore_filename(&options.ignore_file);
    }
    let excluded = options.excluded.clone();
    builder.filter_entry(move |entry| {
        entry.depth() == 0 || !entry.file_name().to_str().is_some_and(|name| excluded.contains(name))
    });
    builder
}

/// Ignore files above the root count when the root lies inside a repository, as they do for git, unless they ignore the
/// root itself: who asks for an ignored folder by name wants what is in it (a package in a virtual environment).
fn rules_above_apply(root: &Path) -> bool {
    let Some(top) = root.ancestors().skip(1).find(|folder| folder.join(".git").exists()) else { return false };
    root.ancestors().skip(1).take_while(|folder| folder.starts_with(top)).all(|folder| {
        let mut rules = GitignoreBuilder::new(folder);
        // A rule that cannot be read is a rule less, as it is for git.
        let _ = rules.add(folder.join(".gitignore"));
        rules.build().map_or(true, |rules| !rules.matched_path_or_any_parents(root, true).is_ignore())
    })
}

/// Collects on one thread; joins the others' when that thread is done.
struct Visitor<'a> {
    root: &'a Path,
    options: &'a WalkOptions,
    /// Whether a folder is vendored, as far as it was asked; only filled when vendored files are taken.
    folders: FxHashMap<PathBuf, bool>,
    own: Walked,
    all: &'a Mutex<Walked>,
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.files.append(&mut self.own.files);
        all.skipped.append(&mut self.own.skipped);
    }
}

impl Visitor<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                self.report_error(&error);
                return WalkState::Continue;
            }
        };
        let Some(kind) = entry.file_type() else { return WalkState::Continue };
        if entry.depth() == 0 {
            return WalkState::Continue;
        }
        if kind.is_dir() {
            return self.visit_folder(entry.path());
        }
        if kind.is_symlink() {
            self.visit_link(entry.path());
        } else if kind.is_file() {
            self.visit_file(&entry);
        }
        WalkState::Continue
    }

    fn visit_folder(&mut self, path: &Path) -> WalkState {
        if self.options.vendored || !self.is_vendored(path) {
            return WalkState::Continue;
        }
        self.skip(path, "vendored", String::new());
        WalkState::Skip
    }

    /// Asks the folder itself, not those above it.
    fn is_vendored(&self, folder: &Path) -> bool {
        let named = folder
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| self.options.vendored_names.contains(name));
        named || self.options.vendored_markers.iter().any(|marker| folder.join(marker).exists())
    }

    fn visit_file(&mut self, entry: &DirEntry) {
        let path = entry.path();
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            Err(error) => return self.skip(path, "unreadable", plain(&error)),
        };
        let Some(name) = self.relative(path).to_str().map(str::to_owned) else {
            return self.skip(path, "not-utf8-path", "rename the file to index it".into());
        };
        let (size, limit) = (metadata.len(), self.options.max_file_bytes);
        if size > limit {
            return self.skip(path, "ignored-size", format!("{size} bytes, the limit is {limit}"));
        }
        let vendored = self.options.vendored && path.parent().is_some_and(|folder| self.in_vendored_folder(folder));
        self.own.files.push(WalkedFile { path: name, size, mtime_ns: mtime_ns(&metadata), vendored });
    }

    /// Asks the folder and those above it, each of them once.
    fn in_vendored_folder(&mut self, folder: &Path) -> bool {
        if folder == self.root {
            return false;
        }
        if let Some(&known) = self.folders.get(folder) {
            return known;
        }
        let above = folder.parent().is_some_and(|parent| self.in_vendored_folder(parent));
        let vendored = above || self.is_vendored(folder);
        self.folders.insert(folder.to_owned(), vendored);
        vendored
    }

    /// A link inside the project needs no word: its target is met under its own path.
    fn visit_link(&mut self, path: &Path) {
        match std::fs::canonicalize(path) {
            Ok(target) if path.starts_with(&target) => self.skip(path, "symlink-loop", target_text(&target)),
            Ok(target) if !target.starts_with(self.root) => self.skip(path, "symlink-outside", target_text(&target)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.skip(path, "unreadable", error.to_string());
            }
            // ELOOP, whose ErrorKind is not stable.
            Err(error) => self.skip(path, "symlink-loop", error.to_string()),
        }
    }

    fn report_error(&mut self, error: &ignore::Error) {
        let path = error_path(error).unwrap_or_default();
        self.skip(&path, "unreadable", plain(error));
    }

    fn skip(&mut self, path: &Path, reason: &'static str, detail: String) {
        let path = self.relative(path).to_string_lossy().into_owned();
        self.own.skipped.push(WalkSkip { path, reason, detail });
    }

    fn relative<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(self.root).unwrap_or(path)
    }
}

fn target_text(target: &Path) -> String {
    format!("leads to {}", target.to_string_lossy())
}

fn mtime_ns(metadata: &std::fs::Metadata) -> i64 {
    let nanoseconds = metadata.modified().map(|time| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i64,
        Err(before) => -(before.duration().as_nanos() as i64),
    });
    nanoseconds.unwrap_or(0)
}

fn error_path(error: &ignore::Error) -> Option<PathBuf> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path.clone()),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err),
        _ => None,
    }
}

/// The reason alone: the path stands beside it.
fn plain(error: &ignore::Error) -> String {
    error.io_error().map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn options() -> WalkOptions {
        WalkOptions {
            max_file_bytes: 1000,
            vendored_names: ["node_modules".to_owned()].into_iter().collect(),
            vendored_markers: vec!["pyvenv.cfg".into()],
            ignore_file: ".ownignore".into(),
            excluded: [".git".to_owned()].into_iter().collect(),
            ..WalkOptions::default()
        }
    }

    /// A folder made of (path, content); an empty path part list is never needed.
    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("folder");
        for (path, content) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("parent")).expect("folders");
            std::fs::write(path, content).expect("write");
        }
        folder
    }

    fn paths(root: &Path, options: &WalkOptions) -> Vec<String> {
        walk(root, options).expect("walk").files.into_iter().map(|file| file.path).collect()
    }

    fn skips(root: &Path) -> Vec<(String, &'static str)> {
        let skipped = walk(root, &options()).expect("walk").skipped;
        skipped.into_iter().map(|skip| (skip.path, skip.reason)).collect()
    }

    #[test]
    fn ignore_rules_hold_at_every_level_and_without_a_repository() {
        let folder = tree(&[
            (".gitignore", "*.log\n/build/\n"),
            ("a.py", ""),
            ("a.log", ""),
            ("build/out.py", ""),
            ("sub/.gitignore", "!keep.log\nlocal.py\n"),
            ("sub/keep.log", ""),
            ("sub/local.py", ""),
            ("sub/build/in.py", ""),
            (".ignore", "data.py\n"),
            ("data.py", ""),
            (".ownignore", "own.py\n!a.log\n"),
            ("own.py", ""),
        ]);
        assert_eq!(paths(folder.path(), &options()), ["a.log", "a.py", "sub/build/in.py", "sub/keep.log"]);
    }

    #[test]
    fn a_repositorys_own_exclude_file_counts_and_its_git_folder_is_never_entered() {
        let folder = tree(&[(".git/info/exclude", "secret.py\n"), ("secret.py", ""), ("open.py", "")]);
        assert_eq!(paths(folder.path(), &WalkOptions { hidden: true, ..options() }), ["open.py"]);
    }

    #[test]
    fn rules_above_the_root_count_inside_a_repository_unless_they_ignore_the_root_itself() {
        let files = [
            (".gitignore", "*.log\n"),
            ("app/a.py", ""),
            ("app/a.log", ""),
            ("venv/.gitignore", "*\n"),
            ("venv/pkg/b.py", ""),
        ];
        let outside = tree(&files);
        assert_eq!(paths(&outside.path().join("app"), &options()), ["a.log", "a.py"]);
        let inside = tree(&[&files[..], &[(".git/HEAD", "")]].concat());
        assert_eq!(paths(&inside.path().join("app"), &options()), ["a.py"]);
        assert_eq!(paths(&inside.path().join("venv/pkg"), &options()), ["b.py"]);
    }

    #[test]
    fn rules_that_leave_nothing_are_set_aside_and_that_is_told() {
        let folder =
            tree(&[(".gitignore", "/*\n!/debian/\n"), ("kernel/fork.c", ""), ("own.c", ""), (".ownignore", "own.c")]);
        assert_eq!(paths(folder.path(), &options()), ["kernel/fork.c"], "our own rules still hold");
        assert_eq!(skips(folder.path()), [(".gitignore".to_owned(), "ignores-everything")]);
        let empty = tree(&[(".gitignore", "*\n")]);
        assert_eq!(walk(empty.path(), &options()).expect("walk"), Walked::default());
    }

    #[test]
    fn hidden_and_vendored_files_wait_for_a_setting() {
        let folder = tree(&[
            ("a.py", ""),
            (".hidden.py", ""),
            ("node_modules/x/index.js", ""),
            ("env/pyvenv.cfg", ""),
            ("env/lib/b.py", ""),
        ]);
        assert_eq!(paths(folder.path(), &options()), ["a.py"]);
        let expected = [("env".to_owned(), "vendored"), ("node_modules".to_owned(), "vendored")];
        assert_eq!(skips(folder.path()), expected);

        let all = WalkOptions { hidden: true, vendored: true, ..options() };
        let walked = walk(folder.path(), &all).expect("walk");
        let marked: Vec<_> = walked.files.iter().map(|file| (file.path.as_str(), file.vendored)).collect();
        let expected = [
            (".hidden.py", false),
            ("a.py", false),
            ("env/lib/b.py", true),
            ("env/pyvenv.cfg", true),
            ("node_modules/x/index.js", true),
        ];
        assert_eq!(marked, expected);
        assert_eq!(paths(&folder.path().join("node_modules/x"), &options()), ["index.js"], "asked for by name");
    }

    #[test]
    fn large_files_are_told_with_their_size() {
        let folder = tree(&[("big.c", &"x".repeat(1001)), ("fits.c", &"x".repeat(1000))]);
        let walked = walk(folder.path(), &options()).expect("walk");
        assert_eq!(walked.files[0].size, 1000);
        assert_eq!(walked.skipped[0].detail, "1001 bytes, the limit is 1000");
        assert_eq!(skips(folder.path()), [("big.c".to_owned(), "ignored-size")]);
    }

    #[test]
    fn links_close_no_loop_and_a_file_is_met_once() {
        let outside = tree(&[("o.py", "")]);
        let folder = tree(&[("a.py", ""), ("sub/b.py", "")]);
        let at = |name: &str| folder.path().join(name);
        symlink(at("a.py"), at("same.py")).expect("link");
        symlink(at("sub"), at("same")).expect("link");
        symlink(folder.path(), at("sub/up")).expect("link");
        symlink("round", at("round")).expect("link");
        symlink("nowhere", at("broken")).expect("link");
        symlink(outside.path(), at("out")).expect("link");
        assert_eq!(paths(folder.path(), &options()), ["a.py", "sub/b.py"]);
        let expected = [("out", "symlink-outside"), ("round", "symlink-loop"), ("sub/up", "symlink-loop")];
        assert_eq!(skips(folder.path()), expected.map(|(path, reason)| (path.to_owned(), reason)));
    }

    #[test]
    fn a_root_that_is_a_link_is_walked() {
        let folder = tree(&[("real/a.py", "")]);
        symlink(folder.path().join("real"), folder.path().join("link")).expect("link");
        assert_eq!(paths(&folder.path().join("link"), &options()), ["a.py"]);
    }

    #[test]
    fn names_with_spaces_and_umlauts_pass_and_names_that_are_no_utf8_are_told() {
        use std::os::unix::ffi::OsStrExt;
        let folder = tree(&[("große datei.py", "")]);
        let name = std::ffi::OsStr::from_bytes(b"gr\xf6\xdfe.py");
        std::fs::write(folder.path().join(name), "").expect("write");
        assert_eq!(paths(folder.path(), &options()), ["große datei.py"]);
        assert_eq!(skips(folder.path()), [("gr\u{fffd}\u{fffd}e.py".to_owned(), "not-utf8-path")]);
    }

    #[test]
    fn order_is_by_bytes_of_the_whole_path() {
        let folder = tree(&[("a/z.py", ""), ("a-b/z.py", ""), ("a.py", ""), ("B.py", "")]);
        assert_eq!(paths(folder.path(), &options()), ["B.py", "a-b/z.py", "a.py", "a/z.py"]);
    }

    #[test]
    fn a_missing_root_or_a_file_as_root_is_an_error() {
        let folder = tree(&[("a.py", "")]);
        assert!(walk(&folder.path().join("gone"), &options()).is_err());
        assert!(walk(&folder.path().join("a.py"), &options()).is_err());
    }
}
