//! What functions have reserved of their account's concurrency, written in one transaction with the function that reserves
//! it, so that two callers never give the same concurrency away. Never decides who may have how much.

use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::concurrency::{Reservation, Reservations};
use lambent_core::lambda::function::Function;
use lambent_store::{Expect, Key, Record, Revision, Transaction, tables};

use super::attempts::written;
use super::names::Target;
use super::{Error, change};
use crate::Server;

/// The reservations of an account and region, and what a write expects to find.
struct Book {
    reservations: Reservations,
    expect: Expect,
}

/// What the functions of an account and region have reserved.
pub(super) async fn read(
    server: &Server,
    account: &AccountId,
    region: &Region,
) -> Result<Reservations, Error> {
    let record = server.store.get(&tables::RESERVATIONS, &tables::reservations_key(account, region)).await?;
    Ok(record.map(|record| record.value).unwrap_or_default())
}

/// A function to be changed, and what its account has reserved.
pub(super) struct Draft {
    pub(super) function: Function,
    record: (Key, Revision),
    book: Book,
}

impl Draft {
    /// What is there now.
    pub(super) async fn read(server: &Server, target: &Target) -> Result<Self, Error> {
        let Record { key, revision, value: function } = change::read(server, target).await?;
        Ok(Self { function, record: (key, revision), book: open(server, &target.id).await? })
    }

    /// What the account has reserved.
    pub(super) fn reservations(&self) -> &Reservations {
        &self.book.reservations
    }

    /// Writes the function and what it has reserved. Not where somebody changed either meanwhile: then the caller reads
    /// again.
    pub(super) async fn write(self, server: &Server) -> Result<bool, Error> {
        let Self { mut function, record: (key, revision), book } = self;
        function.settings.retain(|_, settings| !settings.is_empty());
        let transaction = book.enter(&function.id, Reservation::of(&function), Transaction::new());
        let record = Record { key, revision, value: function };
        written(server, transaction.update(&tables::FUNCTIONS, &record)).await
    }
}

/// Adds to a transaction that writes a function what it has reserved then. A conflict of the transaction may come from
/// here: the caller begins again.
pub(super) async fn carry(
    server: &Server,
    function: &Function,
    transaction: Transaction,
) -> Result<Transaction, Error> {
    Ok(open(server, &function.id).await?.enter(&function.id, Reservation::of(function), transaction))
}

/// Adds to a transaction that deletes a function the end of what it has reserved. A conflict of the transaction may come
/// from here: the caller begins again.
pub(super) async fn forget(
    server: &Server,
    id: &FunctionId,
    transaction: Transaction,
) -> Result<Transaction, Error> {
    Ok(open(server, id).await?.enter(id, Reservation::default(), transaction))
}

async fn open(server: &Server, id: &FunctionId) -> Result<Book, Error> {
    let key = tables::reservations_key(&id.account, &id.region);
    let record = server.store.get(&tables::RESERVATIONS, &key).await?;
    Ok(record.map_or_else(
        || Book { reservations: Reservations::default(), expect: Expect::Absent },
        |record| Book { reservations: record.value, expect: Expect::Revision(record.revision) },
    ))
}

impl Book {
    /// Adds the write of one function's part, if that changes.
    fn enter(mut self, id: &FunctionId, part: Reservation, transaction: Transaction) -> Transaction {
        if self.reservations.functions.get(&id.name).copied().unwrap_or_default() == part {
            return transaction;
        }
        self.reservations.set(&id.name, part);
        let key = tables::reservations_key(&id.account, &id.region);
        transaction.put(&tables::RESERVATIONS, key, &self.reservations, self.expect)
    }
}
