//! The parts of any ARN. Never checks what stands in them.

use lambent_core::account::Region;

use crate::caller::Caller;
use crate::upstream::Session;

/// `arn:partition:service:region:account:resource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lambda) struct Arn<'a> {
    pub(in crate::lambda) service: &'a str,
    pub(in crate::lambda) region: &'a str,
    pub(in crate::lambda) account: &'a str,
    /// All that is behind the account, colons included.
    pub(in crate::lambda) resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The parts, if there are six.
    pub(in crate::lambda) fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next();
        let (arn, _partition) = (next()?, next()?);
        let (service, region, account, resource) = (next()?, next()?, next()?, next()?);
        (arn == "arn").then_some(Self { service, region, account, resource })
    }

    /// Questions in the ARN's own region, or in the caller's where it has none.
    pub(super) fn session<'s>(&self, session: Session<'s>, caller: &Caller) -> Session<'s> {
        let region = Region::try_from(self.region.to_owned()).unwrap_or_else(|_none| caller.region.clone());
        session.in_region(region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_has_six_parts_and_the_last_has_colons() {
        let arn = Arn::read("arn:aws:lambda:eu-west-1:123456789012:function:f:1").unwrap();
        assert_eq!((arn.service, arn.resource), ("lambda", "function:f:1"));
        assert_eq!(Arn::read("arn:aws:s3:::b").unwrap().resource, "b");
        assert_eq!(Arn::read("arn:aws:s3:b"), None);
        assert_eq!(Arn::read("urn:aws:s3:::b"), None);
    }
}
