//! What create and update ask for, checked and turned into a configuration. What is not built is refused, not stored,
//! with these exceptions, each named in docs/operations.md: every runtime that AWS takes is taken, so that whoever only
//! manages functions can; what there is nothing to run with is told when it is invoked, by the dispatcher. And VpcConfig,
//! FileSystemConfigs, SnapStart, TracingConfig, DeadLetterConfig and KMSKeyArn are kept and shown, and change nothing at
//! run time yet.

mod asked;
mod found;
mod logging;
mod package;
mod runtime;
mod unbuilt;

use lambent_core::lambda::architecture::Architecture;
use lambent_core::lambda::configuration::{Configuration, Logging, Tracing};
use lambent_wire::lambda::function::{CreateFunctionRequest, UpdateFunctionConfigurationRequest};

use super::Error;
use crate::Server;
use crate::caller::Caller;
use asked::Asked;
use found::Found;

/// What `MemorySize`, `Timeout` and `/tmp` are where none is given.
const DEFAULTS: (u32, u32, u32) = (128, 3, 512);

/// The configuration of a new function, read and checked; nothing has been looked up.
#[derive(Debug)]
pub(super) struct Creation {
    fresh: Configuration,
    asked: Asked,
}

impl Creation {
    /// Reads what is asked for.
    ///
    /// # Errors
    /// [`Error`] as CreateFunction refuses it.
    pub(super) fn read(request: &CreateFunctionRequest) -> Result<Self, Error> {
        let asked = Asked::of_create(request)?;
        package::check_create(request)?;
        unbuilt::refuse_of_create(request)?;
        let (runtime, handler) = package::runtime_and_handler(request)?;
        let fresh = fresh(runtime, handler, &request.role, architecture(request.architectures.as_deref()));
        asked.check()?;
        Ok(Self { fresh, asked })
    }

    /// The configuration, once all it refers to has been found.
    ///
    /// # Errors
    /// [`Error`] as CreateFunction refuses it.
    pub(super) async fn look_up(self, server: &Server, caller: &Caller) -> Result<Configuration, Error> {
        let found = Found::look_up(server, caller, &self.asked).await?;
        self.asked.of(&found, &self.fresh)
    }
}

fn fresh(runtime: &str, handler: &str, role: &str, architecture: Option<Architecture>) -> Configuration {
    let (memory_mib, timeout_s, tmp_mib) = DEFAULTS;
    Configuration {
        runtime: runtime.to_owned(),
        handler: handler.to_owned(),
        role: role.to_owned(),
        description: String::new(),
        timeout_s,
        memory_mib,
        tmp_mib,
        environment: None,
        architecture: architecture.unwrap_or(Architecture::X86_64),
        layers: Vec::new(),
        vpc: None,
        dead_letter: None,
        file_systems: Vec::new(),
        tracing: Tracing::default(),
        logging: Logging::default(),
        snap_start: false,
        kms_key_arn: None,
    }
}

/// What an update asks for, read, checked and looked up; what is absent stays.
#[derive(Debug)]
pub(super) struct Update {
    asked: Asked,
    found: Found,
}

impl Update {
    /// Reads and checks what is asked for; looks nothing up.
    ///
    /// # Errors
    /// [`Error`] as UpdateFunctionConfiguration refuses it.
    pub(super) fn read(request: &UpdateFunctionConfigurationRequest) -> Result<Self, Error> {
        let asked = Asked::of_update(request)?;
        package::check_update(request)?;
        unbuilt::refuse_of_update(request)?;
        asked.check()?;
        Ok(Self { asked, found: Found::default() })
    }

    /// Finds what it refers to.
    ///
    /// # Errors
    /// [`Error`] as UpdateFunctionConfiguration refuses it.
    pub(super) async fn look_up(&mut self, server: &Server, caller: &Caller) -> Result<(), Error> {
        self.found = Found::look_up(server, caller, &self.asked).await?;
        Ok(())
    }

    /// The configuration as it will be.
    ///
    /// # Errors
    /// [`Error`] where what is asked for does not go with what is there.
    pub(super) fn of(&self, before: &Configuration) -> Result<Configuration, Error> {
        self.asked.of(&self.found, before)
    }
}

/// The architecture of a list of one; the model has checked its value.
pub(super) fn architecture(given: Option<&[String]>) -> Option<Architecture> {
    given?.first().map(|name| if name == "arm64" { Architecture::Arm64 } else { Architecture::X86_64 })
}
