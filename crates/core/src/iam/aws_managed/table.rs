//! The managed policies of AWS that are known here: name, path, id, version, when that was made first and last, and what
//! AWS says of it. An id that is empty is not known, a description that is empty neither.
//!
//! Source: <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use super::AwsManaged;

macro_rules! table {
    ($($name:literal, $path:literal, $id:literal, $version:literal, $made:literal, $changed:literal, $words:literal;)*) => {
        pub(super) static TABLE: &[AwsManaged] = &[$(AwsManaged {
            name: $name,
            path: $path,
            id: $id,
            version: $version,
            created: $made,
            updated: $changed,
            description: $words,
            document: include_str!(concat!($name, ".json")),
        }),*];
    };
}

table! {
    "AWSCloudFormationFullAccess", "/", "", 1, "2019-07-26T21:50:35Z", "2019-07-26T21:50:35Z", "Provides full access to AWS CloudFormation.";
    "AWSCodeDeployRoleForLambda", "/service-role/", "", 3, "2017-11-28T14:05:44Z", "2019-12-03T19:53:10Z", "Provides CodeDeploy service access to perform a Lambda deployment on your behalf.";
    "AWSCodeDeployRoleForLambdaLimited", "/service-role/", "", 1, "2020-08-17T17:14:14Z", "2020-08-17T17:14:14Z", "Provides CodeDeploy service limited access to perform a Lambda deployment on your behalf.";
    "AWSLambdaBasicDurableExecutionRolePolicy", "/service-role/", "", 3, "2025-12-02T15:04:12Z", "2026-02-12T18:01:44Z", "";
    "AWSLambdaBasicExecutionRole", "/service-role/", "ANPAJNCQGXC42545SKXIK", 1, "2015-04-09T15:03:43Z", "2015-04-09T15:03:43Z", "Provides write permissions to CloudWatch Logs.";
    "AWSLambdaDynamoDBExecutionRole", "/service-role/", "ANPAIP7WNAGMIPYNW4WQG", 1, "2015-04-09T15:09:29Z", "2015-04-09T15:09:29Z", "Provides list and read access to DynamoDB streams and write permissions to CloudWatch logs.";
    "AWSLambdaENIManagementAccess", "/service-role/", "", 2, "2016-12-06T00:37:27Z", "2020-10-01T20:07:26Z", "Provides minimum permissions for a Lambda function to manage ENIs (create, describe, delete) used by a VPC-enabled Lambda Function.";
    "AWSLambdaExecute", "/", "ANPAJE5FX7FQZSU5XAKGO", 1, "2015-02-06T18:40:46Z", "2015-02-06T18:40:46Z", "Provides Put, Get access to S3 and full access to CloudWatch Logs.";
    "AWSLambdaInvocation-DynamoDB", "/", "ANPAJTHQ3EKCQALQDYG5G", 1, "2015-02-06T18:40:47Z", "2015-02-06T18:40:47Z", "Provides read access to DynamoDB Streams.";
    "AWSLambdaKinesisExecutionRole", "/service-role/", "ANPAJHOLKJPXV4GBRMJUQ", 2, "2015-04-09T15:14:16Z", "2018-11-19T20:09:24Z", "Provides list and read access to Kinesis streams and write permissions to CloudWatch logs.";
    "AWSLambdaMSKExecutionRole", "/service-role/", "", 2, "2020-08-11T17:35:05Z", "2022-08-02T20:08:02Z", "Provides permissions required to access MSK Cluster within a VPC, manage ENIs (create, describe, delete) in the VPC and write permissions to CloudWatch Logs.";
    "AWSLambdaReplicator", "/aws-service-role/", "", 3, "2017-05-23T17:53:03Z", "2017-12-08T00:17:54Z", "";
    "AWSLambdaRole", "/service-role/", "ANPAJX4DPCRGTC4NFDUXI", 1, "2015-02-06T18:41:28Z", "2015-02-06T18:41:28Z", "Default policy for AWS Lambda service role.";
    "AWSLambdaSQSQueueExecutionRole", "/service-role/", "ANPAJFWJZI6JNND4TSELK", 1, "2018-06-14T21:50:45Z", "2018-06-14T21:50:45Z", "Provides receive message, delete message, and read attribute access to SQS queues, and write permissions to CloudWatch logs.";
    "AWSLambdaVPCAccessExecutionRole", "/service-role/", "ANPAJVTME3YLVNL72YR2K", 3, "2016-02-11T23:15:26Z", "2024-01-05T22:38:26Z", "Provides minimum permissions for a Lambda function to execute while accessing a resource within a VPC - create, describe, delete network interfaces and write permissions to CloudWatch Logs. ";
    "AWSLambda_FullAccess", "/", "", 7, "2020-11-17T21:14:08Z", "2026-02-12T18:00:51Z", "Grants full access to AWS Lambda service, AWS Lambda console features, and other related AWS services.";
    "AWSLambda_ReadOnlyAccess", "/", "", 5, "2020-11-17T21:10:32Z", "2026-02-12T18:02:55Z", "Grants read-only access to AWS Lambda service, AWS Lambda console features, and other related AWS services.";
    "AWSStepFunctionsFullAccess", "/", "", 1, "2017-01-11T21:51:32Z", "2017-01-11T21:51:32Z", "An access policy for providing a user/role/etc access to the AWS StepFunctions API. For full access, in addition to this policy, a user MUST have iam:PassRole permission on at least one IAM role that can be assumed by the service.";
    "AWSXRayDaemonWriteAccess", "/", "", 2, "2018-08-28T23:00:33Z", "2024-02-13T21:58:30Z", "Allow the AWS X-Ray Daemon to relay raw trace segments data to the service's API and retrieve sampling data (rules, targets, etc.) to be used by the X-Ray SDK.";
    "AdministratorAccess", "/", "ANPAIWMBCKSKIEE64ZLYK", 1, "2015-02-06T18:39:46Z", "2015-02-06T18:39:46Z", "Provides full access to AWS services and resources.";
    "AmazonAPIGatewayInvokeFullAccess", "/", "", 2, "2015-07-09T17:36:12Z", "2018-12-18T18:25:10Z", "Provides full access to invoke APIs in Amazon API Gateway.";
    "AmazonAPIGatewayPushToCloudWatchLogs", "/service-role/", "", 1, "2015-11-11T23:41:46Z", "2015-11-11T23:41:46Z", "Allows API Gateway to push logs to user's account.";
    "AmazonCodeGuruProfilerAgentAccess", "/", "", 3, "2021-02-05T22:11:56Z", "2022-05-05T18:11:03Z", "Provides access required by Amazon CodeGuru Profiler agent.";
    "AmazonDynamoDBFullAccess", "/", "ANPAINUGF2JSOSUY76KYA", 15, "2015-02-06T18:40:11Z", "2021-01-29T17:38:30Z", "Provides full access to Amazon DynamoDB via the AWS Management Console.";
    "AmazonDynamoDBReadOnlyAccess", "/", "", 15, "2015-02-06T18:40:12Z", "2024-11-18T17:38:15Z", "Provides read only access to Amazon DynamoDB via the AWS Management Console.";
    "AmazonEC2FullAccess", "/", "", 5, "2015-02-06T18:40:15Z", "2018-11-27T02:16:56Z", "Provides full access to Amazon EC2 via the AWS Management Console.";
    "AmazonEC2ReadOnlyAccess", "/", "", 5, "2015-02-06T18:40:17Z", "2026-02-12T18:03:17Z", "Provides read only access to Amazon EC2 via the AWS Management Console.";
    "AmazonElasticFileSystemClientFullAccess", "/", "", 1, "2020-01-13T16:27:00Z", "2020-01-13T16:27:00Z", "Provides root client access to an Amazon EFS file system";
    "AmazonElasticFileSystemClientReadWriteAccess", "/", "", 1, "2020-01-13T16:21:55Z", "2020-01-13T16:21:55Z", "Provides read and write client access to an Amazon EFS file system";
    "AmazonEventBridgeFullAccess", "/", "", 7, "2019-07-11T14:08:55Z", "2026-02-12T17:58:25Z", "";
    "AmazonKinesisFullAccess", "/", "", 1, "2015-02-06T18:40:29Z", "2015-02-06T18:40:29Z", "Provides full access to all streams via the AWS Management Console.";
    "AmazonKinesisReadOnlyAccess", "/", "", 1, "2015-02-06T18:40:30Z", "2015-02-06T18:40:30Z", "Provides read only access to all streams via the AWS Management Console.";
    "AmazonS3FullAccess", "/", "ANPAIFIR6V6BVTRAHWINE", 2, "2015-02-06T18:40:58Z", "2021-09-27T20:16:37Z", "Provides full access to all buckets via the AWS Management Console.";
    "AmazonS3ObjectLambdaExecutionRolePolicy", "/service-role/", "", 1, "2021-08-18T10:07:41Z", "2021-08-18T10:07:41Z", "Provides AWS Lambda functions permissions to interact with Amazon S3 Object Lambda. Also grants Lambda permissions to write to CloudWatch Logs.";
    "AmazonS3ReadOnlyAccess", "/", "ANPAIZTJ4DXE7G6AGAE6M", 3, "2015-02-06T18:40:59Z", "2023-08-10T21:31:39Z", "Provides read only access to all buckets via the AWS Management Console.";
    "AmazonSESFullAccess", "/", "", 1, "2015-02-06T18:41:02Z", "2015-02-06T18:41:02Z", "Provides full access to Amazon SES via the AWS Management Console.";
    "AmazonSNSFullAccess", "/", "ANPAJWEKLCXXUNT2SOLSG", 2, "2015-02-06T18:41:05Z", "2024-09-24T22:32:05Z", "Provides full access to Amazon SNS via the AWS Management Console.";
    "AmazonSNSReadOnlyAccess", "/", "", 2, "2015-02-06T18:41:06Z", "2024-09-24T22:13:12Z", "Provides read only access to Amazon SNS via the AWS Management Console.";
    "AmazonSQSFullAccess", "/", "ANPAI65L554VRJ33ECQS6", 1, "2015-02-06T18:41:07Z", "2015-02-06T18:41:07Z", "Provides full access to Amazon SQS via the AWS Management Console.";
    "AmazonSQSReadOnlyAccess", "/", "", 4, "2015-02-06T18:41:08Z", "2024-05-24T18:16:44Z", "Provides read only access to Amazon SQS via the AWS Management Console.";
    "AmazonSSMFullAccess", "/", "", 4, "2015-05-29T17:39:47Z", "2019-11-20T20:08:56Z", "Provides full access to Amazon SSM.";
    "AmazonSSMManagedInstanceCore", "/", "", 2, "2019-03-15T17:22:12Z", "2019-05-23T16:54:21Z", "";
    "AmazonSSMReadOnlyAccess", "/", "", 1, "2015-05-29T17:44:19Z", "2015-05-29T17:44:19Z", "Provides read only access to Amazon SSM.";
    "CloudWatchFullAccess", "/", "ANPAIKEABORKUXN6DEAZU", 4, "2015-02-06T18:40:00Z", "2022-11-27T13:23:49Z", "Provides full access to CloudWatch.";
    "CloudWatchFullAccessV2", "/", "", 17, "2023-08-01T11:32:57Z", "2026-09-22T16:57:08Z", "Provides full access to CloudWatch.";
    "CloudWatchLambdaInsightsExecutionRolePolicy", "/", "", 1, "2020-10-07T19:27:06Z", "2020-10-07T19:27:06Z", "Policy required for the Lambda Insights Extension";
    "CloudWatchLogsFullAccess", "/", "ANPAJ3ZGNWK2R5HW5BQFO", 8, "2015-02-06T18:40:02Z", "2026-02-12T18:00:33Z", "Provides full access to CloudWatch Logs";
    "CloudWatchLogsReadOnlyAccess", "/", "", 12, "2015-02-06T18:40:03Z", "2026-02-12T17:59:13Z", "Provides read only access to CloudWatch Logs";
    "CloudWatchReadOnlyAccess", "/", "", 25, "2015-02-06T18:40:01Z", "2026-09-22T16:57:07Z", "Provides read only access to CloudWatch.";
    "IAMFullAccess", "/", "ANPAI7XKCFMBPM3QQRRVQ", 2, "2015-02-06T18:40:38Z", "2019-06-21T19:40:00Z", "Provides full access to IAM via the AWS Management Console.";
    "IAMReadOnlyAccess", "/", "ANPAJKSO7NDY4T57MWDSQ", 4, "2015-02-06T18:40:39Z", "2018-01-25T19:11:27Z", "Provides read only access to IAM via the AWS Management Console.";
    "PowerUserAccess", "/", "ANPAJYRXTHIB4FOVS3ZXS", 12, "2015-02-06T18:39:47Z", "2026-02-12T17:59:14Z", "Provides full access to AWS services and resources, but does not allow management of Users and groups.";
    "ReadOnlyAccess", "/", "ANPAILL3HVNFSB6DCOWYQ", 190, "2015-02-06T18:39:48Z", "2026-09-24T17:37:08Z", "Provides read-only access to AWS services and resources.";
    "SecretsManagerReadWrite", "/", "", 6, "2018-04-04T18:05:29Z", "2026-08-25T23:37:10Z", "Provides read/write access to AWS Secrets Manager via the AWS Management Console. Note: this exludes IAM actions, so combine with IAMFullAccess if rotation configuration is required.";
}
