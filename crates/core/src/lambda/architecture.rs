//! The processors a function may ask for. Never says whether its code fits one.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html>

use serde::{Deserialize, Serialize};

/// A processor architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Architecture {
    /// 64-bit x86.
    X86_64,
    /// 64-bit Arm.
    Arm64,
}

impl Architecture {
    /// The one this server was built for; none if it is neither.
    #[must_use]
    pub const fn of_host() -> Option<Self> {
        if cfg!(target_arch = "x86_64") {
            Some(Self::X86_64)
        } else if cfg!(target_arch = "aarch64") {
            Some(Self::Arm64)
        } else {
            None
        }
    }

    /// As AWS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}
