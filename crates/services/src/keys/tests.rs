//! The key ring without users or roles.

use lambent_core::iam::holder::Holdings;
use lambent_core::iam::realm::Realm;
use lambent_core::iam::role::Role;
use lambent_core::lambda::arn::FunctionId;
use lambent_core::time::Timestamp;
use lambent_dispatch::{LogPermit, RoleCredentials as _};
use lambent_store::{Expect, Transaction};
use lambent_testkit::{LoadedDice, PausedClock};

use super::*;

fn ring() -> KeyRing {
    let (clock, dice) = (Arc::new(PausedClock::default()), Arc::new(LoadedDice::new(1)));
    KeyRing::new(AccountId::default_account(), clock, dice)
}

fn function() -> FunctionId {
    let account = AccountId::default_account();
    FunctionId { account, region: Region::default_region(), name: "f".into() }
}

#[test]
fn a_session_is_its_roles_and_ends_when_it_is_revoked() {
    let ring = ring();
    let keys = ring.issue("arn:aws:iam::000000000000:role/path/r", &function());
    let found = ring.find(&keys.access_key_id).unwrap();
    assert_eq!((found.secret, found.session_token), (keys.secret_access_key, Some(keys.session_token)));
    let caller = ring.caller(&keys.access_key_id, Region::default_region()).unwrap();
    assert_eq!(caller.arn, "arn:aws:sts::000000000000:assumed-role/r/f");
    assert_eq!(caller.role.as_deref(), Some("arn:aws:iam::000000000000:role/path/r"));
    assert!(caller.is_of_unknown_role() && caller.is_session());
    assert_eq!(caller.unique_id().split_once(':').unwrap().1, "f");
    ring.revoke(&keys.access_key_id);
    assert!(ring.find(&keys.access_key_id).is_none());
    assert!(ring.caller(&keys.access_key_id, Region::default_region()).is_none());
}

#[test]
fn where_signatures_are_not_checked_a_key_of_ours_needs_its_token_and_a_strangers_is_nobodys() {
    let (ring, region) = (ring(), Region::default_region());
    let keys = ring.issue("arn:aws:iam::000000000000:role/r", &function());
    let (id, token) = (keys.access_key_id.as_str(), keys.session_token.as_str());
    let who = |id: &str, token: Option<&str>| {
        ring.vouch(id, token, &region).map(|caller| caller.map(|caller| caller.arn))
    };
    assert_eq!(who(id, Some(token)), Ok(Some("arn:aws:sts::000000000000:assumed-role/r/f".to_owned())));
    assert_eq!(who(id, None), Err(Refusal::UnrecognizedClient));
    assert_eq!(who(id, Some("other")), Err(Refusal::UnrecognizedClient));
    assert_eq!(who("ASIASTRANGER", Some("theirs")), Ok(None));
    assert_eq!(who("test", Some("test")), Ok(None));
    ring.revoke(id);
    assert_eq!(who(id, Some(token)), Err(Refusal::UnrecognizedClient), "it was one of ours");
}

#[tokio::test]
async fn a_role_that_is_kept_is_known_before_anything_runs_in_its_name() {
    let (ring, store) = (Arc::new(ring()), Store::memory());
    let realm = Realm::of(&AccountId::default_account(), &Region::default_region());
    let role = Role {
        realm: realm.clone(),
        id: "AROA1".to_owned(),
        name: "r".to_owned(),
        path: "/".to_owned(),
        description: None,
        trust: String::new(),
        session_max_s: 3600,
        created: Timestamp::from_millis(0),
        held: Holdings::default(),
    };
    let key = tables::iam_key(&realm, "r");
    store.write(Transaction::new().put(&tables::IAM_ROLES, key, &role, Expect::Absent)).await.unwrap();
    ring.know(&store).await.unwrap();
    let keys = ring.issue(&role.arn(), &function());
    let caller = ring.caller(&keys.access_key_id, Region::default_region()).unwrap();
    assert!(!caller.is_of_unknown_role());
    assert_eq!(ring.log_permit(&role.arn(), &function(), ("/g", "s")), LogPermit::None);
    assert_eq!(
        ring.log_permit("arn:aws:iam::000000000000:role/x", &function(), ("/g", "s")),
        LogPermit::Create
    );
}
