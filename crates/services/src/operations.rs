//! The index of everything the server can do, one line an operation. Never does it.

use std::pin::Pin;
use std::sync::Arc;

use lambent_wire::efs::EFS;
use lambent_wire::error::Fault;
use lambent_wire::iam::IAM;
use lambent_wire::lambda::LAMBDA;
use lambent_wire::logs::LOGS;
use lambent_wire::monitoring::MONITORING;
use lambent_wire::schema::Service;
use lambent_wire::shaped::{Call, Field};
use lambent_wire::sts::STS;
use lambent_wire::value::Value;

use crate::caller::Context;
use crate::{Reply, Server};

/// Every service the server answers for.
pub static SERVICES: &[&Service] = &[&LAMBDA, &EFS, &IAM, &LOGS, &MONITORING, &STS];

type Performed = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send>>;

/// What an operation does to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It tells.
    Read,
    /// It changes what lasts.
    Write,
    /// It runs a function.
    Invoke,
    /// It writes a log, as the role of every function may.
    Log,
}

/// One operation and what does it.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) access: Access,
    pub(crate) perform: fn(Arc<Server>, Context, Value) -> Performed,
}

macro_rules! index {
    ($list:ident of $service:ident: $($call:ident, $access:ident => $noun:ident::$perform:ident,)*) => {
        static $list: &[Operation] = &[$(Operation {
            name: stringify!($call),
            access: Access::$access,
            perform: |server, context, input| Box::pin(async move {
                let input = <lambent_wire::$service::$call as Call>::Input::from_value(input)
                    .map_err(|fault| Fault::new("SerializationException", 400, fault.to_string()))?;
                crate::$service::$noun::$perform(&server, &context, input).await.map_err(Fault::from)
            }),
        }),*];
    };
}

index! { LAMBDA_OPERATIONS of lambda:
    AddLayerVersionPermission, Write => layer_policy::add_layer_version_permission,
    AddPermission, Write => policy::add_permission,
    CreateAlias, Write => alias::create_alias,
    CreateCodeSigningConfig, Write => code_signing::create_code_signing_config,
    CreateEventSourceMapping, Write => event_source_mapping::create_event_source_mapping,
    CreateFunction, Write => function::create_function,
    CreateFunctionUrlConfig, Write => function_url::create_function_url_config,
    DeleteAlias, Write => alias::delete_alias,
    DeleteCodeSigningConfig, Write => code_signing::delete_code_signing_config,
    DeleteEventSourceMapping, Write => event_source_mapping::delete_event_source_mapping,
    DeleteFunction, Write => function::delete_function,
    DeleteFunctionCodeSigningConfig, Write => code_signing_use::delete_function_code_signing_config,
    DeleteFunctionConcurrency, Write => concurrency::delete_function_concurrency,
    DeleteFunctionEventInvokeConfig, Write => event_invoke::delete_function_event_invoke_config,
    DeleteFunctionUrlConfig, Write => function_url::delete_function_url_config,
    DeleteLayerVersion, Write => layer::delete_layer_version,
    DeleteProvisionedConcurrencyConfig, Write => provisioned::delete_provisioned_concurrency_config,
    DeleteResourcePolicy, Write => policy::delete_resource_policy,
    GetAccountSettings, Read => account::get_account_settings,
    GetAlias, Read => alias::get_alias,
    GetCodeSigningConfig, Read => code_signing::get_code_signing_config,
    GetEventSourceMapping, Read => event_source_mapping::get_event_source_mapping,
    GetFunction, Read => function::get_function,
    GetFunctionCodeSigningConfig, Read => code_signing_use::get_function_code_signing_config,
    GetFunctionConcurrency, Read => concurrency::get_function_concurrency,
    GetFunctionConfiguration, Read => function::get_function_configuration,
    GetFunctionEventInvokeConfig, Read => event_invoke::get_function_event_invoke_config,
    GetFunctionRecursionConfig, Read => recursion::get_function_recursion_config,
    GetFunctionScalingConfig, Read => scaling::get_function_scaling_config,
    GetFunctionUrlConfig, Read => function_url::get_function_url_config,
    GetLayerVersion, Read => layer::get_layer_version,
    GetLayerVersionByArn, Read => layer::get_layer_version_by_arn,
    GetLayerVersionPolicy, Read => layer_policy::get_layer_version_policy,
    GetPolicy, Read => policy::get_policy,
    GetProvisionedConcurrencyConfig, Read => provisioned::get_provisioned_concurrency_config,
    GetResourcePolicy, Read => policy::get_resource_policy,
    GetRuntimeManagementConfig, Read => runtime_management::get_runtime_management_config,
    Invoke, Invoke => invocation::invoke,
    InvokeAsync, Invoke => event::invoke_async,
    InvokeWithResponseStream, Invoke => response_stream::invoke_with_response_stream,
    ListAliases, Read => alias::list_aliases,
    ListCodeSigningConfigs, Read => code_signing::list_code_signing_configs,
    ListEventSourceMappings, Read => event_source_mapping::list_event_source_mappings,
    ListFunctionEventInvokeConfigs, Read => event_invoke::list_function_event_invoke_configs,
    ListFunctionUrlConfigs, Read => function_url::list_function_url_configs,
    ListFunctions, Read => function::list_functions,
    ListFunctionsByCodeSigningConfig, Read => code_signing_use::list_functions_by_code_signing_config,
    ListLayerVersions, Read => layer::list_layer_versions,
    ListLayers, Read => layer::list_layers,
    ListProvisionedConcurrencyConfigs, Read => provisioned::list_provisioned_concurrency_configs,
    ListTags, Read => tags::list_tags,
    ListVersionsByFunction, Read => version::list_versions_by_function,
    PublishLayerVersion, Write => layer::publish_layer_version,
    PublishVersion, Write => version::publish_version,
    PutFunctionCodeSigningConfig, Write => code_signing_use::put_function_code_signing_config,
    PutFunctionConcurrency, Write => concurrency::put_function_concurrency,
    PutFunctionEventInvokeConfig, Write => event_invoke::put_function_event_invoke_config,
    PutFunctionRecursionConfig, Write => recursion::put_function_recursion_config,
    PutFunctionScalingConfig, Write => scaling::put_function_scaling_config,
    PutProvisionedConcurrencyConfig, Write => provisioned::put_provisioned_concurrency_config,
    PutResourcePolicy, Write => policy::put_resource_policy,
    PutRuntimeManagementConfig, Write => runtime_management::put_runtime_management_config,
    RemoveLayerVersionPermission, Write => layer_policy::remove_layer_version_permission,
    RemovePermission, Write => policy::remove_permission,
    TagResource, Write => tags::tag_resource,
    UntagResource, Write => tags::untag_resource,
    UpdateAlias, Write => alias::update_alias,
    UpdateCodeSigningConfig, Write => code_signing::update_code_signing_config,
    UpdateEventSourceMapping, Write => event_source_mapping::update_event_source_mapping,
    UpdateFunctionCode, Write => function::update_function_code,
    UpdateFunctionConfiguration, Write => function::update_function_configuration,
    UpdateFunctionEventInvokeConfig, Write => event_invoke::update_function_event_invoke_config,
    UpdateFunctionUrlConfig, Write => function_url::update_function_url_config,
}

index! { EFS_OPERATIONS of efs:
    CreateAccessPoint, Write => access_point::create_access_point,
    CreateFileSystem, Write => file_system::create_file_system,
    CreateMountTarget, Write => mount_target::create_mount_target,
    CreateTags, Write => tags::create_tags,
    DeleteAccessPoint, Write => access_point::delete_access_point,
    DeleteFileSystem, Write => file_system::delete_file_system,
    DeleteFileSystemPolicy, Write => policy::delete_file_system_policy,
    DeleteMountTarget, Write => mount_target::delete_mount_target,
    DeleteTags, Write => tags::delete_tags,
    DescribeAccessPoints, Read => access_point::describe_access_points,
    DescribeAccountPreferences, Read => preferences::describe_account_preferences,
    DescribeBackupPolicy, Read => policy::describe_backup_policy,
    DescribeFileSystemPolicy, Read => policy::describe_file_system_policy,
    DescribeFileSystems, Read => file_system::describe_file_systems,
    DescribeLifecycleConfiguration, Read => policy::describe_lifecycle_configuration,
    DescribeMountTargetSecurityGroups, Read => security_groups::describe_mount_target_security_groups,
    DescribeMountTargets, Read => mount_target::describe_mount_targets,
    DescribeTags, Read => tags::describe_tags,
    ListTagsForResource, Read => tags::list_tags_for_resource,
    ModifyMountTargetSecurityGroups, Write => security_groups::modify_mount_target_security_groups,
    PutAccountPreferences, Write => preferences::put_account_preferences,
    PutBackupPolicy, Write => policy::put_backup_policy,
    PutFileSystemPolicy, Write => policy::put_file_system_policy,
    PutLifecycleConfiguration, Write => policy::put_lifecycle_configuration,
    TagResource, Write => tags::tag_resource,
    UntagResource, Write => tags::untag_resource,
    UpdateFileSystem, Write => file_system::update_file_system,
    UpdateFileSystemProtection, Write => file_system::update_file_system_protection,
}

index! { IAM_OPERATIONS of iam:
    GetAccountAuthorizationDetails, Read => account::get_account_authorization_details,
    GetAccountSummary, Read => account::get_account_summary,
    AttachRolePolicy, Write => role_policy::attach_role_policy,
    AttachUserPolicy, Write => user_policy::attach_user_policy,
    CreateAccessKey, Write => access_key::create_access_key,
    CreatePolicy, Write => policy::create_policy,
    CreatePolicyVersion, Write => policy_version::create_policy_version,
    CreateRole, Write => role::create_role,
    CreateServiceLinkedRole, Write => service_linked_role::create_service_linked_role,
    CreateUser, Write => user::create_user,
    DeleteAccessKey, Write => access_key::delete_access_key,
    DeletePolicy, Write => policy::delete_policy,
    DeletePolicyVersion, Write => policy_version::delete_policy_version,
    DeleteRole, Write => role::delete_role,
    DeleteRolePermissionsBoundary, Write => role_policy::delete_role_permissions_boundary,
    DeleteRolePolicy, Write => role_policy::delete_role_policy,
    DeleteServiceLinkedRole, Write => service_linked_role::delete_service_linked_role,
    DeleteUser, Write => user::delete_user,
    DeleteUserPermissionsBoundary, Write => user_policy::delete_user_permissions_boundary,
    DeleteUserPolicy, Write => user_policy::delete_user_policy,
    DetachRolePolicy, Write => role_policy::detach_role_policy,
    DetachUserPolicy, Write => user_policy::detach_user_policy,
    GetAccessKeyLastUsed, Read => access_key::get_access_key_last_used,
    GetPolicy, Read => policy::get_policy,
    GetPolicyVersion, Read => policy_version::get_policy_version,
    GetRole, Read => role::get_role,
    GetRolePolicy, Read => role_policy::get_role_policy,
    GetServiceLinkedRoleDeletionStatus, Read => service_linked_role::get_service_linked_role_deletion_status,
    GetUser, Read => user::get_user,
    GetUserPolicy, Read => user_policy::get_user_policy,
    ListAccessKeys, Read => access_key::list_access_keys,
    ListAttachedRolePolicies, Read => role_policy::list_attached_role_policies,
    ListAttachedUserPolicies, Read => user_policy::list_attached_user_policies,
    ListEntitiesForPolicy, Read => policy::list_entities_for_policy,
    ListGroupsForUser, Read => user::list_groups_for_user,
    ListInstanceProfilesForRole, Read => role::list_instance_profiles_for_role,
    ListPolicies, Read => policy::list_policies,
    ListPolicyTags, Read => tags::list_policy_tags,
    ListPolicyVersions, Read => policy_version::list_policy_versions,
    ListRolePolicies, Read => role_policy::list_role_policies,
    ListRoleTags, Read => tags::list_role_tags,
    ListRoles, Read => role::list_roles,
    ListUserPolicies, Read => user_policy::list_user_policies,
    ListUserTags, Read => tags::list_user_tags,
    ListUsers, Read => user::list_users,
    PutRolePermissionsBoundary, Write => role_policy::put_role_permissions_boundary,
    PutRolePolicy, Write => role_policy::put_role_policy,
    PutUserPermissionsBoundary, Write => user_policy::put_user_permissions_boundary,
    PutUserPolicy, Write => user_policy::put_user_policy,
    SetDefaultPolicyVersion, Write => policy_version::set_default_policy_version,
    SimulateCustomPolicy, Read => simulation::simulate_custom_policy,
    SimulatePrincipalPolicy, Read => simulation::simulate_principal_policy,
    TagPolicy, Write => tags::tag_policy,
    TagRole, Write => tags::tag_role,
    TagUser, Write => tags::tag_user,
    UntagPolicy, Write => tags::untag_policy,
    UntagRole, Write => tags::untag_role,
    UntagUser, Write => tags::untag_user,
    UpdateAccessKey, Write => access_key::update_access_key,
    UpdateAssumeRolePolicy, Write => role::update_assume_role_policy,
    UpdateRole, Write => role::update_role,
    UpdateRoleDescription, Write => role::update_role_description,
    UpdateUser, Write => user::update_user,
}

index! { LOGS_OPERATIONS of logs:
    CreateLogGroup, Log => group::create_log_group,
    CreateLogStream, Log => stream::create_log_stream,
    DeleteLogGroup, Write => group::delete_log_group,
    DeleteLogStream, Write => stream::delete_log_stream,
    DeleteRetentionPolicy, Write => retention::delete_retention_policy,
    DescribeLogGroups, Read => group::describe_log_groups,
    DescribeLogStreams, Read => stream::describe_log_streams,
    FilterLogEvents, Read => filter::filter_log_events,
    GetLogEvents, Read => event::get_log_events,
    ListTagsForResource, Read => tags::list_tags_for_resource,
    ListTagsLogGroup, Read => tags::list_tags_log_group,
    PutLogEvents, Log => event::put_log_events,
    PutRetentionPolicy, Write => retention::put_retention_policy,
    TagLogGroup, Write => tags::tag_log_group,
    TagResource, Write => tags::tag_resource,
    UntagLogGroup, Write => tags::untag_log_group,
    UntagResource, Write => tags::untag_resource,
}

index! { MONITORING_OPERATIONS of monitoring:
    DeleteAlarms, Write => alarm::delete_alarms,
    DescribeAlarmHistory, Read => alarm_history::describe_alarm_history,
    DescribeAlarms, Read => alarm_describe::describe_alarms,
    DescribeAlarmsForMetric, Read => alarm_describe::describe_alarms_for_metric,
    DisableAlarmActions, Write => alarm::disable_alarm_actions,
    EnableAlarmActions, Write => alarm::enable_alarm_actions,
    GetMetricData, Read => metric_data::get_metric_data,
    GetMetricStatistics, Read => metric_statistics::get_metric_statistics,
    ListMetrics, Read => metric_list::list_metrics,
    ListTagsForResource, Read => tags::list_tags_for_resource,
    PutMetricAlarm, Write => alarm::put_metric_alarm,
    PutMetricData, Log => metric_put::put_metric_data,
    SetAlarmState, Write => alarm::set_alarm_state,
    TagResource, Write => tags::tag_resource,
    UntagResource, Write => tags::untag_resource,
}

index! { STS_OPERATIONS of sts:
    AssumeRole, Write => session::assume_role,
    GetAccessKeyInfo, Read => identity::get_access_key_info,
    GetCallerIdentity, Read => identity::get_caller_identity,
    GetSessionToken, Read => session::get_session_token,
}

/// What does the operation of that name.
pub(crate) fn find(service: &Service, name: &str) -> Option<&'static Operation> {
    let list = match service.signing_name {
        "elasticfilesystem" => EFS_OPERATIONS,
        "iam" => IAM_OPERATIONS,
        "logs" => LOGS_OPERATIONS,
        "monitoring" => MONITORING_OPERATIONS,
        "sts" => STS_OPERATIONS,
        _ => LAMBDA_OPERATIONS,
    };
    list.iter().find(|operation| operation.name == name)
}
