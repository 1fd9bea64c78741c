//! Where a part of a node stands: paths through fields, kinds and places, compiled against a grammar.
//!
//! `alternative/first` is the first child of what the field `alternative` holds. A step is a field; else a kind of
//! child; or `first`, `second`, `third`, `last` (named children, comments left out), `all` of them, or `rest`: those in
//! which no other part of the row stands. `before K`, `after K` and `next K` are the children that stand before or after
//! a child of kind K, or the next one after it; `previous` is the sibling before a node, `in K` what it is a child of if
//! that has this kind, and `is K` the node itself if it has. Several paths give all that they find, in the order of the
//! source. A path that begins with `?` may name what some version of the grammar lacks.

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
    Next(Vec<u16>),
    Previous,
    In(Vec<u16>),
    Is(Vec<u16>),
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
            "previous" => Some(Step::Previous),
            _ if step.contains(' ') => Step::relative(grammar, step),
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
    /// A word and the kind that it is relative to.
    fn relative(grammar: &Language, step: &str) -> Option<Self> {
        let (word, kind) = step.split_once(' ')?;
        let ids = Some(kind_ids(grammar, kind)).filter(|ids| !ids.is_empty())?;
        match word {
            "before" => Some(Self::Before(ids)),
            "after" => Some(Self::After(ids)),
            "next" => Some(Self::Next(ids)),
            "in" => Some(Self::In(ids)),
            "is" => Some(Self::Is(ids)),
            _ => None,
        }
    }

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
            Self::Before(_) | Self::After(_) | Self::Next(_) => self.beside(node),
            Self::Previous => std::iter::successors(node.prev_named_sibling(), Node::prev_named_sibling)
                .find(|one| !one.is_extra())
                .into_iter()
                .collect(),
            Self::In(ids) => node.parent().filter(|around| ids.contains(&around.kind_id())).into_iter().collect(),
            Self::Is(ids) => Some(node).filter(|node| ids.contains(&node.kind_id())).into_iter().collect(),
        }
    }

    /// What stands before the first child of some kinds (all, if there is none), or behind it, where a keyword counts, too.
    fn beside<'t>(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let (Self::Before(ids) | Self::After(ids) | Self::Next(ids)) = self else { return Vec::new() };
        let all: Vec<Node> = node.children(&mut node.walk()).filter(|child| !child.is_extra()).collect();
        let place = all.iter().position(|child| ids.contains(&child.kind_id())).unwrap_or(all.len());
        let behind = all.iter().skip(place + 1).filter(|child| is_word(**child)).copied();
        match self {
            Self::Before(_) => all[..place].iter().filter(|child| child.is_named()).copied().collect(),
            Self::Next(_) => behind.take(1).collect(),
            _ => behind.collect(),
        }
    }
}

/// A node of the grammar, or a keyword; no punctuation.
pub fn is_word(node: Node) -> bool {
    node.is_named() || node.kind().bytes().all(|byte| byte.is_ascii_alphabetic())
}
