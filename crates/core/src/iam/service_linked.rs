//! The roles that services have in an account, as far as their names are known. Never the role of a service that has none.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>

/// What a service calls its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The service's principal.
    pub service: String,
    /// The name of its role, or what it begins with.
    pub role: String,
    /// Whether an account may have several, told apart by a suffix.
    pub takes_suffix: bool,
    /// The managed policy of AWS that the role has, where it is known here.
    pub policy: Option<&'static str>,
}

/// Services without what all end in, and roles without what all begin with; a star where an account may have several.
const LINKED: &[(&str, &str)] = &[
    ("access-analyzer", "AccessAnalyzer"),
    ("accountdiscovery.ssm", "AmazonSSM_AccountDiscovery"),
    ("acm", "CertificateManager"),
    ("apigateway", "APIGateway"),
    ("application-insights", "ApplicationInsights"),
    ("appmesh", "AppMesh"),
    ("autoscaling-plans", "AutoScalingPlans_EC2AutoScaling"),
    ("autoscaling", "AutoScaling*"),
    ("backup", "Backup"),
    ("batch", "Batch"),
    ("cassandra.application-autoscaling", "ApplicationAutoScaling_CassandraTable"),
    ("cks.kms", "KeyManagementServiceCustomKeyStores"),
    ("cloudtrail", "CloudTrail"),
    ("codestar-notifications", "CodeStarNotifications"),
    ("config", "Config"),
    ("connect", "AmazonConnect*"),
    ("custom-resource.application-autoscaling", "ApplicationAutoScaling_CustomResource"),
    ("dax", "DAX"),
    ("dms-fleet-advisor", "DMSFleetAdvisor"),
    ("dms", "DMSServerless"),
    ("docdb-elastic", "DocDB-Elastic"),
    ("ec2-instance-connect", "Ec2InstanceConnect"),
    ("ec2.application-autoscaling", "ApplicationAutoScaling_EC2SpotFleetRequest"),
    ("ec2fleet", "EC2Fleet"),
    ("ecs", "ECS"),
    ("ecs.application-autoscaling", "ApplicationAutoScaling_ECSService"),
    ("eks-connector", "AmazonEKSConnector"),
    ("eks-fargate", "AmazonEKSForFargate"),
    ("eks-nodegroup", "AmazonEKSNodegroup"),
    ("eks", "AmazonEKS"),
    ("elasticache", "ElastiCache"),
    ("elasticache.application-autoscaling", "ApplicationAutoScaling_ElastiCacheRG"),
    ("elasticbeanstalk", "ElasticBeanstalk"),
    ("elasticfilesystem", "AmazonElasticFileSystem"),
    ("elasticloadbalancing", "ElasticLoadBalancing"),
    ("elasticmapreduce", "EMRCleanup"),
    ("email.cognito-idp", "AmazonCognitoIdpEmailService"),
    ("emr-containers", "AmazonEMRContainers"),
    ("emrwal", "EMRWAL"),
    ("es", "AmazonElasticsearchService"),
    ("events", "CloudWatchEvents"),
    ("fis", "FIS"),
    ("fsx", "AmazonFSx"),
    ("globalaccelerator", "GlobalAccelerator"),
    ("grafana", "AmazonGrafana"),
    ("guardduty", "AmazonGuardDuty"),
    ("imagebuilder", "ImageBuilder"),
    ("inspector2", "AmazonInspector2"),
    ("kafka", "Kafka"),
    ("kafkaconnect", "KafkaConnect"),
    ("lakeformation", "LakeFormationDataAccess"),
    ("lex", "LexBots*"),
    ("lightsail", "Lightsail"),
    ("logger.cloudfront", "CloudFrontLogger"),
    ("m2", "AWSM2"),
    ("macie", "AmazonMacie"),
    ("memorydb", "MemoryDB"),
    ("mq", "AmazonMQ"),
    ("mrk.kms", "KeyManagementServiceMultiRegionKeys"),
    ("observability.aoss", "AmazonOpenSearchServerless"),
    ("opensearchservice", "AmazonOpenSearchService"),
    ("ops.apigateway", "APIGateway"),
    ("ops.emr-serverless", "AmazonEMRServerless"),
    ("opsdatasync.ssm", "SystemsManagerOpsDataSync"),
    ("opsinsights.ssm", "AmazonSSM_OpsInsights"),
    ("organizations", "Organizations"),
    ("pullthroughcache.ecr", "ECRPullThroughCache"),
    ("ram", "ResourceAccessManager"),
    ("rds", "RDS"),
    ("rds.application-autoscaling", "ApplicationAutoScaling_RDSCluster"),
    ("redshift", "Redshift"),
    ("replication.cassandra", "KeyspacesReplication"),
    ("replication.ecr", "ECRReplication"),
    ("replicator.lambda", "LambdaReplicator"),
    ("resource-explorer-2", "ResourceExplorer"),
    ("rolesanywhere", "RolesAnywhere"),
    ("s3-outposts", "S3OnOutposts"),
    ("sagemaker.application-autoscaling", "ApplicationAutoScaling_SageMakerEndpoint"),
    ("securityhub", "SecurityHub"),
    ("ses", "AmazonSES"),
    ("shield", "AWSShield"),
    ("spot", "EC2Spot"),
    ("spotfleet", "EC2SpotFleet"),
    ("ssm-incidents", "IncidentManager"),
    ("ssm-quicksetup", "SSMQuickSetup"),
    ("ssm", "AmazonSSM"),
    ("sso", "SSO"),
    ("support", "Support"),
    ("transitgateway", "VPCTransitGateway"),
    ("trustedadvisor", "TrustedAdvisor"),
    ("waf-regional", "WAFRegionalLogging"),
    ("waf", "WAFLogging"),
    ("wafv2", "WAFV2Logging"),
    ("xray", "XRay"),
];

/// The managed policies of roles, where they are known here, by the service as above.
const POLICIES: [(&str, &str); 1] = [("replicator.lambda", "AWSLambdaReplicator")];

/// What is known of a service's role.
#[must_use]
pub fn of(service: &str) -> Option<Linked> {
    let short = service.strip_suffix(".amazonaws.com")?;
    let (_, role) = LINKED.iter().find(|(known, _)| *known == short)?;
    Some(Linked {
        service: service.to_owned(),
        role: format!("AWSServiceRoleFor{}", role.trim_end_matches('*')),
        takes_suffix: role.ends_with('*'),
        policy: POLICIES.iter().find(|(known, _)| *known == short).map(|(_, policy)| *policy),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::aws_managed;

    #[test]
    fn a_role_has_a_policy_that_is_known_or_none() {
        for (service, policy) in POLICIES {
            assert_eq!(of(&format!("{service}.amazonaws.com")).unwrap().policy, Some(policy));
            let arn = format!("arn:aws:iam::aws:policy/aws-service-role/{policy}");
            assert!(aws_managed::find(&arn).is_some_and(|(found, _)| found.is_for_services()), "{arn}");
        }
    }

    #[test]
    fn some_services_have_several_roles() {
        let linked = of("autoscaling.amazonaws.com").unwrap();
        assert_eq!((linked.role.as_str(), linked.takes_suffix), ("AWSServiceRoleForAutoScaling", true));
        assert!(!of("ecs.amazonaws.com").unwrap().takes_suffix);
        assert_eq!((of("lambda"), of("nothing.amazonaws.com")), (None, None));
    }
}
