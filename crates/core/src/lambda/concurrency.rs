//! What the functions of one account and region have reserved of its concurrency. One record, written together with the
//! function whose part changes, so that the sum never exceeds the account's limit. Never counts what runs.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Every function that has reserved something, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservations {
    /// By bare name; no entry where nothing is reserved.
    pub functions: BTreeMap<String, Reservation>,
}

/// What one function has reserved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// `ReservedConcurrentExecutions`.
    pub reserved: Option<u32>,
    /// All its provisioned concurrency together.
    pub provisioned: u32,
}

impl Reservation {
    /// What it takes from the account's pool: provisioned concurrency counts within what is reserved.
    #[must_use]
    pub fn claims(&self) -> u32 {
        self.reserved.unwrap_or(0).max(self.provisioned)
    }
}

impl Reservations {
    /// What all functions but this one take from the account's pool.
    #[must_use]
    pub fn claimed_beside(&self, name: &str) -> u64 {
        self.functions.iter().filter(|(other, _)| *other != name).map(|(_, r)| u64::from(r.claims())).sum()
    }

    /// Changes the part of one function.
    pub fn set(&mut self, name: &str, reservation: Reservation) {
        if reservation == Reservation::default() {
            self.functions.remove(name);
        } else {
            self.functions.insert(name.to_owned(), reservation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provisioned_concurrency_counts_within_what_is_reserved() {
        let mut all = Reservations::default();
        all.set("a", Reservation { reserved: Some(10), provisioned: 4 });
        all.set("b", Reservation { reserved: None, provisioned: 3 });
        all.set("c", Reservation { reserved: Some(0), provisioned: 0 });
        assert_eq!((all.claimed_beside("a"), all.claimed_beside("b"), all.claimed_beside("x")), (3, 10, 13));
        all.set("a", Reservation::default());
        assert_eq!(all.functions.len(), 2);
    }
}
