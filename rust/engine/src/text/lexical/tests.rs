//! The ranking as its users see it, and against BM25F worked out plainly.

use std::collections::HashMap;

use super::*;
use crate::snapshot::{Snapshot, SnapshotWriter};
use crate::syntax::facts::{Field, FileFacts};
use crate::testing::{Sketch, facts};
use crate::text::terms::Terms;

/// Builds, writes and opens an index, and hands it to `check`.
fn with_index(files: &[(&str, FileFacts)], check: impl FnOnce(&Lexical)) {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("snapshot");
    let mut builder = LexicalBuilder::new();
    let mut first = 0;
    for (path, facts) in files {
        builder.add_file(path, 0, first, facts);
        first += facts.symbols.len() as u32;
    }
    let mut writer = SnapshotWriter::create(&path, 1).expect("create");
    builder.write(&mut writer).expect("write");
    writer.publish().expect("publish");
    let snapshot = Snapshot::open(&path).expect("open");
    check(&Lexical::open(&snapshot).expect("lexical"));
}

fn nodes(hits: &[Match]) -> Vec<u32> {
    hits.iter().map(|hit| hit.node).collect()
}

fn ask(index: &Lexical, question: &str) -> Vec<u32> {
    let terms: Vec<(String, f32)> =
        crate::text::terms::terms(question, true).into_iter().map(|term| (term, 1.0)).collect();
    nodes(&index.search(&terms, 10, &Weights::default()))
}

fn library() -> Vec<(&'static str, FileFacts)> {
    let pool = facts(&[
        Sketch { name: "pool", parent: 0, terms: vec![] },
        Sketch {
            name: "ConnectionPool",
            parent: 0,
            terms: vec![(Field::Doc, "Reuses", 1), (Field::Doc, "sockets", 1)],
        },
        Sketch {
            name: "acquire",
            parent: 1,
            terms: vec![(Field::Body, "max_connections", 2), (Field::Text, "wait", 1)],
        },
        Sketch { name: "unrelated", parent: 0, terms: vec![(Field::Body, "json_dump", 1)] },
    ]);
    let client = facts(&[
        Sketch { name: "client", parent: 0, terms: vec![] },
        Sketch { name: "fetch", parent: 0, terms: vec![(Field::Signature, "pool", 1), (Field::Body, "acquire", 3)] },
    ]);
    vec![("net/http/pool.py", pool), ("net/http/client.py", client)]
}

#[test]
fn a_name_beats_a_mention() {
    with_index(&library(), |index| {
        assert_eq!(ask(index, "connection pool")[0], 1, "ConnectionPool itself");
        assert_eq!(ask(index, "connectionpools")[0], 1, "written together");
        assert_eq!(ask(index, "acquiring")[..2], [2, 5], "the method, then its caller");
        assert_eq!(ask(index, "how is a socket reused?")[0], 1, "by its documentation");
        assert_eq!(ask(index, "dumping json"), [3]);
    });
}

#[test]
fn a_member_is_found_by_what_it_lies_in_and_a_symbol_by_its_file() {
    with_index(&library(), |index| {
        let hits = ask(index, "ConnectionPool.acquire");
        assert_eq!(hits[0], 2, "both words meet in the method");
        assert_eq!(ask(index, "client"), [4, 5], "the module, then what its file holds");
    });
}

#[test]
fn nothing_asked_or_nothing_known_finds_nothing() {
    with_index(&library(), |index| {
        assert!(ask(index, "").is_empty());
        assert!(ask(index, "quaternion").is_empty());
        assert!(index.search(&[("pool".into(), 1.0)], 0, &Weights::default()).is_empty());
    });
    with_index(&[], |index| assert!(ask(index, "pool").is_empty()));
}

#[test]
fn document_frequency_counts_symbols_not_mentions() {
    with_index(&library(), |index| {
        assert_eq!(index.document_frequency("acquir"), 2);
        assert_eq!(index.document_frequency("connection"), 2, "the name of one, in the body and around the other");
        assert_eq!(index.document_frequency("client"), 2, "a file's path counts for all it holds");
        assert_eq!(index.document_frequency("absent"), 0);
    });
}

#[test]
fn weights_come_with_the_query() {
    with_index(&library(), |index| {
        let weights: Weights = serde_json::from_str(r#"{"name": 0.0, "container": 0.0, "file": 0.0}"#).expect("json");
        let hits = index.search(&[("acquir".into(), 1.0)], 10, &weights);
        assert_eq!(nodes(&hits), [5], "only the mention is left");
        assert!(serde_json::from_str::<Weights>(r#"{"nmae": 1}"#).is_err(), "a misspelt field is told");
    });
}

#[test]
fn a_snapshot_without_an_index_says_so() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("snapshot");
    let mut writer = SnapshotWriter::create(&path, 1).expect("create");
    writer.section("other", &[1u8]).expect("write");
    writer.publish().expect("publish");
    assert!(Lexical::open(&Snapshot::open(&path).expect("open")).is_err());
}

#[test]
fn a_match_says_which_terms_it_has() {
    with_index(&library(), |index| {
        let terms = ["absent", "pool", "wait", "acquir"].map(|term| (term.to_owned(), 1.0));
        let hits = index.search(&terms, 10, &Weights::default());
        let of = |node| hits.iter().find(|hit| hit.node == node).map(|hit| hit.terms);
        assert_eq!(of(2), Some(0b1110), "acquire waits, in pool.py");
        assert_eq!(of(5), Some(0b1010), "fetch takes a pool and acquires");
        let many: Vec<(String, f32)> = (0..40).map(|_| ("wait".to_owned(), 1.0)).collect();
        assert_eq!(index.search(&many, 1, &Weights::default())[0].terms, u32::MAX, "no bit beyond the 32nd");
    });
}

#[test]
fn a_file_is_one_document() {
    with_index(&library(), |index| {
        let ask = |words: &[&str]| -> Vec<(u32, u32)> {
            let terms: Vec<(String, f32)> = words.iter().map(|&word| (word.to_owned(), 1.0)).collect();
            index.search_files(&terms, 10, &Weights::default()).iter().map(|hit| (hit.node, hit.terms)).collect()
        };
        assert_eq!(ask(&["json", "wait"]), [(0, 0b11)], "words of two symbols meet in their file");
        assert_eq!(ask(&["client"]), [(4, 1)], "the node of the module");
        assert_eq!(ask(&["acquir"]).len(), 2);
        assert_eq!(ask(&["quaternion"]), []);
    });
}

/// What the index should hold, in the plainest form, and BM25F written down as in the paper.
struct Plain {
    /// Per node, per term: counts by field, those of the path last (file, folders).
    documents: Vec<HashMap<String, [f64; 8]>>,
    /// First node of each file.
    files: Vec<usize>,
}

/// Where a term's count stops growing, field by field: name, container, signature, doc, body, text, file, folders.
const MOST: [f64; 8] = [3.0, 3.0, 7.0, 7.0, 15.0, 7.0, 3.0, 3.0];

impl Plain {
    fn of(files: &[(&str, FileFacts)]) -> Plain {
        let mut plain = Plain { documents: vec![], files: vec![] };
        for (path, facts) in files {
            plain.files.push(plain.documents.len());
            let (folders, name) = path.rsplit_once('/').expect("a folder");
            for (index, symbol) in facts.symbols.iter().enumerate() {
                let mut counts: HashMap<String, [f64; 8]> = HashMap::new();
                let mut add = |text: &[u8], field: usize, count: u32| {
                    Terms::default().of_text(std::str::from_utf8(text).expect("text"), |term| {
                        counts.entry(term.into()).or_default()[field] += f64::from(count);
                    });
                };
                add(facts.text(symbol.name), 0, 1);
                let mut outer = symbol.parent;
                while outer != 0 && outer != u32::MAX {
                    add(facts.text(facts.symbols[outer as usize].name), 1, 1);
                    outer = facts.symbols[outer as usize].parent;
                }
                for term in facts.terms.iter().filter(|term| term.symbol == index as u32) {
                    add(facts.text(term.text), term.field as usize + 2, term.count);
                }
                add(name.strip_suffix(".py").expect("python").as_bytes(), 6, 1);
                add(folders.as_bytes(), 7, 1);
                plain.documents.push(counts);
            }
        }
        plain
    }

    /// BM25 scores of every node, or of every file as one document.
    fn scores(&self, term: &str, weights: &Weights, by_file: bool) -> Vec<f64> {
        let of = weights_of(weights);
        let default = weights_of(&Weights::default());
        let counted =
            |counts: &[f64; 8]| -> f64 { (0..8).map(|field| counts[field].min(MOST[field]) * of[field]).sum() };
        let frequency = |node: usize| self.documents[node].get(term).map_or(0.0, counted);
        let length = |node: usize| -> f64 {
            let long = |counts: &[f64; 8]| (0..8).map(|field| counts[field] * default[field]).sum::<f64>();
            self.documents[node].values().map(long).sum()
        };
        let nodes: Vec<usize> = (0..self.documents.len()).collect();
        let groups: Vec<&[usize]> = if by_file {
            let ends = self.files.iter().skip(1).copied().chain([nodes.len()]);
            self.files.iter().zip(ends).map(|(&start, end)| &nodes[start..end]).collect()
        } else {
            nodes.chunks(1).collect()
        };
        let (k1, b) = if by_file { (weights.file_k1, weights.file_b) } else { (weights.k1, weights.b) };
        let (k1, b) = (f64::from(k1), f64::from(b));
        let lengths: Vec<f64> = groups.iter().map(|group| group.iter().map(|&node| length(node)).sum()).collect();
        let mean = lengths.iter().sum::<f64>() / lengths.len() as f64;
        let (having, all) = (self.having(term, &groups) as f64, groups.len() as f64);
        let rarity = (1.0 + (all - having + 0.5) / (having + 0.5)).ln();
        let score = |(group, length): (&&[usize], &f64)| {
            // A symbol's length is kept as a code of one byte; that rounding is part of the definition.
            let length = if by_file { *length } else { f64::from(length_of(length_code(*length as f32))) };
            let frequency = group.iter().map(|&node| frequency(node)).sum::<f64>() / (1.0 - b + b * length / mean);
            rarity * frequency * (k1 + 1.0) / (frequency + k1)
        };
        groups.iter().zip(&lengths).map(score).collect()
    }
}

impl Plain {
    /// How many have a term of their own accord, or by their path, whichever is more.
    fn having(&self, term: &str, groups: &[&[usize]]) -> usize {
        let count = |fields: std::ops::Range<usize>| {
            let has = |&node: &usize| {
                self.documents[node]
                    .get(term)
                    .is_some_and(|counts| counts[fields.clone()].iter().any(|&count| count > 0.0))
            };
            groups.iter().filter(|group| group.iter().any(has)).count()
        };
        count(0..6).max(count(6..8))
    }
}

fn weights_of(weights: &Weights) -> [f64; 8] {
    let Weights { name, container, signature, doc, body, text, file, folder, .. } = *weights;
    [name, container, signature, doc, body, text, file, folder].map(f64::from)
}

#[test]
fn scores_are_those_of_bm25f_worked_out_plainly() {
    const WORDS: [&str; 12] = [
        "pool",
        "Connection",
        "getHTTPResponse",
        "http_response",
        "max_size",
        "sockets",
        "retry",
        "timeouts",
        "json",
        "HashMap",
        "cache",
        "poolSize",
    ];
    let mut state = 99u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let paths: Vec<String> =
        (0..25).map(|file| format!("{}/http{file}/cache_{}.py", WORDS[file % 12], file % 3)).collect();
    let files: Vec<(&str, FileFacts)> = paths
        .iter()
        .map(|path| {
            let symbols: Vec<Sketch> = (0..1 + random(12))
                .map(|index| Sketch {
                    name: WORDS[random(12)],
                    parent: if index == 0 { 0 } else { random(index) as u32 },
                    terms: (0..random(30))
                        .map(|_| (Field::from_code(random(4) as u32), WORDS[random(12)], 1 + random(4) as u32))
                        .collect(),
                })
                .collect();
            (path.as_str(), facts(&symbols))
        })
        .collect();
    let plain = Plain::of(&files);
    let weights = Weights { b: 0.7, folder: 0.4, doc: 3.0, file_b: 0.3, ..Weights::default() };
    with_index(&files, |index| {
        for query in [vec!["pool"], vec!["http", "respons"], vec!["cach", "json", "size", "absent"]] {
            let terms: Vec<(String, f32)> =
                query.iter().enumerate().map(|(at, term)| (term.to_string(), 1.0 / (at + 1) as f32)).collect();
            for by_file in [false, true] {
                let hits = if by_file { Lexical::search_files } else { Lexical::search }(index, &terms, 1000, &weights);
                let found: HashMap<u32, f32> = hits.iter().map(|hit| (hit.node, hit.score)).collect();
                let mut expected = vec![0.0; if by_file { plain.files.len() } else { plain.documents.len() }];
                for (term, weight) in &terms {
                    let scores = plain.scores(term, &weights, by_file);
                    expected.iter_mut().zip(scores).for_each(|(sum, score)| *sum += f64::from(*weight) * score);
                }
                for (place, expected) in expected.into_iter().enumerate() {
                    let node = if by_file { plain.files[place] } else { place } as u32;
                    let score = f64::from(found.get(&node).copied().unwrap_or(0.0));
                    assert!((score - expected).abs() < 1e-4 * (1.0 + expected), "{query:?} {node}: {score} {expected}");
                }
            }
            let nodes: Vec<usize> = (0..plain.documents.len()).collect();
            let having = |term: &str| plain.having(term, &nodes.chunks(1).collect::<Vec<_>>());
            assert!(query.iter().all(|term| index.document_frequency(term) as usize == having(term)));
        }
    });
}

/// A project in which some words are everywhere, so that their lists are long and need not be read whole.
fn crowd() -> Vec<(String, FileFacts)> {
    let mut state = 3u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let rare = ["quaternion", "mutex", "journal", "socket"];
    let file = |number: usize| {
        let symbols: Vec<Sketch> = (0..40)
            .map(|_| {
                let mut terms = vec![(Field::Body, "device", 1 + random(9) as u32), (Field::Text, "return", 1)];
                if random(3) > 0 {
                    terms.push((Field::Body, "driver", 1));
                }
                if random(60) == 0 {
                    terms.push((Field::Doc, rare[random(4)], 1 + random(3) as u32));
                }
                Sketch { name: if random(5) == 0 { "probe_device" } else { "init" }, parent: 0, terms }
            })
            .collect();
        (format!("driver/part{}/{}.c", number % 7, ["probe", "core", "socket"][number % 3]), facts(&symbols))
    };
    (0..1200).map(file).collect()
}

#[test]
fn giving_up_on_the_hopeless_changes_nothing() {
    let files = crowd();
    let files: Vec<(&str, FileFacts)> = files.iter().map(|(path, facts)| (path.as_str(), facts.clone())).collect();
    with_index(&files, |index| {
        for query in [vec!["quaternion", "device", "return"], vec!["mutex", "journal", "driver", "prob", "absent"]] {
            let terms: Vec<(String, f32)> = query.iter().map(|&term| (term.to_owned(), 1.0)).collect();
            for search in [Lexical::search, Lexical::search_files] {
                // With room for everything nothing can be hopeless.
                let all = search(index, &terms, 100_000, &Weights::default());
                for limit in [1, 10, 300] {
                    let some = search(index, &terms, limit, &Weights::default());
                    for (hit, expected) in some.iter().zip(&all) {
                        assert!((hit.score - expected.score).abs() < 1e-4, "{query:?} {limit}: {hit:?} {expected:?}");
                        let alike = all.iter().find(|other| other.node == hit.node).expect("found with room, too");
                        assert_eq!(hit.terms, alike.terms, "{query:?} {limit}");
                    }
                    assert_eq!(some.len(), limit.min(all.len()));
                }
            }
        }
    });
}
