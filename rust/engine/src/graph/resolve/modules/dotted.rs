//! `a.b.c`: a module below some source root, or relative to this one by leading dots.
//!
//! A source root is a folder that is no package itself, so `src/app/db.py` is found as `app.db`, while `import json`
//! never finds `app/json.py`.

use super::{Target, nearest};
use crate::graph::builder::ImportEntry;
use crate::graph::resolve::project::{Project, base_name, last_part};

pub fn locate(project: &Project, file: u32, import: &ImportEntry) -> Target {
    let path = project.text(import.path);
    if let Some(module) = module_from(project, file, path, import.level) {
        return Target::Module(module);
    }
    if import.name.is_none() || import.name == project.data.star {
        return Target::Missing;
    }
    // `from folder import module`, where the folder is no package of its own.
    let mut whole = path.to_vec();
    if !whole.is_empty() {
        whole.push(b'.');
    }
    whole.extend_from_slice(project.text(import.name));
    module_from(project, file, &whole, import.level).map_or(Target::Missing, Target::Itself)
}

/// The module that an absolute path means in a file.
pub fn module_at(project: &Project, file: u32, path: &[u8]) -> Option<u32> {
    module_from(project, file, path, 0)
}

fn module_from(project: &Project, file: u32, path: &[u8], level: u32) -> Option<u32> {
    if level > 0 {
        let mut whole = package_above(project, file, level)?;
        if !whole.is_empty() && !path.is_empty() {
            whole.push(b'.');
        }
        whole.extend_from_slice(path);
        return exact(project, &whole);
    }
    let here = project.text(project.data.files[file as usize].module);
    let candidates = project.modules_by_last.get(last_part(path)).map_or(&[][..], Vec::as_slice);
    let fitting = candidates.iter().copied().filter_map(|module| {
        let name = project.text(project.data.modules[module as usize]);
        is_rooted(project, name, path).then_some((module, name))
    });
    nearest(fitting, here)
}

fn exact(project: &Project, name: &[u8]) -> Option<u32> {
    project.find(name).and_then(|name| project.modules.get(&name)).copied()
}

/// Whether `name` is `path`, or `path` below a source root.
fn is_rooted(project: &Project, name: &[u8], path: &[u8]) -> bool {
    let Some(root) = name.strip_suffix(path) else { return false };
    match root.strip_suffix(b".") {
        Some(root) => exact(project, root).is_none_or(|module| !is_package(project, module)),
        None => root.is_empty(),
    }
}

/// The package that `level` dots mean in a file.
fn package_above(project: &Project, file: u32, level: u32) -> Option<Vec<u8>> {
    let entry = &project.data.files[file as usize];
    let mut parts: Vec<&[u8]> = project.text(entry.module).split(|&byte| byte == b'.').collect();
    let up = if is_package(project, entry.first_node) { level - 1 } else { level };
    let keep = parts.len().checked_sub(up as usize)?;
    parts.truncate(keep);
    Some(parts.join(&b'.'))
}

fn is_package(project: &Project, module: u32) -> bool {
    let node = project.node(module);
    let path = project.text(project.data.files[node.file as usize].path);
    let stem = base_name(path).split(|&byte| byte == b'.').next().unwrap_or_default();
    project.traits_of(node.file).index_names.iter().any(|index| index.as_bytes() == stem)
}
