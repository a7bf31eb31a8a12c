//! The names of a function: bare, partial and full ARN, with and without a qualifier. Never looks one up.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html> (FunctionName)

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::account::{AccountId, Region};

/// The longest bare function name.
pub const NAME_MAX: usize = 64;

/// Which function, in which account and region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FunctionId {
    /// The owner.
    pub account: AccountId,
    /// Where it lives.
    pub region: Region,
    /// The bare name: 1 to 64 of `A-Z a-z 0-9 - _`.
    pub name: String,
}

impl FunctionId {
    /// The ARN without a qualifier.
    #[must_use]
    pub fn arn(&self) -> String {
        let Self { account, region, name } = self;
        format!("arn:{}:lambda:{region}:{account}:function:{name}", region.partition())
    }

    /// The ARN with `:qualifier`.
    #[must_use]
    pub fn qualified_arn(&self, qualifier: &Qualifier) -> String {
        format!("{}:{qualifier}", self.arn())
    }
}

/// What stands behind a function's name: `$LATEST`, a version number or an alias. Kept as its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Qualifier {
    /// `$LATEST`, the version that can change.
    Latest,
    /// A published version.
    Version(String),
    /// An alias.
    Alias(String),
}

impl Qualifier {
    /// Reads `$LATEST`, digits, or an alias name; the form has been checked against the model before.
    #[must_use]
    pub fn read(text: &str) -> Self {
        if text == "$LATEST" {
            Self::Latest
        } else if text.bytes().all(|b| b.is_ascii_digit()) {
            Self::Version(text.to_owned())
        } else {
            Self::Alias(text.to_owned())
        }
    }
}

impl From<String> for Qualifier {
    fn from(text: String) -> Self {
        Self::read(&text)
    }
}

impl From<Qualifier> for String {
    fn from(qualifier: Qualifier) -> Self {
        qualifier.to_string()
    }
}

impl fmt::Display for Qualifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str("$LATEST"),
            Self::Version(text) | Self::Alias(text) => f.write_str(text),
        }
    }
}

/// What a caller wrote to name a function, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The partition, where a full ARN gave it.
    pub partition: Option<String>,
    /// The region, where given.
    pub region: Option<String>,
    /// The account, where given.
    pub account: Option<String>,
    /// The bare name.
    pub name: String,
    /// The qualifier behind the name, where given.
    pub qualifier: Option<Qualifier>,
}

/// What is wrong with a name that matched the model's pattern.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NameError {
    /// The bare name is longer than 64 characters.
    #[error("the function name is {length} characters long, 64 are allowed")]
    TooLong {
        /// Its length.
        length: usize,
        /// The bare name.
        name: String,
    },
    /// Not one of the forms of a name.
    #[error("{given:?} is not a function name, partial ARN or ARN")]
    Malformed {
        /// As it was written.
        given: String,
    },
    /// The name and the query string carry different qualifiers.
    #[error("the qualifier in the name and the one beside it differ")]
    QualifiersDiffer,
}

impl Reference {
    /// Takes a name apart: `name`, `name:q`, `function:name`, `123456789012:function:name`, `region:…` or a full ARN. As the
    /// model's pattern has it, an ARN that ends in `function` names the function `function`.
    ///
    /// # Errors
    /// [`NameError::Malformed`] for another form or a region of another partition.
    pub fn read(given: &str) -> Result<Self, NameError> {
        let malformed = || NameError::Malformed { given: given.to_owned() };
        let mut rest: Vec<&str> = given.split(':').collect();
        let partition = take_arn_head(&mut rest).ok_or_else(malformed)?;
        let region = take_region(&mut rest);
        if let (Some(partition), Some(region)) = (&partition, &region)
            && partition != region.partition()
        {
            return Err(malformed());
        }
        let region = region.map(String::from);
        let account = take_if(&mut rest, |p| p.len() == 12 && p.bytes().all(|b| b.is_ascii_digit()));
        let marked = take_if(&mut rest, |p| p == "function").is_some() || rest == ["function"];
        // What else has an ARN is no function, however much the pattern lets it pass.
        if partition.is_some() && !(region.is_some() && account.is_some() && marked) {
            return Err(malformed());
        }
        let (name, qualifier) = match rest.as_slice() {
            [name] => (*name, None),
            [name, qualifier] if !qualifier.is_empty() => (*name, Some(Qualifier::read(qualifier))),
            _ => return Err(malformed()),
        };
        if name.is_empty() {
            return Err(malformed());
        }
        Ok(Self { partition, region, account, name: name.to_owned(), qualifier })
    }

    /// Refuses what no function can be called. To ask for it is no fault: nothing is there by that name.
    ///
    /// # Errors
    /// [`NameError::TooLong`] above 64 characters.
    pub fn for_new(self) -> Result<Self, NameError> {
        let length = self.name.len();
        if length > NAME_MAX { Err(NameError::TooLong { length, name: self.name }) } else { Ok(self) }
    }

    /// The qualifier of the call: from the name, from beside it, or none.
    ///
    /// # Errors
    /// [`NameError::QualifiersDiffer`] if both are there and differ.
    pub fn qualifier_with(&self, beside: Option<&str>) -> Result<Option<Qualifier>, NameError> {
        match (&self.qualifier, beside.map(Qualifier::read)) {
            (Some(a), Some(b)) if *a != b => Err(NameError::QualifiersDiffer),
            (Some(a), _) => Ok(Some(a.clone())),
            (None, b) => Ok(b),
        }
    }
}

/// Takes `arn:partition:lambda` off the front: `Some(None)` where there is no such head, `None` where it is broken.
#[expect(clippy::option_option, reason = "three answers: no head, a head, a broken head")]
fn take_arn_head(rest: &mut Vec<&str>) -> Option<Option<String>> {
    if rest.first() != Some(&"arn") || rest.len() < 4 {
        return Some(None);
    }
    if !rest[1].starts_with("aws") || rest[2] != "lambda" {
        return None;
    }
    let partition = rest[1].to_owned();
    rest.drain(..3);
    Some(Some(partition))
}

/// Takes the first part if it is a region and not the last.
fn take_region(rest: &mut Vec<&str>) -> Option<Region> {
    let region = Region::try_from((*rest.first()?).to_owned()).ok().filter(|_| rest.len() > 1)?;
    rest.remove(0);
    Some(region)
}

/// Takes the first part if it fits and is not the last.
fn take_if(rest: &mut Vec<&str>, fits: impl Fn(&str) -> bool) -> Option<String> {
    (rest.len() > 1 && fits(rest[0])).then(|| rest.remove(0).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, region: Option<&str>, account: Option<&str>, name: &str, qualifier: Option<&str>) {
        let r = Reference::read(given).unwrap();
        let seen =
            (r.region.as_deref(), r.account.as_deref(), r.name.as_str(), r.qualifier.map(|q| q.to_string()));
        assert_eq!(seen, (region, account, name, qualifier.map(str::to_owned)), "{given}");
    }

    #[test]
    fn every_form_of_a_name_is_read() {
        let (r, a) = (Some("eu-west-1"), Some("123456789012"));
        check("hello", None, None, "hello", None);
        check("hello:$LATEST", None, None, "hello", Some("$LATEST"));
        check("hello:7", None, None, "hello", Some("7"));
        check("hello:live", None, None, "hello", Some("live"));
        check("function:hello", None, None, "hello", None);
        check("function", None, None, "function", None);
        check("123456789012:function:hello", None, a, "hello", None);
        check("123456789012:function:hello:live", None, a, "hello", Some("live"));
        check("arn:aws:lambda:eu-west-1:123456789012:function:hello", r, a, "hello", None);
        check("arn:aws:lambda:eu-west-1:123456789012:function", r, a, "function", None);
        let china = "arn:aws-cn:lambda:cn-north-1:123456789012:function:hello:7";
        check(china, Some("cn-north-1"), a, "hello", Some("7"));
    }

    #[test]
    fn other_forms_are_refused() {
        for wrong in [
            "",
            ":",
            "a:b:c:d",
            "arn:aws:s3:eu-west-1:123456789012:function:x",
            "arn:aws:lambda:x:y:z:w:v",
            "arn:aws:lambda:hello",
            "arn:aws:lambda:eu-west-1:123456789012:layer:x",
            "arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-0123456789abcdef0",
            "arn:aws-cn:lambda:eu-west-1:123456789012:function:x",
            "arn:aws:lambda:cn-north-1:123456789012:function:x",
            "arn:aws-us-gov:lambda:us-east-1:123456789012:function:x",
            "x:",
        ] {
            assert!(Reference::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_long_name_may_be_asked_for_but_not_given() {
        let long = "x".repeat(65);
        let read = Reference::read(&long).unwrap();
        assert_eq!(read.for_new(), Err(NameError::TooLong { length: 65, name: long }));
        assert!(Reference::read(&"x".repeat(64)).unwrap().for_new().is_ok());
    }

    #[test]
    fn two_different_qualifiers_are_refused() {
        let r = Reference::read("hello:1").unwrap();
        assert_eq!(r.qualifier_with(Some("2")), Err(NameError::QualifiersDiffer));
        assert_eq!(r.qualifier_with(Some("1")), Ok(Some(Qualifier::Version("1".into()))));
        assert_eq!(r.qualifier_with(None), Ok(Some(Qualifier::Version("1".into()))));
    }
}
