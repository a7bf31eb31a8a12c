//! A policy document, in the form AWS reads and writes. Never decides anything.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::condition::{self, Condition, ConditionError};
use super::principal::Principals;

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Document {
    /// `2012-10-17`, or `2008-10-17` which is meant when it is absent and knows no variables.
    #[serde(default)]
    pub version: Version,
    /// A name, where given.
    pub id: Option<String>,
    /// What it says: one statement or a list.
    #[serde(rename = "Statement", deserialize_with = "one_or_many")]
    pub statements: Vec<Statement>,
}

/// The version of the policy language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// Without policy variables.
    #[default]
    #[serde(rename = "2008-10-17")]
    Old,
    /// With them.
    #[serde(rename = "2012-10-17")]
    Current,
}

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever others allow.
    Deny,
}

/// Either these, or all but these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice<T> {
    /// These.
    Only(T),
    /// Everything else.
    AllBut(T),
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Statement {
    /// Its name within the policy.
    pub sid: Option<String>,
    /// What it does.
    pub effect: Effect,
    /// About whom; absent in the policy of an identity.
    pub principals: Option<Choice<Principals>>,
    /// About which actions, with wildcards.
    pub actions: Choice<Texts>,
    /// About which resources, with wildcards; absent in a role's trust policy.
    pub resources: Option<Choice<Texts>>,
    /// When: all of them must hold.
    pub conditions: Vec<Condition>,
}

/// Why a text is no policy.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON, or not of a policy's form.
    #[error("{0}")]
    Form(#[from] serde_json::Error),
    /// A statement with an element too many or too few.
    #[error("a statement must have {0}")]
    Elements(&'static str),
    /// A condition that is none.
    #[error(transparent)]
    Condition(#[from] ConditionError),
}

impl Document {
    /// Reads a policy from its text.
    ///
    /// # Errors
    /// [`DocumentError`] if it is none.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        Ok(serde_json::from_str(text)?)
    }

    /// The policy that says nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self { version: Version::Current, id: None, statements: Vec::new() }
    }

    /// Whether a condition asks for a key that begins so, in lower case.
    #[must_use]
    pub fn asks_for(&self, key: &str) -> bool {
        let asks = |condition: &Condition| condition.key().to_lowercase().starts_with(key);
        self.statements.iter().any(|statement| statement.conditions.iter().any(asks))
    }

    /// Reads a policy from JSON.
    ///
    /// # Errors
    /// [`DocumentError`] if it is none.
    pub fn read(value: &Value) -> Result<Self, DocumentError> {
        Ok(Self::deserialize(value)?)
    }
}

/// A text or a list of texts, which mean the same. As AWS shows them: a list of one is a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "OneOrMany<String>", into = "OneOrMany<String>")]
pub struct Texts(Vec<String>);

impl Texts {
    /// Each text.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl From<OneOrMany<String>> for Texts {
    fn from(texts: OneOrMany<String>) -> Self {
        match texts {
            OneOrMany::One(text) => Self(vec![text]),
            OneOrMany::Many(texts) => Self(texts),
        }
    }
}

impl From<Texts> for OneOrMany<String> {
    fn from(mut texts: Texts) -> Self {
        if texts.0.len() == 1 { Self::One(texts.0.remove(0)) } else { Self::Many(texts.0) }
    }
}

/// A statement as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Raw {
    sid: Option<String>,
    effect: Effect,
    principal: Option<Principals>,
    not_principal: Option<Principals>,
    action: Option<Texts>,
    not_action: Option<Texts>,
    resource: Option<Texts>,
    not_resource: Option<Texts>,
    #[serde(default)]
    condition: serde_json::Map<String, Value>,
}

impl TryFrom<Raw> for Statement {
    type Error = DocumentError;

    fn try_from(raw: Raw) -> Result<Self, DocumentError> {
        let one = DocumentError::Elements;
        let actions = choice(raw.action, raw.not_action, one("Action or NotAction, not both"))?;
        Ok(Self {
            sid: raw.sid,
            effect: raw.effect,
            principals: choice(raw.principal, raw.not_principal, one("Principal or NotPrincipal, not both"))?,
            actions: actions.ok_or_else(|| one("Action or NotAction"))?,
            resources: choice(raw.resource, raw.not_resource, one("Resource or NotResource, not both"))?,
            conditions: condition::read(&raw.condition)?,
        })
    }
}

fn choice<T>(
    only: Option<T>,
    but: Option<T>,
    both: DocumentError,
) -> Result<Option<Choice<T>>, DocumentError> {
    match (only, but) {
        (Some(_), Some(_)) => Err(both),
        (Some(these), None) => Ok(Some(Choice::Only(these))),
        (None, Some(these)) => Ok(Some(Choice::AllBut(these))),
        (None, None) => Ok(None),
    }
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Statement>, D::Error> {
    // Not untagged: that would lose the reason why a statement is refused.
    let statements = match Value::deserialize(from)? {
        Value::Array(statements) => statements,
        Value::Object(statement) => vec![Value::Object(statement)],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(serde::de::Error::custom(DocumentError::Elements("elements")));
        }
    };
    let read = statements.into_iter().map(Statement::deserialize);
    read.collect::<Result<_, _>>().map_err(serde::de::Error::custom)
}
