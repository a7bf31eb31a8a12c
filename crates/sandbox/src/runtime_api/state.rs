//! The runtime's states and which calls each allows. Pure: knows no request, event or connection.
//!
//! Source: the supervisor inside AWS's own sandboxes (`aws-lambda-runtime-interface-emulator`).

/// Where the runtime stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The program runs and has not asked for an event yet.
    Started,
    /// It reported that it could not initialise; it should end.
    InitError,
    /// It waits to be restored, for a snapshot to be taken of it.
    RestoreReady,
    /// It was restored and has not asked for an event yet.
    Restoring,
    /// It asked for an event and has none.
    Ready,
    /// It holds an event and has not answered.
    Running,
    /// Its answer is being read.
    InvocationResponse,
    /// Its error is being read.
    InvocationErrorResponse,
    /// Its answer ended early. It may answer again; asking for the next event settles the broken one.
    Truncated,
    /// Its answer was streamed and ended early. Asking for the next event settles it.
    StreamCut,
    /// It answered and has not asked for the next event.
    ResponseSent,
}

/// A call of the runtime that moves its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// `GET /runtime/invocation/next`
    Next,
    /// `POST /runtime/init/error`
    InitError,
    /// `POST /runtime/invocation/{id}/response`
    Response,
    /// `POST /runtime/invocation/{id}/error`
    Error,
    /// `GET /runtime/restore/next`, before a snapshot
    AwaitRestore,
    /// `GET /runtime/restore/next`, after it
    Restore,
    /// `POST /runtime/restore/error`
    RestoreError,
}

/// A call that came in the wrong state. Its words are AWS's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("State transition from {from} to {to} failed for runtime. Error: State transition is not allowed")]
pub(crate) struct Refused {
    /// The state's name.
    from: &'static str,
    /// The name of the state the call leads to.
    to: &'static str,
}

impl Phase {
    /// The state after the beginning of `call`.
    pub(crate) const fn on(self, call: Call) -> Result<Self, Refused> {
        let after = match call {
            Call::Next | Call::InitError | Call::Response | Call::Error => self.on_invocation(call),
            Call::AwaitRestore | Call::Restore | Call::RestoreError => self.on_restore(call),
        };
        match after {
            Some(phase) => Ok(phase),
            None => Err(self.refuses(call)),
        }
    }

    const fn on_invocation(self, call: Call) -> Option<Self> {
        use Phase::{
            InitError, InvocationErrorResponse, InvocationResponse, Ready, ResponseSent, RestoreReady,
            Restoring, Running, Started, StreamCut, Truncated,
        };
        match (self, call) {
            // A second `next` before an event arrives simply waits too.
            (Started | Restoring | Ready | ResponseSent | Truncated | StreamCut, Call::Next) => Some(Ready),
            (Started, Call::InitError) => Some(InitError),
            (Running | Truncated, Call::Response) => Some(InvocationResponse),
            (Running | Truncated, Call::Error) => Some(InvocationErrorResponse),
            (
                InitError | RestoreReady | Running | InvocationResponse | InvocationErrorResponse,
                Call::Next,
            )
            | (InitError | RestoreReady | Restoring | Ready | Running, Call::InitError)
            | (ResponseSent | InvocationResponse | InvocationErrorResponse, Call::InitError)
            | (Truncated | StreamCut, Call::InitError)
            | (Started | InitError | RestoreReady | Restoring, Call::Response | Call::Error)
            | (Ready | ResponseSent | InvocationResponse, Call::Response | Call::Error)
            | (InvocationErrorResponse | StreamCut, Call::Response | Call::Error)
            | (_, Call::AwaitRestore | Call::Restore | Call::RestoreError) => None,
        }
    }

    const fn on_restore(self, call: Call) -> Option<Self> {
        use Phase::{InitError, RestoreReady, Restoring, Started};
        match (self, call) {
            (Started | RestoreReady, Call::AwaitRestore) => Some(RestoreReady),
            // Asked once more, by a client that lost its connection.
            (Started | Restoring, Call::Restore) => Some(Restoring),
            (Restoring, Call::RestoreError) => Some(InitError),
            // All of it comes before the first event.
            _ => None,
        }
    }

    const fn refuses(self, call: Call) -> Refused {
        let to = match call {
            Call::Next => "Ready",
            Call::InitError => "InitError",
            Call::Response => "InvocationResponse",
            Call::Error => "InvocationErrorResponse",
            Call::AwaitRestore => "RestoreReady",
            Call::Restore => "Restoring",
            Call::RestoreError => "RestoreError",
        };
        Refused { from: self.name(), to }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Started => "Started",
            Self::InitError => "InitError",
            Self::RestoreReady => "RestoreReady",
            Self::Restoring => "Restoring",
            Self::Ready => "Ready",
            Self::Running => "Running",
            Self::InvocationResponse | Self::Truncated | Self::StreamCut => "InvocationResponse",
            Self::InvocationErrorResponse => "InvocationErrorResponse",
            Self::ResponseSent => "ResponseSent",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Phase};

    const CALLS: [Call; 7] = [
        Call::Next,
        Call::InitError,
        Call::Response,
        Call::Error,
        Call::AwaitRestore,
        Call::Restore,
        Call::RestoreError,
    ];

    #[test]
    fn each_state_allows_exactly_its_calls() {
        use Phase::{
            InitError, InvocationErrorResponse, InvocationResponse, Ready, ResponseSent, RestoreReady,
            Restoring, Running, Started, StreamCut, Truncated,
        };
        let (response, error) = (Some(InvocationResponse), Some(InvocationErrorResponse));
        let table = [
            (Started, [Some(Ready), Some(InitError), None, None, Some(RestoreReady), Some(Restoring), None]),
            (InitError, [None; 7]),
            (RestoreReady, [None, None, None, None, Some(RestoreReady), None, None]),
            (Restoring, [Some(Ready), None, None, None, None, Some(Restoring), Some(InitError)]),
            (Ready, [Some(Ready), None, None, None, None, None, None]),
            (Running, [None, None, response, error, None, None, None]),
            (InvocationResponse, [None; 7]),
            (InvocationErrorResponse, [None; 7]),
            (Truncated, [Some(Ready), None, response, error, None, None, None]),
            (StreamCut, [Some(Ready), None, None, None, None, None, None]),
            (ResponseSent, [Some(Ready), None, None, None, None, None, None]),
        ];
        for (phase, expected) in table {
            assert_eq!(CALLS.map(|call| phase.on(call).ok()), expected, "{phase:?}");
        }
    }

    #[test]
    fn a_refusal_speaks_as_aws_does() {
        assert_eq!(
            Phase::Started.on(Call::Response).unwrap_err().to_string(),
            "State transition from Started to InvocationResponse failed for runtime. \
             Error: State transition is not allowed"
        );
    }
}
