//! What external extensions see of a function's environment variables. Never what they ask for or are told.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-extensions-api-reg-env-vars>

use std::collections::BTreeMap;

/// What a runtime has and extensions have not, apart from names that begin with `_`.
const RUNTIMES_OWN: [&str; 9] = [
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "PWD",
    "SHLVL",
];

/// The variables of extensions: those of the runtime, the function's own among them, but for what only a runtime has.
#[must_use]
pub fn variables(runtime: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let seen = |name: &str| !name.starts_with('_') && !RUNTIMES_OWN.contains(&name);
    runtime.iter().filter(|(name, _)| seen(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_see_the_function_s_own_and_the_credentials_and_no_runtime_s() {
        let names = [
            "AWS_ACCESS_KEY_ID",
            "AWS_EXECUTION_ENV",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_REGION",
            "AWS_XRAY_CONTEXT_MISSING",
            "AWS_XRAY_DAEMON_ADDRESS",
            "LAMBDA_RUNTIME_DIR",
            "LAMBDA_TASK_ROOT",
            "MINE",
            "PATH",
            "PWD",
            "SHLVL",
            "TZ",
            "_AWS_XRAY_DAEMON_PORT",
            "_HANDLER",
        ];
        let all = names.map(|name| (name.to_owned(), "v".to_owned())).into();
        let seen: Vec<String> = variables(&all).into_keys().collect();
        assert_eq!(
            seen,
            ["AWS_ACCESS_KEY_ID", "AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION", "MINE", "PATH", "TZ"]
        );
    }
}
