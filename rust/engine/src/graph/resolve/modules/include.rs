//! `#include <linux/fs.h>`: the file beside this one, or one whose path ends so.

use super::super::project::{Project, base_name, folder};
use crate::graph::builder::ImportEntry;

/// Of equally near headers (one per architecture, say) no more than this many are taken.
const MOST_ALIKE: usize = 8;

/// The files that a file includes, as far as they are in the project.
pub fn included_by(project: &Project, file: u32, imports: &[ImportEntry]) -> Vec<u32> {
    let mut included = Vec::with_capacity(imports.len());
    let mut last = None;
    for import in imports {
        if last != Some(import.path) {
            included.extend(named(project, file, project.text(import.path)));
        }
        last = Some(import.path);
    }
    included.sort_unstable();
    included.dedup();
    included
}

/// The files that a path means, as it stands or with an extension that the language lets out.
fn named(project: &Project, file: u32, path: &[u8]) -> Vec<u32> {
    let found = find(project, file, path);
    let mut extensions = project.traits_of(file).extensions.iter().filter(|_| found.is_empty());
    let with_extension = extensions.find_map(|extension| {
        Some(find(project, file, &[path, extension.as_bytes()].concat())).filter(|it| !it.is_empty())
    });
    with_extension.unwrap_or(found)
}

fn find(project: &Project, file: u32, path: &[u8]) -> Vec<u32> {
    let here = folder(project.text(project.data.files[file as usize].path));
    let beside = if here.is_empty() { path.to_vec() } else { [here, b"/", path].concat() };
    if let Some(&found) = project.find(&beside).and_then(|name| project.paths.get(&name)) {
        return vec![found];
    }
    let up = path.windows(3).rposition(|window| window == b"../").map_or(0, |at| at + 3);
    let ending = path[up..].strip_prefix(b"./").unwrap_or(&path[up..]);
    let Some(candidates) = project.base_names.get(base_name(ending)) else { return Vec::new() };
    let mut best: Vec<u32> = Vec::new();
    let mut best_key = (0, std::cmp::Reverse(usize::MAX));
    for &candidate in candidates {
        let name = project.text(project.data.files[candidate as usize].path);
        let Some(root) = name.strip_suffix(ending) else { continue };
        if !(root.is_empty() || root.ends_with(b"/")) {
            continue;
        }
        let key = (common_folders(root, here), std::cmp::Reverse(root.iter().filter(|&&byte| byte == b'/').count()));
        if best.is_empty() || key > best_key {
            (best, best_key) = (vec![candidate], key);
        } else if key == best_key {
            best.push(candidate);
        }
    }
    best.truncate(MOST_ALIKE);
    best
}

/// Leading folders that two paths share.
fn common_folders(a: &[u8], b: &[u8]) -> usize {
    a.split(|&byte| byte == b'/')
        .zip(b.split(|&byte| byte == b'/'))
        .take_while(|(a, b)| a == b && !a.is_empty())
        .count()
}
