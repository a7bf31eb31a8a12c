//! Which SDK: of what language, for what version of it, and of which packages it consists. Never looks at the disk.

use std::fmt;

use crate::interpreter::{Family, Version};

/// An SDK as it is installed: one for each minor version of Python, one for all of Node.js.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kit {
    family: Family,
    name: String,
}

/// What is installed for Node.js: the clients most functions use, out of some 400, and what AWS puts beside them.
///
/// All of them are 240,000 files. Others can be added by name.
const NODEJS: [&str; 38] = [
    "client-api-gateway",
    "client-apigatewaymanagementapi",
    "client-appconfigdata",
    "client-application-auto-scaling",
    "client-athena",
    "client-bedrock-runtime",
    "client-cloudformation",
    "client-cloudwatch",
    "client-cloudwatch-logs",
    "client-codedeploy",
    "client-cognito-identity-provider",
    "client-dynamodb",
    "client-ec2",
    "client-ecs",
    "client-efs",
    "client-eventbridge",
    "client-firehose",
    "client-iam",
    "client-kinesis",
    "client-kms",
    "client-lambda",
    "client-rds-data",
    "client-s3",
    "client-scheduler",
    "client-secrets-manager",
    "client-ses",
    "client-sesv2",
    "client-sfn",
    "client-sns",
    "client-sqs",
    "client-ssm",
    "client-sts",
    "client-xray",
    "credential-providers",
    "lib-dynamodb",
    "lib-storage",
    "s3-request-presigner",
    "util-dynamodb",
];

impl Kit {
    /// The SDK for an interpreter; `None` for a language whose SDK no registry reached from here has.
    #[must_use]
    pub fn of(family: Family, version: Version) -> Option<Self> {
        let name = match family {
            Family::Python => format!("python{}.{}", version.major, version.minor?),
            Family::Nodejs => "nodejs".to_owned(),
            Family::Java | Family::Ruby => return None,
        };
        Some(Self { family, name })
    }

    /// `python3.11`, `nodejs`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Its language.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
    }

    /// What is asked of the registry.
    pub(super) fn packages(&self) -> Vec<String> {
        match self.family {
            Family::Nodejs => NODEJS.iter().map(|name| format!("@aws-sdk/{name}")).collect(),
            Family::Python | Family::Java | Family::Ruby => vec!["boto3".to_owned()],
        }
    }
}

impl fmt::Display for Kit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
