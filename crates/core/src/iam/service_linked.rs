//! The roles that services have in an account, as far as their names are known. Never the role of a service that has none.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>

/// What a service calls its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Linked {
    /// The service's principal.
    pub service: &'static str,
    /// The name of its role, or what it begins with.
    pub role: &'static str,
    /// Whether an account may have several, told apart by a suffix.
    pub takes_suffix: bool,
    /// The managed policy of AWS that the role has, where it is known here.
    pub policy: Option<&'static str>,
}

const fn one(service: &'static str, role: &'static str) -> Linked {
    Linked { service, role, takes_suffix: false, policy: None }
}

const fn many(service: &'static str, role: &'static str) -> Linked {
    Linked { takes_suffix: true, ..one(service, role) }
}

const LINKED: [Linked; 33] = [
    one("access-analyzer.amazonaws.com", "AWSServiceRoleForAccessAnalyzer"),
    one("apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway"),
    one("application-insights.amazonaws.com", "AWSServiceRoleForApplicationInsights"),
    many("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling"),
    one("backup.amazonaws.com", "AWSServiceRoleForBackup"),
    one("batch.amazonaws.com", "AWSServiceRoleForBatch"),
    one("cloudtrail.amazonaws.com", "AWSServiceRoleForCloudTrail"),
    many("connect.amazonaws.com", "AWSServiceRoleForAmazonConnect"),
    one("config.amazonaws.com", "AWSServiceRoleForConfig"),
    one("dax.amazonaws.com", "AWSServiceRoleForDAX"),
    one(
        "dynamodb.application-autoscaling.amazonaws.com",
        "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
    ),
    one("ecs.amazonaws.com", "AWSServiceRoleForECS"),
    one("ecs.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_ECSService"),
    one("eks.amazonaws.com", "AWSServiceRoleForAmazonEKS"),
    one("elasticache.amazonaws.com", "AWSServiceRoleForElastiCache"),
    one("elasticbeanstalk.amazonaws.com", "AWSServiceRoleForElasticBeanstalk"),
    one("elasticfilesystem.amazonaws.com", "AWSServiceRoleForAmazonElasticFileSystem"),
    one("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
    one("es.amazonaws.com", "AWSServiceRoleForAmazonElasticsearchService"),
    one("events.amazonaws.com", "AWSServiceRoleForCloudWatchEvents"),
    one("guardduty.amazonaws.com", "AWSServiceRoleForAmazonGuardDuty"),
    one("kafka.amazonaws.com", "AWSServiceRoleForKafka"),
    one(
        "lambda.application-autoscaling.amazonaws.com",
        "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency",
    ),
    many("lex.amazonaws.com", "AWSServiceRoleForLexBots"),
    one("logger.cloudfront.amazonaws.com", "AWSServiceRoleForCloudFrontLogger"),
    one("ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway"),
    one("opensearchservice.amazonaws.com", "AWSServiceRoleForAmazonOpenSearchService"),
    one("rds.amazonaws.com", "AWSServiceRoleForRDS"),
    one("redshift.amazonaws.com", "AWSServiceRoleForRedshift"),
    Linked {
        policy: Some("AWSLambdaReplicator"),
        ..one("replicator.lambda.amazonaws.com", "AWSServiceRoleForLambdaReplicator")
    },
    one("spot.amazonaws.com", "AWSServiceRoleForEC2Spot"),
    one("ssm.amazonaws.com", "AWSServiceRoleForAmazonSSM"),
    one("xray.amazonaws.com", "AWSServiceRoleForXRay"),
];

/// What is known of a service's role.
#[must_use]
pub fn of(service: &str) -> Option<&'static Linked> {
    LINKED.iter().find(|linked| linked.service == service)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::aws_managed;

    #[test]
    fn a_role_has_a_policy_that_is_known_or_none() {
        for linked in LINKED {
            let Some(policy) = linked.policy else { continue };
            let arn = format!("arn:aws:iam::aws:policy/aws-service-role/{policy}");
            assert!(aws_managed::find(&arn).is_some_and(|(found, _)| found.is_for_services()), "{arn}");
        }
        assert_eq!(of("lambda"), None);
    }
}
