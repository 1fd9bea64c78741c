//! Where a part of a node stands: paths through fields, kinds and places, compiled against a grammar.
//!
//! `alternative/first` is the first child of what the field `alternative` holds. A step is a field; else a kind of
//! child; or `first`, `second`, `third`, `last` (named children, comments left out), `all` of them, or `rest`: those in
//! which no other part of the row stands; or `before X`, `after X`: what stands on one side of the token `X`. Several
//! paths give all that they find, in the order of the source. A path that begins with `?` may name what some version of
//! the grammar lacks.

use tree_sitter::{Language, Node};

#[derive(Clone, Debug)]
enum Step {
    /// A field; a kind of child where the node has no such field.
    Field(std::num::NonZeroU16, Vec<u16>),
    Kinds(Vec<u16>),
    Place(usize),
    Last,
    All,
    Rest,
    Before(Vec<u16>),
    After(Vec<u16>),
}

/// One path, compiled.
#[derive(Clone, Debug)]
pub struct Path(Vec<Step>);

/// All ids of a kind: a grammar may have a name both as a node and as a token, and aliases share names.
pub fn kind_ids(grammar: &Language, kind: &str) -> Vec<u16> {
    let ids = |named: bool| {
        let fits =
            move |id: &u16| grammar.node_kind_for_id(*id) == Some(kind) && grammar.node_kind_is_named(*id) == named;
        (0..grammar.node_kind_count() as u16).filter(fits).collect::<Vec<_>>()
    };
    let named = ids(true);
    if named.is_empty() { ids(false) } else { named }
}

/// Named children that are no comments.
pub fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.is_extra()).collect()
}

impl Path {
    /// Compiles a path; None if a step is no field and no kind of the grammar.
    pub fn compile(grammar: &Language, path: &str) -> Option<Self> {
        let known = |kind: &str| Some(kind_ids(grammar, kind)).filter(|ids| !ids.is_empty());
        let step = |step: &str| match step {
            "first" => Some(Step::Place(0)),
            "second" => Some(Step::Place(1)),
            "third" => Some(Step::Place(2)),
            "last" => Some(Step::Last),
            "all" => Some(Step::All),
            "rest" => Some(Step::Rest),
            _ if step.starts_with("before ") => known(&step["before ".len()..]).map(Step::Before),
            _ if step.starts_with("after ") => known(&step["after ".len()..]).map(Step::After),
            _ => match grammar.field_id_for_name(step) {
                Some(field) => Some(Step::Field(field, kind_ids(grammar, step))),
                None => known(step).map(Step::Kinds),
            },
        };
        // The operator `/` is a kind like any other.
        let steps = if path == "/" { vec![path] } else { path.split('/').collect() };
        steps.into_iter().map(step).collect::<Option<Vec<_>>>().map(Path)
    }

    /// Whether the path takes what the other parts leave.
    pub fn is_rest(&self) -> bool {
        matches!(self.0.last(), Some(Step::Rest))
    }

    /// All nodes at the end of the path.
    pub fn find<'t>(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let mut found = vec![node];
        for step in &self.0 {
            found = found.into_iter().flat_map(|node| step.find(node)).collect();
        }
        found
    }
}

impl Step {
    fn find<'t>(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let mut cursor = node.walk();
        match self {
            Self::Field(field, ids) => {
                let held: Vec<Node> = node.children_by_field_id(*field, &mut cursor).collect();
                if held.is_empty() && !ids.is_empty() { Self::Kinds(ids.clone()).find(node) } else { held }
            }
            Self::Kinds(ids) => node.children(&mut cursor).filter(|child| ids.contains(&child.kind_id())).collect(),
            Self::Place(place) => children(node).into_iter().skip(*place).take(1).collect(),
            Self::Last => children(node).pop().into_iter().collect(),
            Self::All | Self::Rest => children(node),
            Self::Before(_) | Self::After(_) => self.beside(node),
        }
    }

    /// What stands before, or behind, the first of some tokens; behind it also a word that is no named node.
    fn beside<'t>(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let (Self::Before(ids) | Self::After(ids)) = self else { return Vec::new() };
        let all: Vec<Node> = node.children(&mut node.walk()).filter(|child| !child.is_extra()).collect();
        let Some(place) = all.iter().position(|child| ids.contains(&child.kind_id())) else { return Vec::new() };
        let before = matches!(self, Self::Before(_));
        let beside = if before { &all[..place] } else { &all[place + 1..] };
        let word =
            |child: &&Node| child.is_named() || !before && child.kind().bytes().all(|byte| byte.is_ascii_alphabetic());
        beside.iter().filter(word).copied().collect()
    }
}
