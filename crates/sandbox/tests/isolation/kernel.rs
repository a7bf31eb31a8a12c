//! System calls that reach the whole host.

use super::attempts;
use super::stage::on_stage;

#[test]
fn nothing_can_be_mounted_and_no_namespace_made() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        attempts(
            &mut probe,
            &[
                ("syscall((165, 40), b'none', b'/tmp', b'tmpfs', 0, 0)", "EPERM"),
                ("syscall((166, 39), b'/proc', 2)", "EPERM"),
                ("syscall((155, 41), b'/tmp', b'/tmp')", "EPERM"),
                ("syscall(428, -100, b'/', 1)", "EPERM"),
                ("syscall(429, -100, b'/tmp', -100, b'/opt', 0)", "EPERM"),
                ("syscall(430, b'proc', 0)", "EPERM"),
                ("syscall(442, -100, b'/', 0, 0, 0)", "EPERM"),
                ("syscall((308, 268), 0, 0)", "EPERM"),
            ],
        )
        .await;
        let namespaces =
            [0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000];
        for flag in namespaces {
            attempts(
                &mut probe,
                &[
                    (&format!("syscall((272, 97), {flag})"), "EPERM"),
                    (&format!("syscall((56, 220), {flag} | 17, 0, 0, 0, 0)"), "EPERM"),
                ],
            )
            .await;
        }
        // Its flags cannot be seen by a filter, so it is not there at all.
        attempts(&mut probe, &[("syscall(435, 0, 0)", "ENOSYS")]).await;
    });
}

#[test]
fn the_kernel_cannot_be_changed_or_looked_into() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        attempts(
            &mut probe,
            &[
                ("syscall((175, 105), 0, 0, b'')", "EPERM"),
                ("syscall((313, 273), 0, b'', 0)", "EPERM"),
                ("syscall((176, 106), b'x', 0)", "EPERM"),
                ("syscall((321, 280), 0, 0, 0)", "EPERM"),
                ("syscall((298, 241), 0, 0, -1, -1, 0)", "EPERM"),
                ("syscall((246, 104), 0, 0, 0, 0)", "EPERM"),
                ("syscall((320, 294), 0, 0, 0, b'', 0)", "EPERM"),
                ("syscall((169, 142), 0xfee1dead, 672274793, 0x89abcdef, 0)", "EPERM"),
                ("syscall((167, 224), b'/tmp/x', 0)", "EPERM"),
                ("syscall((103, 116), 3, 0, 0)", "EPERM"),
                ("syscall((323, 282), 0)", "EPERM"),
                ("syscall(425, 1, 0)", "ENOSYS"),
                ("syscall((250, 219), 0, 0, 0)", "EPERM"),
                ("syscall((248, 217), b'user', b'x', b'y', 1, -3)", "EPERM"),
                ("syscall((304, 265), -100, 0, 0)", "EPERM"),
                ("syscall((170, 161), b'mine', 4)", "EPERM"),
                ("syscall((164, 170), 0, 0)", "EPERM"),
                ("syscall((135, 92), 0x40000)", "EPERM"),
                ("syscall((163, 89), 0)", "EPERM"),
                ("syscall(438, 0, 0, 0)", "EPERM"),
            ],
        )
        .await;
    });
}

#[cfg(target_arch = "x86_64")]
#[test]
fn ports_and_old_calls_are_closed() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        attempts(
            &mut probe,
            &[
                ("syscall(172, 3)", "EPERM"),
                ("syscall(173, 0, 1, 1)", "EPERM"),
                ("syscall(154, 0, 0, 0)", "EPERM"),
                // The same calls under the numbers of x32.
                ("syscall(0x40000000 + 165, 0, 0, 0, 0, 0)", "ENOSYS"),
            ],
        )
        .await;
    });
}
