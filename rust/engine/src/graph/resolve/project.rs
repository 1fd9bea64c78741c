//! The look-up tables over all files: members by name, symbols by name, modules by path.

use rustc_hash::{FxHashMap, FxHashSet};

use super::modules::Target;
use crate::graph::builder::{Collected, FileEntry, NO_NODE, Node};
use crate::graph::names::Name;
use crate::graph::policy::{LanguageTraits, ModuleStrategy};
use crate::graph::program_graph::container_of;
use crate::graph::rows::{Rows, equal_range};
use crate::syntax::facts::{SymbolKind, flag};

/// Files that share one namespace, named by the first of them. Most are units of one.
pub type Unit = u32;

pub struct Project {
    pub data: Collected,
    /// Members of every node, sorted by name.
    members: Rows,
    /// Nodes by name.
    by_name: Rows,
    unit_of_file: Vec<Unit>,
    /// Top-level symbols of the units with several files, sorted by name.
    unit_members: FxHashMap<Unit, Vec<u32>>,
    /// Modules by qualified name.
    pub modules: FxHashMap<Name, u32>,
    /// Modules by the last part of their qualified name.
    pub modules_by_last: FxHashMap<Vec<u8>, Vec<u32>>,
    /// Files by path.
    pub paths: FxHashMap<Name, u32>,
    /// Files by the last part of their path, where includes are looked up.
    pub base_names: FxHashMap<Vec<u8>, Vec<u32>>,
    /// Package directories and declared packages, by name and family.
    pub packages: FxHashMap<(u8, Name), Unit>,
    /// Where each import leads, by its number.
    pub targets: Vec<Target>,
    /// Files that each file includes.
    pub includes: Rows,
    /// Base classes of each type, in order.
    pub bases: FxHashMap<u32, Vec<u32>>,
    /// Types with a base that is not in the project.
    pub foreign_bases: FxHashSet<u32>,
    /// Each type with bases: itself and all it inherits from, nearest first.
    pub ancestors: FxHashMap<u32, Vec<u32>>,
    /// Types by their direct base.
    pub derived: FxHashMap<u32, Vec<u32>>,
}

impl Project {
    /// The tables that need no resolving. Imports and bases are filled in by the passes.
    pub fn new(data: Collected) -> Self {
        let (unit_of_file, packages) = units(&data);
        let mut project = Self {
            members: members(&data),
            by_name: Rows::group(data.names.len(), 0..data.nodes.len() as u32, |node| {
                Some(data.nodes[node as usize].name.0).filter(|&name| name != Name::NONE.0)
            }),
            data,
            unit_of_file,
            unit_members: FxHashMap::default(),
            modules: FxHashMap::default(),
            modules_by_last: FxHashMap::default(),
            paths: FxHashMap::default(),
            base_names: FxHashMap::default(),
            packages,
            targets: Vec::new(),
            includes: Rows::default(),
            bases: FxHashMap::default(),
            foreign_bases: FxHashSet::default(),
            ancestors: FxHashMap::default(),
            derived: FxHashMap::default(),
        };
        project.index_units();
        project.index_files();
        project
    }

    /// Gives methods that are written outside their type to the type; `holders` are (method, type).
    pub fn attach(&mut self, holders: Vec<(u32, u32)>) {
        if holders.is_empty() {
            return;
        }
        for (method, holder) in holders {
            self.data.nodes[method as usize].holder = holder;
        }
        self.members = members(&self.data);
    }

    pub fn node(&self, node: u32) -> &Node {
        &self.data.nodes[node as usize]
    }

    pub fn text(&self, name: Name) -> &[u8] {
        self.data.names.get(name)
    }

    pub fn find(&self, text: &[u8]) -> Option<Name> {
        self.data.names.find(text)
    }

    pub fn file_of(&self, node: u32) -> &FileEntry {
        &self.data.files[self.node(node).file as usize]
    }

    pub fn traits_of(&self, file: u32) -> &LanguageTraits {
        self.data.policy.traits(self.data.files[file as usize].language)
    }

    /// Symbols defined directly in a node under a name.
    pub fn members(&self, node: u32, name: Name) -> &[u32] {
        equal_range(self.members.row(node), name, |member| self.node(member).name)
    }

    /// All members of a node.
    pub fn all_members(&self, node: u32) -> &[u32] {
        self.members.row(node)
    }

    pub fn named(&self, name: Name) -> &[u32] {
        self.by_name.row(name.0)
    }

    pub fn unit_of(&self, file: u32) -> Unit {
        self.unit_of_file[file as usize]
    }

    /// Top-level symbols of a unit under a name.
    pub fn unit_members(&self, unit: Unit, name: Name) -> &[u32] {
        match self.unit_members.get(&unit) {
            Some(members) => equal_range(members, name, |member| self.node(member).name),
            None => self.members(self.data.files[unit as usize].first_node, name),
        }
    }

    /// Whether a symbol belongs to a type.
    pub fn is_member(&self, node: u32) -> bool {
        self.node(node).holder != NO_NODE || !self.data.containers[node as usize].is_none()
    }

    /// Whether a symbol stands directly in a type or namespace of that name.
    pub fn is_inside(&self, node: u32, name: Name) -> bool {
        let symbol = self.node(node);
        let around = if symbol.holder != NO_NODE { symbol.holder } else { symbol.parent };
        around != NO_NODE && last_part(self.text(self.node(around).name)) == self.text(name)
    }

    /// The innermost type that a node stands in or belongs to, itself included.
    pub fn enclosing_type(&self, from: u32) -> Option<u32> {
        let mut at = from;
        while at != NO_NODE {
            let node = self.node(at);
            if node.kind().is_type() {
                return Some(at);
            }
            at = if node.holder != NO_NODE { node.holder } else { node.parent };
        }
        None
    }

    /// The innermost module that a node stands in, itself included.
    pub fn enclosing_module(&self, from: u32) -> u32 {
        let mut at = from;
        while self.node(at).parent != NO_NODE && self.node(at).kind() != SymbolKind::Module {
            at = self.node(at).parent;
        }
        at
    }

    fn index_units(&mut self) {
        for (file, &unit) in self.unit_of_file.iter().enumerate() {
            if unit != file as u32 {
                self.unit_members.entry(unit).or_insert_with(|| vec![unit]).push(file as u32);
            }
        }
        let mut extensions: FxHashMap<Unit, Vec<u32>> = FxHashMap::default();
        for (number, node) in self.data.nodes.iter().enumerate() {
            let attached = !self.data.containers[number].is_none();
            if attached && self.traits_of(node.file).free_extensions && node.kind().is_callable() {
                let (unit, top) = (self.unit_of(node.file), self.data.files[node.file as usize].first_node);
                if node.parent == top {
                    extensions.entry(unit).or_default().push(number as u32);
                    self.unit_members.entry(unit).or_insert_with(|| vec![unit]);
                }
            }
        }
        let mut by_unit = std::mem::take(&mut self.unit_members);
        for (unit, content) in &mut by_unit {
            let tops = content.iter().flat_map(|&file| self.members.row(self.data.files[file as usize].first_node));
            let mut nodes: Vec<u32> = tops.copied().collect();
            nodes.extend(extensions.remove(unit).into_iter().flatten());
            nodes.sort_by_key(|&node| (self.node(node).name, node));
            *content = nodes;
        }
        self.unit_members = by_unit;
    }

    fn index_files(&mut self) {
        let data = &self.data;
        let strategy = |file: usize| data.policy.traits(data.files[file].language).modules;
        for (node, &module) in data.modules.iter().enumerate().filter(|(_, module)| !module.is_none()) {
            let strategy = strategy(data.nodes[node].file as usize);
            if matches!(strategy, ModuleStrategy::Dotted | ModuleStrategy::Crate | ModuleStrategy::Named) {
                self.modules.entry(module).or_insert(node as u32);
                let last = last_part(data.names.get(module)).to_vec();
                self.modules_by_last.entry(last).or_default().push(node as u32);
            }
        }
        for (number, file) in data.files.iter().enumerate() {
            self.paths.insert(file.path, number as u32);
            if strategy(number) == ModuleStrategy::Include {
                let base = base_name(data.names.get(file.path)).to_vec();
                self.base_names.entry(base).or_default().push(number as u32);
            }
        }
    }
}

/// Which names a symbol is looked up by from the outside: through its type if it is attached to one, else its parent.
fn members(data: &Collected) -> Rows {
    let all = 0..data.nodes.len() as u32;
    let mut rows = Rows::group(data.nodes.len(), all, |node| {
        let index = node as usize;
        if data.nodes[index].holder != NO_NODE {
            return Some(data.nodes[index].holder);
        }
        let attached = !data.containers[index].is_none();
        Some(data.nodes[index].parent).filter(|&parent| parent != NO_NODE && !attached)
    });
    rows.sort_rows_by_key(|node| data.nodes[node as usize].name);
    rows
}

fn units(data: &Collected) -> (Vec<Unit>, FxHashMap<(u8, Name), Unit>) {
    let mut packages = FxHashMap::default();
    let unit_of_file = data
        .files
        .iter()
        .enumerate()
        .map(|(number, file)| match data.policy.traits(file.language).modules {
            ModuleStrategy::Package | ModuleStrategy::Directory => {
                *packages.entry((file.family, file.module)).or_insert(number as u32)
            }
            _ => number as u32,
        })
        .collect();
    (unit_of_file, packages)
}

/// `b.c` of `a/b.c`.
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

/// `a` of `a/b.c`; empty for a file at the root.
pub fn folder(path: &[u8]) -> &[u8] {
    path.iter().rposition(|&byte| byte == b'/').map_or(&[], |at| &path[..at])
}

/// `c` of `a.b.c` and of `a::b::c`.
pub fn last_part(qualified: &[u8]) -> &[u8] {
    qualified.rsplit(|&byte| matches!(byte, b'.' | b':')).next().unwrap_or(qualified)
}

/// A definition stands for the declarations of its name in the same place: overload signatures, stubs. Where files see
/// what they include, the same place is anywhere.
pub fn prefer_definitions(project: &Project, anywhere: bool, candidates: &mut Vec<u32>) {
    let is_declaration = |node: u32| project.node(node).has(flag::DECLARATION);
    if !candidates.iter().any(|&node| is_declaration(node)) {
        return;
    }
    let place = |node: u32| if anywhere { NO_NODE } else { container_of(project.node(node)) };
    let defined: Vec<u32> = candidates.iter().filter(|&&node| !is_declaration(node)).map(|&node| place(node)).collect();
    candidates.retain(|&node| !is_declaration(node) || !defined.contains(&place(node)));
}
