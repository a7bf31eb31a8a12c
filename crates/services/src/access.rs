//! May this caller do that? The one decision of the server: operations, function URLs and what is done in a function's
//! name ask here. Never looks anything up: who asks brings the policy of the resource.

mod denied;

use lambent_core::account::AccountId;
use lambent_core::iam::{Context, Document, Holdings, Place, Request, Standing, Verdict, judge};
use lambent_core::lambda::arn::FunctionId;
use lambent_core::time::Timestamp;
use tracing::info;

use crate::caller::Caller;
use crate::keys::KeyRing;
use crate::operations::Access;
use crate::pipeline::known;
pub(crate) use denied::{Denied, Shown};

/// What is asked to be done on what.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    /// With its service: `lambda:InvokeFunction`.
    pub(crate) action: &'a str,
    /// An ARN, or `*` for an action without a resource.
    pub(crate) resource: &'a str,
    /// What conditions may ask for: see `pipeline::known`.
    pub(crate) context: &'a Context,
    /// What it does: this alone decides for a role that nobody made here.
    pub(crate) access: Access,
    /// How a refusal names the resource.
    pub(crate) shown: Shown,
}

impl<'a> Ask<'a> {
    /// An ask to use something that is there: invoke, send, publish, put.
    pub(crate) fn using(action: &'a str, resource: &'a str, context: &'a Context) -> Self {
        Self { action, resource, context, access: Access::Invoke, shown: Shown::Resource }
    }
}

/// Whether a caller may do what it asks. `policy` is that of the resource; whether it is another account's is told by
/// the resource's ARN.
///
/// # Errors
/// [`Denied`], whose words are AWS's.
pub(crate) fn allowed(caller: &Caller, ask: &Ask<'_>, policy: Option<&Document>) -> Result<(), Denied> {
    let is_foreign = account_of(ask.resource).is_some_and(|account| account != caller.account);
    decide(caller, ask, Place { policy, is_foreign })
}

/// Whether the role of a function, where it is kept here, lets the function use something of another service, whose own
/// policies are not known. A role that nobody made here is taken at its word.
///
/// # Errors
/// [`Denied`], whose words are AWS's.
pub(crate) fn role_may(
    keys: &KeyRing,
    function: (&FunctionId, &str),
    (action, resource): (&str, &str),
    now: Timestamp,
) -> Result<(), Denied> {
    let (function, role_arn) = function;
    let Some(caller) = keys.on_behalf(role_arn, function) else { return Ok(()) };
    let context = known::context(&caller, None, now);
    decide(&caller, &Ask::using(action, resource, &context), Place::default())
}

fn decide(caller: &Caller, ask: &Ask<'_>, place: Place<'_>) -> Result<(), Denied> {
    let requester = caller.requester();
    let Ask { action, resource, context, access, .. } = *ask;
    let request = Request { requester: &requester, action, resource, context };
    // Nothing is known of what its role may do: it may not change anything, unless a resource lets it.
    let standing = match access {
        Access::Write if caller.is_of_unknown_role() => Standing::Held(Holdings::default()),
        Access::Read | Access::Write | Access::Invoke | Access::Log => caller.standing(),
    };
    let verdict = judge(&request, standing, place);
    if verdict == Verdict::Allowed {
        return Ok(());
    }
    let denied = Denied::new(caller, ask, verdict);
    info!(caller = caller.arn, action, resource, why = denied.why(), "access denied");
    Err(denied)
}

/// The account in an ARN, where it has one.
fn account_of(arn: &str) -> Option<AccountId> {
    if !arn.starts_with("arn:") {
        return None;
    }
    arn.split(':').nth(4)?.to_owned().try_into().ok()
}
