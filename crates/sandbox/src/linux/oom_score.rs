//! Whom the kernel kills first where memory runs out: functions before their server, and before the init that has to
//! tell of it and start the next. Never fails: a host that forbids it is no worse off.

/// Of this process; children get it from their parent.
const FILE: &str = "/proc/self/oom_score_adj";
/// How much more readily a sandbox than its server.
const STEP: i32 = 500;
/// The kernel takes no more.
const MAX: i32 = 1000;

/// The score this process had before it was offered to the kernel.
pub(super) struct OomScore {
    own: i32,
}

impl OomScore {
    /// Raises the score of this process, for the children it is about to start.
    ///
    /// Done before rights are dropped, so that nobody inside can take it back.
    pub(super) fn offer() -> Self {
        let own = std::fs::read_to_string(FILE).ok().and_then(|text| text.trim().parse().ok());
        let score = Self { own: own.unwrap_or(0) };
        score.offer_again();
        score
    }

    /// As [`OomScore::offer`], after [`OomScore::take_back`].
    pub(super) fn offer_again(&self) {
        set(raised(self.own));
    }

    /// This process itself is none of the functions. Root only: others may raise it and no more.
    pub(super) fn take_back(&self) {
        set(self.own);
    }
}

fn set(score: i32) {
    let _ = std::fs::write(FILE, score.to_string());
}

fn raised(score: i32) -> i32 {
    score.saturating_add(STEP).min(MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_is_killed_before_its_server() {
        assert_eq!([-1000, 0, 300, 800, 1000].map(raised), [-500, 500, 800, 1000, 1000]);
    }
}
