//! What a sandbox of a deployment is made from. Never makes one.

use lambent_core::lambda::environment::{World, variables};
use lambent_sandbox::{Extensions, Spec};

use crate::drive::Drive;
use crate::logs::Log;
use crate::program::Program;
use crate::session::SessionKeys;

impl Drive<'_> {
    pub(crate) fn spec(&self, program: &Program, log: &Log, keys: &SessionKeys) -> Spec {
        let configuration = &self.route.deployment.configuration;
        let mut environment = variables(&World {
            id: &self.route.id,
            configuration,
            runtime: program.runtime,
            version: &self.route.version,
            initialization: self.initialization,
            log_stream: log.stream(),
            credentials: (&keys.access_key_id, &keys.secret_access_key, &keys.session_token),
        });
        for (name, value) in &program.environment {
            environment.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Spec {
            argv: program.argv.clone(),
            working_directory: "/var/task".to_owned(),
            environment,
            mounts: program.mounts.clone(),
            memory_mib: configuration.memory_mib,
            tmp_mib: configuration.tmp_mib,
            network: self.dispatcher.options.network,
            extensions: Extensions::default(),
            framed_log: false,
        }
    }
}
