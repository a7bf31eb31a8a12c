//! Cuts what a program writes into lines. Holds at most one line, and no more of it than the limit.

use lambent_core::limits;

/// The line that has begun.
#[derive(Debug, Default)]
pub(super) struct Lines {
    partial: Vec<u8>,
    /// A piece of this line was given out already: its newline ends it and makes no empty line.
    begun: bool,
}

impl Lines {
    /// Takes what was written and gives out the lines that are complete, and pieces of too long ones.
    pub(super) fn feed(&mut self, bytes: &[u8], out: &dyn Fn(&[u8])) {
        let mut rest = bytes;
        while let Some(newline) = rest.iter().position(|byte| *byte == b'\n') {
            self.add(&rest[..newline], out);
            self.end_line(out);
            rest = &rest[newline + 1..];
        }
        self.keep(rest, out);
    }

    /// Gives out what there is of an unfinished line.
    pub(super) fn flush(&mut self, out: &dyn Fn(&[u8])) {
        if !self.partial.is_empty() {
            self.give(out);
            // A long line should not cost its memory for the rest of an idle environment's life.
            self.partial = Vec::new();
        }
    }

    /// The end of a line whose start may be held: given out without copying when nothing is held.
    fn add(&mut self, end: &[u8], out: &dyn Fn(&[u8])) {
        if self.partial.is_empty() && !self.begun && end.len() <= limits::OUTPUT_PIECE_MAX_BYTES {
            out(end);
            self.begun = true;
        } else {
            self.keep(end, out);
        }
    }

    fn end_line(&mut self, out: &dyn Fn(&[u8])) {
        if !self.partial.is_empty() {
            self.give(out);
        }
        self.begun = false;
    }

    fn keep(&mut self, mut bytes: &[u8], out: &dyn Fn(&[u8])) {
        while !bytes.is_empty() {
            let room = limits::OUTPUT_PIECE_MAX_BYTES - self.partial.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.partial.extend_from_slice(now);
            bytes = later;
            if self.partial.len() == limits::OUTPUT_PIECE_MAX_BYTES {
                self.give(out);
            }
        }
    }

    fn give(&mut self, out: &dyn Fn(&[u8])) {
        out(&self.partial);
        self.partial.clear();
        self.begun = true;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use lambent_core::limits::OUTPUT_PIECE_MAX_BYTES;
    use proptest::prelude::*;

    use super::Lines;

    fn lines(pieces: &[&[u8]], flush_between: bool) -> Vec<String> {
        let got = RefCell::new(Vec::new());
        let out = |line: &[u8]| got.borrow_mut().push(String::from_utf8(line.to_vec()).unwrap());
        let mut lines = Lines::default();
        for piece in pieces {
            lines.feed(piece, &out);
            if flush_between {
                lines.flush(&out);
            }
        }
        lines.flush(&out);
        got.into_inner()
    }

    #[test]
    fn whole_lines_come_out_however_they_were_written() {
        assert_eq!(lines(&[b"a\n\nb\n"], false), ["a", "", "b"]);
        assert_eq!(lines(&[b"a", b"b\nc", b"\n", b"d"], false), ["ab", "c", "d"]);
        assert_eq!(lines(&[b"", b"\n"], false), [""]);
    }

    #[test]
    fn a_newline_after_a_flushed_piece_makes_no_empty_line() {
        assert_eq!(lines(&[b"a", b"\nb", b"c\n", b"\n"], true), ["a", "b", "c", ""]);
    }

    #[test]
    fn a_long_line_comes_in_pieces_and_nothing_is_lost() {
        let long = "x".repeat(OUTPUT_PIECE_MAX_BYTES * 2 + 5);
        let text = format!("{long}\ny\n{}\nz", &long[..OUTPUT_PIECE_MAX_BYTES]);
        let got: Vec<usize> = lines(&[text.as_bytes()], false).iter().map(String::len).collect();
        assert_eq!(got, [OUTPUT_PIECE_MAX_BYTES, OUTPUT_PIECE_MAX_BYTES, 5, 1, OUTPUT_PIECE_MAX_BYTES, 1]);
    }

    proptest! {
        #[test]
        fn the_cuts_between_reads_do_not_matter(text in "[a\n]{0,60}", cut in 0usize..60) {
            let bytes = text.as_bytes();
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(lines(&[first, second], false), lines(&[bytes], false));
        }
    }
}
