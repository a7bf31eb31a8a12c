//! An extension's states and which calls each allows. Pure: knows no request, name or connection.
//!
//! Source: the supervisor inside AWS's own sandboxes (`aws-lambda-runtime-interface-emulator`).

/// Where an extension stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Its process was started and has not registered.
    Started,
    /// It registered and has not asked for an event yet.
    Registered,
    /// It asked for an event and has none.
    Ready,
    /// It holds an event.
    Running,
    /// It reported that it could not initialise.
    InitError,
    /// It reported that it will end.
    ExitError,
    /// It could not be executed.
    LaunchError,
}

/// A call of an extension that moves its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// `POST /extension/register`
    Register,
    /// `GET /extension/event/next`
    Next,
    /// `POST /extension/init/error`
    InitError,
    /// `POST /extension/exit/error`
    ExitError,
}

impl Call {
    /// The state it leads to.
    pub(crate) const fn target(self) -> Standing {
        match self {
            Self::Register => Standing::Registered,
            Self::Next => Standing::Ready,
            Self::InitError => Standing::InitError,
            Self::ExitError => Standing::ExitError,
        }
    }
}

impl Standing {
    /// The state after `call`; `None` where it is not allowed.
    pub(crate) const fn on(self, call: Call) -> Option<Self> {
        let allowed = match (self, call) {
            (Self::Started, Call::Register)
            // Asking again before an event arrives simply waits too.
            | (Self::Registered | Self::Ready | Self::Running, Call::Next | Call::ExitError)
            | (Self::Registered, Call::InitError) => true,
            (Self::Started, Call::Next | Call::InitError | Call::ExitError)
            | (Self::Registered, Call::Register)
            | (Self::Ready | Self::Running, Call::Register | Call::InitError)
            | (
                Self::InitError | Self::ExitError | Self::LaunchError,
                Call::Register | Call::Next | Call::InitError | Call::ExitError,
            ) => false,
        };
        if allowed { Some(call.target()) } else { None }
    }

    /// AWS's name of it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Started => "Started",
            Self::Registered => "Registered",
            Self::Ready => "Ready",
            Self::Running => "Running",
            Self::InitError => "InitError",
            Self::ExitError => "ExitError",
            Self::LaunchError => "LaunchError",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Standing};

    #[test]
    fn each_state_allows_exactly_its_calls() {
        use Standing::{ExitError, InitError, LaunchError, Ready, Registered, Running, Started};
        let calls = [Call::Register, Call::Next, Call::InitError, Call::ExitError];
        let table = [
            (Started, [Some(Registered), None, None, None]),
            (Registered, [None, Some(Ready), Some(InitError), Some(ExitError)]),
            (Ready, [None, Some(Ready), None, Some(ExitError)]),
            (Running, [None, Some(Ready), None, Some(ExitError)]),
            (InitError, [None; 4]),
            (ExitError, [None; 4]),
            (LaunchError, [None; 4]),
        ];
        for (standing, expected) in table {
            assert_eq!(calls.map(|call| standing.on(call)), expected, "{standing:?}");
        }
    }
}
