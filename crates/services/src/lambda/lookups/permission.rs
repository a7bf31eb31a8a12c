//! Whether the execution role may do what Lambda will do in its name: make network interfaces, read an event source. What
//! is sent in its name is asked in `event_permits`. Asked only of roles that are kept here; never of policies that stand elsewhere.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html>

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::configuration::Configuration;
use lambent_core::lambda::event_source_mapping::{Kind, Source};

use super::super::Error;
use crate::Server;
use crate::access::role_may;
use crate::polling::QUEUE_ACTIONS;

/// What of a stream must be readable.
const STREAM_ACTIONS: [&str; 3] = ["GetRecords", "GetShardIterator", "DescribeStream"];

/// Whether a function's role may join the network of the function's, where either is new.
///
/// # Errors
/// [`Error::InvalidParameter`] if it may not.
pub fn role_joins(
    server: &Server,
    function: &FunctionId,
    before: Option<&Configuration>,
    after: &Configuration,
) -> Result<(), Error> {
    let asks = |configuration: &Configuration| (configuration.role.clone(), configuration.vpc.clone());
    let joins = after.vpc.as_ref().is_some_and(|vpc| !vpc.subnet_ids.is_empty());
    if !joins || before.map(asks) == Some(asks(after)) {
        return Ok(());
    }
    check(server, (function, &after.role), ("ec2", "CreateNetworkInterface"), "*", "EC2")
}

/// Whether a function's role may read an event source.
///
/// # Errors
/// [`Error::InvalidParameter`] if it may not.
pub fn role_reads(server: &Server, function: &FunctionId, role: &str, source: &Source) -> Result<(), Error> {
    let Some(arn) = &source.arn else { return Ok(()) };
    let (service, also) = match source.kind {
        Kind::Queue | Kind::FifoQueue => {
            let actions = QUEUE_ACTIONS.into_iter();
            let mut checked =
                actions.map(|action| check(server, (function, role), ("sqs", action), arn, "SQS"));
            return checked.find(Result::is_err).unwrap_or(Ok(()));
        }
        Kind::Kinesis => ("kinesis", "DescribeStream, ListShards, and DescribeStreamSummary"),
        Kind::DynamoDb => ("dynamodb", "DescribeStream, and ListStreams"),
        Kind::ManagedKafka | Kind::OwnKafka | Kind::Broker | Kind::DocumentDb => return Ok(()),
    };
    let may = |action: &&str| {
        let action = format!("{service}:{action}");
        role_may(&server.keys, (function, role), (&action, arn), server.clock.now()).is_ok()
    };
    if STREAM_ACTIONS.iter().all(may) {
        return Ok(());
    }
    Err(Error::InvalidParameter(format!(
        "Cannot access stream {arn}. Please ensure the role can perform the GetRecords, GetShardIterator, {also} Actions on your stream in IAM."
    )))
}

fn check(
    server: &Server,
    role: (&FunctionId, &str),
    (service, action): (&str, &str),
    resource: &str,
    shown: &str,
) -> Result<(), Error> {
    let asked = format!("{service}:{action}");
    role_may(&server.keys, role, (&asked, resource), server.clock.now()).map_err(|_denied| {
        Error::InvalidParameter(format!(
            "The provided execution role does not have permissions to call {action} on {shown}"
        ))
    })
}
