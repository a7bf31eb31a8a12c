//! From a spec to what the spawner is asked. Never asks.

use std::collections::BTreeMap;
use std::path::Path;

use lambent_core::limits::SANDBOX_PROCESSES_MAX;

use super::{Inner, step};
use crate::linux::cgroup::Group;
use crate::linux::message::{Request, Tmp};
use crate::linux::net::Ready;
use crate::linux::{lent, rewrite};
use crate::{BootError, Mount, Network, Spec};

/// Where programs read who knows about names.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// What is to be started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order<'a> {
    pub(super) spec: &'a Spec,
    /// The user id.
    pub(super) id: u32,
    /// Its program waits for what is missing.
    pub(super) parked: bool,
}

impl Inner {
    /// The request for a sandbox with this `/tmp`, these cgroups and this network.
    pub(super) fn request(
        &self,
        order: Order<'_>,
        tmp: Tmp,
        group: Option<&Group>,
        network: Option<&Ready>,
    ) -> Result<Request, BootError> {
        let Order { spec, id, parked } = order;
        let names = network.and_then(|network| network.resolver.as_ref());
        let names = names.and_then(|_| self.networks.resolv_conf());
        let names = names.map(|file| Mount { source: file.into(), target: RESOLV_CONF.into() });
        let mounts = spec.mounts.iter().chain(&names);
        let mounts = mounts
            .map(|mount| Ok((text(&mount.source)?, text(&mount.target)?)))
            .collect::<Result<Vec<_>, BootError>>()?;
        let identity = (self.isolated() && !self.hello.user_namespace).then_some(id);
        lent::check(&spec.shared, identity)?;
        let early = spec.early.as_ref().filter(|_| parked);
        let places = early.map_or(&[][..], |early| &early.places);
        let request = Request {
            argv: spec.argv.clone(),
            working_directory: spec.working_directory.clone(),
            environment: variables(&spec.environment),
            extensions: spec.extensions.names.iter().map(|name| format!("/opt/extensions/{name}")).collect(),
            extension_environment: variables(&spec.extensions.environment),
            framed_log: spec.framed_log,
            mounts,
            own_network: self.isolated() && spec.network != Network::Host,
            ready_network: network.is_some(),
            endpoint_port: self.options.endpoint_port,
            identity,
            shared: spec.shared.clone(),
            tmp,
            // Counted over the whole host for one user: not where that is the server's; where shared, for want of better.
            processes_max: (self.isolated() && (!self.hello.user_namespace || !self.base.limits("pids")))
                .then_some(SANDBOX_PROCESSES_MAX),
            // Twice the memory: interpreters map more than they touch.
            data_max_bytes: (!self.base.limits("memory")).then(|| (u64::from(spec.memory_mib) * 2) << 20),
            into_cgroup: group.is_some_and(|group| group.unified().is_some()),
            places: places.iter().map(|place| text(place)).collect::<Result<_, _>>()?,
        };
        Ok(if self.isolated() { request } else { rewrite::to_host_paths(request) })
    }
}

/// A path as it is sent.
pub(super) fn text(path: &Path) -> Result<String, BootError> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| step("mounts", format!("{} is not UTF-8", path.display())))
}

/// `NAME=value` of each.
pub(super) fn variables(environment: &BTreeMap<String, String>) -> Vec<String> {
    environment.iter().map(|(name, value)| format!("{name}={value}")).collect()
}
