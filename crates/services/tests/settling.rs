//! The end of an update while the store cannot be read or written, through a whole server.

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_store::{Expect, Key, Table, Transaction};
use lambent_testkit::one_function::{said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

/// The table of functions, whatever stands in it.
const RAW: Table<Value> = Table::new("functions");
const CONFIGURATION: &str = "/2015-03-31/functions/f/configuration";

fn key() -> Key {
    Key::of(["000000000000", "us-east-1", "f"])
}

async fn put(server: &TestServer, value: &Value) {
    let transaction = Transaction::new().put(&RAW, key(), value, Expect::Present);
    server.store.write(transaction).await.expect("the store takes any JSON");
}

/// A server whose function is being updated and cannot be read; and what the function was before it was damaged.
async fn damaged() -> (TestServer, Value) {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    settled(&server).await;
    let (status, body) = server.call(Method::PUT, CONFIGURATION, &json!({ "Timeout": 9 })).await;
    assert_eq!((status, &body["LastUpdateStatus"]), (200, &json!("InProgress")), "{body}");
    // On one thread the task that ends the update has not run yet, and the store keeps the order of writes.
    let record = server.store.get(&RAW, &key()).await.expect("any JSON can be read");
    put(&server, &json!("damaged")).await;
    (server, record.expect("the function is there").value)
}

#[tokio::test(start_paused = true)]
async fn an_update_ends_once_the_store_can_be_used_again() {
    let (server, whole) = damaged().await;
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    put(&server, &whole).await;
    let (_, body) = server.call(Method::GET, CONFIGURATION, &Value::Null).await;
    assert_eq!((&body["LastUpdateStatus"], &body["Timeout"]), (&json!("InProgress"), &json!(9)), "{body}");
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let (_, body) = server.call(Method::GET, CONFIGURATION, &Value::Null).await;
    assert_eq!((&body["LastUpdateStatus"], &body["Timeout"]), (&json!("Successful"), &json!(9)), "{body}");
}

#[tokio::test(start_paused = true)]
async fn a_server_closes_while_an_update_cannot_end() {
    let (server, whole) = damaged().await;
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    let before = tokio::time::Instant::now();
    server.server.close().await;
    assert_eq!(before.elapsed(), std::time::Duration::ZERO, "no pause is waited for");
    put(&server, &whole).await;
    let (_, body) = server.call(Method::GET, CONFIGURATION, &Value::Null).await;
    assert_eq!(body["LastUpdateStatus"], "InProgress", "the next start takes it up");
}
