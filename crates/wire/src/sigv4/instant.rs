//! Times of signatures: `20260101T000000Z` and what a `Date` header says, as seconds since the epoch. Never
//! asks what time it is.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Reads `YYYYMMDDTHHMMSSZ`.
pub(super) fn parse_stamp(text: &str) -> Option<i64> {
    let b = text.as_bytes();
    if b.len() != 16 || b[8] != b'T' || b[15] != b'Z' {
        return None;
    }
    let two = |at: usize| {
        let (tens, ones) = (b[at].wrapping_sub(b'0'), b[at + 1].wrapping_sub(b'0'));
        (tens < 10 && ones < 10).then(|| i8::try_from(tens * 10 + ones).expect("at most 99"))
    };
    let year = i16::from(two(0)?) * 100 + i16::from(two(2)?);
    let civil = DateTime::new(year, two(4)?, two(6)?, two(9)?, two(11)?, two(13)?, 0).ok()?;
    Some(Offset::UTC.to_timestamp(civil).ok()?.as_second())
}

/// Reads a `Date` header: RFC 2822 as HTTP writes it, or the form of `X-Amz-Date`.
pub(super) fn parse_date_header(text: &str) -> Option<i64> {
    parse_stamp(text).or_else(|| Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_second()))
}

/// Writes `YYYYMMDDTHHMMSSZ`; times outside jiff's range become its nearest end.
pub(super) fn stamp(at_s: i64) -> String {
    let at = Timestamp::from_second(at_s).unwrap_or(if at_s < 0 { Timestamp::MIN } else { Timestamp::MAX });
    let civil = Offset::UTC.to_datetime(at);
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_read_back_and_nonsense_is_refused() {
        assert_eq!(parse_stamp("20150830T123600Z"), Some(1_440_938_160));
        assert_eq!(stamp(1_440_938_160), "20150830T123600Z");
        for bad in ["", "20150830T123600", "20151330T123600Z", "20150830 123600Z", "2015083éT12360Z"] {
            assert_eq!(parse_stamp(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_date_header_may_be_http_or_iso() {
        assert_eq!(parse_date_header("Sun, 30 Aug 2015 12:36:00 GMT"), Some(1_440_938_160));
        assert_eq!(parse_date_header("20150830T123600Z"), Some(1_440_938_160));
        assert_eq!(parse_date_header("yesterday"), None);
    }
}
