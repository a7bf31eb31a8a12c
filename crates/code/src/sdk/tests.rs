//! SDKs without a registry: small programs stand in for pip and npm.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::{InstallError, Kit, Progress, Sdks, Watcher};
use crate::interpreter::{Family, Version};

fn python() -> Kit {
    Kit::of(Family::Python, Version::parse("3.11.7").unwrap()).unwrap()
}

/// A program that does this in place of pip and compileall; `$TARGET` is where it is to install to.
fn program(folder: &Path, does: &str) -> PathBuf {
    let file = folder.join("python3");
    let text = format!(
        "#!/bin/sh\n[ \"$2\" = pip ] || exit 0\nfor word; do [ \"$last\" = --target ] && TARGET=$word; last=$word; done\n{does}\n"
    );
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    file
}

const INSTALLS: &str = "umask 077; mkdir $TARGET/boto3; echo one > $TARGET/boto3/__init__.py";

fn bootstrap(folder: &Path) -> PathBuf {
    let place = folder.join("runtimes/python");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("bootstrap.py"), "run()").unwrap();
    place
}

fn code(folder: &Path, text: &str) -> Vec<PathBuf> {
    let place = folder.join("code");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("app.py"), text).unwrap();
    vec![place]
}

#[tokio::test]
async fn what_is_installed_lies_beside_the_bootstrap_and_everybody_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let sdks = Sdks::new(folder.path().join("sdk"), None);
    let place = bootstrap(folder.path());
    let none = sdks.beside(&place, &python(), Path::new("/none"), code(folder.path(), "import boto3")).await;
    assert_eq!(none.unwrap(), None);
    let program = program(folder.path(), INSTALLS);
    sdks.install(&python(), &program, &[], |_| {}).await.unwrap();
    let laid = sdks.beside(&place, &python(), &program, Vec::new()).await.unwrap().unwrap();
    for file in ["bootstrap.py", "boto3/__init__.py"] {
        let mode = fs::metadata(laid.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o444, 0o444, "{file}");
    }
    assert_eq!(fs::metadata(laid.join("boto3")).unwrap().permissions().mode() & 0o755, 0o755);
}

#[tokio::test]
async fn a_new_installation_takes_the_place_of_the_old_and_leaves_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let sdks = Sdks::new(folder.path().join("sdk"), None);
    let program = program(folder.path(), INSTALLS);
    for _ in 0..2 {
        sdks.install(&python(), &program, &[], |_| {}).await.unwrap();
    }
    assert!(sdks.installed(&python()).unwrap().join("boto3").is_dir());
    assert_eq!(fs::read_dir(folder.path().join("sdk")).unwrap().count(), 2, "the symlink and its folder");
}

#[tokio::test]
async fn a_failure_says_why_and_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let sdks = Sdks::new(folder.path().join("sdk"), None);
    sdks.install(&python(), &program(folder.path(), INSTALLS), &[], |_| {}).await.unwrap();
    let failing = program(folder.path(), "echo no network >&2; exit 1");
    let fault = sdks.install(&python(), &failing, &[], |_| {}).await.unwrap_err();
    assert_eq!(fault.to_string(), "pip failed: no network");
    assert!(sdks.installed(&python()).unwrap().join("boto3").is_dir());
    let missing = sdks.install(&python(), Path::new("/none/python3"), &[], |_| {}).await.unwrap_err();
    assert!(matches!(missing, InstallError::Start { .. }), "{missing}");
    assert_eq!(fs::read_dir(folder.path().join("sdk")).unwrap().count(), 2);
}

fn watched() -> (Watcher, Arc<Mutex<Vec<Progress>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let watcher: Watcher = Arc::new(move |_, progress| {
        if !matches!(progress, Progress::Bytes(_)) {
            kept.lock().unwrap().push(progress.clone());
        }
    });
    (watcher, seen)
}

#[tokio::test]
async fn code_that_names_the_sdk_gets_it_once_and_other_code_does_not_wait() {
    let folder = tempfile::tempdir().unwrap();
    let (watcher, seen) = watched();
    let sdks = Sdks::new(folder.path().join("sdk"), Some(watcher));
    let (place, program) = (bootstrap(folder.path()), program(folder.path(), INSTALLS));
    let beside = |text: &str| {
        let (sdks, place, code) = (sdks.clone(), place.clone(), code(folder.path(), text));
        let program = program.clone();
        async move { sdks.beside(&place, &python(), &program, code).await.unwrap() }
    };
    assert_eq!(beside("print(1)").await, None);
    assert!(seen.lock().unwrap().is_empty());
    assert!(beside("import boto3").await.unwrap().join("boto3").is_dir());
    assert!(beside("print(1)").await.is_some());
    assert_eq!(*seen.lock().unwrap(), [Progress::Installed]);
}

#[tokio::test]
async fn without_a_network_functions_run_without_the_sdk_and_it_is_tried_once() {
    let folder = tempfile::tempdir().unwrap();
    let (watcher, seen) = watched();
    let sdks = Sdks::new(folder.path().join("sdk"), Some(watcher));
    let (place, program) = (bootstrap(folder.path()), program(folder.path(), "echo offline >&2; exit 1"));
    for _ in 0..3 {
        let code = code(folder.path(), "import boto3");
        assert_eq!(sdks.beside(&place, &python(), &program, code).await.unwrap(), None);
    }
    assert_eq!(*seen.lock().unwrap(), [Progress::Failed("pip failed: offline".to_owned())]);
}

#[tokio::test]
async fn code_that_brings_the_sdk_needs_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (watcher, seen) = watched();
    let sdks = Sdks::new(folder.path().join("sdk"), Some(watcher));
    let code = code(folder.path(), "import boto3");
    fs::create_dir(code[0].join("boto3")).unwrap();
    let place = bootstrap(folder.path());
    assert_eq!(sdks.beside(&place, &python(), Path::new("/none"), code).await.unwrap(), None);
    assert!(seen.lock().unwrap().is_empty());
}
