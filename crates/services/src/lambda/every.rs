//! A walk over every function of every account and region, for what the server does by itself. Never in the way of a
//! request.

use lambent_core::lambda::function::Function;
use lambent_store::{Prefix, StoreError, tables};

use crate::Server;

/// Functions read at once.
const PAGE: usize = 1000;

/// Shows every function, in the order of the keys.
pub(super) async fn function(server: &Server, mut show: impl FnMut(&Function)) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = server.store.list(&tables::FUNCTIONS, &Prefix::all(), after.as_ref(), PAGE).await?;
        page.iter().for_each(|record| show(&record.value));
        match page.into_iter().last() {
            Some(record) => after = Some(record.key),
            None => return Ok(()),
        }
    }
}
