//! Lists come back as they were built, whole, in part, and however long.

use std::collections::BTreeMap;

use super::*;
use crate::snapshot::{Snapshot, SnapshotWriter};

fn with_view<T>(mut postings: Postings, check: impl FnOnce(PostingsView) -> T) -> T {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("snapshot");
    let mut writer = SnapshotWriter::create(&path, 1).expect("create");
    postings.write(&mut writer, "p").expect("write");
    writer.publish().expect("publish");
    let snapshot = Snapshot::open(&path).expect("open");
    check(PostingsView::open(&snapshot, "p").expect("view"))
}

/// Writes and opens postings, and hands each term's list as (node, counts).
fn round_trip(postings: Postings, terms: u32) -> Vec<Vec<(u32, Counts)>> {
    with_view(postings, |view| {
        let counts: Vec<Counts> = view.counts().collect();
        let read = |term| {
            let list = view.list(term);
            let len = list.len;
            let entries: Vec<(u32, Counts)> = list.map(|(node, code)| (node, counts[code as usize])).collect();
            assert_eq!(len as usize, entries.len());
            entries
        };
        (0..terms).map(read).collect()
    })
}

#[test]
fn counts_of_one_node_meet_in_one_entry() {
    let mut postings = Postings::default();
    postings.add(0, 0, Place::Name, 1);
    postings.add(1, 0, Place::Body, 1);
    postings.add(0, 0, Place::Body, 4);
    postings.add(0, 0, Place::Body, 4);
    postings.add(0, 700_000, Place::Doc, 1);
    let both = Counts::default().with(Place::Name, 1).with(Place::Body, 8);
    let lists = round_trip(postings, 3);
    assert_eq!(lists[0], [(0, both), (700_000, Counts::default().with(Place::Doc, 1))]);
    assert_eq!(lists[1], [(0, Counts::ONCE_IN_BODY)]);
    assert_eq!(lists[2], [], "a term nobody has");
}

#[test]
fn skipping_towards_a_node_never_passes_it() {
    let mut postings = Postings::default();
    let nodes: Vec<u32> = (0..5000).map(|number| number * 3 + number % 2).collect();
    nodes.iter().for_each(|&node| postings.add(0, node, Place::Doc, 1 + node % 4));
    nodes[..200].iter().for_each(|&node| postings.add(1, node, Place::Body, 1));
    with_view(postings, |view| {
        for (term, nodes) in [(0, &nodes[..]), (1, &nodes[..200])] {
            for step in [1, 7, 300, 4000] {
                let (mut list, mut decoded) = (view.list(term), 0);
                for target in (0..16_000).step_by(step) {
                    list.skip_towards(target);
                    let mut ahead = list.clone().map(|entry| entry.0).skip_while(|&node| node < target);
                    let next = nodes.iter().copied().find(|&node| node >= target);
                    assert_eq!(ahead.next(), next, "term {term}, target {target}");
                    decoded += list.clone().take_while(|entry| entry.0 < target).count();
                }
                assert!(decoded <= (16_000 / step + 1) * 255, "{decoded} entries decoded on the way");
            }
        }
    });
}

#[test]
fn a_list_knows_how_many_files_it_is_in() {
    let mut postings = Postings::default();
    for first in [0, 10, 20, 30] {
        postings.begin_file(first);
        for node in first..first + 10 {
            postings.add(0, node, Place::Body, 1);
            if node % 15 == 0 {
                postings.add(1, node, Place::Body, 1);
            }
        }
    }
    with_view(postings, |view| {
        assert_eq!([0, 1, 2].map(|term| (view.list(term).len, view.list(term).files)), [(40, 4), (3, 3), (0, 0)]);
    });
}

#[test]
fn large_counts_stop_at_the_largest_that_fits() {
    let counts = Counts::default().with(Place::Text, 1000).with(Place::Text, u32::MAX).with(Place::Name, 9);
    assert_eq!([Place::Text, Place::Name, Place::Body].map(|place| counts.get(place)), [7, 3, 0]);
}

#[test]
fn any_sequence_comes_back_as_a_plain_map_would_hold_it() {
    let mut state = 7u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let places = [Place::Name, Place::Container, Place::Signature, Place::Doc, Place::Body, Place::Text];
    let mut plain = vec![BTreeMap::<u32, Counts>::new(); 40];
    let mut postings = Postings::default();
    let mut node = 0;
    for _ in 0..60_000 {
        // Term 0 stands nearly everywhere and fills slices of every size; the last ones stand almost nowhere.
        let term = random(40) * random(40) / 40;
        let (place, count) = (places[random(6) as usize], random(3) as u32 + 1);
        node += if random(3) == 0 { random(200) as u32 } else { 0 };
        postings.add(term as u32, node, place, count);
        let counts = plain[term as usize].entry(node).or_default();
        *counts = counts.with(place, count);
    }
    for (term, list) in round_trip(postings, 40).into_iter().enumerate() {
        assert_eq!(list, plain[term].clone().into_iter().collect::<Vec<_>>(), "term {term}");
    }
}
