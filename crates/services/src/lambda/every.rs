//! A walk over every record of a table, or over those under a prefix, page by page. Never changes one.

use lambent_core::limits::STORE_PAGE_MAX;
use lambent_store::{Prefix, Record, StoreError, Table};
use serde::de::DeserializeOwned;

use crate::Server;

/// Shows every record, of every account and region, in the order of the keys.
pub(super) async fn record<T: DeserializeOwned>(
    server: &Server,
    table: &Table<T>,
    mut show: impl FnMut(&T),
) -> Result<(), StoreError> {
    under(server, table, &Prefix::all(), |record| show(&record.value)).await
}

/// Shows every record under a prefix, in the order of the keys.
pub(super) async fn under<T: DeserializeOwned>(
    server: &Server,
    table: &Table<T>,
    prefix: &Prefix,
    mut show: impl FnMut(Record<T>),
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = server.store.list(table, prefix, after.as_ref(), STORE_PAGE_MAX).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.key.clone());
        page.into_iter().for_each(&mut show);
    }
}
