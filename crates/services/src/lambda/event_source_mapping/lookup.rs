//! Whether a source is there, asked of its service where there is one to ask. Never reads an event.

use lambent_core::account::Region;
use lambent_core::lambda::event_source_mapping::{Kind, Source};

use super::super::Error;
use super::super::lookups::Asked;
use crate::Server;
use crate::caller::Caller;
use crate::upstream::{Fault, Refused, Session, dynamodb, kinesis, sqs};

/// Looks a source up for a function that may run so long. Sources whose services are not known here are taken at their
/// word.
pub(super) async fn source(
    server: &Server,
    caller: &Caller,
    source: &Source,
    timeout_s: u32,
) -> Result<(), Error> {
    let (Some(session), Some(arn)) = (Session::of(server, caller), &source.arn) else { return Ok(()) };
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, _, region, account, resource] = parts.as_slice() else { return Ok(()) };
    let region = Region::try_from((*region).to_owned()).unwrap_or_else(|_none| caller.region.clone());
    let session = session.in_region(region);
    let found = match source.kind {
        Kind::Queue | Kind::FifoQueue => return queue(&session, (resource, account), arn, timeout_s).await,
        Kind::Kinesis => {
            kinesis::stream(&session, resource.split('/').nth(1).unwrap_or_default()).await.map(|()| true)
        }
        Kind::DynamoDb => {
            dynamodb::has_stream(&session, resource.split('/').nth(1).unwrap_or_default(), arn).await
        }
        Kind::ManagedKafka | Kind::OwnKafka | Kind::Broker | Kind::DocumentDb => return Ok(()),
    };
    let missing = || Error::InvalidParameter(format!("Stream not found: {arn}"));
    match found {
        Ok(true) => Ok(()),
        Ok(false) => Err(missing()),
        Err(Fault::Refused(refused)) if !refused.is_denial() => Err(missing()),
        Err(fault) => {
            let service = if source.kind == Kind::Kinesis { "Kinesis" } else { "DynamoDB" };
            Err(Asked { service, operation: "DescribeStream", resource: arn }.refused(fault))
        }
    }
}

/// A message that is shown again while the function works on it would be worked on twice.
async fn queue(
    session: &Session<'_>,
    (name, owner): (&str, &str),
    arn: &str,
    timeout_s: u32,
) -> Result<(), Error> {
    let asked = Asked { service: "SQS", operation: "ReceiveMessage", resource: arn };
    match sqs::hides_for_s(session, name, owner).await {
        Ok(Some(hides_s)) if hides_s < timeout_s => Err(Error::InvalidParameter(format!(
            "Invalid request provided: Queue visibility timeout: {hides_s} seconds is less than Function timeout: {timeout_s} seconds"
        ))),
        Ok(_) => Ok(()),
        // Lambda has the code of the older protocol.
        Err(Fault::Refused(refused)) if !refused.is_denial() => {
            let code = "AWS.SimpleQueueService.NonExistentQueue".to_owned();
            let message = "The specified queue does not exist.".to_owned();
            Err(asked.refused(Fault::Refused(Refused { code, message, ..refused })))
        }
        Err(other) => Err(asked.refused(other)),
    }
}
