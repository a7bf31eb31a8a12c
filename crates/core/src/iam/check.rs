//! What IAM refuses in a policy before it keeps it, in its words: of identities here, of roles' trust in [`trust`]. Never
//! evaluates one.
//!
//! Source: the messages of IAM that people quote, and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html>

mod refused;
mod resource;
mod trust;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::document::{Choice, Document, Statement, Texts, Version};

pub use refused::Refused;
pub use trust::{principals, trust};

/// What IAM takes for a date, which is more than ISO 8601.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let date =
        r"^(-?\d{1,18}T?|\d{4}-\d\d(-\d\d([Tt]\d{1,2}:\d\d(:\d\d(\.\d{1,9})?)?(Z|z|[+-]\d\d(:?\d\d)?)?)?)?)$";
    Regex::new(date).expect("the pattern above is one")
});

/// Reads the policy of a user or role, or a managed one.
///
/// # Errors
/// [`Refused`] as IAM would refuse it.
pub fn identity(text: &str) -> Result<Document, Refused> {
    let Form { document, is_legacy, lacks_actions } = Form::read(text, Refused::Syntax)?;
    if document.version == Version::Old {
        return Err(Refused::Version);
    }
    if is_legacy || document.statements.iter().flat_map(resources).any(resource::is_legacy) {
        return Err(Refused::Legacy);
    }
    sids(&document)?;
    if document.statements.iter().any(|statement| statement.principals.is_some()) {
        return Err(Refused::Principal);
    }
    if lacks_actions || document.statements.iter().any(|one| texts(&one.actions).is_empty()) {
        return Err(Refused::NoActions);
    }
    // All of one kind before any of the next.
    document.statements.iter().flat_map(resources).try_for_each(resource::check)?;
    document.statements.iter().flat_map(|one| texts(&one.actions).iter()).try_for_each(action)?;
    if document.statements.iter().any(|statement| resources(statement).next().is_none()) {
        return Err(Refused::NoResources);
    }
    Ok(document)
}

/// A text that has the form of a policy, and what is wrong with it for all that.
struct Form {
    document: Document,
    is_legacy: bool,
    lacks_actions: bool,
}

impl Form {
    /// Reads a text; `not_json` where it is none.
    fn read(text: &str, not_json: Refused) -> Result<Self, Refused> {
        let mut value: Value = serde_json::from_str(text).map_err(|_| not_json)?;
        let (mut is_legacy, mut lacks_actions) = (false, false);
        for statement in statements(&mut value) {
            is_legacy |= has_bad_date(statement) | mend_effect(statement);
            lacks_actions |= mend_actions(statement);
        }
        let document = Document::read(&value).map_err(|_| Refused::Syntax)?;
        if document.statements.is_empty() {
            return Err(Refused::Syntax);
        }
        Ok(Self { document, is_legacy, lacks_actions })
    }
}

fn statements(value: &mut Value) -> &mut [Value] {
    match value.get_mut("Statement") {
        Some(Value::Array(statements)) => statements,
        Some(statement) => std::slice::from_mut(statement),
        None => &mut [],
    }
}

/// Writes an effect as it should be; tells whether it was not.
fn mend_effect(statement: &mut Value) -> bool {
    let Some(effect) = statement.get_mut("Effect") else { return false };
    let given = effect.as_str().unwrap_or_default();
    let meant = ["Allow", "Deny"].into_iter().find(|one| *one != given && one.eq_ignore_ascii_case(given));
    meant.inspect(|meant| *effect = Value::from(*meant)).is_some()
}

/// Puts actions where there are none, so that all else can be read; tells whether there were none.
fn mend_actions(statement: &mut Value) -> bool {
    let Value::Object(members) = statement else { return false };
    let lacks = !members.contains_key("Action") && !members.contains_key("NotAction");
    if lacks {
        members.insert("Action".to_owned(), Value::from("*"));
    }
    lacks
}

fn has_bad_date(statement: &Value) -> bool {
    let conditions = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    let of_dates = conditions.filter(|(operator, _)| {
        operator.rsplit(':').next().is_some_and(|operator| operator.starts_with("Date"))
    });
    let values = of_dates.filter_map(|(_, keys)| keys.as_object()).flat_map(serde_json::Map::values);
    values
        .flat_map(|values| values.as_array().map_or_else(|| std::slice::from_ref(values), Vec::as_slice))
        .filter_map(Value::as_str)
        .any(|date| !DATE.is_match(date))
}

fn sids(document: &Document) -> Result<(), Refused> {
    let mut seen = BTreeSet::new();
    for sid in document.statements.iter().filter_map(|statement| statement.sid.as_deref()) {
        if !sid.bytes().all(|letter| letter.is_ascii_alphanumeric()) {
            return Err(Refused::Sid);
        }
        if !sid.is_empty() && !seen.insert(sid) {
            return Err(Refused::SidTwice);
        }
    }
    Ok(())
}

fn texts(choice: &Choice<Texts>) -> &Texts {
    match choice {
        Choice::Only(texts) | Choice::AllBut(texts) => texts,
    }
}

fn resources(statement: &Statement) -> impl Iterator<Item = &str> {
    statement.resources.as_ref().into_iter().flat_map(|resources| texts(resources).iter())
}

fn action(action: &str) -> Result<(), Refused> {
    if action == "*" {
        return Ok(());
    }
    let (vendor, name) = action.split_once(':').ok_or(Refused::NoVendor)?;
    if name.contains(':') {
        return Err(Refused::Colons);
    }
    let is_name = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'.');
    if vendor.is_empty() || !vendor.bytes().all(is_name) {
        return Err(Refused::Vendor(vendor.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
#[path = "tests/check.rs"]
mod tests;
