//! Folders that sandboxes share: seen from inside, where a sandbox's user is the folder's, and from the host.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};

use lambent_sandbox::shared_folder::User;
use lambent_sandbox::{BootError, Exit, SharedFolder, Spec};

use crate::host::{isolated, run, shell};

fn with(source: &std::path::Path, root: &str, uid: u32, groups: &[u32], script: &str) -> Spec {
    let user = User { uid, gid: uid, groups: groups.to_vec() };
    let mut spec = shell(script);
    spec.working_directory = "/tmp".into();
    spec.shared =
        vec![SharedFolder { source: source.into(), root: root.into(), target: "/mnt/data".into(), user }];
    spec
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o775)).unwrap();
    std::os::unix::fs::chown(folder.path(), Some(1000), Some(1000)).unwrap();
    folder
}

#[test]
fn who_writes_is_the_folders_user_on_disk_and_itself_inside() {
    isolated(|launcher| async move {
        let folder = folder();
        let script = "echo one > /mnt/data/x && [ -O /mnt/data/x ] && stat -c %a /mnt/data/x";
        let (exit, text) = run(&launcher, &with(folder.path(), "/", 1000, &[], script)).await;
        assert_eq!((exit, text.as_str()), (Exit::Code(0), "644\n"));
        let written = folder.path().join("x").metadata().unwrap();
        assert_eq!((written.uid(), written.gid()), (1000, 1000));
    });
}

#[test]
fn two_users_share_as_permissions_and_groups_let_them() {
    isolated(|launcher| async move {
        let folder = folder();
        std::fs::write(folder.path().join("x"), "host").unwrap();
        let script = "cat /mnt/data/x; echo no 2>&1 > /mnt/data/x; echo y > /mnt/data/y";
        let (_, stranger) = run(&launcher, &with(folder.path(), "/", 2000, &[], script)).await;
        assert!(stranger.starts_with("host") && !folder.path().join("y").exists(), "{stranger}");
        let (_, member) = run(&launcher, &with(folder.path(), "/", 2000, &[1000], script)).await;
        assert!(member.starts_with("host"), "{member}");
        assert_eq!(folder.path().join("y").metadata().unwrap().uid(), 2000, "{member}");
        assert_eq!(std::fs::read_to_string(folder.path().join("x")).unwrap(), "host", "it is root's");
    });
}

#[test]
fn nothing_but_the_folder_becomes_writable() {
    isolated(|launcher| async move {
        let folder = folder();
        let script =
            "for p in /mnt/x /opt/x /etc/x /var/task/x; do (: > $p) 2>/dev/null && echo $p; done; true";
        let (exit, text) = run(&launcher, &with(folder.path(), "/", 0, &[], script)).await;
        assert_eq!((exit, text.as_str()), (Exit::Code(0), ""));
    });
}

#[test]
fn a_root_that_is_not_there_or_leads_out_is_refused() {
    isolated(|launcher| async move {
        let folder = folder();
        symlink("/etc", folder.path().join("out")).unwrap();
        for root in ["/nowhere", "/out", "/../etc"] {
            let told = launcher.launch(&with(folder.path(), root, 1000, &[], "true")).await.map(drop);
            assert!(matches!(told, Err(BootError::SharedFolder { .. })), "{root}: {told:?}");
        }
    });
}
