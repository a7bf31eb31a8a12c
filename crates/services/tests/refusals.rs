//! What create and update refuse, and that nothing has changed then. Through the pipeline of a whole server.

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{base64, said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer, role, zip};
use serde_json::{Value, json};

const FUNCTIONS: &str = "/2015-03-31/functions";
const CODE: &str = "/2015-03-31/functions/f/code";
const CONFIGURATION: &str = "/2015-03-31/functions/f/configuration";

/// A server with the function `f`, which is active.
async fn server() -> TestServer {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    settled(&server).await;
    server
}

/// What creates a function, changed by `with`.
fn new_function(name: &str, with: &Value) -> Value {
    let mut body = json!({
        "FunctionName": name, "Runtime": "provided.al2023", "Handler": "x", "Role": role(),
        "Code": { "ZipFile": base64(&zip("bootstrap", "1")) },
    });
    let changes = with.as_object().expect("changes are members");
    body.as_object_mut().expect("it is one").extend(changes.clone());
    body
}

async fn create(server: &TestServer, name: &str, with: &Value) -> (u16, Value) {
    server.call(Method::POST, FUNCTIONS, &new_function(name, with)).await
}

#[track_caller]
fn refused(answer: &(u16, Value), message: &str) {
    let text = answer.1.get("message").or_else(|| answer.1.get("Message")).and_then(Value::as_str);
    assert_eq!((answer.0, text), (400, Some(message)));
}

#[tokio::test]
async fn only_a_function_can_be_changed_not_a_version_of_it() {
    let words = "This operation is permitted on Lambda functions only. Aliases and versions do not support this \
        operation. Please specify either a function name or an unqualified function ARN.";
    let server = server().await;
    let before = server.call(Method::GET, CONFIGURATION, &Value::Null).await;
    for name in ["f:7", "f:live", "f:$LATEST", "arn:aws:lambda:us-east-1:000000000000:function:f:7"] {
        refused(&create(&server, name, &json!({})).await, words);
        let in_path = name.replace(':', "%3A").replace('$', "%24");
        let code = json!({ "ZipFile": base64(&zip("bootstrap", "2")) });
        refused(&server.call(Method::PUT, &format!("{FUNCTIONS}/{in_path}/code"), &code).await, words);
        let path = format!("{FUNCTIONS}/{in_path}/configuration");
        refused(&server.call(Method::PUT, &path, &json!({ "Timeout": 9 })).await, words);
    }
    assert_eq!(server.call(Method::GET, CONFIGURATION, &Value::Null).await, before);
}

#[tokio::test]
async fn an_arn_of_another_partition_than_its_regions_is_refused() {
    let server = server().await;
    let arn = "arn:aws-cn:lambda:us-east-1:000000000000:function:f";
    let words = format!("{arn:?} is not a function name, partial ARN or ARN");
    let path = format!("{FUNCTIONS}/{}", arn.replace(':', "%3A"));
    refused(&server.call(Method::GET, &path, &Value::Null).await, &words);
    refused(&server.call(Method::POST, &format!("{path}/invocations"), &json!({})).await, &words);
    refused(&server.call(Method::DELETE, &path, &Value::Null).await, &words);
    settled(&server).await;
}

#[tokio::test]
async fn code_comes_from_exactly_one_place() {
    let zip = json!({ "ZipFile": base64(&zip("bootstrap", "1")) });
    let others = "Please do not provide other FunctionCode parameters when providing a ZipFile.";
    let not_yet = |what: &str| format!("{what} is not there yet in Lambent");
    let key = "arn:aws:kms:us-east-1:000000000000:key/1";
    let no_s3 = "Lambent has no S3 to take code from: --upstream-endpoint says where one is.";
    let both = "Please provide both S3Bucket and S3Key.";
    let s3 = json!({ "S3Bucket": "bucket", "S3Key": "key" });
    let table = [
        (&zip, json!({ "S3Bucket": "bucket" }), others.to_owned()),
        (&zip, json!({ "S3Key": "key" }), others.to_owned()),
        (&zip, json!({ "S3ObjectVersion": "1" }), others.to_owned()),
        (&zip, json!({ "S3ObjectStorageMode": "REFERENCE" }), others.to_owned()),
        (&zip, json!({ "ImageUri": "image" }), others.to_owned()),
        (&s3, json!({ "SourceKMSKeyArn": key }), no_s3.to_owned()),
        (&s3, json!({}), no_s3.to_owned()),
        (&s3, json!({ "S3ObjectStorageMode": "COPY", "S3ObjectVersion": "1" }), no_s3.to_owned()),
        (&s3, json!({ "S3ObjectStorageMode": "REFERENCE" }), not_yet("S3ObjectStorageMode REFERENCE")),
        (&json!({}), json!({ "S3Bucket": "bucket" }), both.to_owned()),
        (&json!({}), json!({ "S3Key": "key" }), both.to_owned()),
        (&s3, json!({ "ImageUri": "i" }), "Please provide only one source for function code.".to_owned()),
        (&json!({}), json!({}), "Please provide a source for function code.".to_owned()),
    ];
    let server = server().await;
    for (one, other, words) in &table {
        let mut code = (*one).clone();
        code.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        refused(&create(&server, "g", &json!({ "Code": code })).await, words);
        refused(&server.call(Method::PUT, CODE, &code).await, words);
    }
}

#[tokio::test]
async fn an_image_is_no_zip() {
    let server = server().await;
    let image = json!({ "Code": { "ImageUri": "image" } });
    let words = "Please don't provide ImageUri when creating a function with packageType Zip.";
    refused(&create(&server, "g", &image).await, words);
    let words = "Please don't provide ImageUri when updating a function with packageType Zip.";
    refused(&server.call(Method::PUT, CODE, &json!({ "ImageUri": "image" })).await, words);
    let nowhere =
        server.call(Method::PUT, "/2015-03-31/functions/g/code", &json!({ "ImageUri": "image" })).await;
    assert_eq!(nowhere.0, 404, "whether an image will do is known of functions that are there: {nowhere:?}");
    let words = "Please don't provide Handler or Runtime or Layer when the intent is to create function with \
        container image.";
    refused(&create(&server, "g", &json!({ "PackageType": "Image" })).await, words);
    let bare = |code: Value| {
        let body = json!({ "FunctionName": "g", "Role": role(), "PackageType": "Image", "Code": code });
        server.call_owned(Method::POST, FUNCTIONS, body)
    };
    let words = "Please provide ImageUri when creating a function with packageType Image.";
    refused(&bare(json!({})).await, words);
    refused(&bare(json!({ "ImageUri": "image" })).await, "PackageType Image is not there yet in Lambent");
}

#[tokio::test]
async fn all_numbers_beyond_their_bounds_are_told_together() {
    let server = server().await;
    let tmp = json!({ "EphemeralStorage": { "Size": 10_241 } });
    let one = "1 validation error detected: Value '10241' at 'ephemeralStorage.size' failed to satisfy constraint: \
        Member must have value less than or equal to 10240";
    let three = json!({ "EphemeralStorage": { "Size": 10_241 }, "MemorySize": 10_241, "Timeout": 901 });
    let all = "3 validation errors detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have \
        value less than or equal to 900; Value '10241' at 'memorySize' failed to satisfy constraint: Member must have \
        value less than or equal to 10240; Value '10241' at 'ephemeralStorage.size' failed to satisfy constraint: \
        Member must have value less than or equal to 10240";
    for (numbers, words) in [(&tmp, one), (&three, all)] {
        for answer in [
            create(&server, "g", numbers).await,
            server.call(Method::PUT, CONFIGURATION, numbers).await,
            server.call(Method::PUT, &format!("{FUNCTIONS}/nowhere/configuration"), numbers).await,
        ] {
            refused(&answer, words);
        }
    }
    let most = json!({ "EphemeralStorage": { "Size": 10_240 }, "MemorySize": 10_240, "Timeout": 900 });
    let (status, shown) = create(&server, "g", &most).await;
    assert_eq!((status, &shown["EphemeralStorage"]["Size"]), (201, &json!(10_240)), "{shown}");
}

#[tokio::test]
async fn a_function_may_name_its_own_log_group_however_it_is_named_itself() {
    let server = server().await;
    let own = |name: &str| json!({ "LoggingConfig": { "LogGroup": format!("/aws/lambda/{name}") } });
    let arn = |name: &str| format!("arn:aws:lambda:us-east-1:000000000000:function:{name}");
    let (status, body) = create(&server, &arn("g"), &own("g")).await;
    assert_eq!((status, &body["FunctionName"]), (201, &json!("g")), "{body}");
    let path = format!("{FUNCTIONS}/{}/configuration", arn("f").replace(':', "%3A"));
    assert_eq!(server.call(Method::PUT, &path, &own("f")).await.0, 200);
    settled(&server).await;
    let (status, body) = server.call(Method::PUT, &path, &own("shared")).await;
    assert_eq!((status, &body["LoggingConfig"]["LogGroup"]), (200, &json!("/aws/lambda/shared")), "{body}");
}

#[tokio::test]
async fn what_a_process_cannot_be_given_is_refused() {
    let variables = "Lambda was unable to configure your environment variables because the values of the following \
        keys contain a NUL character: AB";
    let server = server().await;
    let table = [
        (json!({ "Environment": { "Variables": { "AB": "a\0b", "CD": "ab" } } }), variables),
        (json!({ "Handler": "a\0b" }), "Handler must not contain a NUL character."),
        (json!({ "Description": "a\0b" }), "Description must not contain a NUL character."),
    ];
    for (with, words) in &table {
        refused(&create(&server, "g", with).await, words);
        refused(&server.call(Method::PUT, CONFIGURATION, with).await, words);
    }
}

#[tokio::test]
async fn tags_are_few_short_and_the_users_own() {
    let server = server().await;
    let tags = |keys: &[String]| {
        let tags: serde_json::Map<_, _> = keys.iter().map(|key| (key.clone(), json!("v"))).collect();
        json!({ "Tags": tags })
    };
    let many: Vec<String> = (0..51).map(|n| format!("k{n}")).collect();
    let too_many = create(&server, "g", &tags(&many)).await;
    refused(&too_many, "Number of tags exceeds resource tag limit.");
    for key in ["aws:x", "AWS:x", "aWs:"] {
        let words =
            format!("The tag key {key} is not allowed: keys that begin with aws: are reserved for AWS use.");
        refused(&create(&server, "g", &tags(&[key.to_owned()])).await, &words);
    }
    for wrong in
        [tags(&["k".repeat(129)]), tags(&[String::new()]), json!({ "Tags": { "k": "v".repeat(257) } })]
    {
        let (status, body) = create(&server, "g", &wrong).await;
        let words = body["message"].as_str().unwrap();
        assert_eq!((status, words.starts_with("1 validation error detected: Value ")), (400, true), "{body}");
    }
    let mut most = tags(&many[..49]);
    most["Tags"]["k".repeat(128)] = json!("v".repeat(256));
    assert_eq!(create(&server, "g", &most).await.0, 201);
    let (_, body) = server.call(Method::GET, &format!("{FUNCTIONS}/g"), &Value::Null).await;
    assert_eq!(body["Tags"], most["Tags"]);
}
