//! Cuts what a program writes to its descriptor for log records into records: newlines are part of them. Holds at most
//! one record, and no more of it than the limit.
//!
//! A frame is a type, a length and a time in microseconds, big-endian, then the text. Source: the runtime interface
//! clients of AWS, such as `awslambdaric` (`FramedTelemetryLogSink`).

use lambent_core::limits;

use super::lines::Lines;

/// Type, length, time.
const HEAD_BYTES: usize = 16;
/// What all types begin with.
const MAGIC: [u8; 2] = [0xA5, 0x5A];

/// The frame that has begun.
#[derive(Debug, Default)]
pub(super) struct Frames {
    head: Vec<u8>,
    /// How much of the text has not come yet; `None` between two frames.
    left: Option<usize>,
    text: Vec<u8>,
    /// What came was no frame: whatever follows is given out as lines.
    plain: Option<Lines>,
}

impl Frames {
    /// Takes what was written and gives out the records that are complete, and pieces of too long ones.
    pub(super) fn feed(&mut self, mut bytes: &[u8], out: &dyn Fn(&[u8])) {
        while !bytes.is_empty() {
            if let Some(lines) = &mut self.plain {
                return lines.feed(bytes, out);
            }
            bytes = match self.left {
                None => self.feed_head(bytes, out),
                Some(left) => self.feed_text(bytes, left, out),
            };
        }
    }

    fn feed_head<'b>(&mut self, bytes: &'b [u8], out: &dyn Fn(&[u8])) -> &'b [u8] {
        let (now, later) = bytes.split_at((HEAD_BYTES - self.head.len()).min(bytes.len()));
        self.head.extend_from_slice(now);
        let known = self.head.len().min(MAGIC.len());
        if self.head[..known] != MAGIC[..known] {
            let mut lines = Lines::default();
            lines.feed(&std::mem::take(&mut self.head), out);
            self.plain = Some(lines);
        } else if let Some([a, b, c, d]) = self.head.get(4..8).filter(|_| self.head.len() == HEAD_BYTES) {
            self.left = Some(u32::from_be_bytes([*a, *b, *c, *d]) as usize);
            self.head.clear();
            self.end(out);
        }
        later
    }

    fn feed_text<'b>(&mut self, bytes: &'b [u8], left: usize, out: &dyn Fn(&[u8])) -> &'b [u8] {
        let room = limits::OUTPUT_PIECE_MAX_BYTES - self.text.len();
        let (now, later) = bytes.split_at(left.min(room).min(bytes.len()));
        self.text.extend_from_slice(now);
        self.left = Some(left - now.len());
        if self.text.len() == limits::OUTPUT_PIECE_MAX_BYTES && left > now.len() {
            self.give(out);
        }
        self.end(out);
        later
    }

    /// Gives the record out if all of it is there.
    fn end(&mut self, out: &dyn Fn(&[u8])) {
        if self.left == Some(0) {
            self.left = None;
            if self.text.last() == Some(&b'\n') {
                self.text.pop();
            }
            if !self.text.is_empty() {
                self.give(out);
            }
        }
    }

    /// Gives out what there is of an unfinished record; the rest follows by itself.
    pub(super) fn flush(&mut self, out: &dyn Fn(&[u8])) {
        if let Some(lines) = &mut self.plain {
            lines.flush(out);
        } else if !self.text.is_empty() {
            self.give(out);
        }
    }

    fn give(&mut self, out: &dyn Fn(&[u8])) {
        out(&self.text);
        // A long record should not cost its memory for the rest of an idle environment's life.
        self.text = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use proptest::prelude::*;

    use super::*;

    fn frame(text: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xA5, 0x5A, 0x00, 0x03];
        bytes.extend_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(&1_700_000_000_000_000_u64.to_be_bytes());
        bytes.extend_from_slice(text);
        bytes
    }

    fn records(pieces: &[&[u8]]) -> Vec<String> {
        let got = RefCell::new(Vec::new());
        let out = |text: &[u8]| got.borrow_mut().push(String::from_utf8_lossy(text).into_owned());
        let mut frames = Frames::default();
        pieces.iter().for_each(|piece| frames.feed(piece, &out));
        frames.flush(&out);
        got.into_inner()
    }

    #[test]
    fn a_record_keeps_its_newlines_but_the_last() {
        let bytes = [frame(b"a\nb\n"), frame(b""), frame(b"c")].concat();
        assert_eq!(records(&[&bytes]), ["a\nb", "c"]);
    }

    #[test]
    fn a_long_record_comes_in_pieces() {
        let text = vec![b'x'; limits::OUTPUT_PIECE_MAX_BYTES + 5];
        let got: Vec<_> = records(&[&frame(&text), &frame(b"y")]).iter().map(String::len).collect();
        assert_eq!(got, [limits::OUTPUT_PIECE_MAX_BYTES, 5, 1]);
        let text = vec![b'x'; limits::OUTPUT_PIECE_MAX_BYTES];
        assert_eq!(records(&[&frame(&text)]).len(), 1);
    }

    #[test]
    fn what_is_no_frame_is_lines_and_a_broken_one_is_not_waited_for() {
        assert_eq!(records(&[b"plain\ntext\n", b"more"]), ["plain", "text", "more"]);
        let broken = frame(b"whole");
        assert_eq!(records(&[&broken[..18]]), ["wh"]);
        assert_eq!(records(&[&broken[..10]]), [""; 0]);
        assert_eq!(records(&[&frame(b"a"), b"\xA5no frame\n"]), ["a", "\u{FFFD}no frame"]);
    }

    proptest! {
        #[test]
        fn the_cuts_between_reads_do_not_matter(texts in prop::collection::vec("[a\n]{0,9}", 0..6), cut in 0usize..99) {
            let bytes: Vec<u8> = texts.iter().flat_map(|text| frame(text.as_bytes())).collect();
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(records(&[first, second]), records(&[&bytes]));
        }

        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..200), magic in any::<bool>()) {
            let start = if magic { vec![0xA5, 0x5A, 0, 3, 0, 0, 0, 9] } else { Vec::new() };
            let whole = [start, bytes].concat();
            let given: usize = records(&[&whole]).iter().map(String::len).sum();
            prop_assert!(given <= whole.len() * 3);
        }
    }
}
