//! A function by the official crate: answers with what it knows, fails and streams when asked to.

use lambda_runtime::streaming::{Body, channel};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    if std::env::var("STREAMS").is_ok() {
        return lambda_runtime::run(service_fn(stream)).await;
    }
    lambda_runtime::run(service_fn(hello)).await
}

async fn hello(event: LambdaEvent<Value>) -> Result<Value, Error> {
    if let Some(reason) = event.payload["fail"].as_str() {
        return Err(reason.into());
    }
    println!("greeting {}", event.payload["name"]);
    let context = event.context;
    Ok(json!({
        "hello": event.payload["name"],
        "id": context.request_id,
        "arn": context.invoked_function_arn,
        "function": context.env_config.function_name,
    }))
}

async fn stream(event: LambdaEvent<Value>) -> Result<lambda_runtime::FunctionResponse<Value, Body>, Error> {
    let (mut sender, body) = channel();
    let pieces = event.payload["pieces"].as_u64().unwrap_or(1);
    tokio::spawn(async move {
        for number in 0..pieces {
            if sender.send_data(format!("piece {number}\n").into()).await.is_err() {
                return;
            }
        }
    });
    Ok(lambda_runtime::FunctionResponse::StreamingResponse(body.into()))
}
