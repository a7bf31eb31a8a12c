//! An external extension by the official crate: says what events and telemetry it gets.

use lambda_extension::{Error, Extension, LambdaEvent, LambdaTelemetry, NextEvent, SharedService, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = SharedService::new(service_fn(telemetry));
    Extension::new()
        .with_events(&["INVOKE", "SHUTDOWN"])
        .with_events_processor(service_fn(event))
        .with_telemetry_types(&["platform", "function"])
        .with_telemetry_processor(telemetry)
        .run()
        .await
}

async fn event(event: LambdaEvent) -> Result<(), Error> {
    match event.next {
        NextEvent::Invoke(invoke) => println!("watcher: invoke {}", invoke.request_id),
        NextEvent::Shutdown(shutdown) => println!("watcher: shutdown {}", shutdown.shutdown_reason),
    }
    Ok(())
}

async fn telemetry(events: Vec<LambdaTelemetry>) -> Result<(), Error> {
    for event in events {
        println!("watcher: telemetry {}", serde_json::to_string(&event.record).unwrap_or_default());
    }
    Ok(())
}
