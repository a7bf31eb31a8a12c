//! The `/etc` of a sandbox: what programs need to find names, time and certificates. Never a secret of the host.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::template::bring;

/// The user id programs see where the host lets us choose only one: that of AWS.
pub(super) const UID_SHOWN: u32 = 993;
/// The group id that goes with it.
pub(super) const GID_SHOWN: u32 = 990;
/// The name of every sandbox's user on AWS.
const USER: &str = "sbx_user1051";
/// Extensions listen for telemetry at `sandbox.localdomain`; many programs look up their own host's name.
const HOSTS: &str = "127.0.0.1 localhost sandbox.localdomain sandbox lambda\n::1 localhost\n";
/// How many of the sandboxes' user ids have a name. Low ones are used first; looking up a name reads the whole file.
const NAMED_USERS: u32 = 1000;

/// What is taken from the host as it is.
const FROM_HOST: [&str; 13] = [
    "etc/alternatives",
    "etc/ca-certificates",
    "etc/crypto-policies",
    "etc/fonts",
    "etc/ld.so.cache",
    "etc/mime.types",
    "etc/os-release",
    "etc/pki/ca-trust",
    "etc/pki/tls/certs",
    "etc/protocols",
    "etc/services",
    "etc/ssl/certs",
    "etc/ssl/openssl.cnf",
];

/// Fills `root/etc`.
pub(super) fn fill(root: &Path, uid_base: u32) -> io::Result<()> {
    for path in FROM_HOST {
        bring(path, root)?;
    }
    bring_resolv_conf(root)?;
    // Interpreters packaged by the distribution keep their configuration here: /etc/java-17-openjdk, /etc/python3.11.
    for entry in fs::read_dir("/etc")?.flatten() {
        let name = entry.file_name();
        if let Some(name) = name.to_str().filter(|n| n.starts_with("java") || n.starts_with("python")) {
            bring(&format!("etc/{name}"), root)?;
        }
    }
    let etc = root.join("etc");
    fs::write(etc.join("passwd"), passwd(uid_base))?;
    fs::write(etc.join("group"), group(uid_base))?;
    fs::write(etc.join("hosts"), HOSTS)?;
    fs::write(etc.join("nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\n")?;
    symlink("/proc/self/mounts", etc.join("mtab"))?;
    symlink("/usr/share/zoneinfo/UTC", etc.join("localtime"))
}

/// As a file of its own, to which another can be mounted, whatever it is on the host: often a link to where no sandbox sees.
fn bring_resolv_conf(root: &Path) -> io::Result<()> {
    let target = root.join("etc/resolv.conf");
    fs::write(&target, fs::read("/etc/resolv.conf").unwrap_or_default())
}

fn passwd(uid_base: u32) -> String {
    users(uid_base).fold("root:x:0:0:root:/root:/sbin/nologin\n".to_owned(), |all, (uid, gid)| {
        all + &format!("{USER}:x:{uid}:{gid}::/home/{USER}:/sbin/nologin\n")
    })
}

fn group(uid_base: u32) -> String {
    users(uid_base).fold("root:x:0:\n".to_owned(), |all, (_, gid)| all + &format!("{USER}:x:{gid}:\n"))
}

fn users(uid_base: u32) -> impl Iterator<Item = (u32, u32)> {
    let ids = uid_base..uid_base.saturating_add(NAMED_USERS);
    std::iter::once((UID_SHOWN, GID_SHOWN)).chain(ids.map(|id| (id, id)))
}
