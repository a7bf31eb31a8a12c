//! What is done with the role of a function: its logs, and when the role was last used.

use std::time::Duration;

use http::Method;
use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::FunctionId;
use lambent_dispatch::RoleCredentials as _;
use lambent_sandbox::{Event, Output, Source, Spec};
use lambent_testkit::one_function::{base64, said};
use lambent_testkit::{FakeHost, Program, TestServer, zip};
use serde_json::{Value, json};

use super::whose::{ACCOUNT, Keys, allow, element, statement, statements, trust};
use super::{F, whose};

const LINES: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f:*";

/// Writes a line whenever it runs.
struct Writer;

impl Program for Writer {
    fn invoke(&self, _: &Spec, _: &Event, output: &Output) -> lambent_sandbox::Answer {
        output.written(Source::Program, b"hello");
        said("1")
    }
}

/// A server whose function `f` has a role that is kept there, with this policy.
async fn with_role(policy: &str) -> TestServer {
    let server = TestServer::start(FakeHost::new(Writer)).await;
    let role = whose::role(&server, "r", &trust("lambda.amazonaws.com")).await;
    whose::put_role_policy(&server, "r", policy).await;
    let function = json!({
        "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x", "Role": role,
        "Code": { "ZipFile": base64(&zip("bootstrap", "0")) },
    });
    let (status, body) = server.call(Method::POST, "/2015-03-31/functions", &function).await;
    assert_eq!(status, 201, "{body}");
    server
}

/// Runs the function; how many streams its log group has then, none where there is no such group.
async fn streams_after_a_run(server: &TestServer) -> Option<usize> {
    let answer = server.send(Method::POST, &format!("{F}/invocations"), "1").await;
    assert!(answer.status() == 200 && !answer.headers().contains_key("x-amz-function-error"));
    server.server.logs().written().await;
    let asked = json!({ "logGroupName": "/aws/lambda/f" });
    let (_, answer) = server.logs("DescribeLogStreams", &asked).await;
    answer["logStreams"].as_array().map(Vec::len)
}

#[tokio::test]
async fn a_function_whose_role_may_not_write_logs_runs_and_logs_nothing() {
    for policy in [
        allow("s3:*", "*"),
        allow("logs:CreateLogGroup", "*"),
        statements(&[
            statement("logs:*", "*"),
            json!({ "Effect": "Deny", "Action": "logs:Put*", "Resource": "*" }),
        ]),
        allow("logs:*", "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/other:*"),
    ] {
        let server = with_role(&policy).await;
        assert_eq!(streams_after_a_run(&server).await, None, "{policy}");
        let made = json!({ "logGroupName": "/aws/lambda/f" });
        assert_eq!(server.logs("CreateLogGroup", &made).await.0, 200, "there was no group: {policy}");
        assert_eq!(streams_after_a_run(&server).await, Some(0), "{policy}");
    }
}

#[tokio::test]
async fn a_role_that_may_not_make_log_groups_writes_where_there_is_one() {
    let write = |resource| json!({ "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": resource });
    let server = with_role(&statements(&[write(LINES)])).await;
    assert_eq!(streams_after_a_run(&server).await, None);
    let made = json!({ "logGroupName": "/aws/lambda/f" });
    assert_eq!(server.logs("CreateLogGroup", &made).await.0, 200);
    assert_eq!(streams_after_a_run(&server).await, Some(1), "from the next line on");
    let console = [statement("logs:CreateLogGroup", "arn:aws:logs:us-east-1:000000000000:*"), write(LINES)];
    let server = with_role(&statements(&console)).await;
    assert_eq!(streams_after_a_run(&server).await, Some(1), "the policy that AWS's console makes");
}

/// What GetRole tells of the last use of `r`.
async fn last_used(server: &TestServer) -> Option<(String, String)> {
    let shown = whose::iam(server, &[("Action", "GetRole"), ("RoleName", "r")]).await;
    if !shown.contains("<LastUsedDate>") {
        assert!(shown.contains("<RoleLastUsed></RoleLastUsed>"), "{shown}");
        return None;
    }
    let inside = shown.split_once("<RoleLastUsed>").expect("it is there").1;
    Some((element(inside, "LastUsedDate"), element(inside, "Region")))
}

#[tokio::test]
async fn the_last_use_of_a_role_is_told_by_its_sessions_and_its_functions() {
    let server = TestServer::start(FakeHost::new(Writer)).await;
    let role = whose::role(&server, "r", &trust(ACCOUNT)).await;
    assert_eq!(last_used(&server).await, None);
    let session = Keys::owner(ACCOUNT).assume(&server, &role, &[]).await.expect("the account may");
    assert_eq!(last_used(&server).await, None, "it was assumed, and not used");
    assert_eq!(session.call(&server, Method::GET, F, &Value::Null).await.0, 403);
    let at = |time: &str| Some((format!("2026-01-02T{time}Z"), "us-east-1".to_owned()));
    assert_eq!(last_used(&server).await, at("12:00:00"), "what is refused is a use");
    server.clock.advance(Duration::from_secs(3600));
    let (account, region) = (AccountId::default_account(), Region::default_region());
    server.keys.issue(&role, &FunctionId { account, region, name: "f".to_owned() });
    assert_eq!(last_used(&server).await, at("13:00:00"), "an environment of a function began");
    let all = [("Action", "GetAccountAuthorizationDetails"), ("Filter.member.1", "Role")];
    let all = whose::iam(&server, &all).await;
    assert!(all.contains("<LastUsedDate>2026-01-02T13:00:00Z</LastUsedDate>"), "{all}");
}

#[tokio::test]
async fn a_function_whose_role_is_gone_or_closed_to_lambda_does_not_start() {
    let refused = (403, "The role defined for the function cannot be assumed by Lambda.".to_owned());
    let owner = Keys::owner(ACCOUNT);
    let invoke = format!("{F}/invocations");
    let server = with_role(&allow("logs:*", "*")).await;
    let closed = [
        ("Action", "UpdateAssumeRolePolicy"),
        ("RoleName", "r"),
        ("PolicyDocument", &trust("ec2.amazonaws.com")),
    ];
    owner.must(&server, "iam", &closed).await;
    assert_eq!(owner.call(&server, Method::POST, &invoke, &json!(1)).await, refused);
    owner
        .must(&server, "iam", &[("Action", "DeleteRolePolicy"), ("RoleName", "r"), ("PolicyName", "p")])
        .await;
    owner.must(&server, "iam", &[("Action", "DeleteRole"), ("RoleName", "r")]).await;
    assert_eq!(owner.call(&server, Method::POST, &invoke, &json!(1)).await, refused);
    whose::role(&server, "r", &trust("lambda.amazonaws.com")).await;
    assert_eq!(owner.call(&server, Method::POST, &invoke, &json!(1)).await, (200, "1".to_owned()));
}
