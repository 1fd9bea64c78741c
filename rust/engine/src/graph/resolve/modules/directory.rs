//! `github.com/owner/project/server`: the import path ends with the path of the folder that is the package.
//!
//! The first part of the path is the name of the project, which stands in a file we do not parse. It is inferred: the
//! beginning that most import paths share once the folder they end with is taken off. The other way round, the folders
//! may lie deeper than the import paths say (`src/encoding/json`, `vendor/…`).

use rustc_hash::{FxHashMap, FxHashSet};

use super::Target;
use crate::graph::builder::ImportEntry;
use crate::graph::names::Name;
use crate::graph::policy::ModuleStrategy;
use crate::graph::resolve::project::{Project, Unit};

/// What stands before the common ending of import paths and folders.
#[derive(Default)]
pub struct Roots {
    /// Beginning of import paths that means the root of the project, by family.
    projects: FxHashMap<u8, Vec<u8>>,
    /// Folders below which import paths are whole, by family.
    folders: FxHashMap<u8, FxHashSet<Vec<u8>>>,
}

/// Folders that hold other projects by their whole import path.
const VENDOR_FOLDERS: [&[u8]; 2] = [b"vendor", b"third_party"];
/// Import paths that must agree before a folder counts as a root.
const AGREEMENT: usize = 3;

impl Roots {
    pub fn infer(project: &Project) -> Self {
        let mut roots = Self::default();
        let mut seen: FxHashSet<(u8, Name)> = FxHashSet::default();
        let mut beginnings: FxHashMap<(u8, Vec<u8>), usize> = FxHashMap::default();
        let mut folders: FxHashMap<(u8, Vec<u8>), usize> = FxHashMap::default();
        let by_last = packages_by_last_part(project);
        for (number, file) in project.data.files.iter().enumerate() {
            let traits = project.traits_of(number as u32);
            if traits.modules != ModuleStrategy::Directory {
                continue;
            }
            for import in file.imports.of(&project.data.imports) {
                if !seen.insert((file.family, import.path)) {
                    continue;
                }
                let path = project.text(import.path);
                if let Some(beginning) = beginning_before_folder(project, file.family, path, &traits.foreign_roots) {
                    *beginnings.entry((file.family, beginning.to_vec())).or_default() += 1;
                }
                for folder in by_last.get(&(file.family, last(path))).into_iter().flatten() {
                    if let Some(root) = strip_ending(project.text(*folder), path) {
                        *folders.entry((file.family, root.to_vec())).or_default() += 1;
                    }
                }
            }
        }
        let mut ranked: Vec<_> = beginnings.into_iter().collect();
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        for ((family, beginning), _) in ranked {
            roots.projects.entry(family).or_insert(beginning);
        }
        for ((family, folder), votes) in folders {
            let vendored = VENDOR_FOLDERS.contains(&last(&folder));
            if votes >= AGREEMENT || folder.is_empty() || vendored {
                roots.folders.entry(family).or_default().insert(folder);
            }
        }
        roots
    }
}

pub fn locate(project: &Project, roots: &Roots, file: u32, import: &ImportEntry) -> Target {
    let family = project.data.files[file as usize].family;
    let path = project.text(import.path);
    let package = |folder: &[u8]| {
        let name = project.find(folder)?;
        project.packages.get(&(family, name)).copied()
    };
    let below_project = roots.projects.get(&family).and_then(|root| {
        let rest = path.strip_prefix(root.as_slice())?;
        if rest.is_empty() { package(b"") } else { package(rest.strip_prefix(b"/")?) }
    });
    let in_folder = || -> Option<Unit> {
        let folders = roots.folders.get(&family)?;
        let mut found: Vec<(usize, &[u8], Unit)> = folders
            .iter()
            .filter_map(|root| {
                let whole = if root.is_empty() { path.to_vec() } else { [root, &b"/"[..], path].concat() };
                package(&whole).map(|unit| (root.len(), root.as_slice(), unit))
            })
            .collect();
        found.sort_unstable();
        found.first().map(|&(_, _, unit)| unit)
    };
    below_project.or_else(in_folder).map_or(Target::Missing, Target::Package)
}

/// What stands before the longest ending of `path` that is a package folder from the root of the project.
fn beginning_before_folder<'p>(project: &Project, family: u8, path: &'p [u8], foreign: &[String]) -> Option<&'p [u8]> {
    let first = path.split(|&byte| byte == b'/').next().unwrap_or_default();
    if foreign.iter().any(|root| root.as_bytes() == first) {
        return None;
    }
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    slashes.into_iter().find_map(|at| {
        let folder = project.find(&path[at + 1..])?;
        project.packages.contains_key(&(family, folder)).then_some(&path[..at])
    })
}

fn packages_by_last_part(project: &Project) -> FxHashMap<(u8, &[u8]), Vec<Name>> {
    let mut by_last: FxHashMap<(u8, &[u8]), Vec<Name>> = FxHashMap::default();
    for &(family, name) in project.packages.keys() {
        by_last.entry((family, last(project.text(name)))).or_default().push(name);
    }
    by_last
}

fn last(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

/// `src` of `src/encoding/json` and `encoding/json`; None if the folder does not end so.
fn strip_ending<'f>(folder: &'f [u8], path: &[u8]) -> Option<&'f [u8]> {
    let root = folder.strip_suffix(path)?;
    if root.is_empty() { Some(root) } else { root.strip_suffix(b"/") }
}
