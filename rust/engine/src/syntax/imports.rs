//! Imports: what a file brings into scope, from statements of any shape that the roles `import.*` describe.

use tree_sitter::Node;

use super::extract::Extractor;
use super::facts::{Import, Str};
use super::names;
use super::rules::{ImportBinding, Role, Rule, mark};

/// Nested `use` trees deeper than this are not followed.
const MAX_NESTING: usize = 32;

/// Path and level under which the items of a statement stand.
#[derive(Clone, Default)]
pub(super) struct Prefix {
    pub path: String,
    pub level: u32,
    /// The statement itself names a module, and its items are members of it.
    pub from: bool,
}

impl Extractor<'_> {
    pub(super) fn import(&mut self, node: Node, rule: &Rule) {
        for (path, others) in self.clauses_of_import(node, rule) {
            self.import_clause(node, rule, &path, others);
        }
    }

    /// Path and other named children of every clause: `import a.b, c.{d}` has two.
    fn clauses_of_import<'t>(&self, node: Node<'t>, rule: &Rule) -> Vec<(Vec<Node<'t>>, Vec<Node<'t>>)> {
        let mut cursor = node.walk();
        let mut clauses = vec![(Vec::new(), Vec::new())];
        let mut comma = false;
        let first = rule.path.of(node);
        let mut more = cursor.goto_first_child();
        while more {
            let child = cursor.node();
            let in_field = cursor.field_id().is_some_and(|field| rule.path.is_field(field.get()));
            let of_path = in_field || Some(child) == first;
            comma |= self.text(child) == b",";
            if comma && of_path && clauses.last().is_some_and(|(path, _)| !path.is_empty()) {
                clauses.push((Vec::new(), Vec::new()));
                comma = false;
            }
            if let Some((path, others)) = clauses.last_mut() {
                match of_path {
                    true => path.push(child),
                    false if child.is_named() => others.push(child),
                    false => {}
                }
            }
            more = cursor.goto_next_sibling();
        }
        clauses
    }

    fn import_clause(&mut self, node: Node, rule: &Rule, path: &[Node], others: Vec<Node>) {
        let mut prefix = Prefix::default();
        if let Some(first) = path.first() {
            prefix = self.import_path(*first);
            prefix.from = true;
            for part in path[1..].iter().filter(|part| part.is_named()) {
                prefix = self.join(&prefix, *part);
            }
        }
        let before = self.facts.imports.len();
        if let [whole, last] = others[..]
            && self.role(last) == Some(Role::ImportWildcard)
        {
            let inner = self.join(&prefix, whole); // `import a.b.*`
            return self.push_import(node, &inner, Some(b"*"), None);
        }
        if let (Some(list), [first, _, ..]) = (rule.list.of(node), &others[..]) {
            let inner = self.join(&prefix, *first); // `use A\{B, C}`
            return self.import_part(list, &inner, 0);
        }
        if let [only] = others[..]
            && self.role(only) == Some(Role::ImportWildcard)
            && only.named_child_count() == 0
        {
            return self.push_import(node, &prefix, Some(b"*"), None);
        }
        let alias = rule.alias.of(node);
        if let (Some(alias), [], Some(&whole)) = (alias, path, others.last()) {
            let inner = self.join(&prefix, whole); // `namespace a = b::c`
            return self.import_whole(node, &inner, Some(self.text(alias)));
        }
        let mut words = node.walk();
        let all = |child: Node| !child.is_named() && self.role(child) == Some(Role::ImportWildcard);
        if node.children(&mut words).any(all) {
            let inner = others.last().map_or(prefix.clone(), |whole| self.join(&prefix, *whole));
            return self.push_import(node, &inner, Some(b"*"), None);
        }
        for child in others {
            if alias != Some(child) {
                self.import_part(child, &prefix, 0);
            }
        }
        if self.facts.imports.len() == before && rule.role == Role::Wrapper {
            self.push_import(node, &prefix, Some(b"*"), None); // `export * from './a'`
        } else if self.facts.imports.len() == before && prefix.from {
            let alias = rule.alias.of(node).map(|alias| self.text(alias));
            self.import_whole(node, &prefix, alias);
        }
    }

    /// Everything that a module offers becomes visible, or what is listed, or all but that; or only behind the
    /// module's name (Haskell).
    pub(super) fn qualified_import(&mut self, node: Node, rule: &Rule) {
        let Some(path) = rule.path.of(node) else { return };
        let prefix = Prefix { from: true, ..self.import_path(path) };
        let alias = rule.alias.of(node).map(|alias| self.text(alias));
        let qualified = rule.qualified.of(node).is_some();
        if qualified || alias.is_some() {
            self.push_import(node, &prefix, None, alias);
        }
        let hiding = rule.hiding.of(node).is_some();
        match rule.list.of(node).filter(|_| !hiding) {
            _ if qualified => {}
            Some(list) => self.import_part(list, &prefix, 0),
            None => self.push_import(node, &prefix, Some(b"*"), None),
        }
    }

    /// A statement that declares a module in another file: `mod name;`.
    pub(super) fn module_import(&mut self, node: Node, rule: &Rule) {
        if let Some(name) = rule.name.of(node) {
            let prefix = self.import_path(name);
            self.push_import(node, &prefix, None, None);
        }
    }

    fn import_part(&mut self, node: Node, prefix: &Prefix, nesting: usize) {
        if nesting > MAX_NESTING {
            return;
        }
        let rule = self.rule_of(node);
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
                let inner = rule.path.of(node).map_or(prefix.clone(), |path| self.join(prefix, path));
                if let Some(list) = rule.list.of(node) {
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
        let alias = rule.alias.of(node);
        let takes_all = alias.is_some_and(|alias| self.role(alias) == Some(Role::ImportWildcard));
        if takes_all && rule.path.is_none() {
            return; // `{A => _}` leaves `A` out
        }
        let alias = alias.map(|alias| self.text(alias));
        if let Some(path) = rule.path.of(node) {
            let inner = self.join(prefix, path);
            if takes_all {
                return self.push_import(node, &inner, Some(b"*"), None);
            }
            return match rule.name.of(node) {
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
        let Some(name) = rule.name.of(node) else {
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
            let text = self.text(self.innermost_name(node).unwrap_or(node));
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
    pub(super) fn import_whole(&mut self, node: Node, prefix: &Prefix, alias: Option<&[u8]>) {
        self.import_bound(node, prefix, alias, self.table.rules.import_binding);
    }

    pub(super) fn import_bound(&mut self, node: Node, prefix: &Prefix, alias: Option<&[u8]>, binding: ImportBinding) {
        match binding {
            ImportBinding::Module => self.push_import(node, prefix, None, alias),
            ImportBinding::Everything if alias.is_none() => self.push_import(node, prefix, Some(b"*"), None),
            // Under a name of its own a path is a module.
            ImportBinding::Everything if prefix.from => self.push_import(node, prefix, None, alias),
            ImportBinding::Last | ImportBinding::Everything => {
                let (path, name) = match prefix.path.rsplit_once(&self.table.rules.separator) {
                    Some((path, name)) => (path.to_string(), name.to_string()),
                    None => (String::new(), prefix.path.clone()),
                };
                let inner = Prefix { path, ..prefix.clone() };
                if name == "self" {
                    return self.import_bound(node, &inner, alias, binding);
                }
                self.push_import(node, &inner, Some(name.as_bytes()), alias);
            }
        }
    }

    pub(super) fn push_import(&mut self, node: Node, prefix: &Prefix, name: Option<&[u8]>, alias: Option<&[u8]>) {
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
    pub(super) fn import_path(&self, node: Node) -> Prefix {
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
        if !self.table.imports_by_call || rule.role == Role::RecordMember {
            return false;
        }
        let Some((path, member)) = self.imported_path(value) else { return false };
        let Some(target) = rule.name.of(node).map(|target| self.first_of_list(target)) else { return false };
        self.seen.imported = self.seen.imported.max(value.end_byte() as u32);
        let prefix = Prefix { from: true, ..self.import_path(path) };
        let member = member.map(|member| self.text(member));
        let target_rule = self.rule_of(target);
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
                let object = member_rule.object.of(target).map(|object| self.text(object));
                let known = |text: &[u8]| rule.exports.iter().any(|known| known.as_bytes() == text);
                let property = member_rule.property.of(target).map(|property| self.text(property));
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

    /// The path that a call is given as a string.
    pub(super) fn path_given<'t>(&self, call: Node<'t>) -> Option<Node<'t>> {
        let path = self.arguments(call)?.named_child(0)?;
        let quoted = self.text(path).first().is_some_and(|first| matches!(first, b'"' | b'\'' | b'`'));
        let mut cursor = path.walk();
        let plain = path.named_children(&mut cursor).all(|part| self.table.marks(part.kind_id()) & mark::STRING != 0);
        (quoted && plain).then_some(path)
    }

    /// Path of a call that imports, and the member taken from what it gives: `await import('./a')`, `require('a').b`.
    fn imported_path<'t>(&self, mut value: Node<'t>) -> Option<(Node<'t>, Option<Node<'t>>)> {
        let mut member = None;
        for _ in 0..MAX_NESTING {
            let value_rule = self.rule_of(value)?;
            match value_rule.role {
                Role::Transparent if value_rule.value.is_none() => value = value.named_child(0)?,
                Role::Member if member.is_none() => {
                    member = value_rule.property.of(value);
                    value = value_rule.object.of(value)?;
                }
                Role::Import if value_rule.of_call => return Some((self.path_given(value)?, member)),
                _ => return None,
            }
        }
        None
    }
}
