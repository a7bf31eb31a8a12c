//! What a sandbox may use: memory, processes, files, `/tmp`; and that the server and others do not suffer.

use lambent_sandbox::linux::Isolation;
use lambent_sandbox::{Exit, Spec};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::host::{isolated, line, reader, run, shell, two_isolated, with_launcher};

fn python(code: &str) -> Spec {
    let mut spec = shell("");
    spec.argv = ["/usr/bin/python3", "-I", "-S", "-c", code].map(str::to_owned).into();
    spec.memory_mib = 128;
    spec
}

#[test]
fn more_memory_than_allowed_ends_the_program() {
    isolated(|launcher| async move {
        let launched = launcher.launch(&python("x = b'x' * (1 << 30)")).await.unwrap();
        assert_eq!(launched.control.exited().await, Exit::OutOfMemory);
        assert_eq!(launched.control.memory_peak_bytes(), 128 << 20);
        launched.control.removed().await;
        let (exit, _) = run(&launcher, &python("x = b'x' * (100 << 20)")).await;
        assert_eq!(exit, Exit::Code(0));
    });
}

#[test]
fn a_child_out_of_memory_does_not_end_the_program() {
    isolated(|launcher| async move {
        let code = "import os\npid = os.fork()\nif pid == 0:\n x = b'x' * (1 << 30)\n\
                    print(os.WTERMSIG(os.waitpid(pid, 0)[1]))";
        let (exit, text) = run(&launcher, &python(code)).await;
        assert_eq!((exit, text.as_str()), (Exit::Code(0), "9\n"));
    });
}

/// Forks until it is refused, tells how often that worked and for which error not, and stays.
const FORK_BOMB: &str = "import os, signal\nn = 0\ntry:\n  while True:\n    if os.fork() == 0:\n      \
                         signal.pause()\n    n += 1\nexcept OSError as e:\n  print(n, e.errno, flush=True)\n\
                         signal.pause()";

fn fork_bomb() -> Spec {
    let mut spec = python(FORK_BOMB);
    spec.memory_mib = 3008;
    spec
}

#[test]
fn a_fork_bomb_is_bounded() {
    isolated(|launcher| async move {
        let mut launched = launcher.launch(&fork_bomb()).await.unwrap();
        // With the program itself 1,024 processes, and the error is EAGAIN.
        assert_eq!(line(&mut reader(&mut launched)).await, "1023 11");
        launched.control.removed().await;
    });
}

#[test]
fn two_servers_on_one_host_share_no_users() {
    two_isolated(|[one, other]| async move {
        let mut bomb = one.launch(&fork_bomb()).await.unwrap();
        assert_eq!(line(&mut reader(&mut bomb)).await, "1023 11");
        let who =
            "import os, pwd; print(os.getuid(), pwd.getpwuid(os.getuid()).pw_name, flush=True); os.fork()";
        let (exit, text) = run(&other, &python(who)).await;
        assert_eq!(exit, Exit::Code(0), "{text}");
        let (its_user, name) = text.trim().split_once(' ').unwrap();
        assert_eq!(name, "sbx_user1051");
        let (_, text) = run(&one, &shell("id -u")).await;
        assert!(text.trim().parse::<u32>().unwrap().abs_diff(its_user.parse().unwrap()) >= 9_999);
        bomb.control.removed().await;
    });
}

#[test]
fn a_full_tmp_is_told_to_the_program_and_takes_none_of_its_memory() {
    isolated(|launcher| async move {
        let code = "import errno\nn = 0\ntry:\n  with open('/tmp/f', 'wb', 0) as f:\n    while True:\n      \
                    n += f.write(b'x' * (1 << 20))\nexcept OSError as e:\n  \
                    print(n >> 20, e.errno == errno.ENOSPC)\nx = b'x' * (64 << 20)\nprint(len(x) >> 20)";
        let (exit, text) = run(&launcher, &python(code)).await;
        assert_eq!(exit, Exit::Code(0), "{text}");
        let lines: Vec<_> = text.lines().collect();
        let written: u32 = lines[0].split(' ').next().unwrap().parse().unwrap();
        assert!((512..540).contains(&written) && lines[0].ends_with("True"), "{text}");
        assert_eq!(lines[1], "64", "memory is left: {text}");
    });
}

#[test]
fn open_files_are_bounded_for_sandboxes_and_not_for_the_server() {
    let hard = getrlimit(Resource::Nofile).maximum;
    let low = hard.map(|hard| hard.min(300));
    setrlimit(Resource::Nofile, Rlimit { current: low, maximum: hard }).unwrap();
    isolated(|launcher| async move {
        assert_eq!(getrlimit(Resource::Nofile).current, hard, "as high as it may");
        let code = "import errno\nf = []\ntry:\n  while True: f.append(open('/dev/null'))\n\
                    except OSError as e: print(len(f) < 1024, e.errno == errno.EMFILE)";
        let (_, text) = run(&launcher, &python(code)).await;
        assert_eq!(text, "True True\n");
    });
}

#[test]
fn a_host_without_memory_kills_sandboxes_before_the_server() {
    let own: i32 = std::fs::read_to_string("/proc/self/oom_score_adj").unwrap().trim().parse().unwrap();
    for isolation in [Isolation::Auto, Isolation::Process] {
        with_launcher(isolation, |launcher| async move {
            let mut spec =
                shell("cat /proc/self/oom_score_adj; (echo 0 > /proc/self/oom_score_adj) 2>&1 | wc -l");
            spec.working_directory = "/".into();
            let (_, text) = run(&launcher, &spec).await;
            let (score, refused) = text.trim().split_once('\n').unwrap();
            assert_eq!(score, (own + 500).min(1000).to_string());
            assert!(
                isolation == Isolation::Process || refused.trim() == "1",
                "it cannot be taken back: {text}"
            );
        });
    }
}
