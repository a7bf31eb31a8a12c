//! How provisioned concurrency looks to a client. Never changes any.

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::function::Function;
use lambent_core::lambda::provisioned::shares;
use lambent_core::lambda::settings::Provisioned;
use lambent_dispatch::ProvisionedCount;
use lambent_wire::lambda::provisioned::{
    GetProvisionedConcurrencyConfigResponse, ProvisionedConcurrencyConfigListItem,
    PutProvisionedConcurrencyConfigResponse,
};

use crate::Server;

/// What just began: it is in progress, even where all are there already.
pub(super) fn begun(
    server: &Server,
    function: &Function,
    qualifier: &Qualifier,
    provisioned: &Provisioned,
) -> PutProvisionedConcurrencyConfigResponse {
    let count = server.dispatcher.provisioned(&function.id, &shares(function, qualifier));
    PutProvisionedConcurrencyConfigResponse {
        requested_provisioned_concurrent_executions: whole(provisioned.requested),
        allocated_provisioned_concurrent_executions: whole(count.allocated),
        available_provisioned_concurrent_executions: whole(count.available),
        status: Some("IN_PROGRESS".to_owned()),
        status_reason: None,
        last_modified: Some(last_modified(provisioned)),
    }
}

/// How far it is.
pub(super) fn state(
    server: &Server,
    function: &Function,
    qualifier: &Qualifier,
    provisioned: &Provisioned,
) -> GetProvisionedConcurrencyConfigResponse {
    let count = server.dispatcher.provisioned(&function.id, &shares(function, qualifier));
    let (status, status_reason) = status(provisioned, &count);
    GetProvisionedConcurrencyConfigResponse {
        requested_provisioned_concurrent_executions: whole(provisioned.requested),
        available_provisioned_concurrent_executions: whole(count.available),
        allocated_provisioned_concurrent_executions: whole(count.allocated),
        status: Some(status.to_owned()),
        status_reason,
        last_modified: Some(last_modified(provisioned)),
    }
}

/// The same in a list.
pub(super) fn item(
    server: &Server,
    function: &Function,
    qualifier: &Qualifier,
    provisioned: &Provisioned,
) -> ProvisionedConcurrencyConfigListItem {
    let state = state(server, function, qualifier, provisioned);
    ProvisionedConcurrencyConfigListItem {
        function_arn: Some(function.id.qualified_arn(qualifier)),
        requested_provisioned_concurrent_executions: state.requested_provisioned_concurrent_executions,
        available_provisioned_concurrent_executions: state.available_provisioned_concurrent_executions,
        allocated_provisioned_concurrent_executions: state.allocated_provisioned_concurrent_executions,
        status: state.status,
        status_reason: state.status_reason,
        last_modified: state.last_modified,
    }
}

fn status(provisioned: &Provisioned, count: &ProvisionedCount) -> (&'static str, Option<String>) {
    if count.available >= provisioned.requested {
        ("READY", None)
    } else if let Some(reason) = &count.failure {
        ("FAILED", Some(reason.clone()))
    } else {
        ("IN_PROGRESS", None)
    }
}

/// Whole seconds, as AWS shows it here and nowhere else.
fn last_modified(provisioned: &Provisioned) -> String {
    provisioned.last_modified.format("%Y-%m-%dT%H:%M:%S+0000")
}

fn whole(count: u32) -> Option<i32> {
    i32::try_from(count).ok()
}
