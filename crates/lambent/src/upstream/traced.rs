//! Messages that a function sends to a queue carry its trace: SQS makes the attribute `AWSTraceHeader` of the header that
//! SDKs send inside functions, and so finds who reads the queue that it is part of a loop. Emulators do not all do so; what
//! passes here gets the attribute on the way. Its signature does not hold then: a function signs with keys of this server,
//! which no other service can check.
//!
//! Source: <https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html>

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, header};
use http_body_util::{BodyExt as _, Full};
use lambent_core::limits::SQS_REQUEST_MAX_BYTES;
use lambent_services::pipeline;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::Body;

const TRACE: &str = "x-amzn-trace-id";

/// What a request sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sends {
    One,
    Batch,
}

/// The request with the trace of its header in each message it sends to a queue; anything else as it is.
pub(super) async fn traced(request: Request<Body>) -> anyhow::Result<Request<Body>> {
    let Some(trace) = trace(&request) else { return Ok(request) };
    let (mut head, body) = request.into_parts();
    let body = body.collect().await.map_err(|fault| anyhow::anyhow!(fault))?.to_bytes();
    let changed = match target(&head.headers) {
        Some(sends) => in_json(&body, sends, &trace),
        None => in_form(&body, &trace),
    };
    if let Some(changed) = &changed {
        head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(changed.len()));
        head.headers.remove("x-amz-content-sha256");
    }
    let body = changed.unwrap_or(body);
    Ok(Request::from_parts(head, Full::new(body).map_err(|never| match never {}).boxed_unsync()))
}

/// The trace of a function that asks SQS for something, if the question is short enough to be read.
fn trace(request: &Request<Body>) -> Option<String> {
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let trace = header(TRACE).filter(|trace| trace.contains("Lineage="))?;
    let length_bytes: usize = header(header::CONTENT_LENGTH.as_str())?.parse().ok()?;
    let is_sent = pipeline::foreign_service(request).as_deref() == Some("sqs");
    (is_sent && length_bytes <= SQS_REQUEST_MAX_BYTES).then(|| trace.replace("%7C", "|"))
}

fn target(headers: &HeaderMap) -> Option<Sends> {
    match headers.get("x-amz-target")?.to_str().ok()? {
        "AmazonSQS.SendMessage" => Some(Sends::One),
        "AmazonSQS.SendMessageBatch" => Some(Sends::Batch),
        _ => None,
    }
}

fn in_json(body: &Bytes, sends: Sends, trace: &str) -> Option<Bytes> {
    let mut input: Value = serde_json::from_slice(body).ok()?;
    let messages = match sends {
        Sends::One => std::slice::from_mut(&mut input),
        Sends::Batch => input.get_mut("Entries")?.as_array_mut()?.as_mut_slice(),
    };
    for message in messages {
        let attributes = message.as_object_mut()?.entry("MessageSystemAttributes").or_insert(json!({}));
        let header = json!({ "DataType": "String", "StringValue": trace });
        attributes.as_object_mut()?.entry("AWSTraceHeader").or_insert(header);
    }
    Some(input.to_string().into())
}

/// The same in the query protocol, which older SDKs speak.
fn in_form(body: &Bytes, trace: &str) -> Option<Bytes> {
    let form = std::str::from_utf8(body).ok()?;
    let has = |pair: &str| form.split('&').any(|found| found == pair);
    if form.contains("MessageSystemAttribute.") {
        return None;
    }
    let batch = "SendMessageBatchRequestEntry.";
    let messages: Vec<String> = if has("Action=SendMessage") {
        vec![String::new()]
    } else if has("Action=SendMessageBatch") {
        let ids = form.split('&').filter_map(|pair| pair.strip_prefix(batch)?.split_once(".Id="));
        ids.map(|(number, _)| format!("{batch}{number}.")).collect()
    } else {
        return None;
    };
    let trace = utf8_percent_encode(trace, NON_ALPHANUMERIC);
    let attribute = |message: String| {
        let name = format!("{message}MessageSystemAttribute.1");
        format!("&{name}.Name=AWSTraceHeader&{name}.Value.DataType=String&{name}.Value.StringValue={trace}")
    };
    Some((form.to_owned() + &messages.into_iter().map(attribute).collect::<String>()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINEAGE: &str = "Root=1-2-3;Lineage=1:00000001:0";

    fn request(service: &str, target: &str, trace: &str, body: &'static str) -> Request<Body> {
        let signed = format!(
            "AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let request = Request::post("/").header("host", "h").header("authorization", signed);
        let request = request.header(TRACE, trace).header("x-amz-target", target);
        let request = request.header("content-length", body.len());
        request.body(Full::new(body.into()).map_err(|never| match never {}).boxed_unsync()).unwrap()
    }

    async fn check(request: Request<Body>, expected: &str) {
        let request = traced(request).await.unwrap();
        assert_eq!(request.headers()["content-length"], expected.len().to_string().as_str());
        assert_eq!(request.into_body().collect().await.unwrap().to_bytes(), expected.as_bytes());
    }

    #[tokio::test]
    async fn every_message_of_a_function_gets_its_trace() {
        let one = r#"{"MessageBody":"m","MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=1-2-3;Lineage=1:00000001:0"}}}"#;
        let send = |target, body| request("sqs", target, LINEAGE, body);
        check(send("AmazonSQS.SendMessage", r#"{"MessageBody":"m"}"#), one).await;
        check(
            send("AmazonSQS.SendMessageBatch", r#"{"Entries":[{"MessageBody":"m"}]}"#),
            &format!("{{\"Entries\":[{one}]}}"),
        )
        .await;
        let own = r#"{"MessageSystemAttributes":{"AWSTraceHeader":{"StringValue":"mine"}}}"#;
        check(send("AmazonSQS.SendMessage", own), own).await;
        let name = "MessageSystemAttribute.1";
        let attribute = |of: &str| {
            format!(
                "&{of}{name}.Name=AWSTraceHeader&{of}{name}.Value.DataType=String&{of}{name}.Value.StringValue=Root%3D1%2D2%2D3%3BLineage%3D1%3A00000001%3A0"
            )
        };
        check(
            send("", "Action=SendMessage&MessageBody=m"),
            &("Action=SendMessage&MessageBody=m".to_owned() + &attribute("")),
        )
        .await;
        let batch = "Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=m&SendMessageBatchRequestEntry.2.Id=b";
        let both =
            attribute("SendMessageBatchRequestEntry.1.") + &attribute("SendMessageBatchRequestEntry.2.");
        check(send("", batch), &(batch.to_owned() + &both)).await;
    }

    #[tokio::test]
    async fn anything_else_passes_as_it_is() {
        let body = r#"{ "MessageBody" : "m" }"#;
        for request in [
            request("sns", "AmazonSQS.SendMessage", LINEAGE, body),
            request("sqs", "AmazonSQS.ReceiveMessage", LINEAGE, body),
            request("sqs", "AmazonSQS.SendMessage", "Root=1-2-3", body),
        ] {
            check(request, body).await;
        }
        check(request("sqs", "AmazonSQS.SendMessage", LINEAGE, "not JSON"), "not JSON").await;
    }
}
