//! What of a Rust file is code: comments and the text of strings are left out, so that a word in either is
//! not taken for code. Never parses further than that.

/// The lines of a Rust file, each with its number, without comments and the text of strings.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, String)> {
    let code = strip(text);
    let lines: Vec<String> = code.lines().map(str::to_owned).collect();
    lines.into_iter().enumerate().map(|(index, line)| (index + 1, line))
}

/// The text with as many lines as before.
fn strip(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (length, kept) = match c {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => (block_comment(rest), false),
            '"' => (string(rest), false),
            'r' if !ends_in_word(&code) && raw_string(rest).is_some() => {
                (raw_string(rest).unwrap_or(rest.len()), false)
            }
            '\'' => (character(rest), false),
            _ => (c.len_utf8(), true),
        };
        let (piece, after) = rest.split_at(length);
        if kept {
            code.push_str(piece);
        } else {
            code.extend(piece.chars().filter(|c| *c == '\n'));
        }
        rest = after;
    }
    code
}

fn ends_in_word(code: &str) -> bool {
    // `br"…"` is a string, `for"` is not met in code.
    code.chars().next_back().is_some_and(|c| (c.is_alphanumeric() && c != 'b') || c == '_')
}

/// The length of a block comment; such comments nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let here = &text[at..];
        match (here.starts_with("/*"), here.starts_with("*/")) {
            (true, _) => (depth, at) = (depth + 1, at + 2),
            (_, true) => (depth, at) = (depth - 1, at + 2),
            _ => at += here.chars().next().map_or(1, char::len_utf8),
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of a string with its quotes.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a raw string; nothing if the text starts with none.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = 1 + hashes + 1;
    Some(text[start..].find(&end).map_or(text.len(), |at| start + at + end.len()))
}

/// The length of a character in quotes, or of the quote alone where it starts a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), _) => {
            text[2..].char_indices().skip(1).find(|(_, c)| *c == '\'').map_or(1, |(at, _)| at + 3)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_not_code() {
        for (text, code) in [
            (r#"let a = "x // \" y"; // unsafe"#, "let a = ; "),
            ("let q = '\"'; b", "let q = ; b"),
            ("let q = '\\''; b", "let q = ; b"),
            ("fn f<'a>(x: &'a str) {}", "fn f<a>(x: &a str) {}"),
            ("a /* b /* c */ d\n */ e", "a \n e"),
            ("let s = r#\"a \" b\nc\"#; d", "let s = \n; d"),
            ("let s = \"a\nunsafe {\"; d", "let s = \n; d"),
            ("for x in var {}", "for x in var {}"),
        ] {
            assert_eq!(strip(text), code, "{text}");
        }
    }

    #[test]
    fn lines_keep_their_numbers() {
        let found: Vec<_> = lines("a\n/*\n*/\nb // c\n").collect();
        assert_eq!(found[3], (4, "b ".to_owned()));
        assert_eq!(found.len(), 4);
    }
}
