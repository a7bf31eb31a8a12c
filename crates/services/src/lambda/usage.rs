//! What the functions, versions and layers of an account take of its code storage in one region. In memory, kept current
//! by the store's changes, of which only the sizes are read. Never decides how much is allowed but for the one quota.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use lambent_core::account::{AccountId, Region};
use lambent_core::limits::CODE_STORAGE_MAX_BYTES;
use lambent_store::{Key, Store, Table, tables};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tracing::error;

use super::Error;
use crate::Server;

/// What one account has in one region.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// `TotalCodeSize`: the zips of all functions, versions and layers, each counted where it is used.
    pub(crate) code_bytes: u64,
    /// `FunctionCount`.
    pub(crate) functions: u64,
}

/// All accounts and regions.
#[derive(Debug, Default)]
pub(crate) struct Index(Mutex<Sizes>);

#[derive(Debug, Default)]
struct Sizes {
    records: HashMap<(&'static str, Key), u64>,
    /// By account and region.
    totals: HashMap<(String, String), Usage>,
}

/// What of a record is read.
trait Measured: DeserializeOwned + 'static {
    fn bytes(&self) -> u64;
}

#[derive(Deserialize)]
struct Code {
    size_bytes: u64,
}

#[derive(Deserialize)]
struct Deployment {
    code: Code,
}

#[derive(Deserialize)]
struct OfFunction {
    latest: Deployment,
}

#[derive(Deserialize)]
struct OfVersion {
    deployment: Deployment,
}

impl Measured for OfFunction {
    fn bytes(&self) -> u64 {
        self.latest.code.size_bytes
    }
}

impl Measured for OfVersion {
    fn bytes(&self) -> u64 {
        self.deployment.code.size_bytes
    }
}

/// A layer version has its code at the top.
impl Measured for Deployment {
    fn bytes(&self) -> u64 {
        self.code.size_bytes
    }
}

impl Index {
    /// Follows every change of a store from now on. What is there already is told by [`Index::take_in`].
    pub(crate) fn watch(store: &Store) -> Arc<Self> {
        let index = Arc::new(Self::default());
        index.watch_table(store, Table::<OfFunction>::new(tables::FUNCTIONS.name()));
        index.watch_table(store, Table::<OfVersion>::new(tables::VERSIONS.name()));
        index.watch_table(store, Table::<Deployment>::new(tables::LAYER_VERSIONS.name()));
        index
    }

    fn watch_table<T: Measured>(self: &Arc<Self>, store: &Store, table: Table<T>) {
        let (index, sizes) = (Arc::clone(self), Table::<T>::new(table.name()));
        store.watch(&table, move |change| match change.decode(&sizes) {
            Ok(record) => index.set(change.table, &change.key, record.map(|record| record.bytes())),
            Err(fault) => error!(%fault, "the size of a record cannot be read"),
        });
    }

    /// Takes in a record that was there before.
    pub(super) fn take_in<T>(&self, table: &Table<T>, key: &Key, bytes: u64) {
        self.set(table.name(), key, Some(bytes));
    }

    /// What an account has in a region.
    pub(crate) fn of(&self, account: &AccountId, region: &Region) -> Usage {
        let sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (account.to_string(), region.to_string());
        sizes.totals.get(&place).copied().unwrap_or_default()
    }

    /// Sets the size of one record; none for one that is gone.
    fn set(&self, table: &'static str, key: &Key, bytes: Option<u64>) {
        let mut parts = key.parts().into_iter();
        let (Some(account), Some(region)) = (parts.next(), parts.next()) else { return };
        let mut sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (table, key.clone());
        let before = match bytes {
            Some(bytes) => sizes.records.insert(place, bytes),
            None => sizes.records.remove(&place),
        };
        let total = sizes.totals.entry((account, region)).or_default();
        total.code_bytes = (total.code_bytes + bytes.unwrap_or(0)).saturating_sub(before.unwrap_or(0));
        if table == tables::FUNCTIONS.name() {
            let now = total.functions + u64::from(bytes.is_some());
            total.functions = now.saturating_sub(u64::from(before.is_some()));
        }
    }
}

/// Refuses code that the account has no room for; what is there already counts as well. Two that come at the same moment
/// may both find room that is enough for one: the quota is kept to within what is being uploaded.
pub(super) fn check(
    server: &Server,
    account: &AccountId,
    region: &Region,
    added_bytes: u64,
) -> Result<(), Error> {
    if server.usage.of(account, region).code_bytes.saturating_add(added_bytes) <= CODE_STORAGE_MAX_BYTES {
        return Ok(());
    }
    Err(Error::CodeStorageExceeded("Code storage limit exceeded.".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_counts_once_where_it_stands() {
        let index = Index::default();
        let (account, region) = (AccountId::default_account(), Region::default_region());
        let key = |parts: &[&str]| Key::of([account.as_str(), region.as_str()].iter().chain(parts));
        let usage = || {
            let Usage { code_bytes, functions } = index.of(&account, &region);
            (code_bytes, functions)
        };
        index.set("functions", &key(&["f"]), Some(10));
        index.set("versions", &key(&["f", "1"]), Some(10));
        index.set("layer_versions", &key(&["l", "1"]), Some(5));
        assert_eq!(usage(), (25, 1));
        index.set("functions", &key(&["f"]), Some(4));
        assert_eq!(usage(), (19, 1), "an update replaces what was there");
        index.set("functions", &Key::of(["111111111111", region.as_str(), "f"]), Some(7));
        index.set("versions", &key(&["f", "1"]), None);
        index.set("functions", &key(&["f"]), None);
        index.set("functions", &key(&["f"]), None);
        assert_eq!(usage(), (5, 0));
    }
}
