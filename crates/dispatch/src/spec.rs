//! What a sandbox of a deployment is made from. Never makes one.

use std::collections::BTreeMap;
use std::path::Path;

use lambent_core::lambda::environment::{World, variables};
use lambent_core::lambda::extension;
use lambent_core::lambda::runtime::Family;
use lambent_sandbox::{Extensions, Mount, Registered, SnapStart, Spec};

use crate::drive::Drive;
use crate::early::early;
use crate::logs::Log;
use crate::program::Program;
use crate::session::Session;

impl Drive<'_> {
    pub(crate) fn spec(&self, program: &Program, log: &Log, session: &Session) -> Spec {
        let keys = &session.keys;
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
        if let Some(url) = &self.dispatcher.options.endpoint_url {
            // What the function's configuration says comes first.
            environment.entry("AWS_ENDPOINT_URL".to_owned()).or_insert_with(|| url.clone());
        }
        let names = external_extensions(&program.mounts);
        let seen = if names.is_empty() { BTreeMap::new() } else { extension::variables(&environment) };
        for (name, value) in &program.environment {
            environment.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let early = early(program.runtime.family, configuration.environment.as_ref(), &environment);
        Spec {
            argv: program.argv.clone(),
            working_directory: "/var/task".to_owned(),
            environment,
            mounts: program.mounts.clone(),
            shared: session.shared(),
            memory_mib: configuration.memory_mib,
            tmp_mib: configuration.tmp_mib,
            network: self.dispatcher.options.network,
            extensions: Extensions { names, environment: seen, function: self.registered() },
            framed_log: writes_frames(program.runtime.family),
            snap_start: SnapStart::Off,
            early,
        }
    }

    fn registered(&self) -> Registered {
        Registered {
            name: self.route.id.name.clone(),
            version: self.route.version.clone(),
            handler: self.route.deployment.configuration.handler.clone(),
            account_id: self.route.id.account.to_string(),
        }
    }
}

/// Whether the bootstrap of a language writes whole records to a descriptor of its own. Custom runtimes on AWS get none.
fn writes_frames(family: Family) -> bool {
    match family {
        Family::Java | Family::Ruby => true,
        Family::Python | Family::Node | Family::DotNet | Family::Provided => false,
    }
}

/// What lies in `/opt/extensions` and is no folder, by name: AWS starts all of it, and fails where one cannot be executed.
fn external_extensions(mounts: &[Mount]) -> Vec<String> {
    let Some(opt) = mounts.iter().find(|mount| mount.target == Path::new("/opt")) else { return Vec::new() };
    let folder = opt.source.join("extensions");
    // A symlink would be followed on the host, which is not what it names.
    if !folder.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Vec::new();
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_dir()));
    let mut names: Vec<String> = files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_no_folder_in_opt_extensions_is_an_extension() {
        let opt = tempfile::tempdir().unwrap();
        let mounts = [Mount { source: opt.path().to_owned(), target: "/opt".into() }];
        assert_eq!(external_extensions(&mounts), [""; 0]);
        std::fs::create_dir_all(opt.path().join("extensions/folder")).unwrap();
        for name in ["b", "a", "folder/c"] {
            std::fs::write(opt.path().join("extensions").join(name), "").unwrap();
        }
        std::os::unix::fs::symlink("/opt/bin/d", opt.path().join("extensions/d")).unwrap();
        assert_eq!(external_extensions(&mounts), ["a", "b", "d"]);
        assert_eq!(external_extensions(&[]), [""; 0]);
    }

    #[test]
    fn a_symlink_in_place_of_the_folder_names_nothing_of_the_host() {
        let (opt, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(elsewhere.path().join("secret"), "").unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), opt.path().join("extensions")).unwrap();
        let mounts = [Mount { source: opt.path().to_owned(), target: "/opt".into() }];
        assert_eq!(external_extensions(&mounts), [""; 0]);
    }
}
