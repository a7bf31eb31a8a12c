//! Hosts made of scripts in temporary folders, and what this machine has.

mod machine;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::*;

/// A host with nothing but what a test puts there.
struct FakeHost {
    folder: tempfile::TempDir,
    overrides: Vec<Override>,
}

impl FakeHost {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("home/me")).unwrap();
        Self { folder, overrides: Vec::new() }
    }

    /// The real path of a path below the host's folder.
    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(path)
    }

    /// A program that says `answer`, whatever it is asked, and notes that it was.
    fn program(&self, path: &str, answer: &str) -> &Self {
        let asked = self.path("asked");
        self.script(path, &format!("echo {path} >> '{}'\necho '{answer}'", asked.display()))
    }

    fn script(&self, path: &str, body: &str) -> &Self {
        let program = self.path(path);
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::write(&program, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn configure(&mut self, family: Family, version: Option<&str>, path: &str) {
        let (version, program) = (version.map(|text| Version::parse(text).unwrap()), self.path(path));
        self.overrides.push(Override { family, version, program });
    }

    fn interpreters(&self) -> Interpreters {
        let host = HostEnvironment {
            home: Some(self.path("home/me")),
            path: vec![self.path("shims"), self.path("opt/a/bin"), self.path("home/me/.local/bin")],
            pyenv_root: Some(self.path("home/me/.pyenv")),
            nvm_dir: Some(self.path("home/me/.nvm")),
            asdf_data_dir: Some(self.path("home/me/.asdf")),
            rbenv_root: Some(self.path("home/me/.rbenv")),
            java_home: Some(self.path("preferred-java")),
            jvm_dir: Some(self.path("jvm")),
        };
        Interpreters::discover(host, self.overrides.clone())
    }

    async fn find(&self, wanted: &str, strict: bool) -> Result<Choice, NoInterpreter> {
        self.interpreters().find(&RuntimeWanted::parse(wanted).unwrap(), strict).await
    }

    async fn check(&self, wanted: &str, expected: &str, substitute: bool) {
        let choice = self.find(wanted, false).await.unwrap();
        assert_eq!((choice.host_program, choice.substitute), (self.path(expected), substitute), "{wanted}");
    }

    fn asked(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.path("asked")).unwrap_or_default();
        asked.lines().map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn the_exact_version_with_the_highest_patch_is_chosen() {
    let host = FakeHost::new();
    for version in ["3.11.9", "3.12.1", "3.12.10", "3.12.9", "3.13.0"] {
        host.program(&format!("home/me/.pyenv/versions/{version}/bin/python3"), "never asked");
    }
    host.check("python3.12", "home/me/.pyenv/versions/3.12.10/bin/python3", false).await;
    let choice = host.find("python3.12", true).await.unwrap();
    assert_eq!(choice.version.to_string(), "3.12.10");
    assert_eq!(host.asked(), [""; 0]);
}

#[tokio::test]
async fn another_version_stands_in_unless_that_is_forbidden() {
    let host = FakeHost::new();
    for version in ["2.7.18", "3.9.1", "3.11.7", "3.13.0"] {
        host.program(&format!("home/me/.pyenv/versions/{version}/bin/python3"), "");
    }
    // The nearest higher one first, then the nearest lower one.
    host.check("python3.12", "home/me/.pyenv/versions/3.13.0/bin/python3", true).await;
    host.check("python3.10", "home/me/.pyenv/versions/3.11.7/bin/python3", true).await;
    host.check("python3.14", "home/me/.pyenv/versions/3.13.0/bin/python3", true).await;
    host.check("python3.8", "home/me/.pyenv/versions/3.9.1/bin/python3", true).await;
    let error = host.find("python3.12", true).await.unwrap_err().to_string();
    assert!(error.starts_with("no interpreter for python3.12: found only 2.7.18 ("), "{error}");
    assert!(error.ends_with("; get it with `pyenv install 3.12`, or configure the path of one"), "{error}");
}

#[tokio::test]
async fn another_major_version_of_python_never_stands_in() {
    let host = FakeHost::new();
    host.program("home/me/.pyenv/versions/2.7.18/bin/python3", "");
    assert!(host.find("python3.12", false).await.is_err());
    let error = FakeHost::new().find("ruby3.3", false).await.unwrap_err().to_string();
    let expected = "no interpreter for ruby3.3: none found; get it with `rbenv install 3.3`, or configure the path of one";
    assert_eq!(error, expected);
}

#[tokio::test]
async fn node_and_java_are_substituted_across_major_versions() {
    let host = FakeHost::new();
    host.program("home/me/.nvm/versions/node/v20.1.0/bin/node", "")
        .program("home/me/.nvm/versions/node/v20.20.2/bin/node", "");
    host.check("nodejs22.x", "home/me/.nvm/versions/node/v20.20.2/bin/node", true).await;
    host.check("nodejs20.x", "home/me/.nvm/versions/node/v20.20.2/bin/node", false).await;
    host.check("nodejs18.x", "home/me/.nvm/versions/node/v20.20.2/bin/node", true).await;
}

#[tokio::test]
async fn java_homes_tell_their_version_in_their_release_file() {
    let host = FakeHost::new();
    for (name, version) in [("temurin-21-jdk", "21.0.4"), ("java-8", "1.8.0_392")] {
        host.program(&format!("jvm/{name}/bin/java"), "never asked");
        fs::write(host.path(&format!("jvm/{name}/release")), format!("A=1\nJAVA_VERSION=\"{version}\"\n"))
            .unwrap();
    }
    host.check("java21", "jvm/temurin-21-jdk/bin/java", false).await;
    host.check("java8.al2", "jvm/java-8/bin/java", false).await;
    for (home, runtime) in
        [("home/me/.sdkman/candidates/java/25.0.1-tem", "java25"), ("preferred-java", "java17")]
    {
        host.program(&format!("{home}/bin/java"), "never asked");
        let version = format!("JAVA_VERSION=\"{}.0.1\"\n", &runtime[4..]);
        fs::write(host.path(&format!("{home}/release")), version).unwrap();
        host.check(runtime, &format!("{home}/bin/java"), false).await;
    }
    assert_eq!(host.asked(), [""; 0]);
}

#[tokio::test]
async fn a_program_is_asked_once_where_no_name_tells() {
    let host = FakeHost::new();
    host.program("opt/a/bin/node", "v22.3.0")
        .program("home/me/.pyenv/versions/dev/bin/python3", "Python 3.14.0a1");
    let interpreters = host.interpreters();
    assert_eq!(host.asked(), [""; 0]);
    for _ in 0..3 {
        let wanted = RuntimeWanted::parse("nodejs22.x").unwrap();
        assert_eq!(interpreters.find(&wanted, true).await.unwrap().version.to_string(), "22.3.0");
    }
    assert_eq!(host.asked(), ["opt/a/bin/node"]);
    let found = interpreters.found(Family::Python).await;
    assert_eq!((found.len(), found[0].version.to_string().as_str()), (1, "3.14.0"));
}

#[tokio::test]
async fn names_on_the_path_tell_their_version() {
    let host = FakeHost::new();
    host.program("opt/a/bin/python3.12", "never asked").program("opt/a/bin/python3.12-config", "never asked");
    symlink("python3.12", host.path("opt/a/bin/python3")).unwrap();
    host.check("python3.12", "opt/a/bin/python3.12", false).await;
    assert_eq!(host.interpreters().found(Family::Python).await.len(), 1);
    assert_eq!(host.asked(), [""; 0]);
}

#[tokio::test]
async fn shims_and_folders_that_hold_a_home_are_never_used() {
    let host = FakeHost::new();
    host.program("shims/node", "v22.0.0").program("home/me/.local/bin/node", "v22.0.0");
    host.program("home/me/bin/node", "v22.0.0");
    let mut interpreters = host.interpreters();
    let inner = Arc::get_mut(&mut interpreters.0).unwrap();
    inner.host.path.push(host.path("home/me/bin"));
    assert_eq!(interpreters.found(Family::Nodejs).await, []);
    assert_eq!(host.asked(), [""; 0]);
}

#[tokio::test]
async fn what_does_not_answer_is_no_interpreter() {
    let host = FakeHost::new();
    host.script("home/me/.pyenv/versions/broken/bin/python3", "exit 1");
    host.program("home/me/.pyenv/versions/pypy/bin/python3", "Python 3.10.14 (x)\n[PyPy 7.3.16]");
    fs::create_dir_all(host.path("home/me/.pyenv/versions/3.12.1/bin")).unwrap();
    fs::write(host.path("home/me/.pyenv/versions/3.12.1/bin/python3"), "not executable").unwrap();
    assert_eq!(host.interpreters().found(Family::Python).await, []);
}

#[tokio::test]
async fn a_program_sees_nothing_of_this_servers_environment() {
    let host = FakeHost::new();
    let noted = host.path("noted");
    host.script("opt/a/bin/node", &format!("env > '{}'; echo v22.0.0", noted.display()));
    assert_eq!(host.interpreters().found(Family::Nodejs).await.len(), 1);
    let noted = fs::read_to_string(noted).unwrap();
    // What the shell sets by itself.
    assert!(
        noted.lines().all(|line| ["PWD=/", "_=", "SHLVL="].iter().any(|own| line.starts_with(own))),
        "{noted}"
    );
}

#[tokio::test]
async fn a_configured_interpreter_comes_first() {
    let mut host = FakeHost::new();
    host.program("home/me/.pyenv/versions/3.12.9/bin/python3", "")
        .program("opt/mine/bin/python", "Python 3.12.1");
    host.configure(Family::Python, None, "opt/mine/bin/python");
    host.check("python3.12", "opt/mine/bin/python", false).await;
    // For one runtime it is taken even if it is another version, and for no other runtime.
    let mut host = FakeHost::new();
    host.program("opt/mine/bin/python", "Python 3.12.1");
    host.configure(Family::Python, Some("3.14"), "opt/mine/bin/python");
    host.check("python3.14", "opt/mine/bin/python", true).await;
    assert!(host.find("python3.14", true).await.is_ok());
    assert!(host.find("python3.12", false).await.is_err());
}

#[tokio::test]
async fn a_configured_interpreter_that_is_broken_is_named() {
    let mut host = FakeHost::new();
    host.program("home/me/.pyenv/versions/3.12.9/bin/python3", "");
    host.configure(Family::Python, Some("3.12"), "opt/none/bin/python");
    let error = host.find("python3.12", false).await.unwrap_err();
    let program = host.path("opt/none/bin/python");
    let expected = format!(
        "no interpreter for python3.12: the interpreter configured as {} is not an executable file",
        program.display()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(host.interpreters().unusable(Family::Python).await.len(), 1);
    // Others are not concerned.
    host.check("python3.11", "home/me/.pyenv/versions/3.12.9/bin/python3", true).await;
}

#[tokio::test]
async fn a_prefix_is_mounted_where_aws_has_the_language() {
    let host = FakeHost::new();
    host.program("real/3.12.1/bin/python3.12", "");
    symlink("python3.12", host.path("real/3.12.1/bin/python3")).unwrap();
    fs::create_dir_all(host.path("home/me/.pyenv/versions")).unwrap();
    symlink(host.path("real/3.12.1"), host.path("home/me/.pyenv/versions/3.12.1")).unwrap();
    let choice = host.find("python3.12", true).await.unwrap();
    assert_eq!(choice.program, Path::new("/var/lang/bin/python3.12"));
    assert_eq!(choice.mounts, [Mount { source: host.path("real/3.12.1"), target: "/var/lang".into() }]);
    assert_eq!(choice.environment.get("LD_LIBRARY_PATH").map(String::as_str), Some("/var/lang/lib"));
}

#[tokio::test]
async fn ruby_stays_where_it_was_built_to_be() {
    let host = FakeHost::new();
    host.program("home/me/.rbenv/versions/3.3.5/bin/ruby", "");
    let choice = host.find("ruby3.3", true).await.unwrap();
    let prefix = host.path("home/me/.rbenv/versions/3.3.5");
    assert_eq!(choice.program, prefix.join("bin/ruby"));
    assert_eq!(choice.mounts, [Mount { source: prefix.clone(), target: prefix }]);
}

#[tokio::test]
async fn what_java_keeps_outside_its_home_is_mounted_too() {
    let host = FakeHost::new();
    host.program("jvm/java-17/bin/java", "");
    for folder in
        ["jvm/java-17/conf/security", "jvm/java-17/lib/security", "etc/java-17/security", "etc/certs"]
    {
        fs::create_dir_all(host.path(folder)).unwrap();
    }
    fs::write(host.path("jvm/java-17/release"), "JAVA_VERSION=\"17.0.15\"\n").unwrap();
    for (link, target) in [
        ("conf/logging.properties", "etc/java-17/logging.properties"),
        ("conf/security/java.security", "etc/java-17/security/java.security"),
        ("lib/security/cacerts", "etc/certs/cacerts"),
    ] {
        fs::write(host.path(target), "").unwrap();
        symlink(host.path(target), host.path("jvm/java-17").join(link)).unwrap();
    }
    let choice = host.find("java17", true).await.unwrap();
    let sources: Vec<_> = choice.mounts.iter().map(|mount| mount.source.clone()).collect();
    assert_eq!(sources, ["jvm/java-17", "etc/certs", "etc/java-17"].map(|path| host.path(path)));
    assert!(choice.mounts[1..].iter().all(|mount| mount.source == mount.target));
}
