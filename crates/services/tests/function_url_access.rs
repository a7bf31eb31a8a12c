//! Who may use a function URL: without a signature, with one, from the function's account and from another.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::Full;
use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::FunctionId;
use lambent_core::time::Clock as _;
use lambent_dispatch::{RoleCredentials as _, SessionKeys};
use lambent_sandbox::{Event, Spec};
use lambent_services::body::whole;
use lambent_services::url;
use lambent_testkit::one_function::{base64, said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer, zip};
use lambent_wire::sigv4::Signer;
use serde_json::{Value, json};

const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));
const URL: &str = "/2021-10-31/functions/f/url";
const POLICY: &str = "/2015-03-31/functions/f/policy";
const OTHER: &str = "111111111111";
const FORBIDDEN: &str = "{\"Message\":\"Forbidden. For troubleshooting Function URL authorization issues, see: \
    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html\"}";
const ROOT: Signer<'_> = Signer {
    access_key_id: "test",
    secret: "test",
    session_token: None,
    region: "us-east-1",
    service: "lambda",
};

/// The server, whose function answers with its event, and the host of its URL.
async fn server(auth_type: &str) -> (TestServer, String) {
    let server = with_function(FakeHost::new(|_: &Spec, event: &Event| said(event.payload.clone()))).await;
    settled(&server).await;
    let made = server.call(Method::POST, URL, &json!({ "AuthType": auth_type })).await;
    let host = host(&made);
    (server, host)
}

fn host((status, body): &(u16, Value)) -> String {
    assert_eq!(*status, 201, "{body}");
    body["FunctionUrl"]
        .as_str()
        .expect("it is a text")
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned()
}

fn url_permission(sid: &str, principal: &str, auth_type: &str) -> Value {
    json!({
        "StatementId": sid, "Action": "lambda:InvokeFunctionUrl", "Principal": principal,
        "FunctionUrlAuthType": auth_type,
    })
}

fn invoke_permission(sid: &str, principal: &str) -> Value {
    json!({
        "StatementId": sid, "Action": "lambda:InvokeFunction", "Principal": principal, "InvokedViaFunctionUrl": true,
    })
}

async fn permit(server: &TestServer, permission: &Value) {
    let (status, body) = server.call(Method::POST, POLICY, permission).await;
    assert_eq!(status, 201, "{body}");
}

async fn send(server: &TestServer, request: http::request::Builder, body: &Bytes) -> Response<Bytes> {
    let request = request.body(Full::new(body.clone())).expect("tests write valid requests");
    whole(url::answer(&server.server, request, PEER).await).await
}

async fn unsigned(server: &TestServer, host: &str) -> (u16, String) {
    read(&send(server, Request::get("/").header("host", host), &Bytes::new()).await)
}

async fn signed(server: &TestServer, host: &str, signer: Signer<'_>) -> Response<Bytes> {
    let (mut headers, body) = (HeaderMap::new(), Bytes::from_static(b"body"));
    headers.insert("host", host.parse().expect("it is a host"));
    let now_s = server.clock.now().as_secs();
    signer.authorize("POST", ("/a", "b=c"), &mut headers, &body, now_s).expect("there is a host");
    let mut request = Request::post("/a?b=c");
    *request.headers_mut().expect("the path is valid") = headers;
    send(server, request, &body).await
}

fn read(response: &Response<Bytes>) -> (u16, String) {
    (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
}

#[track_caller]
fn refused(response: &Response<Bytes>, code: &str, body: &str) {
    assert_eq!(read(response), (403, body.to_owned()));
    assert_eq!(response.headers()["x-amzn-errortype"], code);
}

#[tokio::test]
async fn without_signatures_everyone_needs_both_permissions() {
    let (server, host) = server("NONE").await;
    let forbidden = (403, FORBIDDEN.to_owned());
    assert_eq!(unsigned(&server, &host).await, forbidden, "nobody has said that everyone may");
    permit(&server, &url_permission("url", "*", "NONE")).await;
    assert_eq!(unsigned(&server, &host).await, forbidden, "one of two");
    permit(&server, &invoke_permission("invoke", "*")).await;
    assert_eq!(unsigned(&server, &host).await.0, 200);
    server.call(Method::DELETE, &format!("{POLICY}/url"), &Value::Null).await;
    assert_eq!(unsigned(&server, &host).await, forbidden, "the other of two");
    permit(&server, &url_permission("url", "*", "AWS_IAM")).await;
    assert_eq!(unsigned(&server, &host).await, forbidden, "it is not for this auth type");
    assert_eq!(signed(&server, &host, ROOT).await.status(), 403, "a signature says nothing here");
}

#[tokio::test]
async fn a_permission_for_some_is_none_for_everyone() {
    let (server, host) = server("NONE").await;
    permit(&server, &url_permission("url", OTHER, "NONE")).await;
    permit(&server, &invoke_permission("invoke", OTHER)).await;
    assert_eq!(unsigned(&server, &host).await.0, 403);
}

#[tokio::test]
async fn a_signature_of_the_functions_own_account_is_enough() {
    let (server, host) = server("AWS_IAM").await;
    let response = send(&server, Request::get("/").header("host", &host), &Bytes::new()).await;
    refused(&response, "AccessDeniedException", FORBIDDEN);
    let response = signed(&server, &host, ROOT).await;
    assert_eq!(response.status(), 200);
    let event: Value = serde_json::from_slice(response.body()).unwrap();
    let expected = json!({
        "accessKey": "test",
        "accountId": "000000000000",
        "callerId": "000000000000",
        "cognitoIdentity": null,
        "principalOrgId": null,
        "userArn": "arn:aws:iam::000000000000:root",
        "userId": "000000000000",
    });
    assert_eq!(event["requestContext"]["authorizer"]["iam"], expected);
    assert_eq!(event["requestContext"]["accountId"], "000000000000");
    assert_eq!(event["body"], "Ym9keQ==");
}

#[tokio::test]
async fn a_role_s_session_is_told_with_its_own_id() {
    let (server, host) = server("AWS_IAM").await;
    let function = FunctionId {
        account: AccountId::default_account(),
        region: Region::default_region(),
        name: "g".into(),
    };
    let SessionKeys { access_key_id, secret_access_key, session_token } =
        server.keys.issue("arn:aws:iam::000000000000:role/r", &function);
    let signer = Signer {
        access_key_id: &access_key_id,
        secret: &secret_access_key,
        session_token: Some(&session_token),
        ..ROOT
    };
    let response = signed(&server, &host, signer).await;
    let event: Value = serde_json::from_slice(response.body()).unwrap();
    let iam = &event["requestContext"]["authorizer"]["iam"];
    assert_eq!(iam["userArn"], "arn:aws:sts::000000000000:assumed-role/r/g");
    let id = iam["userId"].as_str().unwrap();
    assert!(id.starts_with("AROA") && id.ends_with(":g") && id.len() == 23, "{id}");
}

#[tokio::test]
async fn each_signature_that_is_not_believed() {
    let (server, host) = server("AWS_IAM").await;
    let wrong = signed(&server, &host, Signer { secret: "wrong", ..ROOT }).await;
    let words = "{\"message\":\"The request signature we calculated does not match the signature you provided. Check \
        your AWS Secret Access Key and signing method. Consult the service documentation for details.\"}";
    refused(&wrong, "InvalidSignatureException", words);
    let unknown = signed(&server, &host, Signer { access_key_id: "AKIAUNKNOWN", ..ROOT }).await;
    let words = "{\"message\":\"The security token included in the request is invalid.\"}";
    refused(&unknown, "UnrecognizedClientException", words);
    let region = signed(&server, &host, Signer { region: "eu-west-1", ..ROOT }).await;
    let words = "{\"message\":\"Credential should be scoped to a valid region. \"}";
    refused(&region, "InvalidSignatureException", words);
    let service = signed(&server, &host, Signer { service: "execute-api", ..ROOT }).await;
    let words = "{\"message\":\"Credential should be scoped to correct service: 'lambda'. \"}";
    refused(&service, "InvalidSignatureException", words);
    assert_eq!(server.host.count_of("boot"), 0, "nothing of that was run");
}

#[tokio::test]
async fn another_account_needs_the_resource_s_leave_for_both_actions() {
    let (server, _) = server("AWS_IAM").await;
    // The signer's account is the server's; the function is another's, who made it while signatures are not checked.
    let function = json!({
        "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x",
        "Role": format!("arn:aws:iam::{OTHER}:role/r"), "Code": { "ZipFile": base64(&zip("bootstrap", "0")) },
    });
    let made = server.call_as(OTHER, Method::POST, "/2015-03-31/functions", &function).await;
    assert_eq!(made.0, 201, "{made:?}");
    let made = server.call_as(OTHER, Method::POST, URL, &json!({ "AuthType": "AWS_IAM" })).await;
    let host = host(&made);
    refused(&signed(&server, &host, ROOT).await, "AccessDeniedException", FORBIDDEN);
    let mine = "000000000000";
    for (permission, status) in
        [(url_permission("url", mine, "AWS_IAM"), 403), (invoke_permission("invoke", mine), 200)]
    {
        let added = server.call_as(OTHER, Method::POST, POLICY, &permission).await;
        assert_eq!(added.0, 201, "{added:?}");
        assert_eq!(signed(&server, &host, ROOT).await.status(), status, "{permission}");
    }
}

#[tokio::test]
async fn what_a_policy_denies_no_owner_has() {
    let (server, host) = server("AWS_IAM").await;
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
    let deny = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "lambda:InvokeFunctionUrl", "Resource": arn,
            "Condition": { "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } },
        }],
    });
    let path = format!("/2026-07-09/resource-policy/{}", arn.replace(':', "%3A"));
    let (status, body) = server.call(Method::PUT, &path, &json!({ "Policy": deny.to_string() })).await;
    assert_eq!(status, 200, "{body}");
    refused(&signed(&server, &host, ROOT).await, "AccessDeniedException", FORBIDDEN);
}
