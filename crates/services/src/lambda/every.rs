//! A walk over every record of a table, of every account and region, for what the server does by itself. Never in the way
//! of a request.

use lambent_store::{Prefix, StoreError, Table};
use serde::de::DeserializeOwned;

use crate::Server;

/// Records read at once.
const PAGE: usize = 1000;

/// Shows every record, in the order of the keys.
pub(super) async fn record<T: DeserializeOwned>(
    server: &Server,
    table: &Table<T>,
    mut show: impl FnMut(&T),
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = server.store.list(table, &Prefix::all(), after.as_ref(), PAGE).await?;
        page.iter().for_each(|record| show(&record.value));
        match page.into_iter().last() {
            Some(record) => after = Some(record.key),
            None => return Ok(()),
        }
    }
}
