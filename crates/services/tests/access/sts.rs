//! STS: who a caller is, and sessions of roles. Through the pipeline of a whole server.

use std::time::Duration;

use http::Method;
use lambent_testkit::TestServer;
use serde_json::{Value, json};

use super::whose::{ACCOUNT, Keys, allow, element, statement, statements, trust};
use super::{F, server, whose};

async fn who(server: &TestServer, keys: &Keys) -> (String, String) {
    let told = keys.must(server, "sts", &[("Action", "GetCallerIdentity")]).await;
    assert_eq!(element(&told, "Account"), ACCOUNT);
    (element(&told, "Arn"), element(&told, "UserId"))
}

fn denied(who: &str, action: &str, role: &str) -> (u16, String) {
    (403, format!("AccessDenied: User: {who} is not authorized to perform: {action} on resource: {role}"))
}

#[tokio::test]
async fn everyone_is_told_who_they_are() {
    let server = server().await;
    let owner = Keys::owner(ACCOUNT);
    assert_eq!(who(&server, &owner).await, (format!("arn:aws:iam::{ACCOUNT}:root"), ACCOUNT.to_owned()));
    let deny = json!({ "Effect": "Deny", "Action": "*", "Resource": "*" });
    let user = Keys::of_user(&server, "u", &statements(&[deny])).await;
    let (arn, id) = who(&server, &user).await;
    assert_eq!((arn.as_str(), &id[..4], id.len()), ("arn:aws:iam::000000000000:user/u", "AIDA", 21));
    let role = whose::role(&server, "r", &trust(ACCOUNT)).await;
    let session = owner.assume(&server, &role, &[]).await.unwrap();
    let (arn, id) = who(&server, &session).await;
    assert_eq!(arn, "arn:aws:sts::000000000000:assumed-role/r/session");
    assert!(id.starts_with("AROA") && id.ends_with(":session"), "{id}");
}

#[tokio::test]
async fn a_role_is_assumed_by_whom_its_trust_and_their_own_policies_let() {
    let server = server().await;
    let named = whose::role(&server, "named", &trust("arn:aws:iam::000000000000:root")).await;
    let user = Keys::of_user(&server, "u", &allow("s3:*", "*")).await;
    let arn = "arn:aws:iam::000000000000:user/u";
    assert_eq!(user.assume(&server, &named, &[]).await.unwrap_err(), denied(arn, "sts:AssumeRole", &named));
    user.put(&server, "u", "assume", &allow("sts:AssumeRole", &named)).await;
    user.assume(&server, &named, &[]).await.unwrap();
    let direct = whose::role(&server, "direct", &trust(arn)).await;
    user.assume(&server, &direct, &[]).await.expect("the role names the user");
    let others = whose::role(&server, "others", &trust("lambda.amazonaws.com")).await;
    assert_eq!(user.assume(&server, &others, &[]).await.unwrap_err(), denied(arn, "sts:AssumeRole", &others));
    let missing = "arn:aws:iam::000000000000:role/missing";
    assert_eq!(user.assume(&server, missing, &[]).await.unwrap_err(), denied(arn, "sts:AssumeRole", missing));
    let stranger = Keys::of_user_in(&server, "111111111111", "v", &allow("sts:*", "*")).await;
    assert_eq!(stranger.assume(&server, &named, &[]).await.unwrap_err().0, 403, "it trusts another account");
}

#[tokio::test]
async fn a_role_may_ask_for_an_external_id_and_for_tags() {
    let server = server().await;
    let trust = json!({
        "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": "secret" } },
    });
    let role = whose::role(&server, "r", &statements(&[trust])).await;
    let owner = Keys::owner(ACCOUNT);
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    assert_eq!(owner.assume(&server, &role, &[]).await.unwrap_err(), denied(&root, "sts:AssumeRole", &role));
    owner.assume(&server, &role, &[("ExternalId", "secret")]).await.unwrap();
    let tags = [("ExternalId", "secret"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "red")];
    let refused = owner.assume(&server, &role, &tags).await.unwrap_err();
    assert_eq!(refused, denied(&root, "sts:TagSession", &role));
}

#[tokio::test]
async fn a_session_has_what_its_role_and_its_own_policy_both_allow() {
    let server = server().await;
    let role = whose::role(&server, "r", &trust(ACCOUNT)).await;
    whose::put_role_policy(&server, "r", &allow("lambda:*", "*")).await;
    let owner = Keys::owner(ACCOUNT);
    let policy = allow("lambda:GetFunction", "*");
    let keys = owner.assume(&server, &role, &[("Policy", &policy)]).await.unwrap();
    assert_eq!(keys.call(&server, Method::GET, F, &Value::Null).await.0, 200);
    let (status, words) = keys.call(&server, Method::GET, &format!("{F}/policy"), &Value::Null).await;
    let why = "because no session policy allows the lambda:GetPolicy action";
    assert!(status == 403 && words.ends_with(why), "{words}");
    let arn = whose::managed(&server, "m", &allow("lambda:GetPolicy", "*")).await;
    let keys = owner.assume(&server, &role, &[("PolicyArns.member.1.arn", &arn)]).await.unwrap();
    assert_eq!(keys.call(&server, Method::GET, F, &Value::Null).await.0, 403);
    assert_eq!(keys.call(&server, Method::GET, &format!("{F}/policy"), &Value::Null).await.0, 404);
}

#[tokio::test]
async fn tags_of_a_session_count_and_some_are_handed_on() {
    let server = server().await;
    let tagging = |principal: &str| {
        let actions = json!(["sts:AssumeRole", "sts:TagSession"]);
        statements(&[json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": actions })])
    };
    let first = whose::role(&server, "first", &tagging(ACCOUNT)).await;
    let second = whose::role(&server, "second", &tagging(&first)).await;
    let mut policy = statement("lambda:GetFunction", "*");
    policy["Condition"] = json!({ "StringEquals": { "aws:PrincipalTag/team": "red" } });
    whose::put_role_policy(&server, "second", &statements(&[policy])).await;
    let tags = [
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "red"),
        ("TransitiveTagKeys.member.1", "team"),
    ];
    let one = Keys::owner(ACCOUNT).assume(&server, &first, &tags).await.unwrap();
    let two = one.assume(&server, &second, &[]).await.unwrap();
    assert_eq!(two.call(&server, Method::GET, F, &Value::Null).await.0, 200);
    let plain = Keys::owner(ACCOUNT).assume(&server, &first, &tags[..2]).await.unwrap();
    let two = plain.assume(&server, &second, &[]).await.unwrap();
    assert_eq!(two.call(&server, Method::GET, F, &Value::Null).await.0, 403, "it is not handed on");
    let conflict = one.assume(&server, &second, &tags[..2]).await.unwrap_err();
    assert!(conflict.1.starts_with("InvalidParameterValue: One of the specified transitive"), "{conflict:?}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_stss_words() {
    let server = server().await;
    let role = whose::role(&server, "r", &trust(ACCOUNT)).await;
    let owner = Keys::owner(ACCOUNT);
    let long = "x".repeat(2049);
    for (more, expected) in [
        (
            vec![("DurationSeconds", "3601")],
            "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ),
        (
            vec![("DurationSeconds", "899")],
            "ValidationError: 1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
        ),
        (vec![("Policy", "{")], "MalformedPolicyDocument: This policy contains invalid Json"),
        (vec![("Policy", "{}")], "MalformedPolicyDocument: Syntax errors in policy."),
        (
            vec![("Policy", &long)],
            "ValidationError: 1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048",
        ),
        (
            vec![("TransitiveTagKeys.member.1", "a")],
            "ValidationError: The specified transitive tag key must be included in the requested tags.",
        ),
        (
            vec![
                ("Tags.member.1.Key", "a"),
                ("Tags.member.1.Value", ""),
                ("Tags.member.2.Key", "A"),
                ("Tags.member.2.Value", ""),
            ],
            "InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
    ] {
        let refused = owner.assume(&server, &role, &more).await.unwrap_err();
        assert_eq!(refused, (400, expected.to_owned()));
    }
    let user = owner.assume(&server, "arn:aws:iam::000000000000:user/u", &[]).await.unwrap_err();
    assert_eq!(user, (400, "ValidationError: arn:aws:iam::000000000000:user/u is invalid".to_owned()));
}

#[tokio::test]
async fn a_chain_of_roles_lasts_an_hour_and_a_session_ends() {
    let server = server().await;
    let first = whose::role(&server, "first", &trust(ACCOUNT)).await;
    let second = whose::role(&server, "second", &trust(&first)).await;
    whose::iam(&server, &[("Action", "UpdateRole"), ("RoleName", "second"), ("MaxSessionDuration", "7200")])
        .await;
    let keys = Keys::owner(ACCOUNT).assume(&server, &first, &[]).await.unwrap();
    let refused = keys.assume(&server, &second, &[("DurationSeconds", "3601")]).await.unwrap_err();
    let words =
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    assert_eq!(refused, (400, format!("ValidationError: {words}")));
    let chained = keys.assume(&server, &second, &[("DurationSeconds", "3600")]).await.unwrap();
    server.clock.advance(Duration::from_secs(3601));
    let (status, words) = chained.call(&server, Method::GET, F, &Value::Null).await;
    assert_eq!((status, words.as_str()), (403, "The security token included in the request is expired"));
}

#[tokio::test]
async fn a_users_own_session_is_the_user_without_iam() {
    let server = server().await;
    let user = Keys::of_user(&server, "u", &allow("*", "*")).await;
    let told = user.must(&server, "sts", &[("Action", "GetSessionToken")]).await;
    let session = Keys { id: element(&told, "AccessKeyId"), token: Some(element(&told, "SessionToken")) };
    assert_eq!(who(&server, &session).await, who(&server, &user).await);
    assert_eq!(session.call(&server, Method::GET, F, &Value::Null).await.0, 200);
    let again = session.query(&server, "sts", &[("Action", "GetSessionToken")]).await;
    assert_eq!(element(&again.1, "Message"), "Cannot call GetSessionToken with session credentials");
    let (status, words) = session.query(&server, "iam", &[("Action", "GetUser")]).await;
    assert_eq!((status, element(&words, "Code")), (403, "InvalidClientTokenId".to_owned()));
    assert_eq!(user.query(&server, "iam", &[("Action", "GetUser")]).await.0, 200);
}

#[tokio::test]
async fn the_account_of_a_key_is_told() {
    let server = server().await;
    let keys = Keys::of_user_in(&server, "111111111111", "u", &allow("s3:*", "*")).await;
    let form = [("Action", "GetAccessKeyInfo"), ("AccessKeyId", keys.id.as_str())];
    let told = Keys::owner(ACCOUNT).must(&server, "sts", &form).await;
    assert_eq!(element(&told, "Account"), "111111111111");
    let (status, words) = keys.query(&server, "sts", &form).await;
    assert_eq!((status, element(&words, "Code")), (403, "AccessDenied".to_owned()));
}
