//! What policies would say to requests that nobody sends: the evaluator that decides real ones, with what it went by.
//! There are no policies of organisations here.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html>

mod sources;

use std::collections::BTreeSet;
use std::sync::Arc;

use lambent_core::iam::{
    Context, Decision, Document, Holdings, Kind, Place, Request, Requester, Standing, Verdict, evaluate,
    judge,
};
use lambent_wire::iam::simulation::{
    ContextEntry, EvaluationResult, PermissionsBoundaryDecisionDetail, SimulateCustomPolicyRequest,
    SimulatePolicyResponse, SimulatePrincipalPolicyRequest, Statement as WireStatement,
};

use super::page::Page;
use super::{Error, find};
use crate::caller;
use crate::{Reply, Server};
use sources::{Source, Sources};

/// SimulateCustomPolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn simulate_custom_policy(
    _server: &Arc<Server>,
    context: &caller::Context,
    request: SimulateCustomPolicyRequest,
) -> Result<Reply, Error> {
    if request.ordered_organization_policy_input_list.is_some_and(|list| !list.is_empty()) {
        return Err(Error::NotThereYet("OrderedOrganizationPolicyInputList"));
    }
    let mut sources = Sources::default();
    sources.add_given("PolicyInputList", &request.policy_input_list)?;
    sources.bound(&request.permissions_boundary_policy_input_list.unwrap_or_default())?;
    sources.stand_on_resource(request.resource_policy.as_deref())?;
    let simulation = Simulation {
        sources,
        requester: requester(&context.caller, request.caller_arn),
        actions: request.action_names,
        resources: request.resource_arns.unwrap_or_else(|| vec!["*".to_owned()]),
        context: given(request.context_entries.unwrap_or_default()),
    };
    simulation.page(request.marker.as_deref(), request.max_items)
}

/// SimulatePrincipalPolicy: with the policies of a user or role.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn simulate_principal_policy(
    server: &Arc<Server>,
    context: &caller::Context,
    request: SimulatePrincipalPolicyRequest,
) -> Result<Reply, Error> {
    if request.policy_exclusion_list.is_some_and(|list| !list.is_empty()) {
        return Err(Error::NotThereYet("PolicyExclusionList"));
    }
    let realm = find::realm(&context.caller);
    let mut sources = Sources::of_principal(server, &realm, &request.policy_source_arn)?;
    sources.add_given("PolicyInputList", &request.policy_input_list.unwrap_or_default())?;
    sources.bound(&request.permissions_boundary_policy_input_list.unwrap_or_default())?;
    sources.stand_on_resource(request.resource_policy.as_deref())?;
    let caller_arn = request.caller_arn.or(Some(request.policy_source_arn));
    let simulation = Simulation {
        sources,
        requester: requester(&context.caller, caller_arn),
        actions: request.action_names,
        resources: request.resource_arns.unwrap_or_else(|| vec!["*".to_owned()]),
        context: given(request.context_entries.unwrap_or_default()),
    };
    simulation.page(request.marker.as_deref(), request.max_items)
}

fn requester(caller: &caller::Caller, arn: Option<String>) -> Requester {
    let arn = arn.unwrap_or_else(|| caller.arn.clone());
    let role = arn.contains(":role/").then(|| arn.clone());
    Requester::Identity { account: caller.account.clone(), arn, role }
}

fn given(entries: Vec<ContextEntry>) -> Context {
    entries.into_iter().fold(Context::new(), |context, entry| match entry.context_key_name {
        Some(name) => context.with_all(&name, entry.context_key_values.unwrap_or_default()),
        None => context,
    })
}

/// Everything that is asked.
struct Simulation {
    sources: Sources,
    requester: Requester,
    actions: Vec<String>,
    resources: Vec<String>,
    context: Context,
}

impl Simulation {
    fn page(&self, marker: Option<&str>, max: Option<i32>) -> Result<Reply, Error> {
        let pairs = self.actions.iter().flat_map(|action| self.resources.iter().map(move |to| (action, to)));
        let page = Page::in_place(pairs.map(|(action, to)| self.one(action, to)).collect(), marker, max)?;
        let is_truncated = page.is_truncated();
        let evaluation_results = Some(page.items);
        Ok(Reply::of(SimulatePolicyResponse { evaluation_results, is_truncated, marker: page.marker }))
    }

    fn one(&self, action: &str, resource: &str) -> EvaluationResult {
        let request = Request { requester: &self.requester, action, resource, context: &self.context };
        let policies: Vec<Arc<Document>> =
            self.sources.identity.iter().map(|source| Arc::clone(&source.document)).collect();
        let boundary = self.sources.boundary.as_ref();
        let held = Holdings { policies: &policies, boundary, session: &[] };
        let on_resource = self.sources.resource.as_ref();
        let policy = on_resource.map(|source| source.document.as_ref());
        let verdict = judge(&request, Standing::Held(held), Place { policy, is_foreign: false });
        let (decision, wanted) = match verdict {
            Verdict::Allowed => ("allowed", Some(false)),
            Verdict::Denied(_) => ("explicitDeny", Some(true)),
            Verdict::Unallowed(_) => ("implicitDeny", None),
        };
        let within = boundary
            .map(|boundary| matches!(evaluate(boundary, Kind::Identity, &request), Decision::Allowed(_)));
        EvaluationResult {
            eval_action_name: action.to_owned(),
            eval_resource_name: Some(resource.to_owned()),
            eval_decision: decision.to_owned(),
            matched_statements: Some(self.matched(&request, wanted)),
            missing_context_values: Some(self.missing()),
            permissions_boundary_decision_detail: within.map(|within| PermissionsBoundaryDecisionDetail {
                allowed_by_permissions_boundary: Some(within),
            }),
            ..EvaluationResult::default()
        }
    }

    /// The statements that decided: those that deny, or those that allow.
    fn matched(&self, request: &Request<'_>, denying: Option<bool>) -> Vec<WireStatement> {
        let Some(denying) = denying else { return Vec::new() };
        let of = |source: &Source, kind: Kind| source.matched(request, kind, denying);
        let identity = self.sources.identity.iter().flat_map(|source| of(source, Kind::Identity));
        let resource = self.sources.resource.iter().flat_map(|source| of(source, Kind::Resource));
        identity.chain(resource).collect()
    }

    /// The condition keys that are asked for and not given.
    fn missing(&self) -> Vec<String> {
        let documents = self.sources.identity.iter().chain(&self.sources.resource);
        let statements = documents.flat_map(|source| &source.document.statements);
        let keys = statements.flat_map(|statement| &statement.conditions).map(|condition| condition.key());
        let missing: BTreeSet<&str> = keys.filter(|key| self.context.get(key).is_none()).collect();
        missing.into_iter().map(str::to_owned).collect()
    }
}
