//! The operations on functions, through the pipeline of a whole server with fake sandboxes.

use bytes::Bytes;
use http::Method;
use lambent_sandbox::{Answer, Event, Spec};
use lambent_services::lambda::code::{Needed, collect};
use lambent_testkit::one_function::base64;
use lambent_testkit::{FakeHost, TestServer, role, zip};
use serde_json::{Value, json};

fn function(name: &str, code: &str) -> Value {
    json!({
        "FunctionName": name, "Runtime": "provided.al2023", "Handler": "x", "Role": role(),
        "Code": { "ZipFile": base64(&zip("bootstrap", code)) },
    })
}

async fn server() -> TestServer {
    let echo = |_: &Spec, event: &Event| Answer::Response { content_type: None, body: event.payload.clone() };
    TestServer::start(FakeHost::new(echo)).await
}

async fn created(server: &TestServer, name: &str) -> Value {
    let (status, body) = server.call(Method::POST, "/2015-03-31/functions", &function(name, "one")).await;
    assert_eq!(status, 201, "{body}");
    active(server, name).await;
    body
}

/// Waits until the function is neither pending nor being updated.
async fn active(server: &TestServer, name: &str) -> Value {
    let path = format!("/2015-03-31/functions/{name}/configuration");
    loop {
        let (status, body) = server.call(Method::GET, &path, &Value::Null).await;
        assert_eq!(status, 200, "{body}");
        if body["LastUpdateStatus"] == "Successful" {
            return body;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_new_function_shows_every_default_and_no_more() {
    let server = server().await;
    let body = created(&server, "f").await;
    let mut keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let expected = "Architectures CodeSha256 CodeSize Description EphemeralStorage FunctionArn FunctionName Handler \
        LastModified LoggingConfig MemorySize PackageType RevisionId Role Runtime RuntimeVersionConfig SnapStart State \
        StateReason StateReasonCode Timeout TracingConfig Version";
    assert_eq!(keys, expected.split_whitespace().collect::<Vec<_>>());
    assert_eq!((&body["State"], &body["StateReasonCode"]), (&json!("Pending"), &json!("Creating")));
    assert_eq!((&body["MemorySize"], &body["Timeout"]), (&json!(128), &json!(3)));
    assert_eq!(body["FunctionArn"], "arn:aws:lambda:us-east-1:000000000000:function:f");
    assert_eq!(body["LastModified"], "2026-01-02T12:00:00.000+0000");
    assert_eq!(body["LoggingConfig"], json!({ "LogFormat": "Text", "LogGroup": "/aws/lambda/f" }));
    let now = active(&server, "f").await;
    assert_eq!((&now["State"], now.get("StateReason")), (&json!("Active"), None));
    assert_ne!(now["RevisionId"], body["RevisionId"], "becoming active is a change");
}

#[track_caller]
fn refused(answer: &(u16, Value), status: u16, message: &str) {
    let text =
        answer.1.get("Message").or_else(|| answer.1.get("message")).and_then(Value::as_str).unwrap_or("");
    assert_eq!((answer.0, text), (status, message));
}

#[tokio::test]
async fn refusals_read_as_on_aws() {
    let server = server().await;
    created(&server, "f").await;
    let create = |body: Value| server.call_owned(Method::POST, "/2015-03-31/functions", body);
    refused(&create(function("f", "two")).await, 409, "Function already exist: f");
    let mut blocked = function("g", "x");
    blocked["Runtime"] = json!("python2.7");
    refused(
        &create(blocked).await,
        400,
        "The runtime parameter of python2.7 is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.",
    );
    let mut broken = function("g", "x");
    broken["Code"]["ZipFile"] = json!(base64(b"not a zip"));
    refused(
        &create(broken).await,
        400,
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
    );
    let mut reserved = function("g", "x");
    reserved["Environment"] = json!({ "Variables": { "AWS_REGION": "x" } });
    refused(
        &create(reserved).await,
        400,
        "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION",
    );
    let mut layers = function("g", "x");
    layers["Layers"] = json!(["arn:aws:lambda:us-east-1:000000000000:layer:l:1"]);
    refused(
        &create(layers).await,
        400,
        "Layer version arn:aws:lambda:us-east-1:000000000000:layer:l:1 does not exist.",
    );
    let mut small = function("g", "x");
    small["MemorySize"] = json!(64);
    refused(
        &create(small).await,
        400,
        "1 validation error detected: Value '64' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128",
    );
}

#[tokio::test]
async fn a_function_that_is_not_there_is_named_as_it_was_asked_for() {
    let server = server().await;
    let get = |path: &'static str| server.call_owned(Method::GET, path, Value::Null);
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:no";
    refused(&get("/2015-03-31/functions/no").await, 404, &format!("Function not found: {arn}"));
    refused(&get("/2015-03-31/functions/no?Qualifier=3").await, 404, &format!("Function not found: {arn}:3"));
    let invoke = server.call(Method::POST, "/2015-03-31/functions/no/invocations", &json!({})).await;
    refused(&invoke, 404, &format!("Function not found: {arn}:$LATEST"));
    let delete = server.call(Method::DELETE, "/2015-03-31/functions/no", &Value::Null).await;
    refused(&delete, 404, &format!("Function not found: {arn}"));
    refused(
        &get("/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Afunction%3Ano").await,
        404,
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    );
    let (status, body) =
        get("/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A111111111111%3Afunction%3Ano").await;
    assert_eq!(status, 403, "{body}");
    assert!(
        body["Message"].as_str().unwrap().contains("is not authorized to perform: lambda:GetFunction"),
        "{body}"
    );
}

#[tokio::test]
async fn every_accepted_name_reaches_the_function() {
    let server = server().await;
    created(&server, "f").await;
    for name in [
        "f",
        "function%3Af",
        "000000000000%3Afunction%3Af",
        "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af",
        "f%3A%24LATEST",
    ] {
        let (status, body) = server
            .call(Method::GET, &format!("/2015-03-31/functions/{name}/configuration"), &Value::Null)
            .await;
        assert_eq!((status, &body["FunctionName"]), (200, &json!("f")), "{name}: {body}");
    }
}

#[tokio::test]
async fn a_list_comes_in_pages_without_states() {
    let server = server().await;
    for name in ["c", "a", "b"] {
        created(&server, name).await;
    }
    let list = |path: String| async { server.call_owned(Method::GET, path, Value::Null).await.1 };
    let first = list("/2015-03-31/functions/?MaxItems=2".to_owned()).await;
    let names = |page: &Value| -> Vec<String> {
        page["Functions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["FunctionName"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(first["Functions"][0].get("State"), None);
    let marker = first["NextMarker"].as_str().unwrap();
    let second = list(format!("/2015-03-31/functions?Marker={marker}&FunctionVersion=ALL")).await;
    assert_eq!(names(&second), ["c"]);
    assert_eq!(second.get("NextMarker").and_then(Value::as_str), None);
    assert_eq!(
        second["Functions"][0]["FunctionArn"],
        "arn:aws:lambda:us-east-1:000000000000:function:c:$LATEST"
    );
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_name() {
    let server = server().await;
    created(&server, "f").await;
    let before = active(&server, "f").await;
    let change = json!({ "Timeout": 9, "Environment": { "Variables": { "AB": "1" } } });
    let path = "/2015-03-31/functions/f/configuration";
    let (status, body) = server.call(Method::PUT, path, &change).await;
    assert_eq!((status, &body["LastUpdateStatus"]), (200, &json!("InProgress")), "{body}");
    let after = active(&server, "f").await;
    assert_eq!((&after["Timeout"], &after["MemorySize"]), (&json!(9), &json!(128)));
    assert_ne!(after["RevisionId"], before["RevisionId"]);
    let stale = server.call(Method::PUT, path, &json!({ "RevisionId": before["RevisionId"] })).await;
    assert_eq!(stale.0, 412, "{stale:?}");
    let cleared = json!({ "Environment": {}, "RevisionId": after["RevisionId"] });
    assert_eq!(server.call(Method::PUT, path, &cleared).await.0, 200);
    assert_eq!(active(&server, "f").await.get("Environment"), None);
}

#[tokio::test]
async fn a_dry_run_of_new_code_changes_nothing() {
    let server = server().await;
    created(&server, "f").await;
    let before = active(&server, "f").await;
    let zip = base64(&zip("bootstrap", "other"));
    let body = json!({ "ZipFile": zip, "DryRun": true, "Architectures": ["arm64"] });
    let (status, shown) = server.call(Method::PUT, "/2015-03-31/functions/f/code", &body).await;
    assert_eq!(status, 200, "{shown}");
    assert_ne!(shown["CodeSha256"], before["CodeSha256"]);
    assert_eq!(shown["Architectures"], json!(["arm64"]));
    assert_eq!(active(&server, "f").await, before);
    let looked_at = shown["CodeSha256"].as_str().unwrap();
    assert!(server.has_tree(looked_at) && !server.has_code(looked_at).await);
    collect(&server.server, &Needed::default()).await.unwrap();
    assert!(!server.has_tree(looked_at), "what was only looked at is not kept");
}

#[tokio::test]
async fn code_comes_back_as_it_was_uploaded() {
    let server = server().await;
    created(&server, "f").await;
    let (_, body) = server.call(Method::GET, "/2015-03-31/functions/f", &Value::Null).await;
    let location = body["Code"]["Location"].as_str().unwrap().strip_prefix("http://test").unwrap();
    let get = |path: String| async {
        let request = http::Request::get(path).header("host", "test").body(()).unwrap().into_parts().0;
        lambent_services::lambda::code::download(&server.server, &request).await
    };
    let answer = get(location.to_owned()).await;
    assert_eq!((answer.status().as_u16(), answer.body()), (200, &zip("bootstrap", "one")));
    let forged = location.replace("/000000000000/", "/111111111111/");
    assert_eq!(get(forged).await.status().as_u16(), 403);
    server.clock.advance(std::time::Duration::from_secs(601));
    assert_eq!(get(location.to_owned()).await.status().as_u16(), 403, "ten minutes are over");
}

#[tokio::test]
async fn code_nobody_needs_is_collected() {
    let server = server().await;
    created(&server, "f").await;
    let digest = |body: &Value| body["CodeSha256"].as_str().unwrap().to_owned();
    let old = digest(&active(&server, "f").await);
    let update = json!({ "ZipFile": base64(&zip("bootstrap", "two")) });
    assert_eq!(server.call(Method::PUT, "/2015-03-31/functions/f/code", &update).await.0, 200);
    let new = digest(&active(&server, "f").await);
    // The files carry the system's time, which the paused clock has to be past.
    server.clock.advance(std::time::Duration::from_secs(100 * 365 * 86_400));
    let needed = collect(&server.server, &Needed::default()).await.unwrap();
    assert!(!server.has_code(&old).await && server.has_code(&new).await);
    assert_eq!(server.send(Method::DELETE, "/2015-03-31/functions/f", Bytes::new()).await.status(), 204);
    let needed = collect(&server.server, &needed).await.unwrap();
    assert!(server.has_code(&new).await, "what was needed a round ago may be about to be needed again");
    collect(&server.server, &needed).await.unwrap();
    assert!(!server.has_code(&new).await);
}

#[tokio::test]
async fn a_deleted_function_is_gone_and_its_name_free() {
    let server = server().await;
    let first = created(&server, "f").await;
    let response = server.send(Method::DELETE, "/2015-03-31/functions/f", Bytes::new()).await;
    assert_eq!((response.status().as_u16(), response.body().len()), (204, 0));
    assert_eq!(server.call(Method::GET, "/2015-03-31/functions/f", &Value::Null).await.0, 404);
    assert_ne!(created(&server, "f").await["RevisionId"], first["RevisionId"]);
}

#[tokio::test]
async fn each_account_and_region_has_its_own_functions() {
    let server = server().await;
    let signed = |key: &str, region: &str, method: Method, path: &str, body: Value| {
        let credential = format!("{key}/20260102/{region}/lambda/aws4_request");
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=00");
        let request = http::Request::builder().method(method).uri(path).header("host", "test");
        let request = request.header("authorization", authorization);
        request.body(http_body_util::Full::new(Bytes::from(body.to_string()))).unwrap()
    };
    let path = "/2015-03-31/functions";
    for (key, region) in
        [("111111111111", "eu-west-1"), ("111111111111", "us-east-1"), ("222222222222", "eu-west-1")]
    {
        let request = signed(key, region, Method::POST, path, function("f", "x"));
        let response = lambent_services::pipeline::handle(&server.server, request).await;
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(body["FunctionArn"], format!("arn:aws:lambda:{region}:{key}:function:f"));
    }
}

#[tokio::test]
async fn what_is_not_built_says_so() {
    let server = server().await;
    let durable = server.send(Method::GET, "/2025-12-01/functions/f/durable-executions", Bytes::new()).await;
    assert_eq!(durable.status().as_u16(), 404);
    assert_eq!(durable.headers()["x-amzn-errortype"], "UnknownOperationException");
    assert!(String::from_utf8_lossy(durable.body()).contains("ListDurableExecutionsByFunction yet"));
    let nowhere = server.send(Method::GET, "/nowhere", Bytes::new()).await;
    assert_eq!(nowhere.headers()["x-amzn-errortype"], "UnknownOperationException");
}
