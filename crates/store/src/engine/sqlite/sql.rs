//! Statements over many rows at once. Never holds a value: rows come in as parameters.
//!
//! A batch costs a few statements instead of a few for each transaction; that, with one flush for all, is
//! what makes a durable write cheap. Numbered parameters and `ON CONFLICT` mean the same to PostgreSQL.

use std::fmt::Write;

use sqlx::AssertSqlSafe;

/// The most rows in one statement; numbers of rows are powers of two, so few statements exist to prepare.
const ROWS_MAX: usize = 64;

/// Splits rows so that every part has a number of rows some statement is made for.
pub(super) fn parts<R>(mut rows: &[R]) -> impl Iterator<Item = &[R]> {
    std::iter::from_fn(move || {
        let fitting = ROWS_MAX.min(1 << rows.len().checked_ilog2()?);
        let (part, rest) = rows.split_at(fitting);
        rows = rest;
        Some(part)
    })
}

/// Begins the transaction that writes, and finds the revisions of `rows` places.
///
/// In one string with what follows, as the commit is with what is before it: each string is one way to the thread of the
/// connection and back, and on a busy machine those are what a commit waits for.
pub(super) fn begin_and_find(rows: usize) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("BEGIN IMMEDIATE; {}", find(rows).0))
}

/// The revisions of `rows` places.
pub(super) fn find(rows: usize) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "SELECT tbl, key, revision FROM records WHERE (tbl, key) IN (VALUES {})",
        values(rows, 2)
    ))
}

/// Puts `rows` records.
pub(super) fn put(rows: usize) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "INSERT INTO records (tbl, key, revision, value) VALUES {} \
         ON CONFLICT (tbl, key) DO UPDATE SET revision = excluded.revision, value = excluded.value",
        values(rows, 4)
    ))
}

/// Deletes `rows` records.
pub(super) fn delete(rows: usize) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("DELETE FROM records WHERE (tbl, key) IN (VALUES {})", values(rows, 2)))
}

/// Adds `rows` entries to the feed.
pub(super) fn feed(rows: usize) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("INSERT INTO feed (sequence, step, tbl, key, deleted) VALUES {}", values(rows, 5)))
}

/// The same, and commits.
pub(super) fn feed_and_commit(rows: usize) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("{}; COMMIT", feed(rows).0))
}

/// `($1, $2), ($3, $4)` and so on.
fn values(rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * columns * 6);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            let comma = if column == 1 { "" } else { ", " };
            write!(text, "{comma}${}", row * columns + column).expect("a String takes all that is written");
        }
        text.push(')');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_part_and_parts_are_powers_of_two() {
        for count in 0..300_usize {
            let rows: Vec<usize> = (0..count).collect();
            let split: Vec<&[usize]> = parts(&rows).collect();
            assert!(split.iter().all(|part| part.len().is_power_of_two() && part.len() <= ROWS_MAX));
            assert_eq!(split.concat(), rows);
        }
    }

    #[test]
    fn parameters_count_through_the_rows() {
        assert_eq!(values(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
