//! Who may use a function URL. Both actions must be allowed: `lambda:InvokeFunctionUrl` and, as AWS asks since October
//! 2025, `lambda:InvokeFunction`. Without a signature only the resource policy can allow them; for who signs in the function's
//! own account an identity policy can, too, and for who signs in another both must. `--auth open` changes nothing here: who
//! asks for signatures means it.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>

use std::net::IpAddr;

use bytes::Bytes;
use http::request::Parts;
use lambent_core::iam::{Context, Decision, Kind, Request, Requester, evaluate};
use lambent_wire::sigv4::{Claim, Expected, Head, Presented, Refusal};
use serde_json::{Value, json};

use super::errors::Refused;
use super::index::Served;
use crate::Server;
use crate::access::{Ask, allowed};
use crate::caller::Caller;
use crate::pipeline::{Connection, known};

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
        let Served { function, qualifier, .. } = self.served;
        let policy = self.server.policies.find(function, qualifier);
        let (resource, context) = (self.served.arn(), self.context(caller));
        let may = |action| match caller {
            Some(caller) => {
                allowed(caller, &Ask::using(action, &resource, &context), policy.as_deref()).is_ok()
            }
            None => policy.as_ref().is_some_and(|policy| {
                let requester = &Requester::Anonymous;
                let request = Request { requester, action, resource: &resource, context: &context };
                matches!(evaluate(policy, Kind::Resource, &request), Decision::Allowed(_))
            }),
        };
        if ACTIONS.into_iter().all(may) { Ok(()) } else { Err(Refused::Forbidden) }
    }

    /// What policies may ask of the request.
    fn context(&self, caller: Option<&Caller>) -> Context {
        let (headers, now) = (Some(&self.head.headers), self.server.clock.now());
        let context = match caller {
            Some(caller) => known::context(caller, headers, now),
            None => known::anonymous(&self.served.function.region, headers, now),
        };
        let context = match self.head.extensions.get::<Connection>() {
            Some(connection) => connection.tell(context),
            None => context.with("aws:SourceIp", self.peer.to_string()),
        };
        context
            .with("lambda:FunctionUrlAuthType", self.served.url.auth_type.as_str())
            .with("lambda:FunctionArn", self.served.function.arn())
            .with("lambda:InvokedViaFunctionUrl", "true")
    }
}
