//! Where the statements of a policy stand in its text, as simulations tell. Never reads what they say.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Statement.html>

/// Where a statement begins, which is behind what stands before it, and where it ends; lines and columns from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line and column of its start.
    pub start: (usize, usize),
    /// Line and column behind its end.
    pub end: (usize, usize),
}

/// The places of all statements, in their order. The text must be a policy.
#[must_use]
pub fn all(text: &str) -> Vec<Place> {
    let Some(from) = value_of_statement(text) else { return Vec::new() };
    let (mut places, mut depth, mut start) = (Vec::new(), 0_usize, from);
    for (at, letter) in structure(text).filter(|(at, _)| *at >= from) {
        match letter {
            // The list itself, then the commas between statements.
            '[' if depth == 0 && places.is_empty() && text[from..at].trim().is_empty() => start = at + 1,
            ',' if depth == 0 && places.is_empty() => return places,
            ',' if depth == 0 => start = at + 1,
            '{' | '[' => depth += 1,
            '}' | ']' if depth == 0 => break,
            '}' | ']' => {
                depth -= 1;
                if depth == 0 {
                    places.push(Place { start: position(text, start), end: position(text, at + 1) });
                }
            }
            _ => {}
        }
    }
    places
}

/// Behind the colon of the key `Statement` of the policy itself.
fn value_of_statement(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in structure(text) {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            ':' if depth == 1 && text[..at].trim_end().ends_with("\"Statement\"") => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The letters outside of strings, with their places.
fn structure(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut inside, mut escaped) = (false, false);
    text.char_indices().filter(move |(_, letter)| {
        let was_inside = inside;
        match letter {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ => {}
        }
        !was_inside && *letter != '"'
    })
}

fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, places: &[[usize; 4]]) {
        let found: Vec<_> = all(text).iter().map(|p| [p.start.0, p.start.1, p.end.0, p.end.1]).collect();
        assert_eq!(found, places, "{text}");
    }

    #[test]
    fn statements_begin_behind_what_stands_before_them() {
        check(r#"{"Version":"2012-10-17","Statement":[{"Sid":"a"}]}"#, &[[1, 38, 1, 49]]);
        check(r#"{"Statement":{"Sid":"},{","Condition":{}},"Id":"x"}"#, &[[1, 14, 1, 42]]);
        check(
            r#"{"Id":"\"Statement\":{","Statement":[{},{"Action":["a","b"]}]}"#,
            &[[1, 38, 1, 40], [1, 41, 1, 61]],
        );
        check("{\n  \"Statement\": [\n    {\n      \"Sid\": \"a\"\n    }\n  ]\n}", &[[2, 17, 5, 6]]);
        check("{}", &[]);
    }
}
