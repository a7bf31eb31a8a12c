//! The credential scope: whose key, for which day, region and service. Never says whether it is true.

use std::borrow::Cow;

use super::Head;
use super::presented;

/// What a request claims about its signing key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The access key id: `AKIA…`, `ASIA…`, or whatever the account uses.
    pub access_key_id: String,
    /// The day the key was derived for, `YYYYMMDD`.
    pub date: String,
    /// The region the request is for.
    pub region: String,
    /// The service's signing name, like `lambda`.
    pub service: String,
}

impl Scope {
    /// The scope a request claims, header first and then query, unverified; `None` if it claims none that
    /// can be read. For routing, and for `--auth open`.
    #[must_use]
    pub fn claimed(head: &Head<'_>) -> Option<Self> {
        let credential = presented::claimed_credential(head)?;
        Self::parse(&credential).ok().map(|(scope, _terminator)| scope)
    }

    /// The session token a request brings along, header first and then query, unverified. For `--auth open`.
    #[must_use]
    pub fn claimed_token<'a>(head: &Head<'a>) -> Option<Cow<'a, str>> {
        let query = || presented::query_field(head.query, "X-Amz-Security-Token");
        head.header("x-amz-security-token").map(Cow::Borrowed).or_else(query)
    }

    /// Splits `keyid/date/region/service/terminator`; the error is the number of elements found.
    pub(super) fn parse(credential: &str) -> Result<(Self, &str), usize> {
        let mut parts = credential.split('/');
        let five = (|| Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?]))();
        match (five, parts.next()) {
            (Some([id, date, region, service, terminator]), None) if !id.is_empty() => Ok((
                Self {
                    access_key_id: id.to_owned(),
                    date: date.to_owned(),
                    region: region.to_owned(),
                    service: service.to_owned(),
                },
                terminator,
            )),
            (Some(_) | None, Some(_) | None) => Err(credential.split('/').count()),
        }
    }

    /// S3 and its kin encode the path once, never normalise it and allow more skew.
    pub(super) fn is_s3(&self) -> bool {
        matches!(self.service.as_str(), "s3" | "s3express" | "s3-outposts" | "s3-object-lambda")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_has_five_parts_and_a_key_id() {
        let (scope, terminator) = Scope::parse("AKID/20260101/eu-west-1/lambda/aws4_request").unwrap();
        assert_eq!((scope.region.as_str(), terminator), ("eu-west-1", "aws4_request"));
        assert_eq!(Scope::parse("AKID/20260101/eu-west-1/lambda"), Err(4));
        assert_eq!(Scope::parse("A/b/c/d/e/f"), Err(6));
        assert_eq!(Scope::parse("/b/c/d/e"), Err(5));
    }
}
