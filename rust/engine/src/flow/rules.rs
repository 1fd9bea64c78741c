//! What `flow.toml` may say: the closed vocabulary of roles in control and data flow, compiled into a table by kind id.
//!
//! A row gives a kind of node a role and says where the role's parts stand (see [`super::parts`]). A kind without a row
//! has no flow of its own: its children are evaluated from left to right. An unknown role, part, option, kind or path
//! is an error that names it.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::Value;
use tree_sitter::{Language, Node};

use super::parts::{Path, children, kind_ids};
use super::vocabulary::PARTS;
pub use super::vocabulary::{Logic, Part, Role};

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("flow of {language}: {message}")]
pub struct FlowError {
    language: String,
    message: String,
}

/// The top level of `flow.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    /// Kinds that are variables where they are evaluated.
    #[serde(default)]
    names: Vec<String>,
    /// Texts of the object whose fields are variables: `self`, `this`.
    #[serde(default)]
    self_names: Vec<String>,
    /// Texts of conditions that always hold, and that never do.
    #[serde(default, rename = "true")]
    always: Vec<String>,
    #[serde(default, rename = "false")]
    never: Vec<String>,
    /// Texts of patterns that match everything.
    #[serde(default)]
    wildcards: Vec<String>,
    /// An assignment declares its name for the whole function, unless a scope around knows it.
    #[serde(default)]
    assignment_declares: bool,
    /// Names with a capital are constants in a pattern, not new variables.
    #[serde(default)]
    capitalised_constants: bool,
    #[serde(default)]
    nodes: BTreeMap<String, Rows>,
    /// Roles of calls by the text of what is called; parts are those of the call.
    #[serde(default)]
    calls: BTreeMap<String, BTreeMap<String, Value>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Rows {
    One(BTreeMap<String, Value>),
    /// The first whose `requires` is there.
    Several(Vec<BTreeMap<String, Value>>),
}

/// One row, compiled.
#[derive(Clone, Debug)]
pub struct Rule {
    pub role: Role,
    parts: [Vec<Path>; PARTS],
    requires: Vec<Path>,
    /// Only if what `requires` names, or else the node, has one of these texts.
    texts: Vec<String>,
    /// Only with this text in the part `operator`, or `requires`.
    pub operators: Vec<(String, Logic)>,
    /// Of a loop or an `if`: the condition is turned round (`until`, `unless`).
    pub negated: bool,
    /// Of a case: its end runs into the next one.
    pub falls_through: bool,
    /// Of a switch: one of the cases always matches.
    pub exhaustive: bool,
    /// Of a switch: a `break` without a label leaves it.
    pub breakable: bool,
    /// Of a case or catch: its patterns bind names; they are expressions otherwise.
    pub binds: bool,
    /// Of a declaration: the name belongs to the whole function (JavaScript's `var`).
    pub hoisted: bool,
    /// Of `with`: an exception may end with it.
    pub suppresses: bool,
    /// Of a case or catch: it takes whatever comes.
    pub default: bool,
    /// Of a comprehension: it is a statement, and costs its reader as much as a loop.
    pub looping: bool,
}

impl Rule {
    /// All nodes of a part, in the order of the source.
    pub fn all<'t>(&self, part: Part, node: Node<'t>) -> Vec<Node<'t>> {
        let mut found: Vec<Node> = self.parts[part as usize].iter().flat_map(|path| path.find(node)).collect();
        if self.parts[part as usize].iter().any(Path::is_rest) {
            let others = self.parts.iter().enumerate().filter(|(index, _)| *index != part as usize);
            let taken: Vec<Node> = others.flat_map(|(_, paths)| paths).flat_map(|path| path.find(node)).collect();
            found.retain(|child| {
                !taken
                    .iter()
                    .any(|other| child.start_byte() <= other.start_byte() && other.end_byte() <= child.end_byte())
            });
        }
        if self.parts[part as usize].len() > 1 && part != Part::Parts {
            found.sort_by_key(Node::start_byte);
        }
        found
    }

    pub fn one<'t>(&self, part: Part, node: Node<'t>) -> Option<Node<'t>> {
        self.all(part, node).into_iter().next()
    }

    pub fn has(&self, part: Part) -> bool {
        !self.parts[part as usize].is_empty()
    }

    /// The text of what a call calls, from the first to the last node of that part.
    pub fn callee<'s>(&self, node: Node, source: &'s [u8]) -> Option<&'s [u8]> {
        let named = self.all(Part::Callee, node);
        source.get(named.first()?.start_byte()..named.last()?.end_byte())
    }

    /// The operands of a short circuit: two, or as many as operators part in a flat row.
    pub fn operands<'t>(&self, node: Node<'t>) -> Vec<Vec<Node<'t>>> {
        if !self.has(Part::Parts) {
            let sides = [Part::Left, Part::Right].map(|part| self.all(part, node));
            return sides.into_iter().filter(|side| !side.is_empty()).collect();
        }
        let operators = self.all(Part::Operator, node);
        let parts = self.all(Part::Parts, node);
        parts.split(|part| operators.contains(part)).map(<[Node]>::to_vec).collect()
    }

    /// What an operator of this row does in a node.
    pub fn logic(&self, node: Node, source: &[u8]) -> Option<Logic> {
        let operator = self.one(Part::Operator, node)?;
        let text = source.get(operator.byte_range())?;
        self.operators.iter().find(|(name, _)| name.as_bytes() == text).map(|(_, logic)| *logic)
    }

    fn fits(&self, node: Node, source: &[u8]) -> bool {
        let required = |path: &Path| path.find(node).into_iter().any(|found| self.is_said(found, source));
        let there =
            if self.requires.is_empty() { self.is_said(node, source) } else { self.requires.iter().any(required) };
        there && (self.operators.is_empty() || self.logic(node, source).is_some())
    }

    fn is_said(&self, node: Node, source: &[u8]) -> bool {
        let text = source.get(node.byte_range()).unwrap_or_default();
        self.texts.is_empty() || self.texts.iter().any(|one| one.as_bytes() == text)
    }
}

/// A language's flow, ready for use.
pub struct FlowTable {
    rows: Vec<Vec<Rule>>,
    names: Vec<bool>,
    calls: FxHashMap<Vec<u8>, Rule>,
    said: Said,
}

impl FlowTable {
    /// Compiles `flow.toml`, given as JSON, against a grammar.
    ///
    /// # Errors
    /// [`FlowError`] names what is unknown.
    pub fn compile(language: &str, json: &str, grammar: &Language) -> Result<Self, FlowError> {
        let fail = |message: String| FlowError { language: language.into(), message };
        let said: Said = serde_json::from_str(json).map_err(|error| fail(error.to_string()))?;
        let count = grammar.node_kind_count();
        let mut table =
            Self { rows: vec![Vec::new(); count], names: vec![false; count], calls: FxHashMap::default(), said };
        for name in &table.said.names {
            let ids = kind_ids(grammar, name);
            if ids.is_empty() {
                return Err(fail(format!("names: the grammar has no kind {name:?}")));
            }
            ids.into_iter().for_each(|id| table.names[id as usize] = true);
        }
        for (kind, rows) in &table.said.nodes {
            let rows = match rows {
                Rows::One(row) => std::slice::from_ref(row),
                Rows::Several(rows) => rows,
            };
            let optional = rows.iter().any(|row| row.get("optional") == Some(&Value::Bool(true)));
            let ids = kind_ids(grammar, kind);
            if ids.is_empty() && !optional {
                return Err(fail(format!(
                    "[nodes] the grammar has no kind {kind:?}; correct it or mark it `optional = true`"
                )));
            }
            if ids.is_empty() {
                continue;
            }
            let compiled = rows.iter().map(|row| compile_row(grammar, row)).collect::<Result<Vec<_>, _>>();
            let compiled = compiled.map_err(|problem| fail(format!("[nodes] {kind}: {problem}")))?;
            ids.into_iter().for_each(|id| table.rows[id as usize].clone_from(&compiled));
        }
        for (callee, row) in &table.said.calls {
            let rule = compile_row(grammar, row).map_err(|problem| fail(format!("[calls] {callee}: {problem}")))?;
            table.calls.insert(callee.clone().into_bytes(), rule);
        }
        Ok(table)
    }

    /// The rule of a node: that of what it calls, where `[calls]` has one.
    pub fn rule(&self, node: Node, source: &[u8]) -> Option<&Rule> {
        let rule = self.rows.get(node.kind_id() as usize)?.iter().find(|rule| rule.fits(node, source))?;
        if rule.role != Role::Call || self.calls.is_empty() {
            return Some(rule);
        }
        Some(rule.callee(node, source).and_then(|text| self.calls.get(text)).unwrap_or(rule))
    }

    pub fn role(&self, node: Node, source: &[u8]) -> Option<Role> {
        self.rule(node, source).map(|rule| rule.role)
    }

    /// Whether a node is a variable.
    pub fn is_name(&self, node: Node) -> bool {
        self.names.get(node.kind_id() as usize) == Some(&true)
    }

    pub fn is_self(&self, text: &[u8]) -> bool {
        self.said.self_names.iter().any(|name| name.as_bytes() == text)
    }

    pub fn is_wildcard(&self, text: &[u8]) -> bool {
        self.said.wildcards.iter().any(|name| name.as_bytes() == text)
    }

    pub fn assignment_declares(&self) -> bool {
        self.said.assignment_declares
    }

    /// Whether a name in a pattern is a constant.
    pub fn is_constant(&self, text: &[u8]) -> bool {
        self.said.capitalised_constants && text.first().is_some_and(u8::is_ascii_uppercase)
    }

    /// Whether a condition always, or never, holds.
    pub fn constant(&self, text: &[u8]) -> Option<bool> {
        let among = |texts: &[String]| texts.iter().any(|one| one.as_bytes() == text);
        if among(&self.said.always) {
            return Some(true);
        }
        among(&self.said.never).then_some(false)
    }
}

fn compile_row(grammar: &Language, row: &BTreeMap<String, Value>) -> Result<Rule, String> {
    let role = row.get("role").and_then(Value::as_str).ok_or("the row has no role")?;
    let role = Role::named(role).ok_or_else(|| format!("unknown role {role:?}"))?;
    let mut rule = Rule {
        role,
        parts: std::array::from_fn(|_| Vec::new()),
        requires: Vec::new(),
        texts: Vec::new(),
        operators: Vec::new(),
        negated: false,
        falls_through: false,
        exhaustive: false,
        breakable: false,
        binds: false,
        hoisted: false,
        suppresses: false,
        default: false,
        looping: false,
    };
    for (key, value) in row {
        if let Some(part) = Part::named(key) {
            rule.parts[part as usize] = paths(grammar, key, value)?;
            continue;
        }
        let flag = || value.as_bool().ok_or_else(|| format!("{key} is true or false"));
        match key.as_str() {
            "role" | "optional" => {}
            "texts" => rule.texts = serde_json::from_value(value.clone()).map_err(|error| format!("texts: {error}"))?,
            "requires" => rule.requires = paths(grammar, key, value)?,
            "operators" => {
                let said: BTreeMap<String, Logic> =
                    serde_json::from_value(value.clone()).map_err(|error| format!("operators: {error}"))?;
                rule.operators = said.into_iter().collect();
            }
            "negated" => rule.negated = flag()?,
            "falls_through" => rule.falls_through = flag()?,
            "exhaustive" => rule.exhaustive = flag()?,
            "breakable" => rule.breakable = flag()?,
            "binds" => rule.binds = flag()?,
            "hoisted" => rule.hoisted = flag()?,
            "suppresses" => rule.suppresses = flag()?,
            "default" => rule.default = flag()?,
            "looping" => rule.looping = flag()?,
            _ => return Err(format!("unknown key {key:?}")),
        }
    }
    Ok(rule)
}

fn paths(grammar: &Language, key: &str, value: &Value) -> Result<Vec<Path>, String> {
    let said: Vec<&str> = match value {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => return Err(format!("{key} is a path or a list of them")),
    };
    let compiled = said.into_iter().filter_map(|path| {
        // `??` is an operator.
        let compiled = Path::compile(grammar, path);
        let optional = path.strip_prefix('?').filter(|_| compiled.is_none());
        let unknown = || format!("{key}: the grammar has no field or kind in {path:?}");
        match optional {
            Some(path) => Path::compile(grammar, path).map(Ok),
            None => Some(compiled.ok_or_else(unknown)),
        }
    });
    compiled.collect()
}

/// What stands in a node's only child, if it has one and no role: `expression_statement` and the like.
pub fn unwrapped<'t>(node: Node<'t>, table: &FlowTable, source: &[u8]) -> Node<'t> {
    let mut inner = node;
    while table.rule(inner, source).is_none() {
        match children(inner).as_slice() {
            [only] => inner = *only,
            _ => break,
        }
    }
    inner
}
