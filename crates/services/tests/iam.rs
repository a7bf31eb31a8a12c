//! IAM through the pipeline: the forms of its requests and answers, and what happens at the same moment. Each operation
//! with its errors is in `tests/e2e/test_iam_*.py`.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use lambent_sandbox::{Event, Spec};
use lambent_services::pipeline;
use lambent_testkit::one_function::{said, with_function};
use lambent_testkit::{FakeHost, TestServer};

const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D";
const ALLOW: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D";
const POLICY: &str = "arn:aws:iam::000000000000:policy/p";

async fn server() -> TestServer {
    with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await
}

async fn send(server: &TestServer, method: Method, path: &str, form: &str) -> (u16, String) {
    let scope = "000000000000/20260101/us-east-1/iam/aws4_request";
    let signed = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
    let request = Request::builder().method(method).uri(path).header("host", "iam.test");
    let request = request
        .header("authorization", signed)
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .body(Full::new(Bytes::from(form.to_owned())));
    let response = pipeline::handle(&server.server, request.expect("tests write valid paths")).await;
    assert_eq!(response.headers()["content-type"], "text/xml");
    let text = String::from_utf8(response.body().to_vec()).expect("XML is text");
    (response.status().as_u16(), text)
}

async fn ask(server: &TestServer, action: &str, fields: &str) -> (u16, String) {
    send(server, Method::POST, "/", &format!("Action={action}&Version=2010-05-08&{fields}")).await
}

/// The text of the first element of that name.
fn text<'a>(answer: &'a str, element: &str) -> &'a str {
    let inside =
        answer.split_once(&format!("<{element}>")).unwrap_or_else(|| panic!("{element} in {answer}")).1;
    inside.split_once("</").expect("what is opened is closed").0
}

#[tokio::test]
async fn answers_are_of_iams_form() {
    let server = server().await;
    let (status, made) =
        ask(&server, "CreateRole", &format!("RoleName=r&AssumeRolePolicyDocument={TRUST}")).await;
    assert_eq!(status, 200, "{made}");
    let start = "<CreateRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><CreateRoleResult><Role><Path>/</Path><RoleName>r</RoleName><RoleId>AROA";
    assert!(made.starts_with(start), "{made}");
    assert_eq!(text(&made, "AssumeRolePolicyDocument"), TRUST, "documents are percent-encoded");
    assert!(made.ends_with("</RequestId></ResponseMetadata></CreateRoleResponse>"), "{made}");
    assert!(
        text(&made, "CreateDate").ends_with('Z') && text(&made, "CreateDate").len() == 20,
        "whole seconds"
    );
    let (_, tagged) = ask(&server, "TagRole", "RoleName=r&Tags.member.1.Key=k&Tags.member.1.Value=").await;
    assert!(!tagged.contains("TagRoleResult"), "what has no output has no result: {tagged}");
    let (_, shown) = ask(&server, "ListRoleTags", "RoleName=r").await;
    assert!(shown.contains("<Tags><member><Key>k</Key><Value></Value></member></Tags>"), "{shown}");
}

#[tokio::test]
async fn errors_are_of_iams_form() {
    let server = server().await;
    let (status, refused) = ask(&server, "GetRole", "RoleName=none").await;
    assert_eq!(status, 404);
    let told = "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role with name none cannot be found.</Message></Error><RequestId>";
    assert!(refused.starts_with(told), "{refused}");
    for (action, fields, status, code) in [
        ("GetRole", "", 400, "ValidationError"),
        ("CreateUser", "UserName=a&Path=b", 400, "ValidationError"),
        ("CreateGroup", "GroupName=g", 400, "InvalidAction"),
        ("Nonsense", "", 400, "InvalidAction"),
        ("ListRoles", "MaxItems=0", 400, "ValidationError"),
    ] {
        let (given, refused) = ask(&server, action, fields).await;
        assert_eq!((given, text(&refused, "Code")), (status, code), "{action} {fields}");
    }
    let (_, refused) = ask(&server, "GetRole", "").await;
    assert_eq!(
        text(&refused, "Message"),
        "1 validation error detected: Value null at &apos;roleName&apos; failed to satisfy constraint: Member must not be null"
    );
}

#[tokio::test]
async fn a_question_may_stand_in_the_path() {
    let server = server().await;
    let (status, listed) = send(&server, Method::GET, "/?Action=ListUsers&Version=2010-05-08", "").await;
    assert_eq!(status, 200, "{listed}");
    assert!(listed.contains("<Users></Users><IsTruncated>false</IsTruncated>"), "{listed}");
}

#[tokio::test]
async fn a_policy_is_never_gone_and_attached() {
    let server = server().await;
    ask(&server, "CreateRole", &format!("RoleName=r&AssumeRolePolicyDocument={TRUST}")).await;
    for _ in 0..20 {
        let (status, made) =
            ask(&server, "CreatePolicy", &format!("PolicyName=p&PolicyDocument={ALLOW}")).await;
        assert_eq!(status, 200, "{made}");
        let attach = format!("RoleName=r&PolicyArn={POLICY}");
        let delete = format!("PolicyArn={POLICY}");
        let (attached, deleted) =
            tokio::join!(ask(&server, "AttachRolePolicy", &attach), ask(&server, "DeletePolicy", &delete));
        assert!(
            (attached.0, deleted.0) == (200, 409) || (attached.0, deleted.0) == (404, 200),
            "{attached:?} {deleted:?}"
        );
        ask(&server, "DetachRolePolicy", &attach).await;
        ask(&server, "DeletePolicy", &delete).await;
    }
}

#[tokio::test]
async fn many_at_once_make_one_user_with_two_keys() {
    let server = server().await;
    let made = futures_util::future::join_all((0..8).map(|_| ask(&server, "CreateUser", "UserName=u"))).await;
    assert_eq!(made.iter().filter(|(status, _)| *status == 200).count(), 1);
    let keys =
        futures_util::future::join_all((0..8).map(|_| ask(&server, "CreateAccessKey", "UserName=u"))).await;
    let ids: std::collections::BTreeSet<_> = keys
        .iter()
        .filter(|(status, _)| *status == 200)
        .map(|(_, answer)| text(answer, "AccessKeyId").to_owned())
        .collect();
    assert_eq!(ids.len(), 2, "{keys:?}");
    assert!(keys.iter().all(|(status, _)| [200, 409].contains(status)));
}
