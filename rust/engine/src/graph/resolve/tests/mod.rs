//! Small projects whose comments say which edges they have; one file per way of naming modules.

mod crates;
mod directory;
mod dotted;
mod include;
mod named;
mod package;
mod relative;

use super::super::edges::EdgeKind;
use super::super::testing::Sample;

#[test]
fn the_same_files_give_the_same_edges_every_time() {
    let text: String = (0..40)
        .map(|i| {
            format!(
                "== m{i}.py\nfrom m{} import run\nfunction run()\n  call x.step\nclass A{i}\n  method step(self)\n",
                (i + 1) % 40
            )
        })
        .collect();
    let sample = Sample::read(&text);
    let first = sample.resolve();
    for _ in 0..3 {
        let again = sample.resolve();
        assert_eq!(again.edges, first.edges);
        assert_eq!(again.unresolved, first.unresolved);
    }
    assert_eq!(first.unresolved.len(), 40, "`step` has 40 candidates and hangs on none");
}

#[test]
fn inheritance_and_data_dependencies_are_kinds_of_their_own() {
    let sample = Sample::read(
        "== a.py\nvar LIMIT\nclass Base\nclass Child(Base)\nfunction make(x: Base)\n  type Base\n  read LIMIT\n",
    );
    let resolved = sample.resolve();
    let kind = |source: &str, target: &str| {
        let (source, target) = (sample.node(source), sample.node(target));
        resolved.edges.iter().find(|edge| (edge.source, edge.target) == (source, target)).map(|edge| edge.kind())
    };
    assert_eq!(kind("a.Child", "a.Base"), Some(EdgeKind::Inheritance));
    assert_eq!(kind("a.make", "a.Base"), Some(EdgeKind::DataDependency));
    assert_eq!(kind("a.make", "a.LIMIT"), Some(EdgeKind::DataDependency));
}

#[test]
fn an_import_cycle_and_an_inheritance_cycle_end() {
    let sample = Sample::read(
        "== a.py\nfrom b import *\nfrom b import ghost\nclass A(B)\n  method go(self)\n    call self.nowhere\n\
         == b.py\nfrom a import *\nfrom a import ghost\nclass B(A)\nfunction f()\n  call ghost\n",
    );
    let resolved = sample.resolve();
    assert_eq!(resolved.edges.iter().filter(|edge| edge.kind() == EdgeKind::Inheritance).count(), 2);
}
