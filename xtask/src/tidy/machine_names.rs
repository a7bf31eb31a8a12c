//! No file names a folder of the machine it was written on, nor the host of a package registry.

use super::Fault;
use crate::project::Project;

/// Folders of one machine. Each is put together here so that this file does not name it.
const FOLDERS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/.pyenv"),
    concat!("/ro", "ot/.cargo"),
    concat!("/ro", "ot/.nvm"),
];

/// Hosts of registries: packages come through their ordinary clients, whose settings say from where.
const HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("registry.npm", "js.org"),
    concat!("deb.", "debian.org"),
    concat!("proxy.golang", ".org"),
];

/// Faults, one for each line that names one.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    // Cargo writes the name of its index into the lock file; nobody chose it.
    for (path, text) in project.files().filter(|(path, _)| !path.ends_with("Cargo.lock")) {
        for (index, line) in text.lines().enumerate() {
            let place = || format!("{path}:{}", index + 1);
            if let Some(folder) = FOLDERS.iter().find(|folder| names_folder(line, folder)) {
                faults.push(Fault::at(place(), format!("names a folder of one machine: {folder}")));
            }
            if let Some(host) = HOSTS.iter().find(|host| line.contains(**host)) {
                faults.push(Fault::at(place(), format!("names the host of a registry: {host}")));
            }
        }
    }
    faults
}

/// Whether the folder is named as the start of a path, and not as the tail of another.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"}_-.)".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_and_a_registry_are_found() {
        let machine = format!("open(\"{}main/x\")", FOLDERS[0]);
        let registry = format!("curl https://{}/api", HOSTS[0]);
        assert_eq!(check(&Project::of(&[("a.py", &machine)])).len(), 1);
        assert_eq!(check(&Project::of(&[("a.py", &registry)])).len(), 1);
        assert_eq!(check(&Project::of(&[("Cargo.lock", &registry)])), []);
    }

    #[test]
    fn the_tail_of_another_path_passes() {
        let text = format!("target{0}x {{dir}}{0}x", FOLDERS[0]);
        assert_eq!(check(&Project::of(&[("a.py", &text)])), []);
    }
}
