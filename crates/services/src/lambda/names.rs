//! From what a caller wrote to the function that is meant: name, partial ARN or ARN, and a qualifier beside it.

use lambent_core::account::AccountId;
use lambent_core::lambda::arn::{FunctionId, Qualifier, Reference};

use super::Error;
use crate::caller::Caller;

/// A function and the qualifier of the call.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) id: FunctionId,
    pub(super) qualifier: Option<Qualifier>,
}

impl Target {
    /// Reads a name and the qualifier beside it. A name without account and region means the caller's own; whether the
    /// caller may name another account's is decided before, by the pipeline.
    pub(super) fn read(caller: &Caller, name: &str, beside: Option<&str>) -> Result<Self, Error> {
        Self::of(caller, Reference::read(name)?, beside)
    }

    fn of(caller: &Caller, reference: Reference, beside: Option<&str>) -> Result<Self, Error> {
        let qualifier = reference.qualifier_with(beside)?;
        if let Some(named) = reference.region.filter(|region| region != caller.region.as_str()) {
            return Err(Error::OtherRegion { named, here: caller.region.to_string() });
        }
        let named = reference.account.and_then(|account| AccountId::try_from(account).ok());
        let account = named.unwrap_or_else(|| caller.account.clone());
        let region = caller.region.clone();
        Ok(Self { id: FunctionId { account, region, name: reference.name }, qualifier })
    }

    /// Reads the name of what is to be changed, which must be a function: versions and aliases have no code and no
    /// configuration of their own to change.
    ///
    /// `$LATEST` is refused too, though it names what will be changed: AWS asks for an unqualified ARN, and what is
    /// refused today can still be allowed later.
    pub(super) fn read_unqualified(caller: &Caller, name: &str) -> Result<Self, Error> {
        Self::read(caller, name, None)?.unqualified()
    }

    /// Reads the name of what is to be created.
    pub(super) fn read_new(caller: &Caller, name: &str) -> Result<Self, Error> {
        Self::of(caller, Reference::read(name)?.for_new()?, None)?.unqualified()
    }

    fn unqualified(self) -> Result<Self, Error> {
        match &self.qualifier {
            None => Ok(self),
            Some(Qualifier::Latest | Qualifier::Version(_) | Qualifier::Alias(_)) => Err(Error::Qualified),
        }
    }

    /// The ARN as the caller asked for it.
    pub(super) fn arn(&self) -> String {
        self.qualifier.as_ref().map_or_else(|| self.id.arn(), |q| self.id.qualified_arn(q))
    }

    /// The refusal for a function or version that is not there.
    pub(super) fn not_found(&self) -> Error {
        Error::FunctionNotFound { arn: self.arn() }
    }
}
