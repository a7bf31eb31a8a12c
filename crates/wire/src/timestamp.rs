//! A moment as AWS writes it: ISO 8601, HTTP date or seconds since 1970. Never asks what time it is.

use std::fmt::Write as _;

use crate::schema::TimestampFormat;

/// A moment in UTC, to the nanosecond, from the year -9999 to 9999.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

/// A text or number that is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a timestamp")]
pub struct NotATimestamp;

impl Timestamp {
    /// The moment so many milliseconds after 1970.
    ///
    /// # Errors
    /// [`NotATimestamp`] beyond the year 9999.
    pub fn from_millis(millis: i64) -> Result<Self, NotATimestamp> {
        jiff::Timestamp::from_millisecond(millis).map(Self).map_err(|_| NotATimestamp)
    }

    /// The moment so many seconds after 1970; a fraction is kept to the microsecond.
    ///
    /// # Errors
    /// [`NotATimestamp`] when it is not finite or beyond the year 9999.
    pub fn from_seconds(seconds: f64) -> Result<Self, NotATimestamp> {
        if !seconds.is_finite() || seconds.abs() > 1e12 {
            return Err(NotATimestamp);
        }
        #[expect(clippy::cast_possible_truncation, reason = "below 1e18 by the check above")]
        let micros = (seconds * 1e6).round() as i64;
        jiff::Timestamp::from_microsecond(micros).map(Self).map_err(|_| NotATimestamp)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn as_seconds(self) -> f64 {
        self.0.as_duration().as_secs_f64()
    }

    /// Reads any of the three forms: clients mix them, and none can be taken for another.
    ///
    /// # Errors
    /// [`NotATimestamp`] when it is none of them.
    pub fn parse(text: &str) -> Result<Self, NotATimestamp> {
        if let Ok(seconds) = text.parse::<f64>() {
            return Self::from_seconds(seconds);
        }
        if let Ok(moment) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(moment));
        }
        http_date(text).ok_or(NotATimestamp)
    }

    /// Writes it in one form.
    #[must_use]
    pub fn format(self, format: TimestampFormat) -> String {
        match format {
            TimestampFormat::Epoch => self.epoch(),
            TimestampFormat::Iso8601 => self.civil("%Y-%m-%dT%H:%M:%S", "Z"),
            TimestampFormat::HttpDate => self.civil("%a, %d %b %Y %H:%M:%S", " GMT"),
        }
    }

    /// The fraction is the civil time's: before 1970 the timestamp's own counts backwards.
    fn civil(self, format: &str, zone: &str) -> String {
        let civil = jiff::tz::Offset::UTC.to_datetime(self.0);
        let mut text = civil.strftime(format).to_string();
        push_fraction(&mut text, civil.subsec_nanosecond());
        text + zone
    }

    fn epoch(self) -> String {
        let (mut seconds, mut nanos) = (self.0.as_second(), self.0.subsec_nanosecond());
        let mut text = String::new();
        if nanos < 0 {
            text.push('-');
            (seconds, nanos) = (-seconds, -nanos);
        }
        write!(text, "{seconds}").expect("a string takes all");
        push_fraction(&mut text, nanos);
        text
    }
}

fn push_fraction(text: &mut String, nanos: i32) {
    if nanos != 0 {
        let digits = format!("{nanos:09}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
}

/// `Mon, 23 Nov 2026 13:09:00 GMT`, with a fraction of a second where a client writes one.
fn http_date(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix(" GMT").or_else(|| text.strip_suffix(" UTC"))?;
    let civil = jiff::civil::DateTime::strptime("%a, %d %b %Y %H:%M:%S%.f", text).ok()?;
    jiff::tz::Offset::UTC.to_timestamp(civil).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_read_back_as_it_was_written() {
        for millis in [0, 1, -1, 1_515_531_081_123, -62_000_000_000_000, 4_102_444_800_999] {
            let moment = Timestamp::from_millis(millis).unwrap();
            for format in [TimestampFormat::Iso8601, TimestampFormat::HttpDate, TimestampFormat::Epoch] {
                let text = moment.format(format);
                assert_eq!(Timestamp::parse(&text), Ok(moment), "{text}");
            }
        }
    }

    #[test]
    fn forms_are_those_of_aws() {
        let moment = Timestamp::from_millis(1_398_796_238_500).unwrap();
        assert_eq!(moment.format(TimestampFormat::Iso8601), "2014-04-29T18:30:38.5Z");
        assert_eq!(moment.format(TimestampFormat::HttpDate), "Tue, 29 Apr 2014 18:30:38.5 GMT");
        assert_eq!(moment.format(TimestampFormat::Epoch), "1398796238.5");
        assert_eq!(Timestamp::parse("yesterday"), Err(NotATimestamp));
        assert_eq!(Timestamp::parse("1e300"), Err(NotATimestamp));
    }
}
