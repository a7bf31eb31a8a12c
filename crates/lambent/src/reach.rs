//! What functions reach: which network they get on this host, and where the server itself is for them. Never opens anything.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Result, bail};
use lambent_sandbox::Network;
use lambent_sandbox::linux::{Enforcement, Isolation, Options as SandboxOptions, Report};

use crate::config::Config;

/// Where the Runtime API is inside: nothing else can be there.
const RUNTIME_API_PORT: u16 = 9001;
/// Where the server is inside then.
const OTHER_PORT: u16 = 4566;

/// The options of the spawner, to which networks mean nothing yet.
pub(crate) fn sandbox_options(config: &Config) -> SandboxOptions {
    let nat = match config.network {
        None => config.isolation != Isolation::Process,
        Some(network) => network == Network::Nat,
    };
    let parked_max = config.parked;
    SandboxOptions {
        isolation: config.isolation,
        nat,
        parked_max,
        ..SandboxOptions::new(config.data_dir.join("run"))
    }
}

/// The same of the launcher, once the server listens.
pub(crate) fn launcher_options(config: &Config, addresses: &[SocketAddr]) -> SandboxOptions {
    SandboxOptions { endpoint_port: endpoint_port(config, addresses), ..sandbox_options(config) }
}

/// What functions reach: what was asked for, else a way out where nothing of the host's is in its way.
///
/// # Errors
/// Where a way out was asked for and cannot be had.
pub(crate) fn network(config: &Config, report: &Report) -> Result<Network> {
    let nat = report.items.iter().find(|item| item.name == "network nat");
    match (config.network, nat) {
        (Some(Network::Nat), Some(lacking)) if lacking.enforcement == Enforcement::None => {
            bail!("--network nat cannot be had: {}; {}", lacking.detail, lacking.remedy)
        }
        (Some(network), _) => Ok(network),
        (None, Some(nat)) if nat.enforcement == Enforcement::Full => Ok(Network::Nat),
        (None, _) => Ok(Network::None),
    }
}

/// What that means, for people.
pub(crate) fn words(network: Network) -> &'static str {
    match network {
        Network::None => "the server only",
        Network::Nat => "the world by nat, and the server",
        Network::Host => "all that the host reaches, and the host itself",
    }
}

/// Where functions reach the server: `AWS_ENDPOINT_URL`; none if they are not to know.
pub(crate) fn endpoint_url(config: &Config, addresses: &[SocketAddr]) -> Option<String> {
    if !config.endpoint_in_functions {
        return None;
    }
    if let Some(port) = endpoint_port(config, addresses) {
        return Some(format!("http://127.0.0.1:{port}"));
    }
    let first = addresses.first()?;
    let ip = match first.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    Some(format!("http://{}", SocketAddr::new(ip, first.port())))
}

/// The server's port on the loopback of functions that have one of their own: the same as outside, so that the URLs it
/// gives out mean the same inside.
fn endpoint_port(config: &Config, addresses: &[SocketAddr]) -> Option<u16> {
    let own_loopback = config.isolation != Isolation::Process && config.network != Some(Network::Host);
    let port = addresses.first().filter(|_| own_loopback && config.endpoint_in_functions)?.port();
    Some(if port == RUNTIME_API_PORT { OTHER_PORT } else { port })
}

#[cfg(test)]
mod tests {
    use lambent_sandbox::linux::Capability;

    use super::*;
    use crate::config::Serve;

    fn config(network: Option<Network>, isolation: Isolation) -> Config {
        Config { network, isolation, ..Serve::default().resolve().unwrap() }
    }

    fn report(enforcement: Option<Enforcement>) -> Report {
        let item = |enforcement| Capability {
            name: "network nat",
            enforcement,
            detail: "no filter".to_owned(),
            remedy: "be root",
        };
        Report { summary: String::new(), items: enforcement.map(item).into_iter().collect() }
    }

    #[test]
    fn a_way_out_is_had_where_it_can_be_and_asked_for_in_vain_is_an_error() {
        let check = |asked, enforcement, expected: Result<Network, &str>| {
            let found = network(&config(asked, Isolation::Auto), &report(enforcement));
            assert_eq!(found.map_err(|fault| fault.to_string()), expected.map_err(str::to_owned));
        };
        check(None, Some(Enforcement::Full), Ok(Network::Nat));
        check(None, Some(Enforcement::None), Ok(Network::None));
        check(None, Some(Enforcement::Partial), Ok(Network::None));
        check(Some(Network::Nat), Some(Enforcement::Partial), Ok(Network::Nat));
        check(None, None, Ok(Network::None));
        check(Some(Network::Host), None, Ok(Network::Host));
        check(Some(Network::Nat), Some(Enforcement::Full), Ok(Network::Nat));
        let told = "--network nat cannot be had: no filter; be root";
        check(Some(Network::Nat), Some(Enforcement::None), Err(told));
    }

    #[test]
    fn the_server_is_at_its_own_port_inside_and_at_its_own_address_where_functions_share_the_hosts() {
        let check = |network, isolation, listens: &str, expected: &str| {
            let addresses = [listens.parse().unwrap()];
            let url = endpoint_url(&config(network, isolation), &addresses);
            assert_eq!(url.as_deref(), Some(expected));
        };
        check(None, Isolation::Auto, "192.0.2.1:5000", "http://127.0.0.1:5000");
        check(None, Isolation::Auto, "127.0.0.1:9001", "http://127.0.0.1:4566");
        check(Some(Network::Nat), Isolation::Auto, "[::1]:4566", "http://127.0.0.1:4566");
        check(Some(Network::Host), Isolation::Auto, "192.0.2.1:5000", "http://192.0.2.1:5000");
        check(Some(Network::Host), Isolation::Auto, "[::]:9001", "http://[::1]:9001");
        check(None, Isolation::Process, "0.0.0.0:5000", "http://127.0.0.1:5000");
        let silent = Config { endpoint_in_functions: false, ..config(None, Isolation::Auto) };
        let addresses = ["127.0.0.1:4566".parse().unwrap()];
        assert_eq!(endpoint_url(&silent, &addresses), None);
        assert_eq!(launcher_options(&silent, &addresses).endpoint_port, None);
    }
}
