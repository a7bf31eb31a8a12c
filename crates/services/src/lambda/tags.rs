//! Which tags a function may have. The model has checked what each key and value looks like. Never stores one.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html>

use std::collections::BTreeMap;

use lambent_core::limits::TAGS_MAX;

use super::Error;

/// Keys that begin so, in any case, are AWS's own.
const RESERVED: &str = "aws:";

/// Checks all tags a function will have together.
pub(super) fn check(tags: &BTreeMap<String, String>) -> Result<(), Error> {
    let is_reserved = |key: &str| key.get(..RESERVED.len()).is_some_and(|k| k.eq_ignore_ascii_case(RESERVED));
    if let Some(key) = tags.keys().find(|key| is_reserved(key)) {
        let words =
            format!("The tag key {key} is not allowed: keys that begin with aws: are reserved for AWS use.");
        return Err(Error::InvalidParameter(words));
    }
    if tags.len() > TAGS_MAX {
        return Err(Error::InvalidParameter("Number of tags exceeds resource tag limit.".to_owned()));
    }
    Ok(())
}
