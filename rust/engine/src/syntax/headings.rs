//! Headings of documents: where a chapter begins, how deep it is, and what it is called.
//!
//! Markdown as in CommonMark: lines that begin with `#`, lines underlined with `=` or `-`, and `<h1>` as READMEs write it;
//! not what stands in fences, comments and front matter. reStructuredText: lines underlined with any punctuation, whose
//! depths follow from the order in which they are first used. HTML: its own headings.

/// How many lines a heading between tags has at most.
const TAG_LINES: usize = 8;

/// A line of a document that opens a chapter.
#[derive(Debug, PartialEq, Eq)]
pub struct Heading {
    /// The line it begins on, counted from 0, and how many lines it takes.
    pub line: usize,
    pub lines: usize,
    /// 1 is the outermost.
    pub level: usize,
    pub title: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Markdown,
    Restructured,
    Tags,
}

impl Style {
    /// How the headings of a file are written; None for a file that is no document.
    pub fn of(file: &str) -> Option<Self> {
        let (_, extension) = file.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "md" | "markdown" | "mdx" => Some(Self::Markdown),
            "rst" => Some(Self::Restructured),
            "html" | "htm" | "vue" | "svelte" => Some(Self::Tags),
            _ => None,
        }
    }

    pub fn headings(self, lines: &[&[u8]]) -> Vec<Heading> {
        match self {
            Self::Markdown => markdown(lines),
            Self::Restructured => restructured(lines),
            Self::Tags => tags(lines),
        }
    }
}

fn markdown(lines: &[&[u8]]) -> Vec<Heading> {
    let mut found = Vec::new();
    let mut fence: Option<(u8, usize)> = None;
    let mut comment = false;
    let start = front_matter(lines);
    for (number, line) in lines.iter().enumerate().skip(start) {
        let text = line.trim_ascii();
        let run = text.iter().take_while(|byte| Some(*byte) == text.first()).count();
        if let Some((mark, length)) = fence {
            if text.len() == run && run >= length && text.first() == Some(&mark) {
                fence = None;
            }
            continue;
        }
        if comment || text.starts_with(b"<!--") {
            comment = !text.windows(3).any(|end| end == b"-->");
            continue;
        }
        if matches!(text.first(), Some(b'`' | b'~')) && run >= 3 && !(text[0] == b'`' && text[run..].contains(&b'`')) {
            fence = Some((text[0], run));
            continue;
        }
        if indent(line) > 3 {
            continue;
        }
        let heading = match marked(text, run).or_else(|| tagged(text)) {
            Some((level, title)) => Heading { line: number, lines: 1, level, title },
            None => match text.first() {
                Some(mark @ (b'=' | b'-')) if run == text.len() && run > 1 && underlines(lines, number, start) => {
                    let level = if *mark == b'=' { 1 } else { 2 };
                    Heading { line: number - 1, lines: 2, level, title: plain(lines[number - 1]) }
                }
                _ => continue,
            },
        };
        if !heading.title.is_empty() {
            found.push(heading);
        }
    }
    found
}

/// Lines of the block between `---` at the very top.
fn front_matter(lines: &[&[u8]]) -> usize {
    let is_rule = |line: &&[u8]| line.trim_ascii_end() == b"---";
    let end = lines.iter().skip(1).position(is_rule).filter(|_| lines.first().is_some_and(is_rule));
    end.map_or(0, |end| end + 2)
}

fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|byte| byte.is_ascii_whitespace()).map(|byte| if *byte == b'\t' { 4 } else { 1 }).sum()
}

/// `## Title ##`.
fn marked(text: &[u8], run: usize) -> Option<(usize, String)> {
    let opens = text.starts_with(b"#") && run <= 6 && matches!(text.get(run), None | Some(b' ' | b'\t'));
    let rest = text.get(run..).filter(|_| opens)?.trim_ascii();
    let end = rest.iter().rposition(|byte| *byte != b'#').map_or(0, |last| last + 1);
    let closed = end < rest.len() && rest[..end].last().is_none_or(u8::is_ascii_whitespace);
    Some((run, plain(if closed { &rest[..end] } else { rest })))
}

/// `<h1 align="center">Title</h1>`.
fn tagged(text: &[u8]) -> Option<(usize, String)> {
    let [b'<', b'h' | b'H', level @ b'1'..=b'6', b' ' | b'>', ..] = text else { return None };
    Some((usize::from(level - b'0'), plain(text)))
}

/// Whether a line of dashes underlines the line before it: one that is a paragraph of its own.
fn underlines(lines: &[&[u8]], number: usize, start: usize) -> bool {
    let blank = |at: usize| lines[at].trim_ascii().is_empty();
    let Some(title) = number.checked_sub(1).filter(|title| *title >= start && !blank(*title)) else { return false };
    let first = lines[title].trim_ascii()[0];
    let is_text = indent(lines[title]) <= 3 && !matches!(first, b'#' | b'>' | b'|' | b'`' | b'~' | b'=');
    let in_list =
        matches!(first, b'-' | b'*' | b'+') && lines[title].trim_ascii().get(1).is_none_or(|next| *next == b' ');
    is_text && !in_list && (title == start || blank(title - 1) || lines[title - 1].trim_ascii().starts_with(b"#"))
}

/// Elements `<h1>` to `<h6>` that begin a line; their text may go on over the next ones.
fn tags(lines: &[&[u8]]) -> Vec<Heading> {
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some((level, _)) = tagged(line.trim_ascii()) else { continue };
        let ends = |line: &&[u8]| line.windows(3).any(|end| end == b"</h");
        let other = |line: &&[u8]| tagged(line.trim_ascii()).is_some();
        let next = lines[number + 1..].iter().position(other).unwrap_or(TAG_LINES);
        let more = lines[number..].iter().take(TAG_LINES.min(next + 1)).position(ends).unwrap_or(0);
        let title = plain(&lines[number..=number + more].concat());
        if !title.is_empty() {
            found.push(Heading { line: number, lines: more + 1, level, title });
        }
    }
    found
}

fn restructured(lines: &[&[u8]]) -> Vec<Heading> {
    let adorns = |line: &[u8]| {
        let line = line.trim_ascii_end();
        let first = line.first().copied().filter(u8::is_ascii_punctuation)?;
        (line.len() > 1 && line.iter().all(|byte| *byte == first)).then_some((first, line.len()))
    };
    let mut levels: Vec<(u8, bool)> = Vec::new();
    let mut found = Vec::new();
    for number in 1..lines.len() {
        let title = lines[number - 1].trim_ascii();
        let Some((mark, length)) = adorns(lines[number]) else { continue };
        let letters = String::from_utf8_lossy(title).chars().count();
        let over = number > 1 && adorns(lines[number - 2]) == Some((mark, length));
        let indented = indent(lines[number - 1]) > 0 && !over;
        let alone = over || number < 2 || lines[number - 2].trim_ascii().is_empty();
        if title.is_empty() || adorns(title).is_some() || indented || length < letters || !alone {
            continue;
        }
        let level = levels.iter().position(|known| *known == (mark, over)).unwrap_or_else(|| {
            levels.push((mark, over));
            levels.len() - 1
        });
        let line = number - 1 - usize::from(over);
        found.push(Heading { line, lines: number + 1 - line, level: level + 1, title: plain(title) });
    }
    found
}

/// The first paragraph among lines, in one line and without markup; None if there is no prose.
pub fn first_paragraph(lines: &[&[u8]]) -> Option<String> {
    let mut fence = false;
    let mut is_prose = |line: &[u8]| {
        let text = line.trim_ascii();
        let fences = text.starts_with(b"```") || text.starts_with(b"~~~");
        fence ^= fences;
        let item = matches!(text, [b'*' | b'+', b' ', ..]);
        let mark = matches!(text.first(), Some(b'<' | b'!' | b'|' | b'=' | b'-' | b'#' | b':' | b'.'));
        let prose = !fences && !fence && !item && !mark && indent(line) == 0 && !text.starts_with(b"[![");
        prose && plain(text).chars().any(char::is_alphabetic)
    };
    let start = lines.iter().position(|line| is_prose(line))?;
    let paragraph = lines[start..].iter().take_while(|line| !line.trim_ascii().is_empty() && indent(line) <= 3);
    let words: Vec<String> = paragraph.map(|line| plain(line)).collect();
    Some(words.join(" "))
}

/// Text as a reader sees it: no tags, images, links, emphasis and code marks.
fn plain(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut seen = String::with_capacity(text.len());
    let mut rest = text.trim();
    while let Some(at) = rest.find(['<', '!', '[', ']', '`', '*', '{']) {
        seen.push_str(&rest[..at]);
        let marked = &rest[at..];
        let skipped = match marked.as_bytes()[0] {
            b'<' => {
                marked.find('>').filter(|_| marked[1..].starts_with(|next: char| next.is_alphabetic() || next == '/'))
            }
            b'!' if marked.starts_with("![") => marked.find(')').or_else(|| marked.find(']')),
            b']' if marked.starts_with("](") => marked.find(')'),
            b'{' if marked.starts_with("{#") => marked.find('}'),
            b'[' | b']' | b'`' | b'*' => Some(0),
            _ => None,
        };
        let kept = if skipped.is_none() { 1 } else { 0 };
        seen.push_str(&marked[..kept]);
        rest = &marked[skipped.map_or(1, |last| last + 1)..];
    }
    seen.push_str(rest);
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(style: Style, text: &str) -> Vec<(usize, usize, String)> {
        let lines: Vec<&[u8]> = text.as_bytes().split_inclusive(|&byte| byte == b'\n').collect();
        style.headings(&lines).into_iter().map(|heading| (heading.line + 1, heading.level, heading.title)).collect()
    }

    fn titles(text: &str) -> Vec<String> {
        found(Style::Markdown, text).into_iter().map(|(_, _, title)| title).collect()
    }

    #[test]
    fn markdown_marks_or_underlines_its_headings() {
        let text =
            "Pool\n====\n\n## Options ##\ntext\n\nLimits\n---\n### `open` and [close](#close)\n<h2 id=x>End</h2>\n";
        let expected = [(1, 1, "Pool"), (4, 2, "Options"), (7, 2, "Limits"), (9, 3, "open and close"), (10, 2, "End")];
        assert_eq!(found(Style::Markdown, text), expected.map(|(line, level, title)| (line, level, title.to_string())));
    }

    #[test]
    fn what_stands_in_fences_comments_and_front_matter_is_no_heading() {
        assert_eq!(titles("---\ntitle: A\n---\n# A\n"), ["A"]);
        assert_eq!(titles("````md\n```\n# no\n````\n# A\n~~~~\n# no\n```\n~~~~\n## B\n"), ["A", "B"]);
        assert_eq!(titles("- item\n\n  ```sh\n  # no\n  ```\n\n    # indented\n# A\n"), ["A"]);
        assert_eq!(titles("<!--\n# no\n-->\n# A\n<!-- note -->\n# B\n"), ["A", "B"]);
        assert_eq!(titles("``` `inline` ```\n# A\n"), ["A"]);
    }

    #[test]
    fn rules_lists_tables_and_hashtags_are_no_headings() {
        assert_eq!(
            titles("text\nmore\n---\n\n- item\n---\n\n| a |\n---\n\n> said\n---\n\n#tag\n\n---\n####### seven\n#\n"),
            [""; 0]
        );
    }

    #[test]
    fn headings_between_tags_may_take_several_lines_and_never_another_heading() {
        let text = "<h1 class=a>\nPool\n</h1>\n<p>\n  <h2>Open\n  <h3>Close</h3>\n";
        let expected = [(1, 1, "Pool"), (5, 2, "Open"), (6, 3, "Close")];
        assert_eq!(found(Style::Tags, text), expected.map(|(line, level, title)| (line, level, title.to_string())));
    }

    #[test]
    fn underlines_of_restructured_text_nest_by_first_use() {
        let text = "====\nPool\n====\n\nText.\n\nUsage\n-----\n\n::\n\n    code\n    ----\n\nMore\n~~~~\n\nLimits\n------\n\na\n--\n=====\n";
        let expected = [(1, 1, "Pool"), (7, 2, "Usage"), (15, 3, "More"), (18, 2, "Limits"), (21, 2, "a")];
        assert_eq!(
            found(Style::Restructured, text),
            expected.map(|(line, level, title)| (line, level, title.to_string()))
        );
    }

    #[test]
    fn the_first_paragraph_is_the_first_prose() {
        let lines: Vec<&[u8]> = b"\n[![build](a.svg)](b)\n<p>\n\nA **pool** of\n[connections](c.md).\n\nMore.\n"
            .split(|&byte| byte == b'\n')
            .collect();
        assert_eq!(first_paragraph(&lines).as_deref(), Some("A pool of connections."));
        assert_eq!(first_paragraph(&[b"```sh", b"run it", b"```", b"- item", b"  more", b"<br>"]), None);
    }
}
