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
        match (self, call) {
            // A second `next` before an event arrives simply waits too.
            (
                Self::Started | Self::Ready | Self::ResponseSent | Self::Truncated | Self::StreamCut,
                Call::Next,
            ) => Ok(Self::Ready),
            (Self::InitError, Call::Next)
            | (Self::Running | Self::InvocationResponse | Self::InvocationErrorResponse, Call::Next) => {
                Err(self.refuses(call))
            }
            (Self::Started, Call::InitError) => Ok(Self::InitError),
            (Self::InitError | Self::Ready | Self::Running | Self::ResponseSent, Call::InitError)
            | (Self::InvocationResponse | Self::InvocationErrorResponse, Call::InitError)
            | (Self::Truncated | Self::StreamCut, Call::InitError) => Err(self.refuses(call)),
            (Self::Running | Self::Truncated, Call::Response) => Ok(Self::InvocationResponse),
            (Self::Running | Self::Truncated, Call::Error) => Ok(Self::InvocationErrorResponse),
            (
                Self::Started | Self::InitError | Self::Ready | Self::ResponseSent,
                Call::Response | Call::Error,
            )
            | (
                Self::InvocationResponse | Self::InvocationErrorResponse | Self::StreamCut,
                Call::Response | Call::Error,
            ) => Err(self.refuses(call)),
        }
    }

    const fn refuses(self, call: Call) -> Refused {
        let to = match call {
            Call::Next => "Ready",
            Call::InitError => "InitError",
            Call::Response => "InvocationResponse",
            Call::Error => "InvocationErrorResponse",
        };
        Refused { from: self.name(), to }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Started => "Started",
            Self::InitError => "InitError",
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

    const CALLS: [Call; 4] = [Call::Next, Call::InitError, Call::Response, Call::Error];

    #[test]
    fn each_state_allows_exactly_its_calls() {
        use Phase::{
            InitError, InvocationErrorResponse, InvocationResponse, Ready, ResponseSent, Running, Started,
            StreamCut, Truncated,
        };
        let answered = [None, None, Some(InvocationResponse), Some(InvocationErrorResponse)];
        let table = [
            (Started, [Some(Ready), Some(InitError), None, None]),
            (InitError, [None; 4]),
            (Ready, [Some(Ready), None, None, None]),
            (Running, answered),
            (InvocationResponse, [None; 4]),
            (InvocationErrorResponse, [None; 4]),
            (Truncated, [Some(Ready), answered[1], answered[2], answered[3]]),
            (StreamCut, [Some(Ready), None, None, None]),
            (ResponseSent, [Some(Ready), None, None, None]),
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
