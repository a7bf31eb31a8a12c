//! Who may use a function URL. Both actions must be allowed: `lambda:InvokeFunctionUrl` and, as AWS asks since October
//! 2025, `lambda:InvokeFunction`. Without a signature only the resource policy can allow them; who signs in the function's
//! own account has its identity's leave, too. `--auth open` changes nothing here: who asks for signatures means it.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>

use std::net::IpAddr;

use bytes::Bytes;
use http::request::Parts;
use lambent_core::iam::{Decision, Kind, Request, Requester, evaluate};
use lambent_wire::sigv4::{Claim, Expected, Head, Presented, Refusal};
use serde_json::{Value, json};

use super::errors::Refused;
use super::index::Served;
use crate::Server;
use crate::caller::Caller;
use crate::pipeline::known;

const ACTIONS: [&str; 2] = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"];
/// The auth type that asks for signatures.
const AWS_IAM: &str = "AWS_IAM";
/// What URLs are signed for.
const SERVICE: &str = "lambda";

/// Who signed a request.
#[derive(Debug)]
pub(super) struct Identity {
    access_key_id: String,
    caller: Caller,
}

impl Identity {
    /// As the event tells of it: `requestContext.authorizer.iam`.
    pub(super) fn shown(&self) -> Value {
        let Self { access_key_id, caller } = self;
        let id = caller.unique_id();
        json!({
            "accessKey": access_key_id,
            "accountId": caller.account.as_str(),
            "callerId": id,
            "cognitoIdentity": null,
            "principalOrgId": null,
            "userArn": caller.arn,
            "userId": id,
        })
    }
}

/// A request whose head is good.
pub(super) enum Admitted {
    /// Nobody asks who sends it.
    Anyone,
    /// The signature is to be checked over the body.
    Claimed(Box<Claim>),
}

/// One request at the door.
#[derive(Debug, Clone, Copy)]
pub(super) struct Door<'a> {
    pub(super) server: &'a Server,
    pub(super) served: &'a Served,
    pub(super) head: &'a Parts,
    pub(super) peer: IpAddr,
}

impl Door<'_> {
    /// Refuses what the head alone shows wrong.
    pub(super) fn admit(&self) -> Result<Admitted, Refused> {
        if self.served.url.auth_type != AWS_IAM {
            return self.authorise(None).map(|()| Admitted::Anyone);
        }
        let presented = Presented::read(&Head::of(self.head))?;
        let expected =
            Expected { region: Some(self.served.function.region.as_str()), service: Some(SERVICE) };
        let now_s = self.server.clock.wall().as_secs();
        let claim = self.server.verifier.precheck(presented, &*self.server.keys, expected, now_s)?;
        Ok(Admitted::Claimed(Box::new(claim)))
    }

    /// Who sends it, who may, and the body without its chunk signatures.
    pub(super) fn enter(
        &self,
        admitted: Admitted,
        body: Bytes,
    ) -> Result<(Option<Identity>, Bytes), Refused> {
        let Admitted::Claimed(claim) = admitted else { return Ok((None, body)) };
        let verified = self.server.verifier.believe(&Head::of(self.head), body, *claim)?;
        let access_key_id = verified.scope.access_key_id;
        let caller = self.server.keys.caller(&access_key_id, self.served.function.region.clone());
        let caller = caller.ok_or(Refusal::UnrecognizedClient)?;
        self.authorise(Some(&caller))?;
        Ok((Some(Identity { access_key_id, caller }), verified.body))
    }

    fn authorise(&self, caller: Option<&Caller>) -> Result<(), Refused> {
        let own = caller.is_some_and(|caller| caller.account == self.served.function.account);
        let allowed = |action| match self.decide(caller, action) {
            Decision::Denied => false,
            Decision::Allowed(_) => true,
            // Every identity there is may invoke in its own account.
            Decision::Silent => own,
        };
        if ACTIONS.into_iter().all(allowed) { Ok(()) } else { Err(Refused::Forbidden) }
    }

    fn decide(&self, caller: Option<&Caller>, action: &str) -> Decision {
        let Served { function, qualifier, url } = self.served;
        let Some(policy) = self.server.policies.find(function, qualifier) else { return Decision::Silent };
        let now = self.server.clock.now();
        let context = match caller {
            Some(caller) => known::context(caller, Some(&self.head.headers), now),
            None => known::anonymous(&function.region, Some(&self.head.headers), now),
        };
        let context = context
            .with("lambda:FunctionUrlAuthType", url.auth_type.as_str())
            .with("lambda:InvokedViaFunctionUrl", "true")
            .with("aws:SourceIp", self.peer.to_string());
        let requester = caller.map_or(Requester::Anonymous, Caller::requester);
        let resource = self.served.arn();
        let request = Request { requester: &requester, action, resource: &resource, context: &context };
        evaluate(&policy, Kind::Resource, &request)
    }
}
