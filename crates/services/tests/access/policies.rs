//! Who may do what: users, sessions and functions, held to their policies. Through the pipeline of a whole server, which
//! checks no signatures and knows its keys all the same.

use http::Method;
use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::FunctionId;
use lambent_dispatch::RoleCredentials as _;
use serde_json::{Value, json};

use super::whose::{ACCOUNT, Keys, allow, statement, statements};
use super::{F, server, whose};

const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";
const OTHER: &str = "111111111111";

/// How AWS refuses what no policy of the caller's allows.
fn unallowed(who: &str, action: &str, resource: &str) -> (u16, String) {
    let why = format!("because no identity-based policy allows the {action} action");
    (403, format!("User: {who} is not authorized to perform: {action} on resource: {resource} {why}"))
}

fn user(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}")
}

#[tokio::test]
async fn a_user_may_do_what_its_policies_allow_and_nothing_else() {
    let server = server().await;
    let keys = Keys::of_user(&server, "u", &allow("lambda:Get*", ARN)).await;
    assert_eq!(keys.call(&server, Method::GET, F, &Value::Null).await.0, 200);
    let invoke = format!("{F}/invocations");
    let said = keys.call(&server, Method::POST, &invoke, &Value::Null).await;
    assert_eq!(said, unallowed(&user("u"), "lambda:InvokeFunction", ARN));
    let said = keys.call(&server, Method::GET, "/2015-03-31/functions", &Value::Null).await;
    assert_eq!(said, unallowed(&user("u"), "lambda:ListFunctions", "*"));
    let other = "/2015-03-31/functions/g";
    let said = keys.call(&server, Method::GET, other, &Value::Null).await;
    let missing = "arn:aws:lambda:us-east-1:000000000000:function:g";
    assert_eq!(
        said,
        unallowed(&user("u"), "lambda:GetFunction", missing),
        "it is not told that it is not there"
    );
    let qualified = format!("{F}?Qualifier=1");
    let said = keys.call(&server, Method::GET, &qualified, &Value::Null).await;
    assert_eq!(said, unallowed(&user("u"), "lambda:GetFunction", &format!("{ARN}:1")));
}

#[tokio::test]
async fn a_denial_wins_and_not_action_means_all_others() {
    let server = server().await;
    let all_but = json!({ "Effect": "Allow", "NotAction": "lambda:Delete*", "Resource": "*" });
    let deny = json!({ "Effect": "Deny", "Action": "lambda:GetPolicy", "Resource": "*" });
    let keys = Keys::of_user(&server, "u", &statements(&[all_but, deny])).await;
    assert_eq!(keys.call(&server, Method::GET, F, &Value::Null).await.0, 200);
    let said = keys.call(&server, Method::DELETE, F, &Value::Null).await;
    assert_eq!(said, unallowed(&user("u"), "lambda:DeleteFunction", ARN));
    let (status, words) = keys.call(&server, Method::GET, &format!("{F}/policy"), &Value::Null).await;
    assert_eq!(status, 403);
    assert!(words.ends_with("with an explicit deny in an identity-based policy"), "{words}");
}

#[tokio::test]
async fn conditions_see_the_caller_the_request_and_the_resource() {
    let server = server().await;
    server
        .call(Method::POST, &format!("/2017-03-31/tags/{ARN}"), &json!({ "Tags": { "team": "red" } }))
        .await;
    for (n, (operator, key, value, expected)) in [
        ("StringEquals", "aws:username", "u0", 200),
        ("StringEquals", "aws:username", "u0", 403),
        ("StringEquals", "aws:PrincipalType", "User", 200),
        ("StringEquals", "aws:RequestedRegion", "us-east-1", 200),
        ("StringEquals", "aws:RequestedRegion", "eu-west-1", 403),
        ("StringEquals", "aws:ResourceTag/team", "red", 200),
        ("StringEquals", "aws:ResourceTag/team", "blue", 403),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/u7", 200),
        ("Null", "aws:TokenIssueTime", "true", 200),
        ("DateGreaterThan", "aws:CurrentTime", "9999-01-01T00:00:00Z", 403),
    ]
    .into_iter()
    .enumerate()
    {
        let condition = json!({ operator: { key: value } });
        let mut policy = statement("lambda:GetFunction", "*");
        policy["Condition"] = condition;
        let keys = Keys::of_user(&server, &format!("u{n}"), &statements(&[policy])).await;
        let (status, words) = keys.call(&server, Method::GET, F, &Value::Null).await;
        assert_eq!(status, expected, "{operator} {key} {value}: {words}");
    }
}

#[tokio::test]
async fn a_boundary_limits_what_policies_allow() {
    let server = server().await;
    let keys = Keys::of_user(&server, "u", &allow("lambda:*", "*")).await;
    let boundary = whose::managed(&server, "b", &allow("lambda:GetFunction", "*")).await;
    whose::iam(
        &server,
        &[("Action", "PutUserPermissionsBoundary"), ("UserName", "u"), ("PermissionsBoundary", &boundary)],
    )
    .await;
    assert_eq!(keys.call(&server, Method::GET, F, &Value::Null).await.0, 200);
    let (status, words) = keys.call(&server, Method::GET, &format!("{F}/policy"), &Value::Null).await;
    let why = "because no permissions boundary allows the lambda:GetPolicy action";
    assert!(status == 403 && words.ends_with(why), "{words}");
}

#[tokio::test]
async fn in_another_account_both_sides_must_allow() {
    let server = server().await;
    let keys = Keys::of_user_in(&server, OTHER, "u", &allow("lambda:InvokeFunction", "*")).await;
    let path = format!("/2015-03-31/functions/{}/invocations", ARN.replace(':', "%3A"));
    let (status, words) = keys.call(&server, Method::POST, &path, &Value::Null).await;
    let why = "because no resource-based policy allows the lambda:InvokeFunction action";
    assert!(status == 403 && words.ends_with(why), "{words}");
    let permission = json!({ "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": OTHER });
    assert_eq!(server.call(Method::POST, &format!("{F}/policy"), &permission).await.0, 201);
    assert_eq!(keys.call(&server, Method::POST, &path, &Value::Null).await.0, 200);
    let without = Keys::of_user_in(&server, OTHER, "v", &allow("lambda:GetFunction", "*")).await;
    let (status, words) = without.call(&server, Method::POST, &path, &Value::Null).await;
    assert!(status == 403 && words.contains("no identity-based policy"), "{words}");
}

#[tokio::test]
async fn in_ones_own_account_the_functions_policy_is_enough_for_who_is_named() {
    let server = server().await;
    let keys = Keys::of_user(&server, "u", &allow("s3:*", "*")).await;
    let path = format!("{F}/invocations");
    let permit = |sid: &str, principal: &str| json!({ "StatementId": sid, "Action": "lambda:InvokeFunction", "Principal": principal });
    server.call(Method::POST, &format!("{F}/policy"), &permit("account", ACCOUNT)).await;
    assert_eq!(
        keys.call(&server, Method::POST, &path, &Value::Null).await.0,
        403,
        "an account only passes it on"
    );
    server.call(Method::POST, &format!("{F}/policy"), &permit("user", &user("u"))).await;
    assert_eq!(keys.call(&server, Method::POST, &path, &Value::Null).await.0, 200);
}

#[tokio::test]
async fn a_function_needs_a_role_that_its_maker_may_pass() {
    let server = server().await;
    let role = whose::role(&server, "r", &whose::trust("lambda.amazonaws.com")).await;
    let keys = Keys::of_user(&server, "u", &allow("lambda:*", "*")).await;
    let function = |role: &str| {
        json!({
            "FunctionName": "g", "Role": role, "Handler": "h", "Runtime": "provided.al2023",
            "Code": { "ZipFile": lambent_testkit::one_function::base64(&lambent_testkit::zip("bootstrap", "x")) },
        })
    };
    let said = keys.call(&server, Method::POST, "/2015-03-31/functions", &function(&role)).await;
    assert_eq!(said, unallowed(&user("u"), "iam:PassRole", &role));
    let mut pass = statement("iam:PassRole", &role);
    pass["Condition"] = json!({ "StringEquals": { "iam:PassedToService": "lambda.amazonaws.com" } });
    keys.put(&server, "u", "pass", &statements(&[pass])).await;
    let (status, words) = keys.call(&server, Method::POST, "/2015-03-31/functions", &function(&role)).await;
    assert_eq!(status, 201, "{words}");
}

#[tokio::test]
async fn a_function_is_held_to_its_role_and_reads_and_invokes_where_nobody_made_it() {
    let server = server().await;
    let account = AccountId::default_account();
    let function = FunctionId { account, region: Region::default_region(), name: "f".to_owned() };
    let role = whose::role(&server, "r", &whose::trust("lambda.amazonaws.com")).await;
    let known = Keys::from(server.keys.issue(&role, &function));
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/r/f");
    let said = known.call(&server, Method::GET, F, &Value::Null).await;
    assert_eq!(said, unallowed(&session, "lambda:GetFunction", ARN));
    let mut policy = statement("lambda:GetFunction", "*");
    policy["Condition"] = json!({ "ArnEquals": { "lambda:SourceFunctionArn": ARN } });
    whose::put_role_policy(&server, "r", &statements(&[policy])).await;
    assert_eq!(known.call(&server, Method::GET, F, &Value::Null).await.0, 200, "at once");
    let unknown = Keys::from(server.keys.issue("arn:aws:iam::000000000000:role/nobody-made", &function));
    assert_eq!(unknown.call(&server, Method::GET, F, &Value::Null).await.0, 200);
    assert_eq!(unknown.call(&server, Method::POST, &format!("{F}/invocations"), &Value::Null).await.0, 200);
    assert_eq!(unknown.call(&server, Method::DELETE, F, &Value::Null).await.0, 403);
}

#[tokio::test]
async fn the_session_of_a_role_that_is_gone_is_nobodys() {
    let server = server().await;
    let account = AccountId::default_account();
    let function = FunctionId { account, region: Region::default_region(), name: "f".to_owned() };
    let role = whose::role(&server, "r", &whose::trust("lambda.amazonaws.com")).await;
    let keys = Keys::from(server.keys.issue(&role, &function));
    whose::iam(&server, &[("Action", "DeleteRole"), ("RoleName", "r")]).await;
    let gone = (403, "The security token included in the request is invalid.".to_owned());
    assert_eq!(keys.call(&server, Method::GET, F, &Value::Null).await, gone);
    whose::role(&server, "r", &whose::trust("lambda.amazonaws.com")).await;
    assert_eq!(keys.call(&server, Method::GET, F, &Value::Null).await, gone, "another role of that name");
}
