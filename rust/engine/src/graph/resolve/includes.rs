//! Names in languages where a file sees what it includes: definitions in view, then what a prototype in view promises.

use rustc_hash::FxHashMap;

use super::calls::Candidates;
use super::project::Project;
use super::scope::{Space, View};
use crate::graph::names::Name;
use crate::graph::policy::Rung;
use crate::syntax::facts::flag;

/// What the current file includes, directly or not. One per thread: the marks are reused from file to file.
pub struct Included {
    /// The round in which each file was last seen.
    seen: Vec<u32>,
    round: u32,
    /// The file whose inclusions are marked.
    current: Option<u32>,
    queue: Vec<u32>,
    known: FxHashMap<(Name, Space, Name), Option<Candidates>>,
}

impl Included {
    pub fn new(files: usize) -> Self {
        Self { seen: vec![0; files], round: 0, current: None, queue: Vec::new(), known: FxHashMap::default() }
    }

    /// What a name may mean in a file, inside of what is called `within` if that is a name; the same for every place
    /// in the file.
    pub fn candidates(&mut self, view: &View, name: Name, space: Space, within: Name) -> Option<Candidates> {
        self.enter(view.project, view.file);
        if let Some(known) = self.known.get(&(name, space, within)) {
            return known.clone();
        }
        let found = self.find(view, name, space, within);
        self.known.insert((name, space, within), found.clone());
        found
    }

    fn enter(&mut self, project: &Project, file: u32) {
        if self.current == Some(file) {
            return;
        }
        self.current = Some(file);
        self.known.clear();
        self.round += 1;
        self.queue.clear();
        self.queue.push(file);
        self.seen[file as usize] = self.round;
        while let Some(at) = self.queue.pop() {
            for &included in project.includes.row(at) {
                if self.seen[included as usize] != self.round {
                    self.seen[included as usize] = self.round;
                    self.queue.push(included);
                }
            }
        }
    }

    fn find(&self, view: &View, name: Name, space: Space, within: Name) -> Option<Candidates> {
        let project = view.project;
        // A member of a type is meant by a bare name only in the type, which has been asked before.
        let is_meant = |node: u32| match within.is_none() {
            true => space == Space::Type || !view.traits.members || !project.is_member(node),
            false => project.is_inside(node, within),
        };
        let here = &project.data.files[view.file as usize];
        let named = project.named(name).iter().copied();
        let (mut own, mut in_view, mut elsewhere, mut promised) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for node in named {
            let symbol = project.node(node);
            if project.data.files[symbol.file as usize].family != here.family || !space.fits(symbol) || !is_meant(node)
            {
                continue;
            }
            let visible = self.seen[symbol.file as usize] == self.round;
            match (symbol.has(flag::DECLARATION), visible) {
                (true, true) => promised.push(node),
                (true, false) => {}
                (false, true) if symbol.file == view.file => own.push(node),
                (false, true) => in_view.push(node),
                (false, false) if symbol.has(flag::STATIC) => {}
                (false, false) => elsewhere.push(node),
            }
        }
        let (nodes, rung) = if !own.is_empty() {
            (own, Rung::Scope)
        } else if !in_view.is_empty() {
            (in_view, Rung::Import)
        } else if !promised.is_empty() {
            (if elsewhere.is_empty() { promised } else { elsewhere }, Rung::Import)
        } else {
            (elsewhere, Rung::Unique)
        };
        (!nodes.is_empty()).then_some(Candidates { nodes, rung })
    }
}
