//! Functions in clauses: a signature, and equations below it, each with patterns of its own (Haskell, Elixir). They are
//! one symbol, which begins with the first of them and ends with the last.

use tree_sitter::Node;

use super::definitions::last_line;
use super::extract::Extractor;
use super::facts::{Parameter, ParameterKind, Str, SymbolKind, flag};
use super::names;
use super::rules::{Clauses, Rule};

/// A pattern longer than this is cut.
const PATTERN_LIMIT: usize = 40;

impl Extractor<'_> {
    /// The symbol of which this definition is a further clause: the last one beside it, if it has the same name.
    pub(super) fn earlier_clause(&mut self, place: &super::definitions::Place, rule: &Rule) -> Option<u32> {
        let clauses = rule.clauses?;
        let name = self.strings.intern(place.called.as_deref().unwrap_or(self.definition_name(place.name)));
        let beside = self
            .facts
            .symbols
            .iter()
            .skip(place.parent as usize + 1)
            .rposition(|symbol| symbol.parent == place.parent && symbol.kind() != SymbolKind::Variable)?;
        let number = place.parent + 1 + beside as u32;
        let earlier = &self.facts.symbols[number as usize];
        let same = earlier.name == name && earlier.kind() == place.kind && earlier.container == place.container;
        let arity = earlier.parameter_count;
        (same && (clauses == Clauses::Name || self.arity(place, rule) == arity)).then_some(number)
    }

    fn arity(&mut self, place: &super::definitions::Place, rule: &Rule) -> u32 {
        let known = self.facts.parameters.len();
        self.parameters(place, rule, None);
        let arity = self.facts.parameters.len() - known;
        self.facts.parameters.truncate(known);
        arity as u32
    }

    /// Opens the symbol again for one more clause, which is one more way through it.
    pub(super) fn another_clause(&mut self, number: u32, place: &super::definitions::Place, rule: &Rule) {
        let bodiless = rule.body.is_some() && self.body(place, rule).is_none();
        let symbol = &mut self.facts.symbols[number as usize];
        (symbol.end_byte, symbol.end_line) = (place.node.end_byte() as u32, last_line(place.node));
        if !bodiless {
            symbol.complexity += u32::from(!symbol.has(flag::DECLARATION));
            symbol.flags &= !flag::DECLARATION;
        }
        let hash = symbol.body_hash;
        if symbol.parameter_count == 0 {
            symbol.first_parameter = self.facts.parameters.len() as u32;
            self.parameters(place, rule, Some(number));
        }
        self.push_scope(number, place.name.start_byte() as u32, place.kind);
        // What was read before counts for the hash of the whole.
        self.tokens.extend_from_slice(&hash);
    }

    /// A parameter that is a pattern: the name it binds, or what it looks like.
    pub(super) fn push_pattern(&mut self, pattern: Node) {
        let named = self.innermost_name(pattern).map(|name| String::from_utf8_lossy(self.text(name)).into_owned());
        let text = named.unwrap_or_else(|| names::folded(self.text(pattern)));
        let cut = text.char_indices().nth(PATTERN_LIMIT).map_or(text.len(), |(at, _)| at);
        let name = self.strings.intern(&text.as_bytes()[..cut]);
        let kind = ParameterKind::Positional as u32;
        self.facts.parameters.push(Parameter { name, type_name: Str::NONE, default: Str::NONE, kind });
    }
}
