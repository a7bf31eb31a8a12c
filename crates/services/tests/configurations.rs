//! Every member of a function's configuration, created, updated, cleared and refused, through the pipeline.

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{base64, said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer, role, zip};
use serde_json::{Value, json};

const FUNCTIONS: &str = "/2015-03-31/functions";
const CONFIGURATION: &str = "/2015-03-31/functions/f/configuration";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:dead";
const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/1";
const ACCESS_POINT: &str =
    "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0";

async fn server() -> TestServer {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    settled(&server).await;
    server
}

async fn create(server: &TestServer, name: &str, with: &Value) -> (u16, Value) {
    let mut body = json!({
        "FunctionName": name, "Runtime": "python3.12", "Handler": "a.b", "Role": role(),
        "Code": { "ZipFile": base64(&zip("a.py", "1")) },
    });
    for (member, value) in with.as_object().expect("members by name") {
        body[member] = value.clone();
    }
    server.call(Method::POST, FUNCTIONS, &body).await
}

async fn update(server: &TestServer, with: &Value) -> (u16, Value) {
    settled(server).await;
    server.call(Method::PUT, CONFIGURATION, with).await
}

fn words(answer: &(u16, Value)) -> (u16, Option<&str>) {
    (answer.0, answer.1.get("message").or_else(|| answer.1.get("Message")).and_then(Value::as_str))
}

fn vpc(subnets: &[&str], groups: &[&str]) -> Value {
    json!({ "SubnetIds": subnets, "SecurityGroupIds": groups })
}

#[tokio::test]
async fn what_is_given_is_shown_and_what_is_cleared_is_gone() {
    let server = server().await;
    for (member, given, shown, clearing) in [
        ("KMSKeyArn", json!(KEY), json!(KEY), json!("")),
        (
            "DeadLetterConfig",
            json!({ "TargetArn": QUEUE }),
            json!({ "TargetArn": QUEUE }),
            json!({ "TargetArn": "" }),
        ),
        (
            "Environment",
            json!({ "Variables": { "AB": "1" } }),
            json!({ "Variables": { "AB": "1" } }),
            json!({}),
        ),
    ] {
        let (status, created) = create(&server, member, &json!({ member: given })).await;
        assert_eq!((status, &created[member]), (201, &shown), "{created}");
        let (status, updated) = update(&server, &json!({ member: given })).await;
        assert_eq!((status, &updated[member]), (200, &shown), "{updated}");
        let (_, kept) = update(&server, &json!({ "Timeout": 4 })).await;
        assert_eq!(kept[member], shown, "what is not named stays");
        let (status, cleared) = update(&server, &json!({ member: clearing })).await;
        assert_eq!((status, cleared.get(member)), (200, None), "{cleared}");
    }
}

#[tokio::test]
async fn a_network_that_is_left_is_shown_empty() {
    let server = server().await;
    let (status, created) =
        create(&server, "g", &json!({ "VpcConfig": vpc(&["subnet-1"], &["sg-1"]) })).await;
    let shown = json!({
        "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "VpcId": "", "Ipv6AllowedForDualStack": false,
    });
    assert_eq!((status, &created["VpcConfig"]), (201, &shown), "{created}");
    let (_, untouched) = update(&server, &json!({ "Timeout": 4 })).await;
    assert_eq!(untouched.get("VpcConfig"), None);
    update(&server, &json!({ "VpcConfig": vpc(&["subnet-1"], &["sg-1"]) })).await;
    let (_, left) = update(&server, &json!({ "VpcConfig": vpc(&[], &[]) })).await;
    let empty =
        json!({ "SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": false });
    assert_eq!(left["VpcConfig"], empty);
    let half = update(&server, &json!({ "VpcConfig": vpc(&["subnet-1"], &[]) })).await;
    assert_eq!(words(&half).0, 400, "{half:?}");
}

/// The ARN of an access point of a file system with a mount target.
async fn access_point(server: &TestServer) -> String {
    let asked = json!({ "CreationToken": "t" });
    let (_, made) = server
        .call_of("elasticfilesystem", "000000000000", Method::POST, "/2015-02-01/file-systems", &asked)
        .await;
    let target = json!({ "FileSystemId": made["FileSystemId"], "SubnetId": "subnet-01234567" });
    server
        .call_of("elasticfilesystem", "000000000000", Method::POST, "/2015-02-01/mount-targets", &target)
        .await;
    let point = json!({ "FileSystemId": made["FileSystemId"], "ClientToken": "t" });
    let (_, point) = server
        .call_of("elasticfilesystem", "000000000000", Method::POST, "/2015-02-01/access-points", &point)
        .await;
    point["AccessPointArn"].as_str().expect("an access point was made").to_owned()
}

#[tokio::test]
async fn a_file_system_needs_a_network() {
    let server = server().await;
    let missing = json!([{ "Arn": ACCESS_POINT, "LocalMountPath": "/mnt/data" }]);
    let refused = update(&server, &json!({ "FileSystemConfigs": missing })).await;
    let told = "Error occurred while DescribeAccessPoints. EFS Error Code: AccessPointNotFound. EFS Error Message: Access \
        Point fsap-0123456789abcdef0 does not exist.";
    assert_eq!(words(&refused), (400, Some(told)));
    let arn = access_point(&server).await;
    let mounts = json!([{ "Arn": arn, "LocalMountPath": "/mnt/data" }]);
    let refused = update(&server, &json!({ "FileSystemConfigs": mounts })).await;
    let told = format!("Function must be configured to execute in a VPC to reference access point {arn}.");
    assert_eq!(words(&refused), (400, Some(told.as_str())));
    let both = json!({ "FileSystemConfigs": mounts, "VpcConfig": vpc(&["subnet-1"], &["sg-1"]) });
    let (status, shown) = update(&server, &both).await;
    assert_eq!((status, &shown["FileSystemConfigs"]), (200, &mounts), "{shown}");
    let (_, shown) = update(&server, &json!({ "FileSystemConfigs": [] })).await;
    assert_eq!(shown.get("FileSystemConfigs"), None);
}

#[tokio::test]
async fn tracing_and_logging_follow_what_is_asked() {
    let server = server().await;
    let (_, shown) = update(&server, &json!({ "TracingConfig": { "Mode": "Active" } })).await;
    assert_eq!(shown["TracingConfig"], json!({ "Mode": "Active" }));
    for (asked, shown) in [
        (
            json!({ "LogFormat": "JSON" }),
            json!({ "LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", "LogGroup": "/aws/lambda/f" }),
        ),
        (
            json!({ "ApplicationLogLevel": "DEBUG", "LogGroup": "own" }),
            json!({ "LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "SystemLogLevel": "INFO", "LogGroup": "own" }),
        ),
        (json!({ "LogFormat": "Text" }), json!({ "LogFormat": "Text", "LogGroup": "own" })),
    ] {
        let (status, body) = update(&server, &json!({ "LoggingConfig": asked })).await;
        assert_eq!((status, &body["LoggingConfig"]), (200, &shown), "{body}");
    }
    let level = update(&server, &json!({ "LoggingConfig": { "SystemLogLevel": "WARN" } })).await;
    assert_eq!(level.0, 400, "text has no levels: {level:?}");
}

#[tokio::test]
async fn snapshots_are_for_some_runtimes() {
    let server = server().await;
    let on = json!({ "ApplyOn": "PublishedVersions" });
    let (status, body) = create(&server, "g", &json!({ "SnapStart": on })).await;
    let shown = json!({ "ApplyOn": "PublishedVersions", "OptimizationStatus": "Off" });
    assert_eq!((status, &body["SnapStart"]), (201, &shown), "{body}");
    let versions = "/2015-03-31/functions/g/versions";
    let (status, version) = server.call(Method::POST, versions, &json!({})).await;
    let shown = json!({ "ApplyOn": "PublishedVersions", "OptimizationStatus": "On" });
    assert_eq!((status, &version["SnapStart"]), (201, &shown), "it is on for versions: {version}");
    let refused = update(&server, &json!({ "SnapStart": on })).await;
    let told = "provided.al2023 is not supported for SnapStart enabled functions.";
    assert_eq!(words(&refused), (400, Some(told)));
    let large = json!({ "SnapStart": on, "EphemeralStorage": { "Size": 513 } });
    assert_eq!(create(&server, "h", &large).await.0, 400);
    assert_eq!(update(&server, &json!({ "SnapStart": { "ApplyOn": "None" } })).await.0, 200);
}

#[tokio::test]
async fn what_is_not_built_is_refused_by_its_name() {
    let server = server().await;
    let provider = json!({ "LambdaManagedInstancesCapacityProviderConfig": {
        "CapacityProviderArn": "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p",
    } });
    for (member, value) in [
        ("PublishTo", json!("LATEST_PUBLISHED")),
        ("TenancyConfig", json!({ "TenantIsolationMode": "PER_TENANT" })),
        ("CapacityProviderConfig", provider),
        ("DurableConfig", json!({ "ExecutionTimeout": 60 })),
    ] {
        let refused = create(&server, "g", &json!({ member: value })).await;
        let told = format!("{member} is not there yet in Lambent");
        assert_eq!(words(&refused), (400, Some(told.as_str())));
    }
    let image = json!({ "ImageConfig": { "Command": ["x"] } });
    let told = "ImageConfig is not supported for functions with packageType Zip.";
    assert_eq!(words(&create(&server, "g", &image).await), (400, Some(told)));
    assert_eq!(words(&update(&server, &image).await), (400, Some(told)));
}
