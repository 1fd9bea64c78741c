//! Names that begin with a place: `pkg.net.http.get` is in a module, `org.shop.db.Pool` in a package.

use super::modules::{crate_module_at, dotted_module_at, named_module_at};
use super::receiver::Entity;
use super::scope::{Space, View};
use crate::graph::names::Name;
use crate::graph::policy::ModuleStrategy;
use crate::graph::text::first_segment;
use crate::syntax::facts::SymbolKind;

impl View<'_> {
    /// `import a.b.c` binds `a`; the longest beginning of `a.b.c.d` that is a module is what is meant.
    pub fn module_prefix<'t>(&self, owner: u32, text: &'t [u8]) -> Option<(Entity, &'t [u8])> {
        let separator: &[u8] = match self.traits.modules {
            ModuleStrategy::Dotted => b".",
            ModuleStrategy::Crate => b"::",
            ModuleStrategy::Named => return self.longest_named(owner, text),
            // A whole name from the package on needs no import.
            ModuleStrategy::Package => return self.longest_package(owner, text),
            _ => return None,
        };
        let (first, rest) = first_segment(text);
        if rest.is_empty() && separator == b"." {
            return None;
        }
        if separator == b"::" {
            let climbs = matches!(first, b"crate" | b"super") || first == b"self" && text.starts_with(b"self::");
            let found = climbs.then(|| self.longest_crate_path(owner, text)).flatten();
            return found.map(|(module, rest)| (Entity::Module(module), rest));
        }
        let name = self.project.find(first)?;
        let whole_module = |path: Name| self.project.text(path).starts_with(&[first, b"."].concat());
        if !self.imports_of(name).any(|import| import.name.is_none() && whole_module(import.path)) {
            return None;
        }
        longest(text, |path| dotted_module_at(self.project, self.file, path).map(Entity::Module))
    }

    /// The longest beginning that is the name of a package, unless what it begins with is something else here.
    fn longest_package<'t>(&self, owner: u32, text: &'t [u8]) -> Option<(Entity, &'t [u8])> {
        let (first, _) = first_segment(text);
        let known = self.project.find(first);
        if known.is_some_and(|name| self.lookup(owner, name, Space::Any).is_some()) {
            return None;
        }
        let family = self.project.data.files[self.file as usize].family;
        longest(text, |path| {
            // A single word may be a local of which nothing is known.
            let said = path.iter().any(|byte| matches!(byte, b'.' | b'\\'))
                || path.first().is_some_and(u8::is_ascii_uppercase);
            let name = self.project.find(path).filter(|_| said)?;
            self.project.packages.get(&(family, name)).copied().map(Entity::Package)
        })
    }

    /// The longest beginning that is the name of a module, unless what it begins with is another name for one.
    fn longest_named<'t>(&self, owner: u32, text: &'t [u8]) -> Option<(Entity, &'t [u8])> {
        let first = self.project.find(first_segment(text).0);
        if first.is_some_and(|first| self.lookup(owner, first, Space::Any).is_some()) {
            return None;
        }
        longest(text, |path| named_module_at(self.project, self.file, owner, path).map(Entity::Module))
    }

    fn longest_crate_path<'t>(&self, owner: u32, text: &'t [u8]) -> Option<(u32, &'t [u8])> {
        let mut end = text.len();
        loop {
            if let Some(module) = crate_module_at(self.project, owner, &text[..end])
                && self.project.node(module).kind() == SymbolKind::Module
            {
                return Some((module, text.get(end + 2..).unwrap_or_default()));
            }
            end = text[..end].windows(2).rposition(|window| window == b"::")?;
        }
    }
}

/// The longest beginning of a dotted text that means something, and the rest.
fn longest(text: &[u8], at: impl Fn(&[u8]) -> Option<Entity>) -> Option<(Entity, &[u8])> {
    let dots = text.iter().enumerate().filter(|(_, byte)| **byte == b'.').map(|(at, _)| at);
    let ends: Vec<usize> = dots.chain([text.len()]).collect();
    ends.into_iter().rev().find_map(|end| Some((at(&text[..end])?, text.get(end + 1..).unwrap_or_default())))
}
