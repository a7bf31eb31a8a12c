//! What a function gets that mounts an access point, and what its caller is told where that cannot be.

use http::Method;
use lambent_sandbox::shared_folder::User;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{said, settled, with_function};
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

async fn delete(server: &TestServer, path: &str) -> (u16, Value) {
    ask(server, Method::DELETE, path, json!({})).await
}

/// The member of an answer that must be there.
fn text(answer: &(u16, Value), member: &str) -> String {
    answer.1[member].as_str().unwrap_or_else(|| panic!("{member} in {answer:?}")).to_owned()
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

/// Makes the function `f` mount an access point; its ARN and the mount target.
async fn mounting(server: &TestServer) -> (String, String) {
    let of = file_system(server, "t").await;
    let target = mount_target(server, &of).await;
    let user = json!({ "Uid": 7, "Gid": 8, "SecondaryGids": [9] });
    let point = json!({ "ClientToken": "c", "FileSystemId": of, "PosixUser": user });
    let arn = text(&post(server, "access-points", point).await, "AccessPointArn");
    settled(server).await;
    let with = json!({
        "VpcConfig": { "SubnetIds": [SUBNET], "SecurityGroupIds": ["sg-1"] },
        "FileSystemConfigs": [{ "Arn": arn, "LocalMountPath": "/mnt/data" }],
    });
    let updated = server.call(Method::PUT, "/2015-03-31/functions/f/configuration", &with).await;
    assert_eq!(updated.0, 200, "{updated:?}");
    settled(server).await;
    (arn, target)
}

async fn invoke(server: &TestServer) -> (u16, Value) {
    server.call(Method::POST, "/2015-03-31/functions/f/invocations", &json!({})).await
}

#[tokio::test]
async fn a_function_is_who_its_access_point_says() {
    let host = FakeHost::new(|spec: &Spec, _: &Event| {
        let [folder] = spec.shared.as_slice() else { return said("0") };
        let user = User { uid: 7, gid: 8, groups: vec![9] };
        let right = folder.user == user && folder.root == "/" && folder.target == *"/mnt/data";
        said(if right && folder.source.is_dir() { "1" } else { "2" })
    });
    let server = with_function(host).await;
    mounting(&server).await;
    assert_eq!(invoke(&server).await, (200, json!(1)));
}

#[tokio::test]
async fn what_cannot_be_mounted_is_told_as_aws_tells_it() {
    let server = server().await;
    let (arn, target) = mounting(&server).await;
    assert_eq!(delete(&server, &format!("mount-targets/{target}")).await.0, 204);
    let (status, told) = invoke(&server).await;
    let words = format!(
        "The function couldn't connect to the Amazon EFS file system with access point {arn}. Check your network configuration and try again."
    );
    assert_eq!((status, &told["Message"]), (408, &json!(words)), "{told}");
    let id = arn.rsplit('/').next().unwrap();
    assert_eq!(delete(&server, &format!("access-points/{id}")).await.0, 204);
    let (status, told) = invoke(&server).await;
    assert_eq!(status, 403, "{told}");
}

#[tokio::test]
async fn each_environment_is_a_connection_and_there_is_a_limit() {
    let server = server().await;
    mounting(&server).await;
    assert_eq!(invoke(&server).await.0, 200);
    assert_eq!(invoke(&server).await.0, 200, "the same environment");
    let other = json!({
        "FunctionName": "g", "Runtime": "provided.al2023", "Handler": "a", "Role": lambent_testkit::role(),
        "Code": { "ZipFile": lambent_testkit::one_function::base64(&lambent_testkit::zip("bootstrap", "1")) },
    });
    let (_, f) = server.call(Method::GET, "/2015-03-31/functions/f/configuration", &json!({})).await;
    let mut other = other;
    other["VpcConfig"] = json!({ "SubnetIds": [SUBNET], "SecurityGroupIds": ["sg-1"] });
    other["FileSystemConfigs"] = f["FileSystemConfigs"].clone();
    assert_eq!(server.call(Method::POST, "/2015-03-31/functions", &other).await.0, 201);
    settled(&server).await;
    let second = server.call(Method::POST, "/2015-03-31/functions/g/invocations", &json!({})).await;
    assert_eq!(second.0, 408, "{second:?}");
    assert_eq!(server.call(Method::DELETE, "/2015-03-31/functions/f", &json!({})).await.0, 204);
    loop {
        let again = server.call(Method::POST, "/2015-03-31/functions/g/invocations", &json!({})).await;
        if again.0 == 200 {
            return;
        }
        tokio::task::yield_now().await;
    }
}
