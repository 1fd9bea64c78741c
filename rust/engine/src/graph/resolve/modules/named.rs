//! Modules are known by the names that they are given, wherever they stand: `Plug.Conn` is what says that it is.

use super::Target;
use crate::graph::builder::ImportEntry;
use crate::graph::resolve::project::Project;

pub fn locate(project: &Project, file: u32, import: &ImportEntry) -> Target {
    let path = project.text(import.path);
    let whole = import.name.is_none() || import.name == project.data.star;
    let member = || module_at(project, file, import.owner, &[path, b".", project.text(import.name)].concat());
    match if whole { None } else { member() } {
        Some(module) => Target::Itself(module),
        None => module_at(project, file, import.owner, path).map_or(Target::Missing, Target::Module),
    }
}

/// The module of that name; one that begins with a word for the module around `owner` is in that.
pub fn module_at(project: &Project, file: u32, owner: u32, path: &[u8]) -> Option<u32> {
    let exact = |name: &[u8]| project.find(name).and_then(|name| project.modules.get(&name)).copied();
    let own = project.traits_of(file).self_names.iter().find_map(|own| path.strip_prefix(own.as_bytes()));
    let Some(rest) = own.filter(|rest| rest.is_empty() || rest.starts_with(b".")) else { return exact(path) };
    let here = project.enclosing_module(owner);
    exact(&[project.text(project.data.modules[here as usize]), rest].concat())
}
