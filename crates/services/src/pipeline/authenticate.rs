//! Who sends a request. In two steps: what the head alone shows wrong is refused before the body is read, and whether
//! the signature is right is known only with the body. Never decides what the caller may do.

use bytes::Bytes;
use lambent_core::account::{AccountId, Region};
use lambent_wire::error::Fault;
use lambent_wire::protocol::Protocol;
use lambent_wire::sigv4::{Claim, Dialect, Expected, Head, Presented, Refusal, Scope, unverified_body};

use super::Exchange;
use crate::caller::Caller;
use crate::{Auth, Server};

/// A request whose head is good.
pub(super) enum Admitted {
    /// Signatures are not checked.
    Anyone(Caller),
    /// The signature is to be checked over the body.
    Claimed(Box<Claim>, Region),
}

impl Exchange<'_> {
    /// Refuses what the head alone shows wrong: no signature, another form, scope, key, token or time.
    pub(super) fn admit(&self, claimed: Option<Scope>) -> Result<Admitted, Fault> {
        if self.server.options.auth == Auth::Open {
            let caller = self.anyone(claimed).map_err(|refusal| self.refused(&refusal))?;
            return Ok(Admitted::Anyone(caller));
        }
        let expected = Expected { region: None, service: Some(self.service.signing_name) };
        let now_s = self.server.clock.wall().as_secs();
        let presented = Presented::read(&Head::of(&self.head)).map_err(|refusal| self.refused(&refusal))?;
        let region = presented.scope.region.clone();
        let claim = self
            .server
            .verifier
            .precheck(presented, &*self.server.keys, expected, now_s)
            .map_err(|refusal| self.refused(&refusal))?;
        let region = Region::try_from(region).map_err(|_| self.refused(&Refusal::WrongRegion))?;
        Ok(Admitted::Claimed(Box::new(claim), region))
    }

    /// Who sends it, and the body without its chunk signatures.
    pub(super) fn authenticate(&self, admitted: Admitted, body: Bytes) -> Result<(Caller, Bytes), Fault> {
        let head = Head::of(&self.head);
        let (claim, region) = match admitted {
            Admitted::Anyone(caller) => {
                let body = unverified_body(&head, body).map_err(|refusal| self.refused(&refusal))?;
                return Ok((caller, body));
            }
            Admitted::Claimed(claim, region) => (claim, region),
        };
        let verified = self.server.verifier.believe(&head, body, *claim);
        let verified = verified.map_err(|refusal| self.refused(&refusal))?;
        let caller = self.server.keys.caller(&verified.scope.access_key_id, region);
        Ok((caller.ok_or_else(|| self.refused(&Refusal::UnrecognizedClient))?, verified.body))
    }

    /// The caller where signatures are not checked: whose key it is if it was made here, else what the key id says, else
    /// the default account.
    fn anyone(&self, claimed: Option<Scope>) -> Result<Caller, Refusal> {
        let Server { options, keys, .. } = &**self.server;
        let region = claimed.as_ref().and_then(|scope| Region::try_from(scope.region.clone()).ok());
        let region = region.unwrap_or_else(|| options.region.clone());
        if let Some(scope) = &claimed {
            let token = Scope::claimed_token(&Head::of(&self.head));
            if let Some(caller) = keys.vouch(&scope.access_key_id, token.as_deref(), &region)? {
                return Ok(caller);
            }
        }
        let account = claimed.and_then(|scope| AccountId::try_from(scope.access_key_id).ok());
        Ok(Caller::root(account.unwrap_or_else(|| options.account.clone()), region))
    }

    pub(super) fn refused(&self, refusal: &Refusal) -> Fault {
        let dialect = match self.protocol {
            Protocol::Query | Protocol::RestXml => Dialect::Query,
            Protocol::RestJson | Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RpcV2Cbor => {
                Dialect::Json
            }
        };
        Fault::new(refusal.code(dialect), refusal.status().as_u16(), refusal.to_string())
    }
}
