//! Which actions a function's policy can be about: those that name a function. Never says who may do them.
//!
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html>

/// Actions with a function as their resource, without `lambda:`.
const ACTIONS: &[&str] = &[
    "AddPermission",
    "CreateAlias",
    "CreateFunction",
    "CreateFunctionUrlConfig",
    "DeleteAlias",
    "DeleteFunction",
    "DeleteFunctionCodeSigningConfig",
    "DeleteFunctionConcurrency",
    "DeleteFunctionEventInvokeConfig",
    "DeleteFunctionUrlConfig",
    "DeleteProvisionedConcurrencyConfig",
    "DeleteResourcePolicy",
    "DisableReplication",
    "EnableReplication",
    "GetAlias",
    "GetFunction",
    "GetFunctionCodeSigningConfig",
    "GetFunctionConcurrency",
    "GetFunctionConfiguration",
    "GetFunctionEventInvokeConfig",
    "GetFunctionRecursionConfig",
    "GetFunctionScalingConfig",
    "GetFunctionUrlConfig",
    "GetPolicy",
    "GetProvisionedConcurrencyConfig",
    "GetResourcePolicy",
    "GetRuntimeManagementConfig",
    "InvokeAsync",
    "InvokeFunction",
    "InvokeFunctionUrl",
    "ListAliases",
    "ListFunctionEventInvokeConfigs",
    "ListFunctionUrlConfigs",
    "ListProvisionedConcurrencyConfigs",
    "ListTags",
    "ListVersionsByFunction",
    "PublishVersion",
    "PutFunctionCodeSigningConfig",
    "PutFunctionConcurrency",
    "PutFunctionEventInvokeConfig",
    "PutFunctionRecursionConfig",
    "PutFunctionScalingConfig",
    "PutProvisionedConcurrencyConfig",
    "PutResourcePolicy",
    "PutRuntimeManagementConfig",
    "RemovePermission",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateFunctionCode",
    "UpdateFunctionCodeSigningConfig",
    "UpdateFunctionConfiguration",
    "UpdateFunctionEventInvokeConfig",
    "UpdateFunctionUrlConfig",
];

/// Whether an action, or a wildcard over all of them, can be allowed on a function: `lambda:InvokeFunction`, `lambda:*`.
#[must_use]
pub fn is_of_functions(action: &str) -> bool {
    let Some(name) = action.strip_prefix("lambda:") else { return action == "*" };
    name == "*" || ACTIONS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_actions_on_functions_are_known() {
        for known in
            ["*", "lambda:*", "lambda:InvokeFunction", "lambda:invokefunctionurl", "lambda:GetPolicy"]
        {
            assert!(is_of_functions(known), "{known}");
        }
        for unknown in
            ["lambda:Invoke", "lambda:ListFunctions", "lambda:GetLayerVersion", "InvokeFunction", "s3:*"]
        {
            assert!(!is_of_functions(unknown), "{unknown}");
        }
        assert!(ACTIONS.is_sorted());
    }
}
