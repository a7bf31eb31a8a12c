//! Conditions on what a request only names, and the server looks up: permissions that go, and URLs.

use http::Method;
use serde_json::{Value, json};

use super::whose::{Keys, statement, statements};
use super::{F, server};

const URL: &str = "/2021-10-31/functions/f/url";

/// A policy that allows one action where a condition key has this value.
fn only(action: &str, key: &str, value: &str) -> String {
    let mut statement = statement(action, "*");
    statement["Condition"] = json!({ "StringEquals": { key: value } });
    statements(&[statement])
}

#[tokio::test]
async fn a_permission_may_be_removed_by_whom_it_was_for() {
    let server = server().await;
    for (sid, principal) in [("bucket", "s3.amazonaws.com"), ("account", "111122223333")] {
        let added = json!({ "StatementId": sid, "Action": "lambda:InvokeFunction", "Principal": principal });
        let (status, body) = server.call(Method::POST, &format!("{F}/policy"), &added).await;
        assert_eq!(status, 201, "{body}");
    }
    let policy = only("lambda:RemovePermission", "lambda:Principal", "s3.amazonaws.com");
    let keys = Keys::of_user(&server, "u", &policy).await;
    let remove = async |sid: &str| {
        keys.call(&server, Method::DELETE, &format!("{F}/policy/{sid}"), &Value::Null).await.0
    };
    assert_eq!(remove("account").await, 403);
    assert_eq!(remove("missing").await, 403, "it is not told that it is not there");
    assert_eq!(remove("bucket").await, 204);
    keys.put(&server, "u", "p", &only("lambda:RemovePermission", "lambda:Principal", "111122223333")).await;
    assert_eq!(remove("account").await, 204);
}

#[tokio::test]
async fn a_url_may_be_read_changed_and_deleted_by_its_auth_type() {
    let server = server().await;
    let open = json!({ "AuthType": "NONE" });
    assert_eq!(server.call(Method::POST, URL, &open).await.0, 201);
    let key = "lambda:FunctionUrlAuthType";
    let keys = Keys::of_user(&server, "u", &only("lambda:*", key, "AWS_IAM")).await;
    assert_eq!(keys.call(&server, Method::GET, URL, &Value::Null).await.0, 403);
    assert_eq!(keys.call(&server, Method::PUT, URL, &json!({ "InvokeMode": "BUFFERED" })).await.0, 403);
    assert_eq!(keys.call(&server, Method::PUT, URL, &json!({ "AuthType": "AWS_IAM" })).await.0, 200);
    assert_eq!(keys.call(&server, Method::GET, URL, &Value::Null).await.0, 200);
    assert_eq!(keys.call(&server, Method::PUT, URL, &json!({ "InvokeMode": "BUFFERED" })).await.0, 200);
    assert_eq!(keys.call(&server, Method::DELETE, URL, &Value::Null).await.0, 204);
}
