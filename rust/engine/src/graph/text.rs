//! Reading the little texts of facts: receivers like `self.pool.get()`, types like `Optional[http.Client]`.

/// The first part of an expression, and the rest after its separator. Parts are separated by `.`, `::`, `->` or `?.`.
pub fn first_segment(text: &[u8]) -> (&[u8], &[u8]) {
    let mut depth = 0i32;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'<' => depth += 1,
            b')' | b']' => depth -= 1,
            b'>' if depth > 0 && text.get(at.wrapping_sub(1)) != Some(&b'-') => depth -= 1,
            _ if depth > 0 => {}
            b'.' => return (&text[..at], &text[at + 1..]),
            b':' | b'-' | b'?' => {
                let second = text.get(at + 1).copied();
                if matches!((byte, second), (b':', Some(b':')) | (b'-', Some(b'>')) | (b'?', Some(b'.'))) {
                    return (&text[..at], &text[at + 2..]);
                }
            }
            _ => {}
        }
    }
    (text, b"")
}

/// One part of an expression: its name, and whether it is called. None if it is anything but a name or a call of one.
pub fn segment_name(segment: &[u8]) -> Option<(&[u8], bool)> {
    let (head, called) = match segment.strip_suffix(b"()") {
        Some(head) => (head, true),
        None => (segment, false),
    };
    let head = match head.iter().position(|&byte| byte == b'<') {
        Some(at) => &head[..at],
        None => head,
    };
    let is_name = !head.is_empty() && head.iter().all(|&byte| is_name_byte(byte));
    is_name.then_some((head, called))
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@' | b'#') || byte >= 0x80
}

/// `x` of `self.x`, if that is all there is.
pub fn strip_self<'a>(text: &'a [u8], self_names: &[String]) -> Option<&'a [u8]> {
    let (first, rest) = first_segment(text);
    (!rest.is_empty() && self_names.iter().any(|name| name.as_bytes() == first)).then_some(rest)
}

/// The name of the type whose members a value of type `text` has: `http.Client` of `*http.Client`, `Foo` of
/// `Optional[Foo]`. None for what has no such name: lists, functions, tuples.
pub fn type_head<'a>(text: &'a [u8], wrappers: &[String]) -> Option<&'a [u8]> {
    type_head_within(text, wrappers, 4)
}

fn type_head_within<'a>(text: &'a [u8], wrappers: &[String], depth: u32) -> Option<&'a [u8]> {
    let text = strip_modifiers(text);
    let text = union_member(text);
    let end = text.iter().position(|&byte| !(is_name_byte(byte) || matches!(byte, b'.' | b':'))).unwrap_or(text.len());
    let (head, rest) = (&text[..end], text[end..].trim_ascii());
    if head.is_empty() {
        // Go returns (value, error): the value is what the call is used as.
        return match text.strip_prefix(b"(") {
            Some(inner) if depth > 0 => type_head_within(before_comma(inner), wrappers, depth - 1),
            _ => None,
        };
    }
    let Some(open) = rest.first() else { return Some(head) };
    if !matches!(open, b'[' | b'<') {
        return (*open != b'(').then_some(head);
    }
    let inner = rest[1..].trim_ascii();
    if inner.first() == Some(&b']') {
        return None; // `Foo[]` is an array
    }
    let last = head.rsplit(|&byte| matches!(byte, b'.' | b':')).next().unwrap_or(head);
    if depth > 0 && wrappers.iter().any(|wrapper| wrapper.as_bytes() == last) {
        return type_head_within(before_comma(inner), wrappers, depth - 1);
    }
    Some(head)
}

const MODIFIERS: [&[u8]; 12] =
    [b"&", b"*", b"\"", b"'", b"?", b"mut ", b"const ", b"dyn ", b"impl ", b"struct ", b"enum ", b"final "];

fn strip_modifiers(mut text: &[u8]) -> &[u8] {
    loop {
        text = text.trim_ascii();
        let Some(rest) = MODIFIERS.iter().find_map(|modifier| text.strip_prefix(*modifier)) else { return text };
        let after_quote = text.first() == Some(&b'\'');
        text = rest;
        // A lifetime: `'a Foo`.
        if after_quote && let Some(space) = text.iter().position(|&byte| byte == b' ') {
            text = &text[space..];
        }
    }
}

/// The first member of `Foo | None` that is a type of its own.
fn union_member(text: &[u8]) -> &[u8] {
    let mut depth = 0;
    let parts = text.split(|&byte| {
        match byte {
            b'[' | b'<' | b'(' => depth += 1,
            b']' | b'>' | b')' => depth -= 1,
            _ => {}
        }
        depth == 0 && byte == b'|'
    });
    let nothing: [&[u8]; 4] = [b"None", b"null", b"undefined", b"void"];
    let mut members = parts.map(<[u8]>::trim_ascii).filter(|part| !nothing.contains(part));
    members.next().unwrap_or(text)
}

fn before_comma(text: &[u8]) -> &[u8] {
    let mut depth = 0;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'[' | b'<' | b'(' => depth += 1,
            b']' | b'>' | b')' if depth == 0 => return &text[..at],
            b']' | b'>' | b')' => depth -= 1,
            b',' if depth == 0 => return &text[..at],
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Option<String> {
        let wrappers = ["Optional".to_string(), "Arc".into(), "Mutex".into(), "Promise".into()];
        type_head(text.as_bytes(), &wrappers).map(|head| String::from_utf8_lossy(head).into_owned())
    }

    #[test]
    fn a_type_is_known_by_the_name_whose_members_its_values_have() {
        for (text, expected) in [
            ("Session", "Session"),
            ("http.Client", "http.Client"),
            ("*http.Client", "http.Client"),
            ("&'a mut Parser<'a>", "Parser"),
            ("Optional[Session]", "Session"),
            ("Session | None", "Session"),
            ("None | Session", "Session"),
            ("Arc<Mutex<Pool>>", "Pool"),
            ("Promise<Response>", "Response"),
            ("Map<String, Foo>", "Map"),
            ("\"Session\"", "Session"),
            ("(*Client, error)", "Client"),
            ("crate::io::Reader<T>", "crate::io::Reader"),
            ("dyn Handler", "Handler"),
        ] {
            assert_eq!(head(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn lists_and_functions_have_no_such_name() {
        for text in ["[]Foo", "Foo[]", "[Foo; 4]", "", "()", "(", "<<<<"] {
            assert_eq!(head(text), None, "{text}");
        }
    }

    #[test]
    fn an_expression_falls_apart_at_its_outer_separators() {
        let parts = |text: &str| {
            let mut rest = text.as_bytes();
            let mut parts = Vec::new();
            while !rest.is_empty() {
                let (first, after) = first_segment(rest);
                parts.push(String::from_utf8_lossy(first).into_owned());
                rest = after;
            }
            parts
        };
        assert_eq!(parts("self.pool.get()"), ["self", "pool", "get()"]);
        assert_eq!(parts("crate::io::Reader"), ["crate", "io", "Reader"]);
        assert_eq!(parts("dev->ops"), ["dev", "ops"]);
        assert_eq!(parts("user?.name"), ["user", "name"]);
        assert_eq!(parts("Vec::<a::B>::new()"), ["Vec", "<a::B>", "new()"]);
    }

    #[test]
    fn a_part_is_a_name_or_a_call_or_nothing_we_follow() {
        assert_eq!(segment_name(b"get"), Some((&b"get"[..], false)));
        assert_eq!(segment_name(b"Session()"), Some((&b"Session"[..], true)));
        assert_eq!(segment_name(b"Vec<T>"), Some((&b"Vec"[..], false)));
        assert_eq!(segment_name(b"?"), None);
        assert_eq!(segment_name(b"items[0]"), None);
    }
}
