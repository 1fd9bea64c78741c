//! `crate::a::b`, `self::`, `super::`, `other_crate::`: the module tree follows the files.

use super::{Target, nearest};
use crate::graph::builder::ImportEntry;
use crate::graph::resolve::project::{Project, base_name, last_part};

pub fn locate(project: &Project, _file: u32, import: &ImportEntry) -> Target {
    let path = project.text(import.path);
    match place_at(project, import.owner, path) {
        Some(module) if project.node(module).kind().is_type() => Target::Type(module),
        Some(module) => Target::Module(module),
        None if path.is_empty() && !import.name.is_none() => {
            let name = project.text(import.name);
            crate_root(project, import.owner, name).map_or(Target::Missing, Target::Itself)
        }
        None => Target::Missing,
    }
}

/// The module or type that a path means where `owner` stands.
pub fn module_at(project: &Project, owner: u32, path: &[u8]) -> Option<u32> {
    place_at(project, owner, path)
}

fn place_at(project: &Project, owner: u32, path: &[u8]) -> Option<u32> {
    let mut parts = split(path);
    let first = parts.next()?;
    let here = project.enclosing_module(owner);
    let mut at = match first {
        b"crate" => root_of(project, here)?,
        b"self" => here,
        b"super" => parent(project, here)?,
        name => child(project, here, name).or_else(|| crate_root(project, owner, name))?,
    };
    for part in parts {
        at = if part == b"super" { parent(project, at)? } else { child(project, at, part)? };
    }
    Some(at)
}

fn split(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b':').filter(|part| !part.is_empty())
}

fn exact(project: &Project, name: &[u8]) -> Option<u32> {
    project.find(name).and_then(|name| project.modules.get(&name)).copied()
}

fn qualified(project: &Project, module: u32) -> &[u8] {
    project.text(project.data.modules[module as usize])
}

/// A file or inline module below a module, or a type in it (`use Kind::*`).
fn child(project: &Project, module: u32, name: &[u8]) -> Option<u32> {
    let below = [qualified(project, module), b"::", name].concat();
    exact(project, &below).or_else(|| {
        let members = project.members(module, project.find(name)?);
        members.iter().copied().find(|&member| project.node(member).kind().is_type())
    })
}

fn parent(project: &Project, module: u32) -> Option<u32> {
    let name = qualified(project, module);
    exact(project, name.strip_suffix(last_part(name))?.strip_suffix(b"::")?)
}

/// The root module of the crate that a module belongs to: as many parts up as its file lies below `src`.
fn root_of(project: &Project, module: u32) -> Option<u32> {
    let file = project.file_of(module);
    let depth = depth_below_source(project, file.first_node)?;
    let name = qualified(project, file.first_node);
    let parts: Vec<&[u8]> = split(name).collect();
    let root = parts.get(..parts.len().checked_sub(depth)?)?;
    exact(project, &root.join(&b"::"[..]))
}

/// Parts of a module's name that come from its place below `src`; outside of any `src` a file is its own crate.
fn depth_below_source(project: &Project, module: u32) -> Option<usize> {
    let node = project.node(module);
    let path = project.text(project.data.files[node.file as usize].path);
    let parts: Vec<&[u8]> = path.split(|&byte| byte == b'/').collect();
    let Some(source) = parts.iter().rposition(|&part| part == b"src") else { return Some(0) };
    let stem = base_name(path).split(|&byte| byte == b'.').next().unwrap_or_default();
    let is_index = project.traits_of(node.file).index_names.iter().any(|index| index.as_bytes() == stem);
    Some(parts.len() - source - 1 - usize::from(is_index))
}

/// The root module of another crate of the project.
fn crate_root(project: &Project, owner: u32, name: &[u8]) -> Option<u32> {
    let candidates = project.modules_by_last.get(name)?;
    let here = qualified(project, project.file_of(owner).first_node);
    let roots = candidates.iter().copied().filter(|&module| {
        project.node(module).parent == crate::graph::builder::NO_NODE
            && depth_below_source(project, module) == Some(0)
            && is_library(project, module)
    });
    nearest(roots.map(|module| (module, qualified(project, module))), here)
}

/// Whether the file lies in `src`: a test or example outside is a crate that nobody imports.
fn is_library(project: &Project, module: u32) -> bool {
    let path = project.text(project.file_of(module).path);
    path.split(|&byte| byte == b'/').any(|part| part == b"src")
}
