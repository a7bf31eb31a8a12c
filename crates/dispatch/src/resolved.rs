//! What an invocation will run. Never finds it.

use std::sync::Arc;

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::configuration::Configuration;

use crate::route::Route;

/// What an invocation will run, whatever becomes of the function meanwhile.
#[derive(Debug)]
pub struct Resolved(pub(crate) Arc<Route>);

impl Resolved {
    /// How what will run is configured.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.0.deployment.configuration
    }

    /// Its version: `$LATEST` or a number.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// The function.
    #[must_use]
    pub fn function(&self) -> &FunctionId {
        &self.0.id
    }

    /// Which function of that name it is.
    #[must_use]
    pub fn incarnation(&self) -> uuid::Uuid {
        self.0.incarnation
    }
}
