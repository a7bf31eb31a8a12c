//! The numbers of a function on their way in. The model allows more than this, for functions on managed instances; those
//! that are not have bounds of their own, and all that are beyond them are told together. Changes nothing.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>

use lambent_core::limits::{MEMORY_MAX_MIB, TIMEOUT_MAX_S, TMP_MAX_MIB};
use lambent_wire::constraints::{Shown, Violation};
use lambent_wire::lambda::function::EphemeralStorage;

use super::Error;

/// Numbers within their bounds; none where the request has none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    pub(super) timeout_s: Option<u32>,
    pub(super) memory_mib: Option<u32>,
    pub(super) tmp_mib: Option<u32>,
}

/// Reads `Timeout`, `MemorySize` and `EphemeralStorage`, in the order in which the model has them.
pub(super) fn numbers(
    timeout: Option<i32>,
    memory_size: Option<i32>,
    storage: Option<&EphemeralStorage>,
) -> Result<Numbers, Error> {
    let mut beyond = Vec::new();
    let numbers = Numbers {
        timeout_s: up_to(TIMEOUT_MAX_S, "timeout", timeout, &mut beyond),
        memory_mib: up_to(MEMORY_MAX_MIB, "memorySize", memory_size, &mut beyond),
        tmp_mib: up_to(TMP_MAX_MIB, "ephemeralStorage.size", storage.map(|s| s.size), &mut beyond),
    };
    if beyond.is_empty() { Ok(numbers) } else { Err(Error::Constraints(beyond)) }
}

/// The model has checked the lower bound; a number beyond the upper one is put with those that are.
fn up_to(limit: u32, path: &str, given: Option<i32>, beyond: &mut Vec<Violation>) -> Option<u32> {
    let given = given?;
    let number = u32::try_from(given).ok().filter(|number| *number <= limit);
    if number.is_none() {
        beyond.push(Violation {
            path: path.to_owned(),
            value: Shown::Text(given.to_string()),
            constraint: format!("Member must have value less than or equal to {limit}"),
        });
    }
    number
}
