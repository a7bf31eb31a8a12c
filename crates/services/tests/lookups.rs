//! What functions refer to in other services, as services in place of real ones have it.

use bytes::Bytes;
use http::{Method, Response};
use lambent_core::account::{AccountId, Region};
use lambent_sandbox::{Event, Spec};
use lambent_services::caller::Caller;
use lambent_services::lambda::{Error, lookups};
use lambent_services::upstream::Place;
use lambent_testkit::one_function::{base64, create, said};
use lambent_testkit::upstream::answer;
use lambent_testkit::{FakeHost, FakeUpstream, TestServer, role, zip};
use lambent_wire::error::Fault;
use lambent_wire::lambda::function::VpcConfig;
use serde_json::json;

const ROLE: &str = "arn:aws:iam::000000000000:role/path/r";
const KEY: &str = "arn:aws:kms:eu-west-1:000000000000:key/k";

async fn server(upstream: &FakeUpstream) -> TestServer {
    let host = FakeHost::new(|_: &Spec, _: &Event| said("0"));
    TestServer::start_asking(host, upstream.at(Place::Emulator("http://emulator.test".to_owned()))).await
}

fn caller() -> Caller {
    Caller::root(AccountId::default_account(), Region::default_region())
}

/// A lookup's outcome: what it gives, or status and message.
fn told<T>(outcome: Result<T, Error>) -> Result<T, (u16, String)> {
    outcome.map_err(|error| {
        let fault = Fault::from(error);
        (fault.status(), fault.message().to_owned())
    })
}

fn xml(status: u16, code: &str, message: &str) -> Response<Bytes> {
    let words = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    answer(status, format!("<Response><Errors>{words}</Errors></Response>"))
}

fn json_error(status: u16, code: &str, message: &str) -> Response<Bytes> {
    answer(status, json!({ "__type": format!("com.example#{code}"), "message": message }).to_string())
}

fn get_role(arn: &str, service: &str) -> Response<Bytes> {
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" },
    ] });
    let encoded: String = trust.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
    let role = format!(
        "<Arn>{arn}</Arn><AssumeRolePolicyDocument>{encoded}</AssumeRolePolicyDocument><Path>/</Path>"
    );
    let result = format!("<GetRoleResult><Role>{role}</Role></GetRoleResult>");
    answer(200, format!("<GetRoleResponse xmlns=\"https://iam.amazonaws.com/\">{result}</GetRoleResponse>"))
}

#[tokio::test]
async fn a_role_must_be_there_and_trust_lambda() {
    let cannot = (400, "The role defined for the function cannot be assumed by Lambda.".to_owned());
    let failed = (500, "An error occurred and the request cannot be processed.".to_owned());
    let denied = "Your access has been denied by IAM, please make sure your request credentials have permission to \
        GetRole for r. IAM Error Code: AccessDenied. IAM Error Message: no";
    let other = "arn:aws:iam::000000000000:role/other/r";
    for (answer, expected) in [
        (get_role(ROLE, "lambda.amazonaws.com"), Ok(())),
        (get_role(ROLE, "ec2.amazonaws.com"), Err(cannot.clone())),
        (get_role(other, "lambda.amazonaws.com"), Err(cannot.clone())),
        (xml(404, "NoSuchEntity", "no"), Err(cannot)),
        (xml(403, "AccessDenied", "no"), Err((403, denied.to_owned()))),
        (xml(503, "Throttling", "no"), Err(failed.clone())),
        (answer(200, "<html>"), Err(failed)),
    ] {
        let server = server(&FakeUpstream::knowing([("GetRole", answer)])).await;
        assert_eq!(told(lookups::role(&server.server, &caller(), ROLE).await), expected);
    }
}

#[tokio::test]
async fn a_role_is_asked_for_by_name_and_only_the_callers_own() {
    let upstream = FakeUpstream::knowing([("GetRole", get_role(ROLE, "lambda.amazonaws.com"))]);
    let server = server(&upstream).await;
    let foreign = "arn:aws:iam::111111111111:role/path/r";
    assert_eq!(
        told(lookups::role(&server.server, &caller(), foreign).await),
        Err((403, "Cross-account pass role is not allowed.".to_owned()))
    );
    assert!(upstream.seen().is_empty());
    lookups::role(&server.server, &caller(), ROLE).await.unwrap();
    assert_eq!(upstream.seen()[0].body(), "Action=GetRole&Version=2010-05-08&RoleName=r");
}

#[tokio::test]
async fn a_function_is_created_with_a_role_that_is_there_only() {
    let server = server(&FakeUpstream::knowing([])).await;
    let function = json!({
        "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x", "Role": role(),
        "Code": { "ZipFile": base64(&zip("bootstrap", "0")) },
    });
    let (status, body) = server.call(Method::POST, "/2015-03-31/functions", &function).await;
    let words = "The role defined for the function cannot be assumed by Lambda.";
    assert_eq!((status, body["message"].as_str()), (400, Some(words)));
}

fn network(subnets: &[&str], groups: &[&str]) -> VpcConfig {
    let list = |ids: &[&str]| Some(ids.iter().map(ToString::to_string).collect());
    VpcConfig {
        subnet_ids: list(subnets),
        security_group_ids: list(groups),
        ipv6_allowed_for_dual_stack: None,
    }
}

fn set(name: &str, vpcs: &[&str]) -> Response<Bytes> {
    let items: String = vpcs.iter().map(|vpc| format!("<item><vpcId>{vpc}</vpcId></item>")).collect();
    answer(200, format!("<r><requestId>1</requestId><{name}>{items}</{name}></r>"))
}

#[tokio::test]
async fn the_vpc_is_that_of_the_subnets() {
    let both = "SubnetIds and SecurityIds must coexist or be both empty list.";
    let subnet = "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error Message: \
        The subnet ID 'subnet-1' does not exist";
    let group = "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. EC2 Error \
        Message: The security group 'sg-1' does not exist";
    let (subnets, groups) = (set("subnetSet", &["vpc-1", "vpc-1"]), set("securityGroupInfo", &["vpc-1"]));
    let no_subnet = xml(400, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist");
    let no_group = xml(400, "InvalidGroup.NotFound", "The security group 'sg-1' does not exist");
    let (given, refused) =
        (network(&["subnet-1", "subnet-2"], &["sg-1"]), |words: &str| Err((400, words.to_owned())));
    for (given, subnets, groups, expected) in [
        (given.clone(), subnets.clone(), groups.clone(), Ok("vpc-1".to_owned())),
        (network(&[], &[]), no_subnet.clone(), no_group.clone(), Ok(String::new())),
        (network(&["subnet-1"], &[]), subnets.clone(), groups.clone(), refused(both)),
        (network(&[], &["sg-1"]), subnets.clone(), groups.clone(), refused(both)),
        (given.clone(), no_subnet, groups, refused(subnet)),
        (given, subnets, no_group, refused(group)),
    ] {
        let upstream =
            FakeUpstream::knowing([("DescribeSubnets", subnets), ("DescribeSecurityGroups", groups)]);
        let server = server(&upstream).await;
        assert_eq!(told(lookups::vpc(&server.server, &caller(), &given).await), expected);
    }
}

#[tokio::test]
async fn a_key_must_be_there_and_enabled() {
    let target = "TrentService.DescribeKey";
    let key = |state: &str| answer(200, json!({ "KeyMetadata": { "KeyState": state } }).to_string());
    let upstream = FakeUpstream::knowing([(target, key("Enabled"))]);
    let enabled = server(&upstream).await;
    lookups::kms_key(&enabled.server, &caller(), KEY).await.unwrap();
    lookups::kms_key(&enabled.server, &caller(), "").await.unwrap();
    let seen = upstream.seen();
    let scope = seen[0].headers()["authorization"].to_str().unwrap();
    assert!(seen.len() == 1 && scope.contains("/eu-west-1/kms/"), "the key's own region is asked: {scope}");
    for (answer, expected) in [
        (key("Disabled"), "the KMS key used is disabled."),
        (key("PendingDeletion"), "the KMS key is in an invalid state for usage."),
        (json_error(400, "NotFoundException", "Key 'k' does not exist"), "the KMS key was not found."),
    ] {
        let server = server(&FakeUpstream::knowing([(target, answer)])).await;
        let (status, message) = told(lookups::kms_key(&server.server, &caller(), KEY).await).unwrap_err();
        assert_eq!(status, 400);
        assert!(message.contains(expected), "{message}");
    }
}

/// An ARN, what it is asked by, and an answer when it is there.
const TARGETS: [(&str, &str, &str); 4] = [
    ("arn:aws:sqs:us-east-1:000000000000:q", "AmazonSQS.GetQueueUrl", "{}"),
    ("arn:aws:sns:us-east-1:000000000000:t", "GetTopicAttributes", "<r/>"),
    ("arn:aws:events:us-east-1:000000000000:event-bus/b", "AWSEvents.DescribeEventBus", "{}"),
    ("arn:aws:s3:::bucket", "HEAD /bucket", ""),
];

#[tokio::test]
async fn destinations_must_be_there() {
    let nowhere = server(&FakeUpstream::knowing([])).await;
    for (arn, asks, found) in TARGETS {
        let upstream = FakeUpstream::knowing([(asks, answer(200, found))]);
        let there = server(&upstream).await;
        assert_eq!(told(lookups::destination(&there.server, &caller(), arn).await), Ok(()), "{arn}");
        let invalid = Err((400, format!("The destination ARN {arn} is invalid.")));
        assert_eq!(told(lookups::destination(&nowhere.server, &caller(), arn).await), invalid);
    }
}

#[tokio::test]
async fn a_destination_may_be_a_function_of_this_server() {
    let server = TestServer::start(FakeHost::new(|_: &Spec, _: &Event| said("0"))).await;
    create(&server, "f").await;
    for (name, there) in [("f", true), ("f:1", true), ("g", false)] {
        let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:{name}");
        let expected =
            there.then_some(()).ok_or_else(|| (400, format!("The destination ARN {arn} is invalid.")));
        assert_eq!(told(lookups::destination(&server.server, &caller(), &arn).await), expected);
    }
}

#[tokio::test]
async fn dead_letters_go_to_queues_and_topics_that_are_there() {
    let nowhere = server(&FakeUpstream::knowing([])).await;
    for (at, (arn, asks, found)) in TARGETS.into_iter().enumerate() {
        let upstream = FakeUpstream::knowing([(asks, answer(200, found))]);
        let there = server(&upstream).await;
        let invalid = Err((400, format!("The dead letter target ARN {arn} is invalid.")));
        let expected = if at < 2 { Ok(()) } else { invalid.clone() };
        assert_eq!(told(lookups::dead_letter(&there.server, &caller(), arn).await), expected);
        assert_eq!(told(lookups::dead_letter(&nowhere.server, &caller(), arn).await), invalid);
    }
    assert_eq!(told(lookups::dead_letter(&nowhere.server, &caller(), "").await), Ok(()));
    let ordered = format!("{}.fifo", TARGETS[0].0);
    let invalid = Err((400, format!("The dead letter target ARN {ordered} is invalid.")));
    assert_eq!(told(lookups::dead_letter(&nowhere.server, &caller(), &ordered).await), invalid);
}

#[tokio::test]
async fn everything_is_taken_at_its_word_where_there_is_nobody_to_ask() {
    let alone = TestServer::start(FakeHost::new(|_: &Spec, _: &Event| said("0"))).await;
    let (server, caller) = (&alone.server, caller());
    assert_eq!(told(lookups::role(server, &caller, "arn:aws:iam::111111111111:role/r").await), Ok(()));
    assert_eq!(told(lookups::kms_key(server, &caller, KEY).await), Ok(()));
    let vpc = lookups::vpc(server, &caller, &network(&["subnet-1"], &["sg-1"])).await;
    assert_eq!(told(vpc), Ok(String::new()), "no VPC is made up");
    for (arn, _, _) in TARGETS {
        assert_eq!(told(lookups::destination(server, &caller, arn).await), Ok(()));
    }
}

#[tokio::test]
async fn what_an_emulator_does_not_have_is_taken_at_its_word() {
    for nobody in
        [xml(400, "InvalidAction", ""), json_error(400, "UnknownOperationException", ""), answer(501, "")]
    {
        let upstream = FakeUpstream::new(move |_| Some(nobody.clone()));
        let alone = server(&upstream).await;
        let (server, caller) = (&alone.server, caller());
        assert_eq!(told(lookups::role(server, &caller, ROLE).await), Ok(()));
        assert_eq!(told(lookups::kms_key(server, &caller, KEY).await), Ok(()));
        let vpc = lookups::vpc(server, &caller, &network(&["subnet-1"], &["sg-1"])).await;
        assert_eq!(told(vpc), Ok(String::new()));
        for (arn, _, _) in TARGETS {
            assert_eq!(told(lookups::destination(server, &caller, arn).await), Ok(()));
        }
        assert_eq!(upstream.seen().len(), 4 + TARGETS.len());
    }
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_is_a_fault_of_the_server_and_leaves_nothing() {
    let upstream = FakeUpstream::new(|_| None);
    let server = server(&upstream).await;
    let function = json!({
        "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x", "Role": role(),
        "Code": { "ZipFile": base64(&zip("bootstrap", "0")) },
    });
    let (status, body) = server.call(Method::POST, "/2015-03-31/functions", &function).await;
    assert_eq!((status, &body["Type"]), (500, &json!("Service")), "{body}");
    let (status, _) = server.call(Method::GET, "/2015-03-31/functions/f", &json!(null)).await;
    assert_eq!(status, 404);
}
