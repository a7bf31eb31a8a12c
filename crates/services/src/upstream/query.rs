//! Questions in the query protocol of IAM, EC2 and SNS: a form goes, XML comes. Never knows an action.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;

use super::ask::{Ask, Session};
use super::refused::done;
use super::{Fault, UpstreamError};

/// What stands for itself in a path, a query or a form.
pub(super) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Asks for an action of a version of the service's API, with these fields.
pub(super) async fn call<T: DeserializeOwned>(
    session: &Session<'_>,
    service: &'static str,
    (action, version): (&str, &str),
    fields: &[(String, &str)],
) -> Result<T, Fault> {
    let mut form = format!("Action={action}&Version={version}");
    for (name, value) in fields {
        form += &format!("&{name}={}", utf8_percent_encode(value, ENCODED));
    }
    let ask = Ask::post(service, "application/x-www-form-urlencoded; charset=utf-8", form);
    let body = done(service, session.send(ask).await?)?;
    let unreadable = |detail: String| UpstreamError::Unreadable { service, detail };
    let text = std::str::from_utf8(&body).map_err(|fault| unreadable(fault.to_string()))?;
    Ok(quick_xml::de::from_str(text).map_err(|fault| unreadable(fault.to_string()))?)
}
