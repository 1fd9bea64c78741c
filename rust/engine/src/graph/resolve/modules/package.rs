//! Declared packages: `java.util` is wherever files say that they belong to it.

use super::Target;
use crate::graph::builder::ImportEntry;
use crate::graph::resolve::project::Project;

pub fn locate(project: &Project, file: u32, import: &ImportEntry) -> Target {
    let family = project.data.files[file as usize].family;
    let path = project.text(import.path);
    let place = place_at(project, family, path);
    if !import.name.is_none() {
        return place.unwrap_or(Target::Missing);
    }
    match place {
        Some(Target::Type(symbol)) => Target::Itself(symbol),
        Some(Target::Package(unit)) => Target::Package(unit),
        _ => Target::Missing,
    }
}

/// The package of that name, or the type, possibly nested, that a longer name means.
pub fn place_at(project: &Project, family: u8, path: &[u8]) -> Option<Target> {
    let package = project.find(path).and_then(|name| project.packages.get(&(family, name)));
    if let Some(&unit) = package {
        return Some(Target::Package(unit));
    }
    let dot = path.iter().rposition(|&byte| byte == b'.')?;
    let name = project.find(&path[dot + 1..])?;
    let members = match place_at(project, family, &path[..dot])? {
        Target::Package(unit) => project.unit_members(unit, name),
        Target::Type(outer) => project.members(outer, name),
        _ => &[],
    };
    members.iter().copied().find(|&symbol| project.node(symbol).kind().is_type()).map(Target::Type)
}
