//! Loops of functions, stopped where they come round too often. Never finds out where a chain of requests went: the trace
//! header says so.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::lineage::Lineage;
use tracing::warn;

use crate::{Dispatcher, Invocation, InvokeError};

/// The functions whose loops may go on: their `RecursiveLoop` is `Allow`.
#[derive(Debug, Default)]
pub(crate) struct Recursion {
    allowed: RwLock<HashSet<FunctionId>>,
}

impl Recursion {
    /// Follows the setting of a function.
    pub(crate) fn set(&self, id: &FunctionId, is_allowed: bool) {
        if is_allowed != self.is_allowed(id) {
            let mut allowed = self.allowed.write().unwrap_or_else(PoisonError::into_inner);
            _ = if is_allowed { allowed.insert(id.clone()) } else { allowed.remove(id) };
        }
    }

    fn is_allowed(&self, id: &FunctionId) -> bool {
        self.allowed.read().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}

impl Dispatcher {
    /// Refuses an invocation that is one more turn of a loop.
    pub(crate) fn refuse_loop(&self, id: &FunctionId, invocation: &Invocation) -> Result<(), InvokeError> {
        let Some(header) = invocation.trace_id.as_deref() else { return Ok(()) };
        if !Lineage::of(header).is_loop(id) || self.recursion.is_allowed(id) {
            return Ok(());
        }
        self.count_loop(id, invocation);
        let request_id = &invocation.request_id;
        warn!(function = %id.arn(), request_id, "invocation stopped: the function is part of a loop");
        Err(InvokeError::Recursive)
    }
}
