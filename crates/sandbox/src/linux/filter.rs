//! The seccomp program: which system calls a sandbox may not make. Never looks behind pointers.
//!
//! Written by hand and not by a compiler crate: a search tree instead of a list makes installing it five times
//! cheaper, because the kernel tries the whole program for every system call number then.
//! Source: <https://docs.kernel.org/userspace-api/seccomp_filter.html>

use libc::{
    BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, BPF_W, c_long, sock_filter,
};

#[cfg(target_arch = "x86_64")]
const ARCH: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCH: u32 = 0xC000_00B7;
#[cfg(target_arch = "x86_64")]
const FOREIGN_NUMBERS_FROM: u32 = 0x4000_0000;
#[cfg(target_arch = "aarch64")]
const FOREIGN_NUMBERS_FROM: u32 = 0x8000_0000;

const ALLOW: u32 = 0x7FFF_0000;
const KILL: u32 = 0x8000_0000;
const ERRNO: u32 = 0x0005_0000;
const EPERM: u32 = ERRNO | 1;
const ENOSYS: u32 = ERRNO | 38;
const EAFNOSUPPORT: u32 = ERRNO | 97;

/// Offsets in `struct seccomp_data`: number, architecture, low half of each argument.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENT_0: u32 = 16;
const ARGUMENT_1: u32 = 24;

/// All `CLONE_NEW*` flags `clone` knows.
const NAMESPACE_FLAGS: u32 = 0x7E02_0080;

/// Refused with EPERM.
const DENIED: &[c_long] = &[
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_adjtimex,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_fanotify_init,
    libc::SYS_finit_module,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_init_module,
    libc::SYS_kcmp,
    libc::SYS_kexec_file_load,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_lookup_dcookie,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pivot_root,
    libc::SYS_process_madvise,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_setns,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
    libc::SYS_vhangup,
];
#[cfg(target_arch = "x86_64")]
const DENIED_HERE: &[c_long] =
    &[libc::SYS_ioperm, libc::SYS_iopl, libc::SYS_modify_ldt, libc::SYS_uselib, libc::SYS_ustat];
#[cfg(target_arch = "aarch64")]
const DENIED_HERE: &[c_long] = &[];

/// Answered as an old kernel would. `clone3` hides its flags behind a pointer, and the C library falls back to
/// `clone`; the same goes for io_uring and those who use it.
const UNKNOWN: &[c_long] =
    &[libc::SYS_clone3, libc::SYS_io_uring_enter, libc::SYS_io_uring_register, libc::SYS_io_uring_setup];

/// What is to be done at a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Answer(u32),
    Clone,
    Socket,
    Personality,
}

/// The program.
pub(super) fn program() -> Vec<sock_filter> {
    let mut code = vec![
        load(ARCHITECTURE),
        jump(BPF_JEQ, ARCH, 1, 0),
        answer(KILL),
        load(NUMBER),
        jump(BPF_JGE, FOREIGN_NUMBERS_FROM, 0, 1),
        answer(ENOSYS),
    ];
    search(&cases(), &mut code);
    code
}

fn cases() -> Vec<(u32, Verdict)> {
    let number = |n: &c_long| u32::try_from(*n).expect("system call numbers are small");
    let with = |verdict: Verdict| move |n: &c_long| (number(n), verdict);
    let mut cases: Vec<_> = DENIED.iter().chain(DENIED_HERE).map(with(Verdict::Answer(EPERM))).collect();
    cases.extend(UNKNOWN.iter().map(with(Verdict::Answer(ENOSYS))));
    cases.push(with(Verdict::Clone)(&libc::SYS_clone));
    cases.push(with(Verdict::Socket)(&libc::SYS_socket));
    cases.push(with(Verdict::Personality)(&libc::SYS_personality));
    cases.sort_by_key(|case| case.0);
    cases
}

/// Halves the cases until one is left.
fn search(cases: &[(u32, Verdict)], code: &mut Vec<sock_filter>) {
    match cases {
        [] => code.push(answer(ALLOW)),
        [(number, verdict)] => {
            let body = verdict_code(*verdict);
            code.push(jump(BPF_JEQ, *number, 1, 0));
            code.push(answer(ALLOW));
            code.extend(body);
        }
        _ => {
            let (left, right) = cases.split_at(cases.len() / 2);
            let mut left_code = Vec::new();
            search(left, &mut left_code);
            let first_right = right.first().map_or(0, |case| case.0);
            // A conditional jump reaches 255 instructions; the unconditional one behind it reaches all.
            code.push(jump(BPF_JGE, first_right, 0, 1));
            code.push(go(left_code.len()));
            code.extend(left_code);
            search(right, code);
        }
    }
}

fn verdict_code(verdict: Verdict) -> Vec<sock_filter> {
    match verdict {
        Verdict::Answer(value) => vec![answer(value)],
        Verdict::Clone => {
            vec![load(ARGUMENT_0), jump(BPF_JSET, NAMESPACE_FLAGS, 0, 1), answer(EPERM), answer(ALLOW)]
        }
        // Asking which one is set is common (0xffffffff), setting the default one harmless.
        Verdict::Personality => vec![
            load(ARGUMENT_0),
            jump(BPF_JEQ, 0, 2, 0),
            jump(BPF_JEQ, u32::MAX, 1, 0),
            answer(EPERM),
            answer(ALLOW),
        ],
        Verdict::Socket => socket_code(),
    }
}

/// Unix, IPv4, IPv6 and route netlink (which lists interfaces); no raw sockets.
fn socket_code() -> Vec<sock_filter> {
    const TYPE_MASK: u32 = 0xF;
    const RAW: u32 = 3;
    vec![
        load(ARGUMENT_0),
        jump(BPF_JEQ, 1, 9, 0),
        jump(BPF_JEQ, 16, 3, 0),
        jump(BPF_JEQ, 2, 4, 0),
        jump(BPF_JEQ, 10, 3, 0),
        answer(EAFNOSUPPORT),
        load(ARGUMENT_1 + 8),
        jump(BPF_JEQ, 0, 3, 4),
        load(ARGUMENT_1),
        and(TYPE_MASK),
        jump(BPF_JEQ, RAW, 1, 0),
        answer(ALLOW),
        answer(EPERM),
    ]
}

fn load(offset: u32) -> sock_filter {
    instruction(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0)
}

fn and(mask: u32) -> sock_filter {
    instruction(libc::BPF_ALU | libc::BPF_AND | BPF_K, mask, 0, 0)
}

fn jump(kind: u32, value: u32, if_so: u8, if_not: u8) -> sock_filter {
    instruction(BPF_JMP | kind | BPF_K, value, if_so, if_not)
}

fn go(by: usize) -> sock_filter {
    let by = u32::try_from(by).expect("the program has at most 4096 instructions");
    instruction(BPF_JMP | libc::BPF_JA, by, 0, 0)
}

fn answer(value: u32) -> sock_filter {
    instruction(BPF_RET | BPF_K, value, 0, 0)
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: u16::try_from(code).expect("instruction codes have 16 bits"), jt, jf, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the program as the kernel would.
    fn run(number: c_long, arguments: [u64; 3], arch: u32) -> u32 {
        let code = program();
        let mut data = [0_u8; 64];
        data[0..4].copy_from_slice(&u32::try_from(number).unwrap().to_le_bytes());
        data[4..8].copy_from_slice(&arch.to_le_bytes());
        for (i, argument) in arguments.iter().enumerate() {
            data[16 + 8 * i..24 + 8 * i].copy_from_slice(&argument.to_le_bytes());
        }
        let (mut at, mut a) = (0, 0_u32);
        loop {
            let i = code[at];
            at += 1;
            let (code, k) = (u32::from(i.code), i.k as usize);
            let branch = |so: bool| usize::from(if so { i.jt } else { i.jf });
            match code {
                c if c == BPF_LD | BPF_W | BPF_ABS => {
                    a = u32::from_le_bytes(data[k..k + 4].try_into().unwrap());
                }
                c if c == BPF_RET | BPF_K => return i.k,
                c if c == BPF_JMP | libc::BPF_JA => at += k,
                c if c == BPF_JMP | BPF_JEQ | BPF_K => at += branch(a == i.k),
                c if c == BPF_JMP | BPF_JGE | BPF_K => at += branch(a >= i.k),
                c if c == BPF_JMP | BPF_JSET | BPF_K => at += branch(a & i.k != 0),
                c if c == libc::BPF_ALU | libc::BPF_AND | BPF_K => a &= i.k,
                other => panic!("unknown instruction {other}"),
            }
        }
    }

    #[test]
    fn every_listed_call_gets_its_verdict_and_all_others_are_allowed() {
        let cases = cases();
        for number in 0..500 {
            let expected = match cases.iter().find(|case| i64::from(case.0) == number) {
                None => ALLOW,
                Some((_, Verdict::Answer(value))) => *value,
                Some(_) => continue,
            };
            assert_eq!(run(number, [0; 3], ARCH), expected, "system call {number}");
        }
    }

    #[test]
    fn flags_and_domains_decide() {
        let check = |number, arguments, expected| assert_eq!(run(number, arguments, ARCH), expected);
        check(libc::SYS_clone, [0x0100_0011, 0, 0], ALLOW);
        check(libc::SYS_clone, [0x1000_0011, 0, 0], EPERM);
        check(libc::SYS_clone, [0x0002_0011, 0, 0], EPERM);
        check(libc::SYS_socket, [1, 1, 0], ALLOW);
        check(libc::SYS_socket, [2, 1 | 0x80000, 0], ALLOW);
        check(libc::SYS_socket, [10, 2, 0], ALLOW);
        check(libc::SYS_socket, [2, 3, 1], EPERM);
        check(libc::SYS_socket, [10, 3 | 0x80000, 58], EPERM);
        check(libc::SYS_socket, [16, 3, 0], ALLOW);
        check(libc::SYS_socket, [16, 3, 12], EPERM);
        check(libc::SYS_socket, [17, 3, 0], EAFNOSUPPORT);
        check(libc::SYS_socket, [38, 5, 0], EAFNOSUPPORT);
        check(libc::SYS_personality, [0xFFFF_FFFF, 0, 0], ALLOW);
        check(libc::SYS_personality, [0x0004_0000, 0, 0], EPERM);
    }

    #[test]
    fn a_foreign_architecture_is_killed_and_foreign_numbers_are_unknown() {
        assert_eq!(run(1, [0; 3], 0x4000_0003), KILL);
        assert_eq!(run(0x4000_0001, [0; 3], ARCH), ENOSYS);
    }
}
