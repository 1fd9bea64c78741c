//! What a name means at a place: the scopes around it, their imports, their wildcards, in that order.

use super::modules::Target;
use super::project::{Project, Unit};
use crate::graph::builder::{ImportEntry, NO_NODE, Node};
use crate::graph::names::Name;
use crate::graph::policy::{LanguageTraits, ModuleStrategy, Rung};
use crate::syntax::facts::SymbolKind;

/// The sort of symbol that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    /// Something to call: a function, a type to construct, a variable that holds a function.
    Call,
    Type,
    Variable,
    /// Anything; a receiver may be a type, a module or a variable.
    Any,
}

impl Space {
    pub fn fits(self, node: &Node) -> bool {
        let kind = node.kind();
        match self {
            Self::Call => {
                kind.is_callable() || kind.is_type() || matches!(kind, SymbolKind::Variable | SymbolKind::Type)
            }
            Self::Type => kind.is_type() || kind == SymbolKind::Type,
            Self::Variable => kind == SymbolKind::Variable,
            Self::Any => kind != SymbolKind::Section,
        }
    }
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'p> {
    Symbols(&'p [u32]),
    Module(u32),
    Package(Unit),
    /// Something outside the project: known not to be one of ours.
    Foreign,
}

/// Modules that one look-up may pass through on its way along re-exports.
const MOST_HOPS: u32 = 40;

/// The project as one file sees it.
#[derive(Clone, Copy)]
pub struct View<'p> {
    pub project: &'p Project,
    pub file: u32,
    pub traits: &'p LanguageTraits,
}

impl<'p> View<'p> {
    pub fn new(project: &'p Project, file: u32) -> Self {
        Self { project, file, traits: project.traits_of(file) }
    }

    /// What `name` means where `owner` stands.
    pub fn lookup(&self, owner: u32, name: Name, space: Space) -> Option<(Found<'p>, Rung)> {
        let mut at = owner;
        loop {
            let node = self.project.node(at);
            if let Some(found) = self.in_scope(at, owner, name, space) {
                return Some(found);
            }
            // A member that is written outside its type sees the other members all the same.
            if self.traits.implicit_this
                && node.holder != NO_NODE
                && node.holder != node.parent
                && let Some((members, rung)) = self.member(node.holder, name, space)
            {
                return Some((Found::Symbols(members), rung));
            }
            if let Some(found) = self.imported(at, name, &mut { MOST_HOPS }) {
                return Some((found, Rung::Import));
            }
            let closed = self.traits.modules == ModuleStrategy::Crate && node.kind() == SymbolKind::Module;
            if closed || node.parent == NO_NODE {
                break;
            }
            if self.traits.modules == ModuleStrategy::Named
                && node.kind() == SymbolKind::Module
                && let Some(found) = self.taken_in_whole(at, name, space)
            {
                return Some((found, Rung::Wildcard));
            }
            at = node.parent;
        }
        self.by_wildcard(at, name, space)
    }

    fn in_scope(&self, at: u32, owner: u32, name: Name, space: Space) -> Option<(Found<'p>, Rung)> {
        let project = self.project;
        let node = project.node(at);
        if node.kind().is_type() {
            if self.traits.implicit_this {
                let (members, rung) = self.member(at, name, space)?;
                return Some((Found::Symbols(members), rung));
            }
            if at != owner {
                return None; // a class body is no scope for the functions in it
            }
        }
        if node.parent == NO_NODE {
            let members = project.unit_members(project.unit_of(self.file), name);
            let own = members.iter().any(|&member| project.node(member).file == self.file);
            return self.fitting(members, space).map(|found| (found, if own { Rung::Scope } else { Rung::Package }));
        }
        self.fitting(project.members(at, name), space).map(|found| (found, Rung::Scope))
    }

    /// Symbols of which at least one fits; an inline module counts as itself.
    fn fitting(&self, symbols: &'p [u32], space: Space) -> Option<Found<'p>> {
        let first = symbols.iter().copied().find(|&symbol| space.fits(self.project.node(symbol)))?;
        let is_module = self.project.node(first).kind() == SymbolKind::Module;
        Some(if is_module { Found::Module(first) } else { Found::Symbols(symbols) })
    }

    fn imports(&self) -> &'p [ImportEntry] {
        self.project.data.files[self.file as usize].imports.of(&self.project.data.imports)
    }

    fn target(&self, position: usize) -> &'p Target {
        &self.project.targets[self.project.data.files[self.file as usize].imports.start() + position]
    }

    /// Positions of the imports that bind `name` anywhere in this file; [`Name::NONE`] gives those that bind nothing.
    fn importing(&self, name: Name) -> std::ops::Range<usize> {
        let imports = self.imports();
        let start = imports.partition_point(|import| import.local < name);
        start..start + imports[start..].partition_point(|import| import.local == name)
    }

    /// What an import in the scope `at` binds to `name`; of several (a fallback after a failed import) one of ours.
    fn imported(&self, at: u32, name: Name, hops: &mut u32) -> Option<Found<'p>> {
        let mut found = None;
        for position in self.importing(name) {
            if self.imports()[position].owner != at {
                continue;
            }
            let bound = self.bound_by(position, hops);
            if bound != Found::Foreign {
                return Some(bound);
            }
            found = Some(bound);
        }
        found
    }

    /// Whether `name` is bound by an import of this file, wherever.
    pub fn imports_of(&self, name: Name) -> impl Iterator<Item = &'p ImportEntry> {
        self.imports()[self.importing(name)].iter()
    }

    pub fn has_imports(&self) -> bool {
        !self.imports().is_empty()
    }

    fn bound_by(&self, position: usize, hops: &mut u32) -> Found<'p> {
        let import = &self.imports()[position];
        let whole = import.name.is_none();
        let found = match self.target(position) {
            Target::Missing => None,
            Target::Itself(node) if self.project.node(*node).kind() == SymbolKind::Module => Some(Found::Module(*node)),
            Target::Itself(node) => Some(Found::Symbols(std::slice::from_ref(node))),
            Target::Module(module) if whole => Some(Found::Module(*module)),
            Target::Module(module) => self.exported(*module, import.name, import.local, hops),
            Target::Package(unit) if whole => Some(Found::Package(*unit)),
            Target::Package(unit) => self.fitting(self.project.unit_members(*unit, import.name), Space::Any),
            Target::Type(node) if whole => Some(Found::Symbols(std::slice::from_ref(node))),
            Target::Type(node) => self.member(*node, import.name, Space::Any).map(|(found, _)| Found::Symbols(found)),
        };
        found.unwrap_or(Found::Foreign)
    }

    /// What a module offers under a name; a default export is known by the name that it is given here.
    fn exported(&self, module: u32, name: Name, local: Name, hops: &mut u32) -> Option<Found<'p>> {
        self.export(module, name, hops).or_else(|| {
            let default = self.project.text(name) == b"default";
            default.then(|| self.export(module, local, hops)).flatten()
        })
    }

    /// What a module offers under a name: its own symbols, what it imports, its submodules, what it takes in whole.
    pub fn export(&self, module: u32, name: Name, hops: &mut u32) -> Option<Found<'p>> {
        *hops = hops.checked_sub(1)?;
        let project = self.project;
        if let Some(found) = self.fitting(project.members(module, name), Space::Any) {
            return Some(found);
        }
        let there = View::new(project, project.node(module).file);
        let imported = there.imported(module, name, hops);
        if let Some(found) = imported.filter(|found| *found != Found::Foreign) {
            return Some(found);
        }
        if let Some(submodule) = there.submodule(module, name) {
            return Some(Found::Module(submodule));
        }
        for position in there.importing(Name::NONE) {
            let found = match there.target(position) {
                _ if there.imports()[position].owner != module => None,
                Target::Module(other) => self.export(*other, name, hops),
                Target::Type(node) => self.member(*node, name, Space::Any).map(|(found, _)| Found::Symbols(found)),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
        imported
    }

    pub fn export_of(&self, module: u32, name: Name) -> Option<Found<'p>> {
        self.export(module, name, &mut { MOST_HOPS })
    }

    fn submodule(&self, module: u32, name: Name) -> Option<u32> {
        let separator: &[u8] = match self.traits.modules {
            ModuleStrategy::Dotted | ModuleStrategy::Named => b".",
            ModuleStrategy::Crate => b"::",
            _ => return None,
        };
        let project = self.project;
        let qualified = [project.text(project.data.modules[module as usize]), separator, project.text(name)].concat();
        project.find(&qualified).and_then(|name| project.modules.get(&name)).copied()
    }

    /// What a module of this file takes in whole, under a name.
    fn taken_in_whole(&self, scope: u32, name: Name, space: Space) -> Option<Found<'p>> {
        let project = self.project;
        self.importing(Name::NONE).find_map(|position| {
            if project.enclosing_module(self.imports()[position].owner) != scope {
                return None;
            }
            match self.target(position) {
                Target::Module(module) => self.export_of(*module, name).filter(|found| *found != Found::Foreign),
                Target::Package(unit) => self.fitting(project.unit_members(*unit, name), space),
                Target::Type(node) => self.member(*node, name, space).map(|(found, _)| Found::Symbols(found)),
                _ => None,
            }
        })
    }

    fn by_wildcard(&self, scope: u32, name: Name, space: Space) -> Option<(Found<'p>, Rung)> {
        let project = self.project;
        if let Some(found) = self.taken_in_whole(scope, name, space) {
            return Some((found, Rung::Wildcard));
        }
        let family = project.data.files[self.file as usize].family;
        let mut package = project.text(project.data.files[self.file as usize].module);
        while let Some(dot) = package.iter().rposition(|&byte| byte == b'.').filter(|_| self.traits.outer_packages) {
            package = &package[..dot];
            let unit = project.find(package).and_then(|name| project.packages.get(&(family, name)));
            if let Some(found) = unit.and_then(|&unit| self.fitting(project.unit_members(unit, name), space)) {
                return Some((found, Rung::Package));
            }
        }
        let mut everywhere = self.traits.implicit_packages.iter();
        everywhere.find_map(|package| {
            let unit = *project.packages.get(&(family, project.find(package.as_bytes())?))?;
            self.fitting(project.unit_members(unit, name), space).map(|found| (found, Rung::Wildcard))
        })
    }

    /// The members of a type or of the nearest type that it inherits from, under a name.
    pub fn member(&self, class: u32, name: Name, space: Space) -> Option<(&'p [u32], Rung)> {
        let project = self.project;
        let fits = |members: &[u32]| members.iter().any(|&member| space.fits(project.node(member)));
        let own = project.members(class, name);
        if fits(own) {
            return Some((own, Rung::Own));
        }
        let above = project.ancestors.get(&class).map_or(&[][..], |ancestors| &ancestors[1..]);
        above
            .iter()
            .map(|&base| project.members(base, name))
            .find(|members| fits(members))
            .map(|members| (members, Rung::Inherited))
    }
}
