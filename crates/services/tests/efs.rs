//! Every operation of EFS through the pipeline. What functions get that mount is in `efs_mounts`.

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{said, with_function};
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

const OWN: &str = "000000000000";
const SUBNET: &str = "subnet-0123456789abcdef0";

async fn server() -> TestServer {
    with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await
}

async fn ask(server: &TestServer, method: Method, path: &str, body: Value) -> (u16, Value) {
    server.call_of("elasticfilesystem", OWN, method, &format!("/2015-02-01/{path}"), &body).await
}

async fn post(server: &TestServer, path: &str, body: Value) -> (u16, Value) {
    ask(server, Method::POST, path, body).await
}

async fn get(server: &TestServer, path: &str) -> (u16, Value) {
    ask(server, Method::GET, path, json!({})).await
}

async fn delete(server: &TestServer, path: &str) -> (u16, Value) {
    ask(server, Method::DELETE, path, json!({})).await
}

/// The member of an answer that must be there.
fn text(answer: &(u16, Value), member: &str) -> String {
    answer.1[member].as_str().unwrap_or_else(|| panic!("{member} in {answer:?}")).to_owned()
}

#[track_caller]
fn refused(answer: &(u16, Value), status: u16, code: &str) {
    assert_eq!((answer.0, answer.1["ErrorCode"].as_str()), (status, Some(code)), "{answer:?}");
    assert!(answer.1["Message"].is_string(), "{answer:?}");
}

async fn file_system(server: &TestServer, token: &str) -> String {
    let made = post(server, "file-systems", json!({ "CreationToken": token })).await;
    assert_eq!(made.0, 201, "{made:?}");
    text(&made, "FileSystemId")
}

async fn mount_target(server: &TestServer, of: &str) -> String {
    let made = post(server, "mount-targets", json!({ "FileSystemId": of, "SubnetId": SUBNET })).await;
    assert_eq!(made.0, 200, "{made:?}");
    text(&made, "MountTargetId")
}

#[tokio::test]
async fn a_file_system_is_made_once_a_token_and_shown() {
    let server = server().await;
    let asked = json!({ "CreationToken": "t", "Tags": [{ "Key": "Name", "Value": "n" }] });
    let made = post(&server, "file-systems", asked.clone()).await;
    assert_eq!((made.0, &made.1["LifeCycleState"], &made.1["Name"]), (201, &json!("creating"), &json!("n")));
    let id = text(&made, "FileSystemId");
    let again = post(&server, "file-systems", asked).await;
    refused(&again, 409, "FileSystemAlreadyExists");
    assert_eq!(again.1["FileSystemId"], json!(id));
    let (_, shown) = get(&server, &format!("file-systems?FileSystemId={id}")).await;
    let shown = &shown["FileSystems"][0];
    assert_eq!(
        (&shown["LifeCycleState"], &shown["ThroughputMode"]),
        (&json!("available"), &json!("bursting"))
    );
    let arn = text(&made, "FileSystemArn").replace(':', "%3A").replace('/', "%2F");
    assert_eq!(
        get(&server, &format!("file-systems?FileSystemId={arn}")).await.0,
        200,
        "an ARN means the same"
    );
    refused(&get(&server, "file-systems?FileSystemId=fs-01234567").await, 404, "FileSystemNotFound");
    refused(
        &get(&server, &format!("file-systems?FileSystemId={id}&CreationToken=t")).await,
        400,
        "BadRequest",
    );
    refused(&get(&server, "file-systems?FileSystemId=x").await, 400, "ValidationException");
    let (_, none) = get(&server, "file-systems?CreationToken=u").await;
    assert_eq!(none["FileSystems"], json!([]));
    assert_eq!(delete(&server, &format!("file-systems/{id}")).await.0, 204);
    refused(&delete(&server, &format!("file-systems/{id}")).await, 404, "FileSystemNotFound");
    file_system(&server, "t").await;
}

#[tokio::test]
async fn pages_follow_one_another() {
    let server = server().await;
    for token in ["a", "b", "c"] {
        file_system(&server, token).await;
    }
    let first = get(&server, "file-systems?MaxItems=2").await;
    assert_eq!(first.1["FileSystems"].as_array().map(Vec::len), Some(2));
    let marker = text(&first, "NextMarker");
    let second = get(&server, &format!("file-systems?MaxItems=2&Marker={marker}")).await.1;
    assert_eq!(
        (second["FileSystems"].as_array().map(Vec::len), &second["Marker"]),
        (Some(1), &json!(marker))
    );
    assert_eq!(second.get("NextMarker"), None);
    refused(&get(&server, "file-systems?Marker=fiddlesticks").await, 400, "BadRequest");
}

#[tokio::test]
async fn throughput_goes_with_its_mode_and_is_kept_a_day() {
    let server = server().await;
    for wrong in [
        json!({ "ThroughputMode": "provisioned" }),
        json!({ "ProvisionedThroughputInMibps": 5 }),
        json!({ "PerformanceMode": "maxIO", "ThroughputMode": "elastic" }),
        json!({ "KmsKeyId": "alias/x" }),
    ] {
        let mut asked = wrong;
        asked["CreationToken"] = json!("t");
        refused(&post(&server, "file-systems", asked).await, 400, "BadRequest");
    }
    let id = file_system(&server, "t").await;
    let put = async |body: Value| ask(&server, Method::PUT, &format!("file-systems/{id}"), body).await;
    let provisioned = json!({ "ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 10.0 });
    let (status, shown) = put(provisioned).await;
    assert_eq!((status, &shown["ProvisionedThroughputInMibps"]), (202, &json!(10.0)));
    refused(&put(json!({ "ThroughputMode": "elastic" })).await, 429, "TooManyRequests");
    assert_eq!(put(json!({ "ProvisionedThroughputInMibps": 20.0 })).await.0, 202, "more is well at any time");
    let protection = format!("file-systems/{id}/protection");
    let off = json!({ "ReplicationOverwriteProtection": "DISABLED" });
    assert_eq!(ask(&server, Method::PUT, &protection, off.clone()).await, (200, off));
}

#[tokio::test]
async fn access_points_lead_into_a_file_system_and_go_with_it() {
    let server = server().await;
    let of = file_system(&server, "t").await;
    let user = json!({ "Uid": 1, "Gid": 2, "SecondaryGids": [3] });
    let root =
        json!({ "Path": "/a", "CreationInfo": { "OwnerUid": 1, "OwnerGid": 2, "Permissions": "0750" } });
    let asked = json!({ "ClientToken": "c", "FileSystemId": of, "PosixUser": user, "RootDirectory": root });
    let made = post(&server, "access-points", asked.clone()).await;
    assert_eq!((made.0, &made.1["PosixUser"], &made.1["RootDirectory"]), (200, &user, &root));
    refused(&post(&server, "access-points", asked).await, 409, "AccessPointAlreadyExists");
    let id = text(&made, "AccessPointId");
    let (_, shown) = get(&server, &format!("access-points?AccessPointId={id}")).await;
    assert_eq!(shown["AccessPoints"][0]["LifeCycleState"], "available");
    for wrong in ["/a/b/c/d/e", "a", "/../x"] {
        let asked = json!({ "ClientToken": "d", "FileSystemId": of, "RootDirectory": { "Path": wrong } });
        refused(&post(&server, "access-points", asked).await, 400, "ValidationException");
    }
    let nowhere = json!({ "ClientToken": "c", "FileSystemId": "fs-01234567" });
    refused(&post(&server, "access-points", nowhere).await, 404, "FileSystemNotFound");
    assert_eq!(delete(&server, &format!("file-systems/{of}")).await.0, 204);
    refused(&delete(&server, &format!("access-points/{id}")).await, 404, "AccessPointNotFound");
}

#[tokio::test]
async fn a_file_system_with_a_mount_target_stays() {
    let server = server().await;
    let of = file_system(&server, "t").await;
    let target = mount_target(&server, &of).await;
    let again = json!({ "FileSystemId": of, "SubnetId": SUBNET });
    refused(&post(&server, "mount-targets", again).await, 409, "MountTargetConflict");
    refused(&delete(&server, &format!("file-systems/{of}")).await, 409, "FileSystemInUse");
    let (_, shown) = get(&server, &format!("mount-targets?MountTargetId={target}")).await;
    assert_eq!(shown["MountTargets"][0]["SubnetId"], SUBNET);
    refused(&get(&server, "mount-targets").await, 400, "BadRequest");
    let groups = format!("mount-targets/{target}/security-groups");
    let put = async |count: usize| {
        let groups = vec!["sg-0123456789abcdef0"; count];
        ask(
            &server,
            Method::PUT,
            &format!("mount-targets/{target}/security-groups"),
            json!({ "SecurityGroups": groups }),
        )
        .await
    };
    refused(&put(6).await, 400, "SecurityGroupLimitExceeded");
    assert_eq!(put(2).await.0, 204);
    assert_eq!(get(&server, &groups).await.1["SecurityGroups"].as_array().map(Vec::len), Some(2));
    assert_eq!(delete(&server, &format!("mount-targets/{target}")).await.0, 204);
    refused(&delete(&server, &format!("mount-targets/{target}")).await, 404, "MountTargetNotFound");
    assert_eq!(delete(&server, &format!("file-systems/{of}")).await.0, 204);
}

#[tokio::test]
async fn policies_are_kept_until_they_are_taken_away() {
    let server = server().await;
    let of = file_system(&server, "t").await;
    let at = |what: &str| format!("file-systems/{of}/{what}");
    let put = async |what: &str, body: Value| ask(&server, Method::PUT, &at(what), body).await;
    refused(&get(&server, &at("policy")).await, 404, "PolicyNotFound");
    refused(&put("policy", json!({ "Policy": "no" })).await, 400, "InvalidPolicyException");
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"elasticfilesystem:ClientMount","Resource":"*"}]}"#;
    assert_eq!(put("policy", json!({ "Policy": policy })).await.0, 200);
    assert_eq!(get(&server, &at("policy")).await.1["Policy"], policy);
    assert_eq!(delete(&server, &at("policy")).await.0, 200);
    refused(&get(&server, &at("backup-policy")).await, 404, "PolicyNotFound");
    let backup = json!({ "BackupPolicy": { "Status": "ENABLED" } });
    assert_eq!(put("backup-policy", backup.clone()).await, (200, backup.clone()));
    assert_eq!(get(&server, &at("backup-policy")).await.1, backup);
    let rules = json!({ "LifecyclePolicies": [{ "TransitionToIA": "AFTER_30_DAYS" }] });
    assert_eq!(put("lifecycle-configuration", rules.clone()).await.1, rules);
    assert_eq!(get(&server, &at("lifecycle-configuration")).await.1, rules);
    let two = json!([{ "TransitionToIA": "AFTER_30_DAYS", "TransitionToArchive": "AFTER_90_DAYS" }]);
    let two = put("lifecycle-configuration", json!({ "LifecyclePolicies": two })).await;
    refused(&two, 400, "BadRequest");
}

#[tokio::test]
async fn tags_and_preferences_are_kept() {
    let server = server().await;
    let of = file_system(&server, "t").await;
    let tags = json!({ "Tags": [{ "Key": "b", "Value": "1" }, { "Key": "a", "Value": "2" }] });
    assert_eq!(post(&server, &format!("resource-tags/{of}"), tags.clone()).await.0, 200);
    assert_eq!(get(&server, &format!("resource-tags/{of}")).await.1, tags);
    assert_eq!(delete(&server, &format!("resource-tags/{of}?tagKeys=b")).await.0, 200);
    assert_eq!(
        post(&server, &format!("create-tags/{of}"), json!({ "Tags": [{ "Key": "c", "Value": "3" }] }))
            .await
            .0,
        204
    );
    let keys = json!({ "TagKeys": ["a"] });
    assert_eq!(post(&server, &format!("delete-tags/{of}"), keys).await.0, 204);
    assert_eq!(
        get(&server, &format!("tags/{of}/")).await.1,
        json!({ "Tags": [{ "Key": "c", "Value": "3" }] })
    );
    assert_eq!(get(&server, "account-preferences").await.1, json!({}));
    let put = async |kind: &str| {
        ask(&server, Method::PUT, "account-preferences", json!({ "ResourceIdType": kind })).await
    };
    refused(&put("SHORT_ID").await, 400, "BadRequest");
    assert_eq!(put("LONG_ID").await.1["ResourceIdPreference"]["ResourceIdType"], "LONG_ID");
}

#[tokio::test]
async fn another_account_finds_nothing() {
    let server = server().await;
    let of = file_system(&server, "t").await;
    let path = format!("/2015-02-01/file-systems/{of}");
    let other = server.call_of("elasticfilesystem", "111111111111", Method::DELETE, &path, &json!({})).await;
    refused(&other, 404, "FileSystemNotFound");
}
