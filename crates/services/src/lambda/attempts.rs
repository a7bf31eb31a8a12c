//! How often a write that is conditional on what was read may lose to others before its caller is told. Never writes anything.

use lambent_core::limits::WRITE_ATTEMPTS_MAX;

use super::Error;

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

    /// One is lost; whether another is left.
    pub(super) fn again(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    /// One is lost.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was the last.
    pub(super) fn lost(&mut self) -> Result<(), Error> {
        if self.again() {
            return Ok(());
        }
        let words = "The operation cannot be performed at this time. Other changes are in progress for the resource. Please try again.";
        Err(Error::Conflict(words.to_owned()))
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
