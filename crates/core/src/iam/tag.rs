//! The tags of users, roles and policies: keys differ by more than case, and lists are sorted by key.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>

use serde::{Deserialize, Serialize};

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// 1 to 128 characters.
    pub key: String,
    /// At most 256 characters.
    pub value: String,
}

/// Sets tags: one whose key differs only by case is replaced, case and all.
pub fn set(tags: &mut Vec<Tag>, new: Vec<Tag>) {
    for tag in new {
        unset(tags, std::slice::from_ref(&tag.key));
        tags.push(tag);
    }
    tags.sort_by_cached_key(|tag| tag.key.to_lowercase());
}

/// Takes the tags of these keys away; keys that are not there are no error.
pub fn unset(tags: &mut Vec<Tag>, keys: &[String]) {
    tags.retain(|tag| !keys.iter().any(|key| is_same(key, &tag.key)));
}

/// Whether a key stands twice in a request.
#[must_use]
pub fn has_duplicates(tags: &[Tag]) -> bool {
    tags.iter().enumerate().any(|(at, tag)| tags[..at].iter().any(|other| is_same(&other.key, &tag.key)))
}

fn is_same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn a_key_of_another_case_replaces_the_tag() {
        let mut tags = vec![tag("Team", "a")];
        set(&mut tags, vec![tag("zone", "1"), tag("team", "b")]);
        assert_eq!(tags, [tag("team", "b"), tag("zone", "1")]);
        unset(&mut tags, &["ZONE".to_owned(), "nothing".to_owned()]);
        assert_eq!(tags, [tag("team", "b")]);
        assert!(has_duplicates(&[tag("a", "1"), tag("A", "2")]) && !has_duplicates(&tags));
    }
}
