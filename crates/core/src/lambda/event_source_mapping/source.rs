//! The kinds of sources, told from their ARNs; what each takes, and what it has where nothing is given. Never looks one up.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>

use serde::{Deserialize, Serialize};

use crate::limits::{BATCH_FIFO_MAX, BATCH_MAX};

/// A kind of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A queue of SQS.
    Queue,
    /// A FIFO queue of SQS.
    FifoQueue,
    /// A stream of Kinesis, or one consumer of it.
    Kinesis,
    /// A stream of a DynamoDB table.
    DynamoDb,
    /// A cluster of MSK.
    ManagedKafka,
    /// Kafka brokers of one's own.
    OwnKafka,
    /// A broker of Amazon MQ.
    Broker,
    /// A change stream of DocumentDB.
    DocumentDb,
}

impl Kind {
    /// The kind of the source with this ARN; none for what is no source.
    #[must_use]
    pub fn of(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", _, service, _, _, resource] = parts.as_slice() else { return None };
        match *service {
            "sqs" if resource.ends_with(".fifo") => Some(Self::FifoQueue),
            "sqs" => Some(Self::Queue),
            "kinesis" if resource.starts_with("stream/") => Some(Self::Kinesis),
            "dynamodb" if resource.contains("/stream/") => Some(Self::DynamoDb),
            "kafka" => Some(Self::ManagedKafka),
            "mq" => Some(Self::Broker),
            "rds" => Some(Self::DocumentDb),
            _ => None,
        }
    }

    /// Whether it is a queue of SQS.
    #[must_use]
    pub fn is_queue(self) -> bool {
        matches!(self, Self::Queue | Self::FifoQueue)
    }

    /// Whether it is a stream of Kinesis or DynamoDB.
    #[must_use]
    pub fn is_stream(self) -> bool {
        matches!(self, Self::Kinesis | Self::DynamoDb)
    }

    /// Whether it is Kafka.
    #[must_use]
    pub fn is_kafka(self) -> bool {
        matches!(self, Self::ManagedKafka | Self::OwnKafka)
    }

    /// Whether reading must begin somewhere: in a log, not in a queue.
    #[must_use]
    pub fn has_position(self) -> bool {
        self.is_stream() || self.is_kafka() || self == Self::DocumentDb
    }

    /// `StartingPosition` where none is given; none where one must be. Only Kafka of one's own may leave it out.
    #[must_use]
    pub fn position(self) -> Option<&'static str> {
        (self == Self::OwnKafka).then_some("TRIM_HORIZON")
    }

    /// `BatchSize` where none is given.
    #[must_use]
    pub fn batch_size(self) -> i32 {
        if self.is_queue() { 10 } else { 100 }
    }

    /// The largest `BatchSize`.
    #[must_use]
    pub fn batch_size_max(self) -> i32 {
        if self == Self::FifoQueue { BATCH_FIFO_MAX } else { BATCH_MAX }
    }

    /// Whether a mapping of it may have this member of the requests, by its name in the model. What every kind has, and
    /// what is no member of one kind only, may always be there.
    #[must_use]
    pub fn takes(self, member: &str) -> bool {
        match member {
            "ScalingConfig" => self.is_queue(),
            "ParallelizationFactor" | "TumblingWindowInSeconds" => self.is_stream(),
            "BisectBatchOnFunctionError" | "MaximumRecordAgeInSeconds" | "MaximumRetryAttempts" => {
                self.is_stream() || self.is_kafka()
            }
            "DestinationConfig" => self.is_stream() || self.is_kafka(),
            "FunctionResponseTypes" => self.is_queue() || self.is_stream() || self.is_kafka(),
            "StartingPosition" | "StartingPositionTimestamp" => self.has_position(),
            "Topics" | "LoggingConfig" => self.is_kafka(),
            "Queues" => self == Self::Broker,
            "SourceAccessConfigurations" => {
                self.is_kafka() || self == Self::Broker || self == Self::DocumentDb
            }
            "AmazonManagedKafkaEventSourceConfig" => self == Self::ManagedKafka,
            "SelfManagedKafkaEventSourceConfig" | "SelfManagedEventSource" => self == Self::OwnKafka,
            "DocumentDBEventSourceConfig" => self == Self::DocumentDb,
            "ProvisionedPollerConfig" => self.is_kafka() || self.is_queue(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kafka_of_ones_own_may_leave_out_where_to_begin() {
        assert_eq!(Kind::OwnKafka.position(), Some("TRIM_HORIZON"));
        for kind in [Kind::ManagedKafka, Kind::Kinesis, Kind::DynamoDb, Kind::DocumentDb] {
            assert!(kind.has_position() && kind.position().is_none(), "{kind:?}");
        }
    }

    #[test]
    fn a_source_is_known_by_its_arn() {
        for (resource, expected) in [
            ("sqs:us-east-1:000000000000:q", Some(Kind::Queue)),
            ("sqs:us-east-1:000000000000:q.fifo", Some(Kind::FifoQueue)),
            ("kinesis:us-east-1:000000000000:stream/s", Some(Kind::Kinesis)),
            ("kinesis:us-east-1:000000000000:stream/s/consumer/c:1", Some(Kind::Kinesis)),
            ("dynamodb:us-east-1:000000000000:table/t/stream/2026-01-02T03:04:05.678", Some(Kind::DynamoDb)),
            ("dynamodb:us-east-1:000000000000:table/t", None),
            ("kafka:us-east-1:000000000000:cluster/c/uuid", Some(Kind::ManagedKafka)),
            ("mq:us-east-1:000000000000:broker:b:id", Some(Kind::Broker)),
            ("rds:us-east-1:000000000000:cluster:c", Some(Kind::DocumentDb)),
            ("sns:us-east-1:000000000000:t", None),
        ] {
            assert_eq!(Kind::of(&format!("arn:aws:{resource}")), expected, "{resource}");
        }
        assert_eq!(Kind::of("sqs"), None);
    }

    #[test]
    fn each_kind_takes_its_own_members_only() {
        assert!(Kind::Queue.takes("ScalingConfig") && !Kind::Kinesis.takes("ScalingConfig"));
        assert!(!Kind::Queue.takes("StartingPosition") && Kind::OwnKafka.takes("StartingPosition"));
        assert!(Kind::Broker.takes("BatchSize"));
    }
}
