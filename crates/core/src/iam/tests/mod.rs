//! What the policy language decides, by examples and against a naive reference.

mod conditions;
mod reference;
mod statements;
mod verdicts;

use serde_json::{Value, json};

use super::*;
use crate::account::AccountId;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:111111111111:function:f";

fn account(id: &str) -> AccountId {
    AccountId::try_from(id.to_owned()).unwrap()
}

fn root(id: &str) -> Requester {
    Requester::Identity { account: account(id), arn: format!("arn:aws:iam::{id}:root"), role: None }
}

fn session() -> Requester {
    Requester::Identity {
        account: account("222222222222"),
        arn: "arn:aws:sts::222222222222:assumed-role/r/s".into(),
        role: Some("arn:aws:iam::222222222222:role/path/r".into()),
    }
}

/// One statement that allows everything, changed by `with`.
fn statement(with: Value) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" });
    statement.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    statement.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    statement
}

fn document(statements: Vec<Value>) -> Document {
    Document::read(&json!({ "Version": "2012-10-17", "Statement": statements })).unwrap()
}

fn decide(document: &Document, requester: &Requester, action: &str, context: &Context) -> Decision {
    evaluate(document, Kind::Resource, &Request { requester, action, resource: FUNCTION, context })
}
