//! Writes that are conditional on what was read, and how often one may lose to others before its caller is told. Never reads
//! again: the caller does.

use lambent_core::limits::WRITE_ATTEMPTS_MAX;
use lambent_store::{Transaction, WriteError};

use super::Error;
use crate::Server;

/// The attempts that one change has left.
#[derive(Debug)]
pub(super) struct Attempts {
    left: u32,
}

impl Attempts {
    /// All of them.
    pub(super) fn new() -> Self {
        Self { left: WRITE_ATTEMPTS_MAX }
    }

    /// Writes. Where somebody changed meanwhile what was read, one attempt is lost, and it is to be read again.
    ///
    /// # Errors
    /// As [`Self::lost`], and the store's.
    pub(super) async fn write(&mut self, server: &Server, transaction: Transaction) -> Result<bool, Error> {
        let written = written(server, transaction).await?;
        if !written {
            self.lost()?;
        }
        Ok(written)
    }

    /// One is lost.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was the last.
    pub(super) fn lost(&mut self) -> Result<(), Error> {
        self.left = self.left.saturating_sub(1);
        if self.left > 0 {
            return Ok(());
        }
        let words = "The operation cannot be performed at this time. Other changes are in progress for the resource. Please try again.";
        Err(Error::Conflict(words.to_owned()))
    }
}

/// Writes, unless somebody changed meanwhile what was read; tells whether.
pub(super) async fn written(server: &Server, transaction: Transaction) -> Result<bool, Error> {
    match server.store.write(transaction).await {
        Ok(_) => Ok(true),
        Err(WriteError::Conflict { .. }) => Ok(false),
        Err(fault @ WriteError::Store(_)) => Err(fault.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_attempt_is_the_end() {
        let mut attempts = Attempts::new();
        let tries = 1 + (0..).take_while(|_| attempts.lost().is_ok()).count();
        assert_eq!(u32::try_from(tries), Ok(WRITE_ATTEMPTS_MAX));
        assert!(attempts.lost().is_err(), "none comes back");
    }
}
