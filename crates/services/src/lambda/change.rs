//! Changes of a function's record: conditional on what was read, so that two callers never undo each other's work. Whoever
//! deletes a version changes the record of its function too, so what was read of versions holds as well. Never decides
//! what changes.

use std::collections::BTreeMap;

use lambent_core::lambda::concurrency::Reservation;
use lambent_core::lambda::function::Function;
use lambent_core::lambda::version::{Version, VersionNumber};
use lambent_store::{Record, Transaction, tables};

use super::attempts::Attempts;
use super::names::Target;
use super::settle::Patience;
use super::{Error, reservations};
use crate::Server;

/// Versions of one function that were asked for and are there.
pub(super) type Versions = BTreeMap<VersionNumber, Version>;

/// The function's record.
pub(super) async fn read(server: &Server, target: &Target) -> Result<Record<Function>, Error> {
    let record = server.store.get(&tables::FUNCTIONS, &tables::function_key(&target.id)).await?;
    record.ok_or_else(|| target.not_found())
}

/// The function, once `check` lets it pass; a function that is being created or updated is waited for, with patience.
pub(super) async fn settled(
    server: &Server,
    target: &Target,
    check: impl Fn(&Function) -> Result<(), Error>,
) -> Result<Function, Error> {
    let patience = Patience::new(server);
    loop {
        let settled = patience.watch();
        let function = read(server, target).await?.value;
        match check(&function) {
            Err(busy @ Error::Busy(_)) => patience.wait(settled, busy).await?,
            checked => return checked.map(|()| function),
        }
    }
}

/// Changes a function; looks again as often as others change it at the same moment.
pub(super) async fn function<T>(
    server: &Server,
    target: &Target,
    mut change: impl FnMut(&mut Function) -> Result<T, Error>,
) -> Result<T, Error> {
    together(server, target, |function, transaction| Ok((change(function)?, transaction))).await
}

/// The same together with other writes, which happen with it or not at all. What the function has reserved is kept in step,
/// so that whoever ends a setting need not know of it. A change that is refused because the function is being created or
/// updated waits for that, with patience.
pub(super) async fn together<T>(
    server: &Server,
    target: &Target,
    mut change: impl FnMut(&mut Function, Transaction) -> Result<(T, Transaction), Error>,
) -> Result<T, Error> {
    let change = |function: &mut Function, _: &Versions, transaction| change(function, transaction);
    with_versions(server, target, |_| Vec::new(), change).await
}

/// The same with a look at some versions of the function.
pub(super) async fn with_versions<T>(
    server: &Server,
    target: &Target,
    needed: impl Fn(&Function) -> Vec<VersionNumber>,
    mut change: impl FnMut(&mut Function, &Versions, Transaction) -> Result<(T, Transaction), Error>,
) -> Result<T, Error> {
    let patience = Patience::new(server);
    let mut attempts = Attempts::new();
    loop {
        let settled = patience.watch();
        let mut record = read(server, target).await?;
        let reserved = Reservation::of(&record.value);
        let mut versions = Versions::new();
        for number in needed(&record.value) {
            versions.extend(version(server, &record.value, number).await?.map(|version| (number, version)));
        }
        let (changed, mut transaction) = match change(&mut record.value, &versions, Transaction::new()) {
            Err(busy @ Error::Busy(_)) => {
                patience.wait(settled, busy).await?;
                continue;
            }
            done => done?,
        };
        record.value.settings.retain(|_, settings| !settings.is_empty());
        if Reservation::of(&record.value) != reserved {
            transaction = reservations::carry(server, &record.value, transaction).await?;
        }
        if attempts.write(server, transaction.update(&tables::FUNCTIONS, &record)).await? {
            return Ok(changed);
        }
    }
}

/// A version of this very function, if it is there.
pub(super) async fn version(
    server: &Server,
    function: &Function,
    number: VersionNumber,
) -> Result<Option<Version>, Error> {
    let record = server.store.get(&tables::VERSIONS, &tables::version_key(&function.id, number)).await?;
    let version = record.map(|record| record.value);
    Ok(version.filter(|version| version.incarnation == function.incarnation))
}
