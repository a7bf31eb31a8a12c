//! What a caller may do. Policies are not there yet, so the rules are few: everyone acts in the own account, its owner may
//! do everything, and the session of a role, as a function has it, may invoke and read but change nothing. Never asks who
//! the caller is.

use lambent_core::lambda::arn::Reference;
use lambent_wire::error::Fault;
use lambent_wire::value::Value;

use super::errors;
use crate::caller::Caller;
use crate::operations::{Access, Operation};

/// Refuses what the caller may not do.
pub(super) fn authorise(caller: &Caller, operation: &Operation, input: &Value) -> Result<(), Fault> {
    let named = named(input);
    let account = named.as_ref().and_then(|reference| reference.account.as_deref());
    if account.is_some_and(|account| account != caller.account.as_str()) {
        return Err(denied(caller, operation, named.as_ref(), "resource-based"));
    }
    match operation.access {
        Access::Write if caller.is_session() => {
            Err(denied(caller, operation, named.as_ref(), "identity-based"))
        }
        Access::Write | Access::Read | Access::Invoke => Ok(()),
    }
}

/// The function that a request names.
fn named(input: &Value) -> Option<Reference> {
    let Value::Structure(members) = input else { return None };
    Reference::read(members.get("FunctionName")?.as_str()?).ok()
}

fn denied(caller: &Caller, operation: &Operation, named: Option<&Reference>, policy: &str) -> Fault {
    // The permission to invoke is named differently from its operation.
    let action = if operation.access == Access::Invoke { "InvokeFunction" } else { operation.name };
    let resource = named.map_or_else(
        || "*".to_owned(),
        |Reference { account, region, name, .. }| {
            let region = region.as_deref().unwrap_or(caller.region.as_str());
            let account = account.as_deref().unwrap_or(caller.account.as_str());
            format!("arn:{}:lambda:{region}:{account}:function:{name}", caller.region.partition())
        },
    );
    errors::denied(format!(
        "User: {} is not authorized to perform: lambda:{action} on resource: {resource} because no {policy} policy allows the lambda:{action} action",
        caller.arn,
    ))
}
