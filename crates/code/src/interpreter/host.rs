//! What the search for interpreters knows of the host: variables and folders, given by the binary.
//! Never reads the environment itself.

use std::ffi::OsString;
use std::path::PathBuf;

use super::wanted::{Family, Version};

/// Where interpreters may be; what is `None` or empty is not looked at.
#[derive(Debug, Clone, Default)]
pub struct HostEnvironment {
    /// The home of the user that runs the server.
    pub home: Option<PathBuf>,
    /// The folders of `PATH`, with `/usr/local/bin` and `/usr/bin` at its end.
    pub path: Vec<PathBuf>,
    /// The folder of pyenv.
    pub pyenv_root: Option<PathBuf>,
    /// The folder of nvm.
    pub nvm_dir: Option<PathBuf>,
    /// The folder of asdf.
    pub asdf_data_dir: Option<PathBuf>,
    /// The folder of rbenv.
    pub rbenv_root: Option<PathBuf>,
    /// The Java that the user of the server prefers.
    pub java_home: Option<PathBuf>,
    /// The folder that holds Java virtual machines.
    pub jvm_dir: Option<PathBuf>,
}

impl HostEnvironment {
    /// From the variables `HOME`, `PATH`, `PYENV_ROOT`, `NVM_DIR`, `ASDF_DATA_DIR`, `RBENV_ROOT` and
    /// `JAVA_HOME`, with each tool's own default where its variable isn't set: pass `std::env::var_os`.
    #[must_use]
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let home = set("HOME").map(PathBuf::from);
        let tool =
            |name, default| set(name).map(PathBuf::from).or_else(|| Some(home.as_ref()?.join(default)));
        let mut path: Vec<PathBuf> =
            set("PATH").map(|value| std::env::split_paths(&value).collect()).unwrap_or_default();
        // A relative folder would depend on where the server was started.
        path.retain(|folder| folder.is_absolute());
        for folder in ["/usr/local/bin", "/usr/bin"].map(PathBuf::from) {
            if !path.contains(&folder) {
                path.push(folder);
            }
        }
        Self {
            pyenv_root: tool("PYENV_ROOT", ".pyenv"),
            nvm_dir: tool("NVM_DIR", ".nvm"),
            asdf_data_dir: tool("ASDF_DATA_DIR", ".asdf"),
            rbenv_root: tool("RBENV_ROOT", ".rbenv"),
            java_home: set("JAVA_HOME").map(PathBuf::from),
            jvm_dir: Some(PathBuf::from("/usr/lib/jvm")),
            home,
            path,
        }
    }
}

/// An interpreter named by the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Its language.
    pub family: Family,
    /// The runtime version it is for, whatever its own is; without one it is the first of its family.
    pub version: Option<Version>,
    /// Its program: absolute, below a `bin` folder.
    pub program: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_looked_for_where_their_variables_say_or_at_home() {
        let host = HostEnvironment::from_variables(|name| match name {
            "HOME" => Some("/home/me".into()),
            "NVM_DIR" => Some("/opt/nvm".into()),
            "ASDF_DATA_DIR" => Some("".into()),
            "PATH" => Some("/a:b::/usr/bin".into()),
            _ => None,
        });
        assert_eq!(host.pyenv_root, Some("/home/me/.pyenv".into()));
        assert_eq!(host.nvm_dir, Some("/opt/nvm".into()));
        assert_eq!(host.asdf_data_dir, Some("/home/me/.asdf".into()));
        assert_eq!(host.path, ["/a", "/usr/bin", "/usr/local/bin"].map(PathBuf::from));
        assert_eq!(HostEnvironment::from_variables(|_| None).pyenv_root, None);
    }
}
