//! One page of a list, and the marker of the next. A marker is the key of the last item shown, so that a page neither
//! repeats nor leaves out what stood there all the while, whatever happens to others meanwhile.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use lambent_core::limits::LIST_PAGE_MAX;
use lambent_store::{Key, Prefix, Record, Table};
use serde::de::DeserializeOwned;

use super::Error;
use crate::Server;

/// Which page a caller asks for. The model has checked both members.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// `Marker`.
    pub(super) marker: Option<&'a str>,
    /// `MaxItems`; more than a page holds is no error.
    pub(super) max_items: Option<i32>,
}

/// One page, and the `NextMarker` where there is more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next_marker: Option<String>,
}

impl Wanted<'_> {
    /// A page of items whose keys rise.
    pub(super) fn of<T>(
        self,
        items: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> String,
    ) -> Result<Page<T>, Error> {
        let after = self.marker.map(unmark).transpose()?;
        let left = items.into_iter().filter(|item| after.as_ref().is_none_or(|after| key(item) > *after));
        Ok(cut(left.take(self.limit() + 1).collect(), self.limit(), key))
    }

    /// A page of the records under a prefix of a table, whose keys are the prefix and one more part.
    pub(super) async fn stored<T: DeserializeOwned>(
        self,
        server: &Server,
        table: &Table<T>,
        prefix: &[&str],
    ) -> Result<Page<Record<T>>, Error> {
        let last = self.marker.map(unmark).transpose()?;
        let after = last.map(|last| Key::of(prefix.iter().copied().chain([last.as_str()])));
        let (limit, under) = (self.limit(), Prefix::under(prefix));
        let records = server.store.list(table, &under, after.as_ref(), limit + 1).await?;
        Ok(cut(records, limit, |record| record.key.last()))
    }

    /// The same where one item stands before all records, whose key sorts before theirs: the first page is one shorter.
    pub(super) async fn stored_behind<T: DeserializeOwned>(
        self,
        server: &Server,
        table: &Table<T>,
        prefix: &[&str],
        first: &str,
    ) -> Result<Page<Record<T>>, Error> {
        if self.marker.is_some() {
            return self.stored(server, table, prefix).await;
        }
        let limit = self.limit() - 1;
        let records = server.store.list(table, &Prefix::under(prefix), None, limit + 1).await?;
        let more = records.len() > limit;
        let mut page = cut(records, limit, |record| record.key.last());
        if more && limit == 0 {
            page.next_marker = Some(BASE64.encode(first));
        }
        Ok(page)
    }

    /// How many items the page holds at most.
    pub(super) fn limit(self) -> usize {
        let asked = self.max_items.and_then(|n| usize::try_from(n).ok());
        asked.map_or(LIST_PAGE_MAX, |asked| asked.clamp(1, LIST_PAGE_MAX))
    }
}

/// Cuts what is one item too long, and marks where the next page goes on.
pub(super) fn cut<T>(mut items: Vec<T>, limit: usize, key: impl Fn(&T) -> String) -> Page<T> {
    let more = items.len() > limit;
    items.truncate(limit);
    let next_marker = items.last().filter(|_| more).map(|item| BASE64.encode(key(item)));
    Page { items, next_marker }
}

/// The key in a marker.
pub(super) fn unmark(marker: &str) -> Result<String, Error> {
    let key = BASE64.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| Error::InvalidParameter(format!("Invalid marker: {marker}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(marker: Option<&str>, names: &[&'static str]) -> Page<&'static str> {
        Wanted { marker, max_items: Some(2) }.of(names.iter().copied(), |name| (*name).to_owned()).unwrap()
    }

    #[test]
    fn pages_neither_repeat_nor_leave_out_what_stays() {
        let first = page(None, &["a", "c", "e", "g"]);
        assert_eq!(first.items, ["a", "c"]);
        // Meanwhile a and c are gone and b and d are new.
        let second = page(first.next_marker.as_deref(), &["b", "d", "e", "g"]);
        assert_eq!(second.items, ["d", "e"]);
        let third = page(second.next_marker.as_deref(), &["b", "d", "e", "g"]);
        assert_eq!(third, Page { items: vec!["g"], next_marker: None });
    }

    #[test]
    fn a_marker_nobody_gave_out_is_refused() {
        let wanted = Wanted { marker: Some("?"), max_items: None };
        assert!(wanted.of(["a"], |name| (*name).to_owned()).is_err());
    }
}
