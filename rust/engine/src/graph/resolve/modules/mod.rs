//! From the path of an import to a place in the project, each way of naming modules in a file of its own.
//!
//! This pass looks at paths alone. Which member of the module is meant is looked up when a reference asks for it.

mod crates;
mod directory;
mod dotted;
mod include;
mod named;
mod package;
mod relative;

use rayon::prelude::*;

use super::project::{Project, Unit};
use crate::graph::builder::ImportEntry;
use crate::graph::policy::ModuleStrategy;
use crate::graph::rows::Rows;

/// Where an import leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Out of the project, or nowhere.
    Missing,
    /// To a module, of which the import's name is a member.
    Module(u32),
    /// To a package of several files, of which the name is a member.
    Package(Unit),
    /// To a type, of which the name is a member.
    Type(u32),
    /// To exactly this symbol or module: path and name together mean it.
    Itself(u32),
}

/// Fills in `targets` and `includes`.
pub fn locate_imports(project: &mut Project) {
    let roots = directory::Roots::infer(project);
    let per_file: Vec<(Vec<Target>, Vec<u32>)> = (0..project.data.files.len() as u32)
        .into_par_iter()
        .map(|file| {
            let entry = &project.data.files[file as usize];
            let imports = entry.imports.of(&project.data.imports);
            if project.traits_of(file).modules == ModuleStrategy::Include {
                return (vec![Target::Missing; imports.len()], include::included_by(project, file, imports));
            }
            (imports.iter().map(|import| locate(project, &roots, file, import)).collect(), Vec::new())
        })
        .collect();
    let mut includes = Rows { starts: vec![0], items: Vec::new() };
    for (targets, included) in per_file {
        project.targets.extend(targets);
        includes.items.extend(included);
        includes.starts.push(includes.items.len() as u32);
    }
    project.includes = includes;
}

fn locate(project: &Project, roots: &directory::Roots, file: u32, import: &ImportEntry) -> Target {
    match project.traits_of(file).modules {
        ModuleStrategy::None | ModuleStrategy::Include => Target::Missing,
        ModuleStrategy::Dotted => dotted::locate(project, file, import),
        ModuleStrategy::Relative => relative::locate(project, file, import),
        ModuleStrategy::Directory => directory::locate(project, roots, file, import),
        ModuleStrategy::Package => package::locate(project, file, import),
        ModuleStrategy::Crate => crates::locate(project, file, import),
        ModuleStrategy::Named => named::locate(project, file, import),
    }
}

pub use crates::module_at as crate_module_at;
pub use dotted::module_at as dotted_module_at;
pub use named::module_at as named_module_at;

/// Of several places that fit, the one whose name shares the longest beginning with the place that asks; then the
/// shortest; then the first.
fn nearest<'a, T: Copy>(candidates: impl Iterator<Item = (T, &'a [u8])>, here: &[u8]) -> Option<T> {
    let key = |name: &[u8]| {
        let common = name.iter().zip(here).take_while(|(a, b)| a == b).count();
        (common, std::cmp::Reverse(name.len()))
    };
    let mut best: Option<(T, (usize, std::cmp::Reverse<usize>))> = None;
    for (candidate, name) in candidates {
        let key = key(name);
        if best.as_ref().is_none_or(|(_, known)| key > *known) {
            best = Some((candidate, key));
        }
    }
    best.map(|(candidate, _)| candidate)
}
