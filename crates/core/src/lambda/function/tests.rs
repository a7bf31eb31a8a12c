//! What becomes of a function, and of records that older servers wrote.

use super::*;
use crate::account::{AccountId, Region};
use crate::lambda::architecture::Architecture;
use crate::lambda::configuration::{Logging, Tracing};
use crate::lambda::state::Reason;

fn code(number: u8) -> Code {
    Code { digest: Digest::of(&[number]), size_bytes: 1, unzipped_bytes: 1, source_kms_key_arn: None }
}

pub(in crate::lambda) fn function() -> Function {
    let configuration = Configuration {
        runtime: "python3.12".into(),
        handler: "a.b".into(),
        role: "arn:aws:iam::000000000000:role/r".into(),
        description: String::new(),
        timeout_s: 3,
        memory_mib: 128,
        tmp_mib: 512,
        environment: None,
        architecture: Architecture::X86_64,
        layers: Vec::new(),
        vpc: None,
        dead_letter: None,
        file_systems: Vec::new(),
        tracing: Tracing::default(),
        logging: Logging::default(),
        snap_start: false,
        kms_key_arn: None,
    };
    Function {
        id: FunctionId {
            account: AccountId::default_account(),
            region: Region::default_region(),
            name: "f".into(),
        },
        incarnation: Uuid::nil(),
        latest: Deployment { configuration, code: code(0), number: 0 },
        serving: None,
        state: State::Pending,
        last_update: None,
        revision_id: Uuid::nil(),
        last_modified: Timestamp::from_millis(0),
        tags: BTreeMap::new(),
        next_version: 1,
        aliases: BTreeMap::new(),
        settings: BTreeMap::new(),
        reserved_concurrency: None,
        recursion_allowed: false,
        code_signing_config: None,
    }
}

/// As the server wrote it that had nothing but functions.
const OLDEST: &str = r#"{"id":{"account":"000000000000","region":"us-east-1","name":"f"},
    "incarnation":"00000000-0000-0000-0000-000000000000","latest":{"configuration":{"runtime":"python3.12",
    "handler":"a.b","role":"arn:aws:iam::000000000000:role/r","description":"","timeout_s":3,"memory_mib":128,
    "tmp_mib":512,"environment":{"A":"b"},"architecture":"X86_64"},"code":{"digest":
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d","size_bytes":1},"number":0},"serving":null,
    "state":{"Failed":{"code":"c","text":"t"}},"last_update":"Successful","revision_id":
    "00000000-0000-0000-0000-000000000000","last_modified":0,"tags":{}}"#;

#[test]
fn a_record_of_an_older_server_is_read() {
    let mut expected = function();
    expected.latest.code.unzipped_bytes = 0;
    expected.latest.configuration.environment = Some([("A".into(), "b".into())].into());
    expected.state = State::Failed(Reason { code: "c".into(), text: "t".into() });
    expected.last_update = Some(LastUpdate::Successful);
    assert_eq!(serde_json::from_str::<Function>(OLDEST).unwrap(), expected);
}

#[test]
fn settings_are_kept_by_qualifier() {
    let mut f = function();
    for qualifier in ["$LATEST", "1", "live"] {
        f.settings_mut(&Qualifier::read(qualifier)).url = None;
    }
    let text = serde_json::to_string(&f).unwrap();
    assert!(text.contains("\"$LATEST\":{"), "{text}");
    assert_eq!(serde_json::from_str::<Function>(&text).unwrap(), f);
}

fn new_code() -> Change {
    Change { code: Some(code(1)), configuration: None }
}

#[test]
fn old_code_runs_until_an_update_has_settled() {
    let mut f = function();
    assert!(f.running().is_none());
    assert!(f.settle(Uuid::from_u128(1)));
    f.begin_update(new_code(), Uuid::from_u128(2), Timestamp::from_millis(9));
    assert_eq!(f.running().unwrap().code, code(0));
    assert_eq!(f.digests().collect::<Vec<_>>(), [code(1).digest, code(0).digest]);
    assert!(f.settle(Uuid::from_u128(3)));
    assert_eq!(f.running().unwrap().code, code(1));
    assert_eq!(f.revision_id, Uuid::from_u128(3));
}

#[test]
fn settling_twice_changes_nothing() {
    let mut f = function();
    f.settle(Uuid::from_u128(1));
    let once = f.clone();
    assert!(!f.settle(Uuid::from_u128(2)));
    assert_eq!(f, once);
}

#[test]
fn nothing_changes_while_pending_or_updating() {
    let mut f = function();
    assert_eq!(f.can_change(), Err(Busy::Pending));
    f.settle(Uuid::from_u128(1));
    assert_eq!(f.can_change(), Ok(()));
    f.begin_update(new_code(), Uuid::from_u128(2), Timestamp::from_millis(9));
    assert_eq!(f.can_change(), Err(Busy::Updating { arn: f.id.arn() }));
}
