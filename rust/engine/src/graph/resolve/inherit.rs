//! Who inherits from whom: methods are given to their types, bases are resolved, ancestors put in order.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::project::{Project, last_part};
use super::scope::{Found, Space, View};
use crate::graph::builder::{Mention, NO_NODE};
use crate::graph::names::Name;
use crate::graph::policy::{BareNames, ModuleStrategy};
use crate::graph::text::type_head;
use crate::syntax::facts::ReferenceKind;

/// Types that one type may inherit from, directly or not; more is a cycle or generated.
const MOST_ANCESTORS: usize = 256;

/// Methods written outside their type (`impl`, receivers) find it.
pub fn attach_methods(project: &mut Project) {
    let holders = (0..project.data.nodes.len() as u32)
        .into_par_iter()
        .filter_map(|node| {
            let container = project.data.containers[node as usize];
            if container.is_none() || project.node(node).holder != NO_NODE {
                return None;
            }
            let view = View::new(project, project.node(node).file);
            let scope = project.node(node).parent;
            view.type_named(scope, project.text(container)).map(|holder| (node, holder))
        })
        .collect();
    project.attach(holders);
}

/// Resolves the bases of all types and puts the ancestors of each in order.
pub fn link_bases(project: &mut Project) {
    let found: Vec<(u32, Option<u32>)> = (0..project.data.files.len() as u32)
        .into_par_iter()
        .flat_map_iter(|file| {
            let view = View::new(project, file);
            let mentions = project.data.files[file as usize].references.of(&project.data.mentions);
            let inherits = mentions.iter().filter(|mention| mention.kind() == ReferenceKind::Inherit);
            inherits.flat_map(move |mention| view.bases_meant(mention)).collect::<Vec<_>>()
        })
        .collect();
    for (class, base) in found {
        match base {
            Some(base) if base != class => {
                let bases = project.bases.entry(class).or_default();
                if !bases.contains(&base) {
                    bases.push(base);
                    project.derived.entry(base).or_default().push(class);
                }
            }
            Some(_) => {}
            None => {
                project.foreign_bases.insert(class);
            }
        }
    }
    link_parts(project);
    let with_bases: Vec<u32> = project.bases.keys().copied().collect();
    project.ancestors = with_bases.into_par_iter().map(|class| (class, linearise(project, class))).collect();
    let foreign: Vec<u32> = project
        .ancestors
        .iter()
        .filter(|(_, ancestors)| ancestors.iter().any(|ancestor| project.foreign_bases.contains(ancestor)))
        .map(|(&class, _)| class)
        .collect();
    project.foreign_bases.extend(foreign);
}

/// Where a type may be written in parts, each part has the members of the others.
fn link_parts(project: &mut Project) {
    let mut parts: FxHashMap<Vec<u8>, Vec<u32>> = FxHashMap::default();
    for (number, node) in project.data.nodes.iter().enumerate() {
        if node.kind().is_type() && project.traits_of(node.file).partial_types {
            let mut key = project.unit_of(node.file).to_le_bytes().to_vec();
            let mut at = number as u32;
            while project.node(at).parent != NO_NODE {
                key.extend_from_slice(&project.node(at).name.0.to_le_bytes());
                at = project.node(at).parent;
            }
            parts.entry(key).or_default().push(number as u32);
        }
    }
    for parts in parts.into_values().filter(|parts| parts.len() > 1) {
        for &part in &parts {
            project.bases.entry(part).or_default().extend(parts.iter().filter(|&&other| other != part));
        }
    }
}

/// Depth first, left to right, and of repeated types the last place: for the hierarchies that C3 accepts and people
/// write this is C3's order, and it never fails.
fn linearise(project: &Project, class: u32) -> Vec<u32> {
    let mut visited = Vec::new();
    let mut path = Vec::new();
    visit(project, class, &mut path, &mut visited);
    let mut seen = rustc_hash::FxHashSet::default();
    let mut order: Vec<u32> = visited.into_iter().rev().filter(|&ancestor| seen.insert(ancestor)).collect();
    order.reverse();
    // A cycle may push the class itself back; it always comes first.
    order.retain(|&ancestor| ancestor != class);
    order.insert(0, class);
    order
}

fn visit(project: &Project, class: u32, path: &mut Vec<u32>, visited: &mut Vec<u32>) {
    if visited.len() >= MOST_ANCESTORS || path.contains(&class) {
        return;
    }
    visited.push(class);
    path.push(class);
    for &base in project.bases.get(&class).map_or(&[][..], Vec::as_slice) {
        visit(project, base, path, visited);
    }
    path.pop();
}

impl<'p> View<'p> {
    /// (type, base) for every type that an inherit reference may mean, (type, None) if it is outside the project.
    pub fn bases_meant(&self, mention: &Mention) -> Vec<(u32, Option<u32>)> {
        let project = self.project;
        if !project.node(mention.owner).kind().is_type() {
            return self.bases_elsewhere(mention);
        }
        let bases: Vec<(u32, Option<u32>)> = self
            .types_meant(mention)
            .iter()
            .copied()
            .filter(|&symbol| project.node(symbol).kind().is_type())
            .map(|base| (mention.owner, Some(base)))
            .collect();
        if bases.is_empty() { vec![(mention.owner, None)] } else { bases }
    }

    /// Bases that are said outside of a type, whose name is then the receiver: `impl Base for Type`.
    fn bases_elsewhere(&self, mention: &Mention) -> Vec<(u32, Option<u32>)> {
        let Some(class) = self.type_named(mention.owner, self.project.text(mention.receiver)) else {
            return Vec::new();
        };
        let types = match self.lookup(mention.owner, mention.name, Space::Type) {
            Some((Found::Symbols(symbols), _)) => symbols,
            None if self.sees_all() => self.only_type(mention.name, Name::NONE),
            _ => &[],
        };
        let is_type = |symbol: &&u32| self.project.node(**symbol).kind().is_type();
        let bases: Vec<_> = types.iter().filter(is_type).map(|&base| (class, Some(base))).collect();
        if bases.is_empty() { vec![(class, None)] } else { bases }
    }

    /// The types that a type or inherit reference means by scope, import or receiver.
    pub fn types_meant(&self, mention: &Mention) -> &'p [u32] {
        let inherits = mention.kind() == ReferenceKind::Inherit;
        let parent = self.project.node(mention.owner).parent;
        // The body of a type is no place to look for its own bases.
        let scope = if inherits && parent != NO_NODE { parent } else { mention.owner };
        let found = if mention.receiver.is_none() {
            self.lookup(scope, mention.name, Space::Type).map(|(found, _)| found)
        } else {
            let entity = self.evaluate(scope, self.project.text(mention.receiver));
            self.inside(entity, mention.name, Space::Type)
        };
        match found {
            Some(Found::Symbols(symbols)) => symbols,
            None if self.sees_all() => self.only_type(mention.name, mention.receiver),
            _ => &[],
        }
    }

    /// Whether any file may be in view.
    fn sees_all(&self) -> bool {
        let by_name = self.traits.modules == ModuleStrategy::None && self.traits.bare_names == BareNames::Project;
        self.traits.modules == ModuleStrategy::Include || by_name
    }

    /// Where every file may be in view: the type of that name, if the project has one inside of what the receiver says.
    fn only_type(&self, name: Name, receiver: Name) -> &'p [u32] {
        let project = self.project;
        let family = project.data.files[self.file as usize].family;
        let within = project.find(last_part(project.text(receiver)));
        let fits = |node: u32| {
            let inside = receiver.is_none() || within.is_some_and(|within| project.is_inside(node, within));
            inside && project.node(node).kind().is_type() && project.file_of(node).family == family
        };
        let mut types = project.named(name).iter().filter(|&&node| fits(node));
        match (types.next(), types.next()) {
            (Some(only), None) => std::slice::from_ref(only),
            _ => &[],
        }
    }

    pub fn head<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        type_head(text, &self.traits.wrappers)
    }

    /// Members that subclasses of a type define, for a class that calls what only they have.
    pub fn members_below(&self, class: u32, name: crate::graph::names::Name) -> Vec<u32> {
        let project = self.project;
        let mut queue: Vec<u32> = vec![class];
        let mut at = 0;
        let mut found: Vec<u32> = Vec::new();
        while at < queue.len() && queue.len() < MOST_ANCESTORS {
            for &derived in project.derived.get(&queue[at]).map_or(&[][..], Vec::as_slice) {
                if !queue.contains(&derived) {
                    queue.push(derived);
                    let (members, _) =
                        self.member(derived, name, Space::Call).unwrap_or((&[], super::super::policy::Rung::Own));
                    found.extend(members.iter().filter(|member| project.node(**member).kind().is_callable()));
                }
            }
            at += 1;
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
