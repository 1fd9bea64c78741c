//! `./x`: a file beside this one without its extension, or the index file of a folder.
//!
//! A path may begin with the name of a package (`package:shop/src/cart.dart`): its files lie below a folder of its own.
//! A path that does not start with a dot is a library, unless a file of the project lies there: below the root, or
//! below `src` for the usual `@/x`; beside this file, if the path has an extension of the language (`pool.zig`).

use super::Target;
use crate::graph::builder::ImportEntry;
use crate::graph::resolve::project::{Project, folder};

pub fn locate(project: &Project, file: u32, import: &ImportEntry) -> Target {
    let path = project.text(import.path);
    let here = folder(project.text(project.data.files[file as usize].path));
    let traits = project.traits_of(file);
    let inside = traits.package_prefix.as_deref().and_then(|prefix| path.strip_prefix(prefix.as_bytes()));
    let found = if let Some(inside) = inside {
        in_package(project, file, here, inside)
    } else if path.starts_with(b".") || traits.package_prefix.is_some() {
        join(here, path).and_then(|path| file_at(project, file, &path))
    } else {
        let below = path.strip_prefix(b"@/").or_else(|| path.strip_prefix(b"~/")).unwrap_or(path);
        let is_file = project.traits_of(file).extensions.iter().any(|extension| path.ends_with(extension.as_bytes()));
        let beside = is_file.then_some(here);
        beside.into_iter().chain([&b""[..], b"src"]).find_map(|root| file_at(project, file, &join(root, below)?))
    };
    found.map_or(Target::Missing, |found| Target::Module(project.data.files[found as usize].first_node))
}

/// `shop/src/cart.dart` is `src/cart.dart` in the folder for sources of `shop`: below a folder of that name above this
/// file or beside one of those, or in the nearest folder for sources.
fn in_package(project: &Project, file: u32, here: &[u8], path: &[u8]) -> Option<u32> {
    let slash = path.iter().position(|&byte| byte == b'/')?;
    let (package, rest) = (&path[..slash], &path[slash + 1..]);
    let sources = project.traits_of(file).package_sources.as_bytes();
    let above = || std::iter::successors(Some(here), |at| (!at.is_empty()).then(|| folder(at)));
    let mut of_package =
        above().filter_map(|at| file_at(project, file, &join(at, &[package, sources, rest].join(&b'/'))?));
    of_package
        .next()
        .or_else(|| above().find_map(|at| file_at(project, file, &join(at, &[sources, rest].join(&b'/'))?)))
}

/// `a/b` and `../c/./d` give `a/c/d`; None when the path climbs out of the project.
fn join(folder: &[u8], path: &[u8]) -> Option<Vec<u8>> {
    let mut parts: Vec<&[u8]> = folder.split(|&byte| byte == b'/').filter(|part| !part.is_empty()).collect();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join(&b'/'))
}

fn file_at(project: &Project, from: u32, path: &[u8]) -> Option<u32> {
    let traits = project.traits_of(from);
    let family = project.data.files[from as usize].family;
    let at = |path: &[u8]| {
        let file = project.find(path).and_then(|name| project.paths.get(&name)).copied()?;
        let there = &project.data.files[file as usize];
        (there.family == family && there.nodes > 0).then_some(file)
    };
    let with_extension =
        |stem: &[u8]| traits.extensions.iter().find_map(|extension| at(&[stem, extension.as_bytes()].concat()));
    // TypeScript writes `./x.js` for what lies there as `x.ts`.
    let without_extension =
        || path.strip_suffix(b".js").or_else(|| path.strip_suffix(b".mjs")).and_then(with_extension);
    let index_of_folder = || {
        traits.index_names.iter().find_map(|index| {
            let stem =
                if path.is_empty() { index.as_bytes().to_vec() } else { [path, b"/", index.as_bytes()].concat() };
            with_extension(&stem)
        })
    };
    at(path).or_else(|| with_extension(path)).or_else(without_extension).or_else(index_of_folder)
}
