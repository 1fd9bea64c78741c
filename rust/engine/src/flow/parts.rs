//! Where a part of a node stands: paths through fields, kinds and places, compiled against a grammar.
//!
//! `alternative/first` is the first child of what the field `alternative` holds. A step is a field; else a kind of
//! child; or `first`, `second`, `third`, `last` (named children, comments left out), `all` of them, or `rest`: those in
//! which no other part of the row stands. `before K`, `after K` and `next K` are the children that stand before or after
//! a child of kind K, or the next one after it; `previous` is the sibling before a node, `in K` what it is a child of if
//! that has this kind, and `is K` the node itself if it has. Several paths give all that they find, in the order of the source. A path that
//! begins with `?` may name what some version of the grammar lacks.

use tree_sitter::{Language, Node};

#[derive(Clone, Debug)]
enum Step {
    Field(std::num::NonZeroU16),
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
                Some(field) => Some(Step::Field(field)),
                None => Some(kind_ids(grammar, step)).filter(|ids| !ids.is_empty()).map(Step::Kinds),
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
            Self::Field(field) => node.children_by_field_id(*field, &mut cursor).collect(),
            Self::Kinds(ids) => node.children(&mut cursor).filter(|child| ids.contains(&child.kind_id())).collect(),
            Self::Place(place) => children(node).into_iter().skip(*place).take(1).collect(),
            Self::Last => children(node).pop().into_iter().collect(),
            Self::All | Self::Rest => children(node),
            Self::Before(ids) => {
                let end = first_of(node, ids).map_or(usize::MAX, |mark| mark.start_byte());
                children(node).into_iter().filter(|child| child.end_byte() <= end).collect()
            }
            Self::After(ids) => behind(node, ids),
            Self::Next(ids) => behind(node, ids).into_iter().take(1).collect(),
            Self::Previous => std::iter::successors(node.prev_named_sibling(), Node::prev_named_sibling)
                .find(|one| !one.is_extra())
                .into_iter()
                .collect(),
            Self::In(ids) => node.parent().filter(|around| ids.contains(&around.kind_id())).into_iter().collect(),
            Self::Is(ids) => Some(node).filter(|node| ids.contains(&node.kind_id())).into_iter().collect(),
        }
    }
}

fn first_of<'t>(node: Node<'t>, ids: &[u16]) -> Option<Node<'t>> {
    node.children(&mut node.walk()).find(|child| ids.contains(&child.kind_id()))
}

/// The children after the first of these kinds.
fn behind<'t>(node: Node<'t>, ids: &[u16]) -> Vec<Node<'t>> {
    let Some(mark) = first_of(node, ids) else { return Vec::new() };
    children(node).into_iter().filter(|child| child.start_byte() >= mark.end_byte() && *child != mark).collect()
}
