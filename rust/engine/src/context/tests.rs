//! Answers over small real files, and the laws that hold for any input: the budget, the count, the lines.

use std::path::Path;

use super::*;
use crate::text::tokens::count_tokens;

const POOL: &str = r#"import queue


class Pool:
    """Keeps connections alive so that the next request need not open one."""

    def __init__(self, size=10):
        self.free = queue.LifoQueue(size)

    def take(self, timeout=None):
        """Hand out a connection.

        Waits when none is free.
        """
        try:
            return self.free.get(timeout=timeout)
        except queue.Empty:
            return connect()

    def give(self, connection):
        self.free.put(connection)


def connect(
    host="localhost",
    port=80,
):
    return Connection(host, port)
"#;

/// The span of a definition in indented source, found by the text of its first line.
fn span(file: &str, source: &str, first_line: &str) -> Span {
    let lines: Vec<&str> = source.split_inclusive('\n').collect();
    let start = lines.iter().position(|line| line.contains(first_line)).expect("the line exists");
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(lines[start]);
    let inside = |line: &&str| line.trim().is_empty() || depth(line) > own || line.trim_start().starts_with(')');
    let mut end = start + 1 + lines[start + 1..].iter().take_while(|line| inside(line)).count();
    while lines[end - 1].trim().is_empty() {
        end -= 1;
    }
    let byte = |line: usize| lines[..line].iter().map(|line| line.len()).sum::<usize>() as u32;
    let start_byte = byte(start) + own as u32;
    let text = &source[start_byte as usize..byte(end) as usize];
    let signature_end = text.find(":\n").map_or(text.trim_end().len(), |at| at) as u32;
    let doc = text.find("\"\"\"").map(|from| (from, text[from + 3..].find("\"\"\"").expect("closed") + from + 6));
    let (doc_start, doc_end) = doc.unwrap_or((0, 0));
    let signature = text[..signature_end as usize].split_whitespace().collect::<Vec<_>>().join(" ");
    Span {
        file: file.into(),
        qualified_name: signature.split(['(', ':']).next().unwrap_or_default().replace("def ", "pool."),
        kind: if first_line.contains("class") { "class" } else { "function" }.into(),
        signature,
        summary: String::new(),
        start_line: start as u32 + 1,
        end_line: end as u32,
        start_byte,
        end_byte: start_byte + text.trim_end().len() as u32,
        signature_start: start_byte,
        signature_end: start_byte + signature_end,
        doc_start: start_byte + doc_start as u32,
        doc_end: start_byte + doc_end as u32,
    }
}

fn stamp(root: &Path, file: &str) -> Stamp {
    let bytes = std::fs::read(root.join(file)).expect("readable");
    Stamp { size: bytes.len() as u64, mtime_ns: 0, content_hash: blake3::hash(&bytes).as_bytes().to_vec() }
}

struct Project {
    folder: tempfile::TempDir,
    stamps: FxHashMap<String, Stamp>,
}

impl Project {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        for (file, source) in files {
            std::fs::write(folder.path().join(file), source).expect("write");
        }
        let stamps = files.iter().map(|(file, _)| (file.to_string(), stamp(folder.path(), file))).collect();
        Self { folder, stamps }
    }

    fn ask(&self, candidates: &[Candidate], frames: &[Span], terms: &[&str], budget: usize) -> Fitted {
        let terms: Vec<String> = terms.iter().map(|term| term.to_string()).collect();
        let stamps = self.stamps.clone();
        let fitted =
            build_weighted_context(self.folder.path(), &Question { candidates, frames, stamps, terms: &terms, budget });
        assert_eq!(fitted.tokens, count_tokens(&fitted.text), "the count is of the text");
        assert!(fitted.tokens <= budget, "{} tokens of {budget}:\n{}", fitted.tokens, fitted.text);
        fitted
    }
}

fn entry(span: Span) -> Candidate {
    Candidate { span, relevance: 1.0, hops: 0 }
}

fn neighbour(span: Span, hops: u32) -> Candidate {
    Candidate { span, relevance: 0.5 / hops as f32, hops }
}

fn pool(first_line: &str) -> Span {
    span("pool.py", POOL, first_line)
}

#[test]
fn with_room_enough_everything_is_shown_whole_in_source_order() {
    let project = Project::of(&[("pool.py", POOL)]);
    let candidates = [entry(pool("def take")), neighbour(pool("def connect"), 1)];
    let fitted = project.ask(&candidates, &[pool("class Pool")], &[], 2000);
    let expected = concat!(
        "Entry points: pool.take\n",
        "## pool.py\n",
        "4\tclass Pool:\n",
        "...\n",
        "10\t    def take(self, timeout=None):\n",
        "11\t        \"\"\"Hand out a connection.\n",
        "13\t        Waits when none is free.\n",
        "14\t        \"\"\"\n",
        "15\t        try:\n",
        "16\t            return self.free.get(timeout=timeout)\n",
        "17\t        except queue.Empty:\n",
        "18\t            return connect()\n",
        "...\n",
        "24\tdef connect(\n",
        "25\t    host=\"localhost\",\n",
        "26\t    port=80,\n",
        "27\t):\n",
        "28\t    return Connection(host, port)\n",
    );
    assert_eq!(fitted.text, expected);
    let details: Vec<(usize, Detail)> = fitted.pieces.iter().map(|piece| (piece.candidate, piece.detail)).collect();
    assert_eq!(details, [(0, Detail::Full), (1, Detail::Full)]);
    assert!(fitted.pieces[0].text.starts_with("10\t    def take"), "the frame is not part of the piece");
    assert_eq!((fitted.pieces[1].start_line, fitted.pieces[1].end_line), (24, 28));
    assert_eq!(fitted.omitted, 0);
}

#[test]
fn a_class_shown_whole_contains_its_methods() {
    let project = Project::of(&[("pool.py", POOL)]);
    let candidates = [entry(pool("class Pool")), neighbour(pool("def give"), 1)];
    let fitted = project.ask(&candidates, &[], &[], 2000);
    assert_eq!(fitted.text.matches("def give").count(), 1);
    assert_eq!(fitted.pieces.len(), 1, "the method is part of the class");
    assert_eq!(fitted.omitted, 0);
}

#[test]
fn a_class_too_big_to_show_lists_the_shown_methods_beneath_it() {
    let methods: String = (0..200).map(|i| format!("    def step_{i}(self):\n        return {i} + {i}\n\n")).collect();
    let source = format!("class Machine:\n    \"\"\"Does it all.\"\"\"\n\n{methods}");
    let project = Project::of(&[("machine.py", &source)]);
    let candidates = [
        entry(span("machine.py", &source, "class Machine")),
        neighbour(span("machine.py", &source, "def step_7("), 1),
        neighbour(span("machine.py", &source, "def step_150("), 1),
    ];
    let fitted = project.ask(&candidates, &[], &[], 100);
    let lines: Vec<&str> = fitted.text.lines().collect();
    let class = lines.iter().position(|line| *line == "1\tclass Machine:").expect("the class");
    assert_eq!(lines[class + 1], "2\t    \"\"\"Does it all.\"\"\"");
    assert!(fitted.text.contains("\tdef step_7(self):\n") || fitted.text.contains("    def step_7(self):\n"));
    assert!(fitted.text.contains("def step_150(self):\n"));
    assert_eq!(fitted.pieces[0].detail, Detail::Signature);
    assert!(!fitted.pieces[0].text.contains("step_7"), "a line belongs to the innermost piece");
}

#[test]
fn a_huge_body_gives_its_signature_and_the_part_that_speaks_of_the_question() {
    let blocks: String =
        (0..300).map(|i| format!("    step_{i} = compute({i})\n    total += step_{i}\n    check(total)\n\n")).collect();
    let source = format!(
        "def huge(total):\n    \"\"\"Adds things.\"\"\"\n{blocks}    evict(oldest)\n    pool.release()\n\n{blocks}"
    );
    let project = Project::of(&[("huge.py", &source), ("pool.py", POOL)]);
    let candidates = [entry(span("huge.py", &source, "def huge")), neighbour(pool("def connect"), 1)];
    let fitted = project.ask(&candidates, &[], &["evict", "oldest"], 300);
    assert!(fitted.text.contains("def huge(total):\n"));
    assert!(fitted.text.contains("Adds things."));
    assert!(fitted.text.contains("evict(oldest)\n"));
    assert!(fitted.text.contains("def connect("), "the rest is left for the neighbours");
    assert!(fitted.tokens > 250, "and the budget is used: {}", fitted.tokens);
}

#[test]
fn detail_degrades_from_full_to_signature_to_line_to_nothing() {
    let project = Project::of(&[("pool.py", POOL)]);
    let candidates = [entry(pool("def take"))];
    let detail = |budget| project.ask(&candidates, &[], &[], budget).pieces.first().map(|piece| piece.detail);
    assert_eq!(detail(200), Some(Detail::Full));
    assert_eq!(detail(50), Some(Detail::Signature));
    assert_eq!(detail(24), Some(Detail::Line));
    assert_eq!(detail(9), None);
    let nothing = project.ask(&candidates, &[], &[], 0);
    assert_eq!((nothing.text.as_str(), nothing.omitted), ("", 1));
}

#[test]
fn a_signature_over_several_lines_folds_into_one() {
    let project = Project::of(&[("pool.py", POOL)]);
    let fitted = project.ask(&[neighbour(pool("def connect"), 2)], &[], &[], 21);
    assert_eq!(fitted.text, "## pool.py\n24\tdef connect( host=\"localhost\", port=80, )\n");
    assert_eq!(fitted.pieces[0].detail, Detail::Line);
}

#[test]
fn a_section_is_known_by_its_first_line() {
    let text = "# Client\n\n## Timeouts\n\nThirty seconds.\n";
    let project = Project::of(&[("README.md", text)]);
    let at = text.find("##").expect("heading") as u32;
    let (end_byte, signature) = (text.len() as u32, "Timeouts".to_string());
    let section = Span {
        file: "README.md".into(),
        kind: "section".into(),
        signature,
        start_line: 3,
        end_line: 5,
        start_byte: at,
        end_byte,
        signature_start: at,
        signature_end: at,
        ..Span::default()
    };
    let fitted = project.ask(&[neighbour(section, 1)], &[], &[], 11);
    assert_eq!(fitted.text, "## README.md\n3\t## Timeouts\n");
}

#[test]
fn a_module_beside_the_answer_is_known_by_its_documentation() {
    let source = "\"\"\"Repeats what failed.\"\"\"\n\ndef repeat(work):\n    return work()\n";
    let project = Project::of(&[("retry.py", source), ("pool.py", POOL)]);
    let documentation = source.find('\n').expect("a line") as u32;
    let module = Span {
        file: "retry.py".into(),
        kind: "module".into(),
        start_line: 1,
        end_line: 4,
        end_byte: source.len() as u32,
        doc_end: documentation,
        ..Span::default()
    };
    let beside = project.ask(&[entry(pool("def give")), neighbour(module.clone(), 1)], &[], &[], 500);
    assert!(beside.text.contains("1\t\"\"\"Repeats what failed.\"\"\"\n"));
    assert!(!beside.text.contains("def repeat"));
    assert!(project.ask(&[entry(module)], &[], &[], 500).text.contains("def repeat"), "as the answer it is shown");
}

#[test]
fn documentation_keeps_the_marks_that_stand_around_it() {
    let source = "def take(self):\n    \"\"\"\n    Hand out a connection.\n    \"\"\"\n    return self.free.get(timeout=timeout, block=block, retries=retries)\n";
    let project = Project::of(&[("take.py", source)]);
    let mut take = span("take.py", source, "def take");
    take.doc_start = source.find("Hand").expect("words") as u32;
    take.doc_end = take.doc_start + "Hand out a connection.".len() as u32;
    let fitted = project.ask(&[neighbour(take, 1)], &[], &[], 35);
    let expected = "## take.py\n1\tdef take(self):\n2\t    \"\"\"\n3\t    Hand out a connection.\n4\t    \"\"\"\n";
    assert_eq!(fitted.text, expected);
    assert_eq!(fitted.pieces[0].detail, Detail::Signature);
}

#[test]
fn files_stand_in_the_order_of_their_best_symbol() {
    let other = "def first():\n    return 1\n";
    let project = Project::of(&[("pool.py", POOL), ("a.py", other)]);
    let candidates = [entry(pool("def give")), neighbour(span("a.py", other, "def first"), 1)];
    let fitted = project.ask(&candidates, &[], &[], 500);
    assert!(fitted.text.find("## pool.py").expect("shown") < fitted.text.find("## a.py").expect("shown"));
}

#[test]
fn a_file_that_changed_lends_only_signatures_that_still_stand_in_their_place() {
    let project = Project::of(&[("pool.py", POOL)]);
    let candidates = [entry(pool("def take")), neighbour(pool("def connect"), 1)];
    let edited = POOL.replace("            return connect()", "            return open_another_one()");
    std::fs::write(project.folder.path().join("pool.py"), edited).expect("edit");
    let fitted = project.ask(&candidates, &[], &[], 500);
    assert_eq!(fitted.changed, ["pool.py"]);
    assert!(fitted.text.contains("## pool.py (changed since it was indexed)\n"));
    assert!(fitted.text.contains("10\t    def take(self, timeout=None):\n"), "still in its place");
    assert!(!fitted.text.contains("open_another_one"), "a body may have moved");
    assert!(fitted.text.contains("def connect( host=\"localhost\", port=80, )\n"), "moved: as it was stored");
}

#[test]
fn a_touched_file_with_the_same_content_is_not_changed() {
    let project = Project::of(&[("pool.py", POOL)]);
    std::fs::write(project.folder.path().join("pool.py"), POOL).expect("touch");
    let fitted = project.ask(&[entry(pool("def take"))], &[], &[], 500);
    assert!(fitted.changed.is_empty());
    assert_eq!(fitted.pieces[0].detail, Detail::Full);
}

#[test]
fn a_file_that_is_gone_is_shown_from_the_index() {
    let project = Project::of(&[("pool.py", POOL)]);
    std::fs::remove_file(project.folder.path().join("pool.py")).expect("remove");
    let fitted = project.ask(&[entry(pool("def give"))], &[], &[], 500);
    assert_eq!(fitted.missing, ["pool.py"]);
    assert!(fitted.text.contains("20\tdef give(self, connection)\n"));
}

#[test]
fn spans_from_another_world_never_panic_and_never_show_foreign_bytes() {
    let project = Project::of(&[("pool.py", POOL)]);
    let mut wild = pool("def take");
    (wild.start_byte, wild.end_byte, wild.signature_start, wild.signature_end) = (4_000_000_000, 7, 9, u32::MAX);
    (wild.doc_start, wild.doc_end, wild.start_line, wild.end_line) = (u32::MAX, 0, 77, 3);
    let fitted = project.ask(&[entry(wild)], &[], &[], 500);
    assert!(fitted.text.ends_with("77\tdef take(self, timeout=None)\n"), "{}", fitted.text);
}

#[test]
fn a_line_longer_than_the_budget_is_never_cut() {
    let source = format!("def packed(): return [{}]\ndef small():\n    return 1\n", "1, ".repeat(50_000));
    let project = Project::of(&[("packed.py", &source)]);
    let mut packed = span("packed.py", &source, "def packed");
    (packed.signature, packed.signature_end) = ("def packed()".into(), packed.start_byte + 12);
    let candidates = [entry(packed), neighbour(span("packed.py", &source, "def small"), 1)];
    let fitted = project.ask(&candidates, &[], &[], 100);
    assert!(fitted.text.contains("1\tdef packed()\n"));
    assert!(fitted.text.contains("2\tdef small():\n3\t    return 1\n"));
}

/// A small generator, so that a failure repeats.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn source(&mut self) -> Vec<u8> {
        let scraps: [&[u8]; 14] = [
            b"def f(x):\n",
            b"    return x + 1\n",
            b"\n",
            b"\r\n",
            b"  \t \n",
            b"'s 12345 ))) \n",
            b"\xff\xfe raw\n",
            "größe = 'ß'; 日本語\u{85}\u{2028}x\n".as_bytes(),
            b"\x0c\x0b\n",
            b"a\rb\r\r\n",
            b"<|endoftext|>",
            b"\t\t}\n",
            b"no end of line",
            b"   ",
        ];
        (0..self.below(60)).flat_map(|_| scraps[self.below(scraps.len())].to_vec()).collect()
    }

    fn span(&mut self, file: &str, length: usize) -> Span {
        let mut byte = || self.below(length + 3) as u32;
        let (start_byte, end_byte, signature_start, signature_end, doc_start, doc_end) =
            (byte(), byte(), byte(), byte(), byte(), byte());
        let (start_line, end_line) = (self.below(40) as u32, self.below(60) as u32);
        let signature = ["def f(x)", "", "größe\u{2028} = 'ß'", "a b\n\nc"][self.below(4)].into();
        let kind = ["function", "class", "module"][self.below(3)].into();
        Span {
            file: file.into(),
            qualified_name: "m.f".into(),
            kind,
            signature,
            summary: "Adds one.".into(),
            start_line,
            end_line,
            start_byte,
            end_byte,
            signature_start,
            signature_end,
            doc_start,
            doc_end,
        }
    }
}

#[test]
fn for_any_input_the_budget_holds_the_count_is_exact_and_no_line_is_cut_or_invented() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..400 {
        let files: Vec<(String, Vec<u8>)> = (0..3).map(|i| (format!("f{i}.py"), random.source())).collect();
        let project = Project::of(&[]);
        for (file, source) in &files {
            std::fs::write(project.folder.path().join(file), source).expect("write");
        }
        let stamps = files.iter().map(|(file, _)| (file.clone(), stamp(project.folder.path(), file)));
        let project = Project { stamps: stamps.filter(|_| random.below(4) > 0).collect(), ..project };
        let pick = |random: &mut Random| {
            let (file, source) = &files[random.below(3)];
            random.span(file, source.len())
        };
        let frames: Vec<Span> = (0..random.below(4)).map(|_| pick(&mut random)).collect();
        let candidates: Vec<Candidate> = (0..random.below(12))
            .map(|_| Candidate {
                span: pick(&mut random),
                relevance: [1.0, 0.3, f32::NAN, -1.0][random.below(4)],
                hops: random.below(3) as u32,
            })
            .collect();
        let budget = random.below(300);
        let fitted = project.ask(&candidates, &frames, &["x"], budget);
        assert!(fitted.pieces.len() + fitted.omitted <= candidates.len());
        check_lines(&fitted, &files, &candidates, &frames);
    }
}

/// Every line is a heading, a gap, a whole source line with its number, or a symbol in the words of the index.
fn check_lines(fitted: &Fitted, files: &[(String, Vec<u8>)], candidates: &[Candidate], frames: &[Span]) {
    let mut source: Vec<String> = Vec::new();
    let spans: Vec<&Span> = candidates.iter().map(|candidate| &candidate.span).chain(frames).collect();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut last = 0;
    for line in fitted.text.split_terminator('\n') {
        if let Some(header) = line.strip_prefix("## ") {
            let file = header.split(' ').next().unwrap_or_default();
            let (_, bytes) = files.iter().find(|(name, _)| name == file).expect("a known file");
            let lines = bytes.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
            source = lines.map(|line| String::from_utf8_lossy(line).into_owned()).collect();
            last = 0;
        } else if line != "..." && !line.starts_with("Entry points: ") {
            let (number, text) = line.split_once('\t').expect("numbered");
            let number: usize = number.parse().expect("a number");
            assert!(number >= last, "source order");
            last = number;
            let stored = spans.iter().any(|span| {
                words(text) == words(&span.signature) || text.trim_start().starts_with(&format!("{} m.f", span.kind))
            });
            assert!(stored || source.get(number.wrapping_sub(1)).is_some_and(|line| line == text), "{line:?}");
        }
    }
}
