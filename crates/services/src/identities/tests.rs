//! What is known of users and roles follows what is written, at once.

use std::sync::Arc;

use lambent_core::account::{AccountId, Region};
use lambent_core::iam::access_key::AccessKey;
use lambent_core::iam::holder::Holdings;
use lambent_core::iam::managed_policy::ManagedPolicy;
use lambent_core::iam::realm::Realm;
use lambent_core::iam::role::Role;
use lambent_core::iam::tag::Tag;
use lambent_core::iam::user::User;
use lambent_core::iam::{Decision, Document, Kind, Request, Requester, evaluate};
use lambent_core::time::Timestamp;
use lambent_store::{Expect, Store, Transaction, tables};

use super::Identities;

const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
const DENY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#;
const TRUST: &str = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#;
const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn realm() -> Realm {
    Realm::of(&AccountId::default_account(), &Region::default_region())
}

fn at() -> Timestamp {
    Timestamp::from_millis(1000)
}

fn role(held: Holdings) -> Role {
    Role {
        realm: realm(),
        id: "AROA1".to_owned(),
        name: "Worker".to_owned(),
        path: "/a/".to_owned(),
        description: None,
        trust: TRUST.to_owned(),
        session_max_s: 3600,
        created: at(),
        held,
    }
}

fn user(keys: Vec<AccessKey>) -> User {
    let (id, name, path) = ("AIDA1".to_owned(), "u".to_owned(), "/".to_owned());
    User { realm: realm(), id, name, path, created: at(), keys, held: Holdings::default() }
}

fn key(id: &str) -> AccessKey {
    AccessKey { id: id.to_owned(), secret: "s".to_owned(), is_active: true, created: at() }
}

fn policy(document: &str) -> ManagedPolicy {
    let mut policy = ManagedPolicy {
        realm: realm(),
        id: "ANPA1".to_owned(),
        name: "p".to_owned(),
        path: "/".to_owned(),
        description: None,
        created: at(),
        updated: at(),
        default: 0,
        last: 0,
        versions: Vec::new(),
        tags: Vec::new(),
    };
    policy.add(document.to_owned(), at(), true);
    policy
}

async fn put_role(store: &Store, role: &Role) {
    let key = tables::iam_key(&realm(), &role.name);
    store.write(Transaction::new().put(&tables::IAM_ROLES, key, role, Expect::Any)).await.unwrap();
}

async fn put_user(store: &Store, user: &User) {
    let key = tables::iam_key(&realm(), "u");
    store.write(Transaction::new().put(&tables::IAM_USERS, key, user, Expect::Any)).await.unwrap();
}

async fn put_policy(store: &Store, policy: &ManagedPolicy) {
    let key = tables::iam_key(&realm(), "p");
    store.write(Transaction::new().put(&tables::IAM_POLICIES, key, policy, Expect::Any)).await.unwrap();
}

fn said(document: &Arc<Document>) -> Decision {
    let context = lambent_core::iam::Context::new();
    let (action, resource) = ("s3:GetObject", "arn:aws:s3:::b/k");
    let request = Request { requester: &Requester::Anonymous, action, resource, context: &context };
    evaluate(document, Kind::Identity, &request)
}

#[tokio::test]
async fn a_new_default_version_is_in_force_for_all_who_have_the_policy() {
    let store = Store::memory();
    let known = Identities::watch(&store);
    let mut managed = policy(ALLOW);
    put_policy(&store, &managed).await;
    let arn = managed.arn();
    let held = Holdings { attached: vec![arn.clone()], boundary: Some(arn.clone()), ..Holdings::default() };
    let worker = role(held);
    put_role(&store, &worker).await;
    let found = || known.role(&worker.arn()).unwrap();
    assert!(matches!(said(&found().held.policies[0]), Decision::Allowed(_)));
    managed.add(DENY.to_owned(), at(), false);
    put_policy(&store, &managed).await;
    assert!(matches!(said(&found().held.policies[0]), Decision::Allowed(_)), "it is not in force yet");
    managed.default = 2;
    put_policy(&store, &managed).await;
    assert_eq!(said(&found().held.policies[0]), Decision::Denied);
    assert_eq!(said(found().held.boundary.as_ref().unwrap()), Decision::Denied);
}

#[tokio::test]
async fn a_role_is_known_by_its_arn_and_by_its_name_until_it_is_deleted() {
    let store = Store::memory();
    let known = Identities::watch(&store);
    let tags = vec![Tag { key: "team".to_owned(), value: "a".to_owned() }];
    let worker = role(Holdings { attached: vec![ADMIN.to_owned()], tags, ..Holdings::default() });
    put_role(&store, &worker).await;
    let found = known.role("arn:aws:iam::000000000000:role/a/Worker").unwrap();
    assert_eq!((found.held.unique_id.as_str(), found.held.tags["team"].as_str()), ("AROA1", "a"));
    assert!(matches!(said(&found.held.policies[0]), Decision::Allowed(_)), "a policy of AWS");
    let account = AccountId::default_account();
    assert!(known.role_named(&account, "worker").is_some() && known.role_named(&account, "other").is_none());
    let key = tables::iam_key(&realm(), "Worker");
    store.write(Transaction::new().delete(&tables::IAM_ROLES, key, Expect::Present)).await.unwrap();
    assert!(known.role(&found.held.arn).is_none() && known.role_named(&account, "Worker").is_none());
    assert!(known.roles_of(&realm()).is_empty());
}

#[tokio::test]
async fn an_access_key_is_known_while_its_user_has_it() {
    let store = Store::memory();
    put_user(&store, &user(vec![key("AKIA1"), key("AKIA2")])).await;
    let known = Identities::watch(&store);
    assert!(known.key("AKIA1").is_none(), "what was there before is taken in first");
    known.take_in(&store).await.unwrap();
    let found = known.key("AKIA1").unwrap();
    assert_eq!((found.secret.as_str(), found.is_active), ("s", true));
    assert_eq!(found.user_arn, "arn:aws:iam::000000000000:user/u");
    put_user(&store, &user(vec![AccessKey { is_active: false, ..key("AKIA2") }])).await;
    assert!(known.key("AKIA1").is_none());
    assert!(!known.key("AKIA2").unwrap().is_active);
}

#[tokio::test]
async fn a_policy_that_cannot_be_read_denies() {
    let store = Store::memory();
    let known = Identities::watch(&store);
    let inline = [("p".to_owned(), "no policy".to_owned())].into();
    put_role(&store, &role(Holdings { inline, ..Holdings::default() })).await;
    let found = known.roles_of(&realm());
    assert_eq!(said(&found[0].held.policies[0]), Decision::Denied);
}
