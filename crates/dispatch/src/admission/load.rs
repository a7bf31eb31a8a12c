//! What runs of an account and region at one moment, as its metrics tell it. Never decides who may run.

use lambent_core::lambda::arn::FunctionId;

use super::Admission;

/// What runs at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// Of the function.
    pub(crate) function: usize,
    /// Of the account in the region.
    pub(crate) account: usize,
    /// Of all functions that claim nothing for themselves.
    pub(crate) unreserved: usize,
    /// What nobody else can have: what is claimed, whether it runs or not, and what runs of the rest.
    pub(crate) claimed: usize,
}

impl Admission {
    /// What runs now of a function, and beside it.
    pub(crate) fn load(&self, id: &FunctionId) -> Load {
        self.in_pool(id, |pool| pool.load(&id.name))
    }
}
