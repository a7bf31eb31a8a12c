//! The operations on layers, through the pipeline of a whole server with fake sandboxes.

use http::Method;
use lambent_sandbox::{Answer, Event, Spec};
use lambent_testkit::one_function::base64;
use lambent_testkit::{FakeHost, TestServer, zip};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:layer:tools";

async fn server() -> TestServer {
    let echo = |_: &Spec, event: &Event| Answer::Response { content_type: None, body: event.payload.clone() };
    TestServer::start(FakeHost::new(echo)).await
}

async fn publish(server: &TestServer, name: &str, more: Value) -> (u16, Value) {
    let mut body = json!({ "Content": { "ZipFile": base64(&zip("lib", name)) } });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    server.call(Method::POST, &format!("/2018-10-31/layers/{name}/versions"), &body).await
}

async fn get(server: &TestServer, path: &str) -> (u16, Value) {
    server.call(Method::GET, path, &Value::Null).await
}

#[track_caller]
fn refused(answer: &(u16, Value), status: u16, message: &str) {
    let text = answer.1.get("Message").or_else(|| answer.1.get("message"));
    assert_eq!((answer.0, text.and_then(Value::as_str).unwrap_or("")), (status, message));
}

#[tokio::test]
async fn a_version_shows_what_it_was_published_with_and_no_more() {
    let server = server().await;
    let (status, mut body) = publish(&server, "tools", json!({})).await;
    assert_eq!(status, 201, "{body}");
    let location = body["Content"]["Location"].take();
    let expected = json!({
        "Content": { "CodeSha256": body["Content"]["CodeSha256"], "CodeSize": body["Content"]["CodeSize"], "Location": null },
        "LayerArn": ARN, "LayerVersionArn": format!("{ARN}:1"), "Version": 1, "Description": "",
        "CreatedDate": "2026-01-02T12:00:00.000+0000",
    });
    assert_eq!(body, expected);
    let request = http::Request::get(location.as_str().unwrap()).header("host", "test");
    let request = request.body(()).unwrap().into_parts().0;
    let download = lambent_services::lambda::code::download(&server.server, &request).await;
    assert_eq!((download.status().as_u16(), download.body()), (200, &zip("lib", "tools")));
    let more = json!({
        "Description": "d", "LicenseInfo": "MIT", "CompatibleRuntimes": ["python3.12"],
        "CompatibleArchitectures": ["x86_64"],
    });
    publish(&server, "tools", more.clone()).await;
    let (status, second) = get(&server, "/2018-10-31/layers/tools/versions/2").await;
    assert_eq!((status, &second["Version"]), (200, &json!(2)), "{second}");
    for (member, value) in more.as_object().unwrap() {
        assert_eq!(&second[member], value, "{member}");
    }
    let by_arn = format!("/2018-10-31/layers?find=LayerVersion&Arn={ARN}:2").replace(':', "%3A");
    assert_eq!(get(&server, &by_arn).await.1["LayerVersionArn"], format!("{ARN}:2"));
}

#[tokio::test]
async fn a_number_never_comes_again() {
    let server = server().await;
    publish(&server, "tools", json!({})).await;
    publish(&server, "tools", json!({})).await;
    for path in ["/2018-10-31/layers/tools/versions/2", "/2018-10-31/layers/tools/versions/2"] {
        let gone = server.send(Method::DELETE, path, "").await;
        assert_eq!((gone.status().as_u16(), gone.body().len()), (204, 0));
        refused(&get(&server, path).await, 404, "The resource you requested does not exist.");
    }
    assert_eq!(publish(&server, "tools", json!({})).await.1["Version"], 3);
}

#[tokio::test]
async fn versions_come_newest_first_and_in_pages() {
    let server = server().await;
    for runtime in ["python3.12", "nodejs22.x", "python3.12"] {
        publish(&server, "tools", json!({ "CompatibleRuntimes": [runtime] })).await;
    }
    let numbers = |page: &Value| -> Vec<i64> {
        page["LayerVersions"].as_array().unwrap().iter().map(|v| v["Version"].as_i64().unwrap()).collect()
    };
    let path = "/2018-10-31/layers/tools/versions";
    let (_, first) = get(&server, &format!("{path}?MaxItems=2")).await;
    assert_eq!(numbers(&first), [3, 2]);
    let item: Vec<&String> = first["LayerVersions"][0].as_object().unwrap().keys().collect();
    assert_eq!(item, ["LayerVersionArn", "Version", "CreatedDate", "CompatibleRuntimes"]);
    let marker = first["NextMarker"].as_str().unwrap();
    let (_, second) = get(&server, &format!("{path}?MaxItems=2&Marker={marker}")).await;
    assert_eq!((numbers(&second), second.get("NextMarker")), (vec![1], None));
    let (_, python) = get(&server, &format!("{path}?CompatibleRuntime=python3.12")).await;
    assert_eq!(numbers(&python), [3, 1]);
    let (status, none) = get(&server, "/2018-10-31/layers/none/versions").await;
    assert_eq!((status, &none["LayerVersions"]), (200, &json!([])));
}

#[tokio::test]
async fn layers_are_listed_with_their_latest_matching_version() {
    let server = server().await;
    for (name, architecture) in [("b", "x86_64"), ("a", "x86_64"), ("a", "arm64")] {
        publish(&server, name, json!({ "CompatibleArchitectures": [architecture] })).await;
    }
    let seen = |page: &Value| -> Vec<(String, i64)> {
        let one = |layer: &Value| {
            let number = layer["LatestMatchingVersion"]["Version"].as_i64().unwrap();
            (layer["LayerName"].as_str().unwrap().to_owned(), number)
        };
        page["Layers"].as_array().unwrap().iter().map(one).collect()
    };
    let all = get(&server, "/2018-10-31/layers").await.1;
    assert_eq!(seen(&all), [("a".to_owned(), 2), ("b".to_owned(), 1)]);
    let intel = get(&server, "/2018-10-31/layers?CompatibleArchitecture=x86_64&MaxItems=1").await.1;
    assert_eq!(seen(&intel), [("a".to_owned(), 1)]);
    let marker = intel["NextMarker"].as_str().unwrap();
    let path = format!("/2018-10-31/layers?CompatibleArchitecture=x86_64&Marker={marker}");
    assert_eq!(seen(&get(&server, &path).await.1), [("b".to_owned(), 1)]);
}

#[tokio::test]
async fn refusals_read_as_on_aws() {
    let server = server().await;
    let below = "Layer Version Cannot be less than 1";
    refused(&get(&server, "/2018-10-31/layers/tools/versions/0").await, 400, below);
    let delete = server.call(Method::DELETE, "/2018-10-31/layers/tools/versions/-1", &Value::Null).await;
    refused(&delete, 400, below);
    let missing = "The resource you requested does not exist.";
    refused(&get(&server, "/2018-10-31/layers/tools/versions/1").await, 404, missing);
    let (status, body) = publish(
        &server,
        "tools",
        json!({ "CompatibleRuntimes": ["one", "two"], "CompatibleArchitectures": ["three"] }),
    )
    .await;
    let words = body["message"].as_str().unwrap();
    assert_eq!(status, 400);
    assert!(words.starts_with("2 validation errors detected: "), "{words}");
    assert!(
        words.contains("Value '[one, two]' at 'compatibleRuntimes' failed to satisfy constraint: "),
        "{words}"
    );
    let publishing = "/2018-10-31/layers/tools/versions";
    let nothing = server.call_owned(Method::POST, publishing, json!({ "Content": {} }));
    refused(&nothing.await, 400, "Missing Content");
    let broken = json!({ "Content": { "ZipFile": base64(b"no zip") } });
    refused(
        &server.call(Method::POST, "/2018-10-31/layers/tools/versions", &broken).await,
        400,
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
    );
}

#[tokio::test]
async fn another_accounts_layer_is_refused() {
    let server = server().await;
    let other = "arn%3Aaws%3Alambda%3Aus-east-1%3A111111111111%3Alayer%3Atools";
    let (status, body) = get(&server, &format!("/2018-10-31/layers/{other}/versions/1")).await;
    let words = body["Message"].as_str().unwrap();
    assert_eq!(status, 403, "{body}");
    assert!(
        words.contains("is not authorized to perform: lambda:GetLayerVersion on resource: arn:aws:lambda:us-east-1:111111111111:layer:tools:1 because no resource-based policy allows the lambda:GetLayerVersion action"),
        "{words}"
    );
    for (method, path) in [
        (Method::GET, format!("/2018-10-31/layers/{other}/versions")),
        (Method::DELETE, format!("/2018-10-31/layers/{other}/versions/1")),
    ] {
        assert_eq!(server.call(method, &path, &Value::Null).await.0, 403, "{path}");
    }
    let body = json!({ "Content": { "ZipFile": base64(&zip("lib", "x")) } });
    assert_eq!(
        server.call(Method::POST, &format!("/2018-10-31/layers/{other}/versions"), &body).await.0,
        403
    );
}
