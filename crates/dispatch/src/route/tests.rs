//! What a function and qualifier lead to, whatever the order in which functions and versions come to be known.

use lambent_core::account::{AccountId, Region};
use lambent_core::digest::Digest;
use lambent_core::lambda::alias::Routing;
use lambent_core::lambda::architecture::Architecture;
use lambent_core::lambda::configuration::{Configuration, Logging, Tracing};
use lambent_core::lambda::function::Code;
use lambent_core::lambda::settings;
use lambent_core::time::Timestamp;

use super::*;

pub(crate) fn function(incarnation: u128) -> Function {
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
    let code = Code { digest: Digest::of(b"x"), size_bytes: 1, unzipped_bytes: 1, source_kms_key_arn: None };
    let (account, region) = (AccountId::default_account(), Region::default_region());
    Function {
        id: FunctionId { account, region, name: "f".into() },
        incarnation: Uuid::from_u128(incarnation),
        latest: Deployment { configuration, code, number: 0 },
        serving: None,
        state: State::Active,
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

/// A function with two versions, the first of them active, and an alias that gives each a half.
fn known() -> (Function, [Version; 2]) {
    let mut function = function(1);
    let mut publish = || Version::publish(&mut function, None, Uuid::nil(), Timestamp::from_millis(0));
    let (mut one, two) = (publish(), publish());
    one.settle(Uuid::nil());
    let routing = Some(Routing { version: two.number, weight: 0.5 });
    let alias =
        Alias { version: Some(one.number), description: String::new(), routing, revision_id: Uuid::nil() };
    function.aliases.insert("live".into(), alias);
    (function, [one, two])
}

fn find(routes: &Routes, qualifier: &str, drawn: f64) -> String {
    match routes.find(&function(0).id, &Qualifier::read(qualifier), || drawn) {
        Ok(route) => route.version.clone(),
        Err(refusal) => refusal.to_string(),
    }
}

const PENDING: &str = "the function is pending";
const MISSING: &str = "function not found";

#[track_caller]
fn check(routes: &Routes) {
    let found = ["$LATEST", "1", "2", "3", "01", "dead"].map(|qualifier| find(routes, qualifier, 0.0));
    assert_eq!(found, ["$LATEST", "1", PENDING, MISSING, MISSING, MISSING]);
    assert_eq!([0.4, 0.6].map(|drawn| find(routes, "live", drawn)), [PENDING, "1"]);
}

#[test]
fn the_order_in_which_tables_are_read_makes_no_difference() {
    let (functions_first, versions_first) = (Routes::default(), Routes::default());
    let (function, versions) = known();
    functions_first.set(function.clone());
    for version in versions {
        versions_first.set_version(version.clone());
        assert_eq!(find(&versions_first, "1", 0.0), MISSING, "without its function there is no version");
        functions_first.set_version(version);
    }
    versions_first.set(function);
    check(&functions_first);
    check(&versions_first);
}

#[test]
fn what_is_deleted_is_forgotten() {
    let routes = Routes::default();
    let (function, versions) = known();
    let id = function.id.clone();
    routes.set(function);
    for version in versions.clone() {
        routes.set_version(version);
    }
    routes.remove_version(&id, versions[0].number);
    assert_eq!((find(&routes, "1", 0.0), find(&routes, "$LATEST", 0.0)), (MISSING.into(), "$LATEST".into()));
    routes.remove(&id);
    assert_eq!(find(&routes, "2", 0.0), MISSING);
    routes.remove_version(&id, versions[1].number);
    assert!(routes.functions.read().unwrap().is_empty(), "nothing is kept of it");
}

#[test]
fn versions_of_an_earlier_function_of_the_name_are_not_its_own() {
    let routes = Routes::default();
    let (before, [one, _]) = known();
    routes.set_version(one);
    routes.set(Function { aliases: before.aliases, ..function(2) });
    assert_eq!([find(&routes, "1", 0.0), find(&routes, "live", 0.9)], [MISSING, MISSING]);
}

#[test]
fn a_change_of_aliases_keeps_what_runs() {
    let routes = Routes::default();
    let (mut function, _) = known();
    let id = function.id.clone();
    routes.set(function.clone());
    let route = routes.find(&id, &Qualifier::Latest, || 0.0).unwrap();
    function
        .aliases
        .insert("edge".into(), Alias { version: None, routing: None, ..function.aliases["live"].clone() });
    routes.set(function.clone());
    assert!(Arc::ptr_eq(&route, &routes.find(&id, &Qualifier::read("edge"), || 0.0).unwrap()));
    function.latest.number += 1;
    routes.set(function);
    assert!(!Arc::ptr_eq(&route, &routes.find(&id, &Qualifier::Latest, || 0.0).unwrap()));
}

#[test]
fn only_versions_that_have_or_had_provisioned_environments_are_told_of() {
    let routes = Routes::default();
    let (mut function, [one, mut two]) = known();
    let id = function.id.clone();
    let wanted = || {
        let each = routes.wanted(&id).into_iter();
        each.map(|(route, count)| (route.version.clone(), count)).collect::<Vec<_>>()
    };
    let mut set = |requested: Option<u32>| {
        let provisioned = |requested| settings::Provisioned {
            requested,
            last_modified: Timestamp::from_millis(0),
            request: Uuid::nil(),
        };
        function.settings_mut(&Qualifier::read("2")).provisioned = requested.map(provisioned);
        routes.set(function.clone());
    };
    routes.set_version(one);
    set(Some(3));
    assert_eq!(wanted(), [], "the version is not known yet");
    two.settle(Uuid::nil());
    routes.set_version(two);
    assert_eq!(wanted(), [("2".to_owned(), 3)]);
    set(None);
    assert_eq!(wanted(), [("2".to_owned(), 0)], "that none is wanted any more is told");
    assert_eq!(wanted(), [], "once");
}
