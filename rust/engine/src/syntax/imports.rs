//! Imports: what a file brings into scope, from statements of any shape that the roles `import.*` describe.

use tree_sitter::Node;

use super::extract::Extractor;
use super::facts::{Import, Str};
use super::names;
use super::rules::{ImportBinding, Role, Rule, mark, part};

/// Nested `use` trees deeper than this are not followed.
const MAX_NESTING: usize = 32;

/// Path and level under which the items of a statement stand.
#[derive(Clone, Default)]
struct Prefix {
    path: String,
    level: u32,
    /// The statement itself names a module, and its items are members of it.
    from: bool,
}

impl Extractor<'_> {
    pub(super) fn import(&mut self, node: Node, rule: &Rule) {
        let mut prefix = Prefix::default();
        let path = part(node, &rule.path);
        if let Some(path) = path {
            prefix = self.import_path(path);
            prefix.from = true;
        }
        let before = self.facts.imports.len();
        let mut cursor = node.walk();
        let children = node.children(&mut cursor);
        let children: Vec<Node> = children.filter(|child| child.is_named() || self.role(*child).is_some()).collect();
        if let [.., whole, last] = children[..]
            && self.role(last) == Some(Role::ImportWildcard)
            && Some(whole) != path
        {
            let inner = self.join(&prefix, whole); // `import a.b.*`
            return self.push_import(node, &inner, Some(b"*"), None);
        }
        let alias = part(node, &rule.alias);
        for child in children.into_iter().filter(|_| alias.is_none()) {
            if Some(child) != path {
                self.import_part(child, &prefix, 0);
            }
        }
        if self.facts.imports.len() == before && rule.role == Role::Wrapper {
            self.push_import(node, &prefix, Some(b"*"), None); // `export * from './a'`
        } else if self.facts.imports.len() == before && prefix.from {
            let alias = alias.map(|alias| self.text(alias));
            self.import_whole(node, &prefix, alias);
        }
    }

    /// A statement that declares a module in another file: `mod name;`.
    pub(super) fn module_import(&mut self, node: Node, rule: &Rule) {
        if let Some(name) = part(node, &rule.name) {
            let prefix = self.import_path(name);
            self.push_import(node, &prefix, None, None);
        }
    }

    fn import_part(&mut self, node: Node, prefix: &Prefix, nesting: usize) {
        if nesting > MAX_NESTING {
            return;
        }
        let table = self.table;
        let rule = table.rule(node.kind_id());
        match rule.and_then(|rule| Some((rule.role_of(node)?, rule))) {
            Some((Role::ImportItem, rule)) => self.import_item(node, rule, prefix, nesting),
            Some((Role::ImportNamespace, _)) => {
                let alias = node.named_child(0).map(|alias| self.text(alias));
                self.push_import(node, prefix, None, alias);
            }
            Some((Role::ImportWildcard, _)) => {
                // `use a::b::*` holds its path inside, `import a.b.*` before itself.
                let prefix = node.named_child(0).map_or(prefix.clone(), |inner| self.join(prefix, inner));
                self.push_import(node, &prefix, Some(b"*"), None);
            }
            Some((Role::ImportScope, rule)) => {
                let inner = part(node, &rule.path).map_or(prefix.clone(), |path| self.join(prefix, path));
                if let Some(list) = part(node, &rule.list) {
                    self.import_part(list, &inner, nesting + 1);
                }
            }
            Some((Role::List, _)) => {
                let mut cursor = node.walk();
                for child in node.named_children(&mut cursor) {
                    self.import_part(child, prefix, nesting + 1);
                }
            }
            _ => self.import_name(node, prefix),
        }
    }

    fn import_item(&mut self, node: Node, rule: &Rule, prefix: &Prefix, nesting: usize) {
        let alias = part(node, &rule.alias);
        let takes_all = alias.is_some_and(|alias| self.role(alias) == Some(Role::ImportWildcard));
        let alias = alias.map(|alias| self.text(alias));
        if let Some(path) = part(node, &rule.path) {
            let inner = self.join(prefix, path);
            if takes_all {
                return self.push_import(node, &inner, Some(b"*"), None);
            }
            return match part(node, &rule.name) {
                Some(name) => {
                    let text = self.text(name);
                    self.push_import(node, &inner, Some(text), alias);
                }
                None => {
                    // `import fs = require('fs')`
                    let first = node.named_child(0).filter(|first| *first != path);
                    let first = first.filter(|first| self.table.marks(first.kind_id()) & mark::IDENTIFIER != 0);
                    self.import_whole(node, &inner, alias.or(first.map(|first| self.text(first))))
                }
            };
        }
        let Some(name) = part(node, &rule.name) else {
            return node.named_child(0).map_or((), |child| self.import_part(child, prefix, nesting + 1));
        };
        if prefix.from {
            let text = self.text(name);
            self.push_import(node, prefix, Some(text), alias);
        } else {
            let whole = self.join(prefix, name);
            self.import_whole(node, &whole, alias);
        }
    }

    /// A bare name: a member of the prefix, or a whole path.
    fn import_name(&mut self, node: Node, prefix: &Prefix) {
        let named = self.table.marks(node.kind_id()) & (mark::IDENTIFIER | mark::STRING) != 0
            || matches!(
                self.role(node),
                Some(Role::Member | Role::MemberType | Role::ImportRelative | Role::Transparent)
            );
        if !named {
            return;
        }
        let binds_last = self.table.rules.import_binding == ImportBinding::Last;
        if prefix.from && !binds_last {
            let text = self.text(node);
            // `import React from 'react'` binds what the module exports by default.
            let default = self.table.marks(node.kind_id()) & mark::IDENTIFIER != 0
                && self.table.rules.modules == super::rules::ModuleNames::Path;
            if default {
                self.push_import(node, prefix, Some(b"default"), Some(text));
            } else {
                self.push_import(node, prefix, Some(text), None);
            }
        } else {
            let whole = self.join(prefix, node);
            self.import_whole(node, &whole, None);
        }
    }

    /// A path with nothing picked from it, bound by the custom of the language.
    fn import_whole(&mut self, node: Node, prefix: &Prefix, alias: Option<&[u8]>) {
        match self.table.rules.import_binding {
            ImportBinding::Module => self.push_import(node, prefix, None, alias),
            ImportBinding::Everything => {
                // Under a name of its own it is a module.
                self.push_import(node, prefix, alias.is_none().then_some(b"*"), alias);
            }
            ImportBinding::Last => {
                let (path, name) = match prefix.path.rsplit_once(&self.table.rules.separator) {
                    Some((path, name)) => (path.to_string(), name.to_string()),
                    None => (String::new(), prefix.path.clone()),
                };
                let inner = Prefix { path, ..prefix.clone() };
                if name == "self" {
                    return self.import_whole(node, &inner, alias);
                }
                self.push_import(node, &inner, Some(name.as_bytes()), alias);
            }
        }
    }

    fn push_import(&mut self, node: Node, prefix: &Prefix, name: Option<&[u8]>, alias: Option<&[u8]>) {
        let owner = self.scope().symbol;
        let path = self.strings.intern(prefix.path.as_bytes());
        let name = name.map_or(Str::NONE, |name| self.strings.intern(name));
        let alias = alias.map_or(Str::NONE, |alias| self.strings.intern(alias));
        let line = node.start_position().row as u32 + 1;
        self.facts.imports.push(Import { owner, path, name, alias, level: prefix.level, line });
    }

    fn join(&self, prefix: &Prefix, node: Node) -> Prefix {
        let own = self.import_path(node);
        let path = match (prefix.path.is_empty(), own.path.is_empty()) {
            (false, false) => format!("{}{}{}", prefix.path, self.table.rules.separator, own.path),
            (false, true) => prefix.path.clone(),
            (true, _) => own.path,
        };
        Prefix { path, level: prefix.level + own.level, from: prefix.from }
    }

    /// Path and leading dots of a module as written, without quotes.
    fn import_path(&self, node: Node) -> Prefix {
        let text = names::without_space(self.text(node));
        let text = text.trim_matches(['"', '\'', '`', '<', '>'].as_slice());
        if self.role(node) == Some(Role::ImportRelative) {
            let path = text.trim_start_matches('.');
            return Prefix { path: path.into(), level: (text.len() - path.len()) as u32, from: true };
        }
        Prefix { path: text.into(), level: 0, from: false }
    }

    /// `const a = require('./a')`, `const { b } = require('./a')`, `exports.c = require('./a').c`; true if it was one.
    pub(super) fn import_call(&mut self, node: Node, rule: &Rule, value: Node) -> bool {
        if rule.imports.is_empty() {
            return false;
        }
        let Some((path, member)) = self.imported_path(rule, value) else { return false };
        let Some(target) = part(node, &rule.name) else { return false };
        let prefix = Prefix { from: true, ..self.import_path(path) };
        let member = member.map(|member| self.text(member));
        let target_rule = self.table.rule(target.kind_id());
        match target_rule.map(|rule| (rule.role, rule)) {
            Some((Role::Pattern, _)) => {
                let mut cursor = target.walk();
                for part in target.named_children(&mut cursor) {
                    // `{ b }` or `{ b: renamed }`.
                    let (first, last) = (part.named_child(0).unwrap_or(part), part.named_child(1));
                    let (name, alias) = (self.text(first), last.map(|last| self.text(last)));
                    self.push_import(node, &prefix, Some(name), alias);
                }
            }
            Some((Role::Member, member_rule)) => {
                let object = part(target, &member_rule.object).map(|object| self.text(object));
                let known = |text: &[u8]| rule.exports.iter().any(|known| known.as_bytes() == text);
                let property = part(target, &member_rule.property).map(|property| self.text(property));
                if known(self.text(target)) {
                    self.push_import(node, &prefix, member.or(Some(b"*")), None);
                } else if object.is_some_and(known) {
                    self.push_import(node, &prefix, member, property);
                } else {
                    return false;
                }
            }
            _ => {
                let alias = self.text(target);
                self.push_import(node, &prefix, member, Some(alias).filter(|alias| Some(*alias) != member));
            }
        }
        true
    }

    /// Path of a call that imports, and the member taken from what it gives: `await import('./a')`, `require('a').b`.
    fn imported_path<'t>(&self, rule: &Rule, mut value: Node<'t>) -> Option<(Node<'t>, Option<Node<'t>>)> {
        let mut member = None;
        for _ in 0..MAX_NESTING {
            let value_rule = self.table.rule(value.kind_id())?;
            match value_rule.role {
                Role::Transparent if value_rule.value.is_empty() => value = value.named_child(0)?,
                Role::Member if member.is_none() => {
                    member = part(value, &value_rule.property);
                    value = part(value, &value_rule.object)?;
                }
                Role::Call => {
                    let callee = self.text(part(value, &value_rule.callee)?);
                    rule.imports.iter().find(|known| known.as_bytes() == callee)?;
                    let arguments = value.named_child(value.named_child_count().checked_sub(1)? as u32)?;
                    let path = arguments.named_child(0)?;
                    let quoted = self.text(path).first().is_some_and(|first| matches!(first, b'"' | b'\'' | b'`'));
                    return quoted.then_some((path, member));
                }
                _ => return None,
            }
        }
        None
    }
}
