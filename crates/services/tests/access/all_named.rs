//! Requests that name several things: who may do it to one of them may not do it to all.

use serde_json::json;

use super::server;
use super::whose::{ACCOUNT, Keys, allow, iam, statements};

#[tokio::test]
async fn every_alarm_that_is_named_must_be_allowed() {
    let server = server().await;
    let mine = format!("arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:mine");
    let keys = Keys::of_user(&server, "u", &allow("cloudwatch:*", &mine)).await;
    for action in ["DescribeAlarms", "DeleteAlarms", "EnableAlarmActions"] {
        let one = [("Action", action), ("AlarmNames.member.1", "mine")];
        assert_eq!(keys.query(&server, "monitoring", &one).await.0, 200, "{action}");
        let both = [one[0], one[1], ("AlarmNames.member.2", "secret")];
        let (status, words) = keys.query(&server, "monitoring", &both).await;
        assert_eq!(status, 403, "{action}: {words}");
        assert!(words.contains("alarm:secret"), "{words}");
    }
}

#[tokio::test]
async fn who_renames_a_user_may_change_both_names() {
    let server = server().await;
    iam(&server, &[("Action", "CreateUser"), ("UserName", "erin"), ("Path", "/a/")]).await;
    let of = |name: &str| format!("arn:aws:iam::{ACCOUNT}:user/a/{name}");
    let keys = Keys::of_user(&server, "u", &allow("iam:UpdateUser", &of("erin"))).await;
    let rename = [("Action", "UpdateUser"), ("UserName", "erin"), ("NewUserName", "eve")];
    let (status, words) = keys.query(&server, "iam", &rename).await;
    assert_eq!(status, 403, "{words}");
    assert!(words.contains(&of("eve")), "{words}");
    let both = statements(&[
        json!({ "Effect": "Allow", "Action": "iam:UpdateUser", "Resource": [of("erin"), of("eve")] }),
    ]);
    keys.put(&server, "u", "p", &both).await;
    assert_eq!(keys.query(&server, "iam", &rename).await.0, 200);
}
