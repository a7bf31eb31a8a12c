//! The inline policies of users and roles. The operations of each are in `user_policy` and `role_policy`.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>

use lambent_core::iam::realm::Realm;

use super::holder::Holder;
use super::page::Page;
use super::{Error, document, find};
use crate::Server;

/// Sets a policy of a user or role.
pub(super) async fn put<H: Holder>(
    server: &Server,
    realm: &Realm,
    holder: &str,
    policy: &str,
    text: &str,
) -> Result<(), Error> {
    document::identity(text)?;
    let changed = find::change::<H>(server, realm, holder, |holder_record| {
        let held = holder_record.held_mut();
        held.inline.insert(policy.to_owned(), text.to_owned());
        if held.inline_chars() > H::INLINE_MAX_CHARS {
            return Err(Error::Limit(format!(
                "Maximum policy size of {} bytes exceeded for {} {holder}",
                H::INLINE_MAX_CHARS,
                H::KIND
            )));
        }
        Ok(())
    });
    changed.await.map(drop)
}

/// A policy of a user or role.
pub(super) async fn get<H: Holder>(
    server: &Server,
    realm: &Realm,
    holder: &str,
    policy: &str,
) -> Result<String, Error> {
    let mut found = find::holder::<H>(server, realm, holder).await?.value;
    found.held_mut().inline.remove(policy).ok_or_else(|| missing::<H>(policy))
}

/// Takes a policy of a user or role away.
pub(super) async fn delete<H: Holder>(
    server: &Server,
    realm: &Realm,
    holder: &str,
    policy: &str,
) -> Result<(), Error> {
    let changed = find::change::<H>(server, realm, holder, |record| {
        record.held_mut().inline.remove(policy).map(drop).ok_or_else(|| missing::<H>(policy))
    });
    changed.await.map(drop)
}

/// The names of the policies of a user or role.
pub(super) async fn list<H: Holder>(
    server: &Server,
    realm: &Realm,
    holder: &str,
    marker: Option<&str>,
    max: Option<i32>,
) -> Result<Page<String>, Error> {
    let found = find::holder::<H>(server, realm, holder).await?.value;
    Page::of(found.held().inline.keys().cloned().collect(), String::clone, marker, max)
}

fn missing<H: Holder>(policy: &str) -> Error {
    Error::NoSuchInlinePolicy { kind: H::KIND, name: policy.to_owned() }
}
