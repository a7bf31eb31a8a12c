//! One page of a list, and the marker of the next: the key of the last item shown. Never keeps one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use lambent_core::limits::IAM_PAGE;

use super::Error;

/// A page of a list.
#[derive(Debug)]
pub(super) struct Page<T> {
    /// What it shows.
    pub(super) items: Vec<T>,
    /// Where the next begins, if there is one.
    pub(super) marker: Option<String>,
}

impl<T> Page<T> {
    /// A page of items whose keys rise.
    pub(super) fn of(
        items: Vec<T>,
        key: impl Fn(&T) -> String,
        marker: Option<&str>,
        max: Option<i32>,
    ) -> Result<Self, Error> {
        let after = marker.map(unmark).transpose()?;
        let limit = max.and_then(|n| usize::try_from(n).ok()).unwrap_or(IAM_PAGE).max(1);
        let left = items.into_iter().filter(|item| after.as_ref().is_none_or(|after| key(item) > *after));
        let mut items: Vec<T> = left.take(limit + 1).collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let marker = items.last().filter(|_| more).map(|last| BASE64.encode(key(last)));
        Ok(Self { items, marker })
    }

    /// The same for items that stand in the order they are shown in.
    pub(super) fn in_place(items: Vec<T>, marker: Option<&str>, max: Option<i32>) -> Result<Page<T>, Error> {
        let placed: Vec<(usize, T)> = items.into_iter().enumerate().collect();
        let page = Page::of(placed, |(at, _)| format!("{at:05}"), marker, max)?;
        Ok(Self { items: page.items.into_iter().map(|(_, item)| item).collect(), marker: page.marker })
    }

    /// Whether there is more; each list says so.
    pub(super) fn is_truncated(&self) -> Option<bool> {
        Some(self.marker.is_some())
    }
}

fn unmark(marker: &str) -> Result<String, Error> {
    let key = BASE64.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| Error::Validation("Invalid Marker.".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another() {
        let page = |marker: Option<&str>| Page::in_place(vec!["c", "b", "a"], marker, Some(2)).unwrap();
        let first = page(None);
        assert_eq!((first.is_truncated(), &first.items), (Some(true), &vec!["c", "b"]));
        let last = page(first.marker.as_deref());
        assert_eq!((last.is_truncated(), last.items, last.marker), (Some(false), vec!["a"], None));
        assert!(Page::in_place(vec!["a"], Some("?"), None).is_err());
    }
}
