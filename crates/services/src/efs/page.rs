//! One page of a list, and the marker of the next: the key of the last item shown. Never keeps one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use lambent_core::limits::EFS_PAGE_MAX;

use super::Error;

/// A page of items whose keys rise, and the marker of the next where there is more.
pub(super) fn of<T>(
    items: Vec<T>,
    key: impl Fn(&T) -> &str,
    marker: Option<&str>,
    max: Option<i32>,
) -> Result<(Vec<T>, Option<String>), Error> {
    let after = marker.map(unmark).transpose()?;
    let limit = max.and_then(|n| usize::try_from(n).ok()).map_or(EFS_PAGE_MAX, |n| n.clamp(1, EFS_PAGE_MAX));
    let left = items.into_iter().filter(|item| after.as_ref().is_none_or(|after| key(item) > after.as_str()));
    let mut page: Vec<T> = left.take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|last| BASE64.encode(key(last)));
    Ok((page, next))
}

fn unmark(marker: &str) -> Result<String, Error> {
    let key = BASE64.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| Error::BadRequest(format!("Invalid Marker: {marker}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another() {
        let page = |marker: Option<&str>| of(vec!["a", "b", "c"], |item| item, marker, Some(2)).unwrap();
        let (first, next) = page(None);
        assert_eq!(first, ["a", "b"]);
        assert_eq!(page(next.as_deref()), (vec!["c"], None));
        assert!(of(vec!["a"], |item| item, Some("?"), None).is_err());
    }
}
