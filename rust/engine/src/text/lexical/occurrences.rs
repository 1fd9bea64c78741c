//! Where one term stands: in symbols of its own accord, and in files by their path, which all their symbols share.

use crate::text::postings::Entries;

#[derive(Clone)]
pub struct Occurrences<'a> {
    pub own: Option<Entries<'a>>,
    pub paths: Option<Entries<'a>>,
    /// What an entry of each code is worth.
    pub gains: &'a [f32],
    pub path_gains: &'a [f32],
    /// First node of each file.
    pub files: &'a [u32],
    pub nodes: u32,
}

impl Occurrences<'_> {
    /// Entries to be read for all of them.
    pub fn entries(&self) -> usize {
        self.own.as_ref().map_or(0, |list| list.len as usize) + self.symbols_by_path() as usize
    }

    /// Symbols that have the term: at least so many, because the two lists are not compared.
    pub fn symbols(&self) -> u32 {
        self.own.as_ref().map_or(0, |list| list.len).max(self.symbols_by_path())
    }

    /// Files that have the term, counted in the same way.
    pub fn files(&self) -> u32 {
        let len = |list: &Option<Entries>, of: fn(&Entries) -> u32| list.as_ref().map_or(0, of);
        len(&self.own, |list| list.files).max(len(&self.paths, |list| list.len))
    }

    fn symbols_by_path(&self) -> u32 {
        self.paths.clone().into_iter().flatten().map(|(file, _)| self.end(file).saturating_sub(self.start(file))).sum()
    }

    /// Calls `visit` with every unit, in order, and its weighted count; a unit is a file or a symbol.
    pub fn each_unit<const FILES: bool>(self, mut visit: impl FnMut(usize, f32)) {
        if !FILES {
            return self.each(|node, gain| visit(node as usize, gain));
        }
        let files = self.files;
        let mut file = 0;
        let mut sum: Option<f32> = None;
        self.each(|node, gain| {
            if files.get(file + 1).is_some_and(|&next| node >= next) {
                if let Some(sum) = sum.take() {
                    visit(file, sum);
                }
                file += files[file + 1..].partition_point(|&first| first <= node);
            }
            sum = Some(sum.unwrap_or(0.0) + gain);
        });
        if let Some(sum) = sum {
            visit(file, sum);
        }
    }

    /// Those of the given units (in order) that have the term, with their weighted counts.
    pub fn among<const FILES: bool>(mut self, units: &[u32]) -> Vec<(u32, f32)> {
        let mut own = self.own.take().map(Ahead::of);
        let mut paths = self.paths.take().map(Ahead::of);
        let mut found = Vec::new();
        for &unit in units {
            let file = if FILES { unit } else { self.file_of(unit) };
            let nodes = if FILES { self.start(unit)..self.end(unit) } else { unit..unit + 1 };
            let mut sum: Option<f32> = None;
            while let Some((_, code)) = own.as_mut().and_then(|own| own.next_in(nodes.start, nodes.end)) {
                sum = Some(sum.unwrap_or(0.0) + gain(self.gains, code));
            }
            if let Some(code) = paths.as_mut().and_then(|paths| paths.at(file)) {
                sum = Some(sum.unwrap_or(0.0) + gain(self.path_gains, code) * nodes.len() as f32);
            }
            found.extend(sum.map(|sum| (unit, sum)));
        }
        found
    }

    /// Calls `visit` with every symbol, nodes going up, and its weighted count.
    fn each(mut self, mut visit: impl FnMut(u32, f32)) {
        let mut own = self.own.take().into_iter().flatten();
        let mut next = own.next();
        for (file, code) in self.paths.take().into_iter().flatten() {
            let nodes = self.start(file)..self.end(file);
            while let Some((node, code)) = next.filter(|entry| entry.0 < nodes.start) {
                visit(node, gain(self.gains, code));
                next = own.next();
            }
            let shared = gain(self.path_gains, code);
            for node in nodes {
                match next {
                    Some((own_node, code)) if own_node == node => {
                        visit(node, shared + gain(self.gains, code));
                        next = own.next();
                    }
                    _ => visit(node, shared),
                }
            }
        }
        while let Some((node, code)) = next {
            visit(node, gain(self.gains, code));
            next = own.next();
        }
    }

    fn start(&self, file: u32) -> u32 {
        self.files.get(file as usize).copied().unwrap_or(self.nodes)
    }

    fn end(&self, file: u32) -> u32 {
        self.files.get(file as usize + 1).copied().unwrap_or(self.nodes)
    }

    fn file_of(&self, node: u32) -> u32 {
        (self.files.partition_point(|&first| first <= node) as u32).wrapping_sub(1)
    }
}

fn gain(gains: &[f32], code: u32) -> f32 {
    gains.get(code as usize).copied().unwrap_or(0.0)
}

/// A list with the entry that comes next, asked for nodes that go up.
struct Ahead<'a> {
    list: Entries<'a>,
    next: Option<(u32, u32)>,
}

impl<'a> Ahead<'a> {
    fn of(mut list: Entries<'a>) -> Self {
        let next = list.next();
        Self { list, next }
    }

    /// Takes the next entry at or after `start` if it is before `end`.
    fn next_in(&mut self, start: u32, end: u32) -> Option<(u32, u32)> {
        if self.next.is_some_and(|entry| entry.0 < start) {
            self.list.skip_towards(start);
            self.next = self.list.find(|entry| entry.0 >= start);
        }
        let entry = self.next.filter(|entry| entry.0 < end)?;
        self.next = self.list.next();
        Some(entry)
    }

    /// The code of the entry of a node, which stays the next one.
    fn at(&mut self, node: u32) -> Option<u32> {
        if self.next.is_some_and(|entry| entry.0 < node) {
            self.list.skip_towards(node);
            self.next = self.list.find(|entry| entry.0 >= node);
        }
        self.next.filter(|entry| entry.0 == node).map(|entry| entry.1)
    }
}
