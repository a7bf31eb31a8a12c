//! Where the events and results of asynchronous invocations go: queues, topics, buses, buckets and functions. Never sends
//! anything there.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>

use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::FunctionId;
use lambent_store::tables;

use super::arn::Arn;
use super::{Asked, Error};
use crate::Server;
use crate::caller::Caller;
use crate::upstream::{Fault, Session, events, if_served, s3, sns, sqs};

/// Looks up the target of a `DeadLetterConfig`, which is a queue or a topic. An empty ARN means none and is fine.
///
/// # Errors
/// [`Error::InvalidParameter`] if it is of another service, keeps an order or is not there, or as [`Asked::refused`].
pub async fn dead_letter(server: &Server, caller: &Caller, arn: &str) -> Result<(), Error> {
    if arn.is_empty() {
        return Ok(());
    }
    let invalid = || Error::InvalidParameter(format!("The dead letter target ARN {arn} is invalid."));
    let fits = |arn: &Arn<'_>| matches!(arn.service, "sqs" | "sns") && !arn.resource.ends_with(".fifo");
    let read = Arn::read(arn).filter(fits).ok_or_else(invalid)?;
    if is_there(server, caller, arn, read).await? { Ok(()) } else { Err(invalid()) }
}

/// Looks up a destination: a function of this server, or a queue, topic, bus or bucket. Whether a service can be a
/// destination at all is for the caller to say: one that is not known here is taken at its word.
///
/// # Errors
/// [`Error::InvalidParameter`] if it is not there, or as [`Asked::refused`].
pub async fn destination(server: &Server, caller: &Caller, arn: &str) -> Result<(), Error> {
    let invalid = || Error::InvalidParameter(format!("The destination ARN {arn} is invalid."));
    let Some(read) = Arn::read(arn) else { return Err(invalid()) };
    if is_there(server, caller, arn, read).await? { Ok(()) } else { Err(invalid()) }
}

async fn is_there(server: &Server, caller: &Caller, arn: &str, read: Arn<'_>) -> Result<bool, Error> {
    if read.service == "lambda" {
        return is_function(server, read).await;
    }
    let Some(session) = Session::of(server, caller) else { return Ok(true) };
    let session = read.session(session, caller);
    let (asked, found) = match read.service {
        "sqs" => (("SQS", "GetQueueUrl"), sqs::queue(&session, read.resource, read.account).await),
        "sns" => (("SNS", "GetTopicAttributes"), sns::topic(&session, arn).await),
        "events" => {
            let name = read.resource.trim_start_matches("event-bus/");
            (("EventBridge", "DescribeEventBus"), events::bus(&session, name).await)
        }
        "s3" => (("S3", "HeadBucket"), s3::bucket(&session, read.resource).await),
        _ => return Ok(true),
    };
    match if_served(found) {
        Ok(()) => Ok(true),
        Err(Fault::Refused(refused)) if !refused.is_denial() => Ok(false),
        Err(fault) => {
            let (service, operation) = asked;
            Err(Asked { service, operation, resource: arn }.refused(fault))
        }
    }
}

/// Whether this server has the function; its versions and aliases are not looked for.
async fn is_function(server: &Server, read: Arn<'_>) -> Result<bool, Error> {
    let name = read.resource.strip_prefix("function:").and_then(|rest| rest.split(':').next());
    let id = name.and_then(|name| {
        Some(FunctionId {
            account: AccountId::try_from(read.account.to_owned()).ok()?,
            region: Region::try_from(read.region.to_owned()).ok()?,
            name: name.to_owned(),
        })
    });
    match id {
        None => Ok(false),
        Some(id) => Ok(server.store.get(&tables::FUNCTIONS, &tables::function_key(&id)).await?.is_some()),
    }
}
