//! What a sandbox may use: memory, processes, files, `/tmp`; and that the server and others do not suffer.

use lambent_sandbox::{Exit, Spec};

use crate::host::{isolated, run, shell};

fn python(code: &str) -> Spec {
    let mut spec = shell("");
    spec.argv = ["/usr/bin/python3", "-I", "-S", "-c", code].map(str::to_owned).into();
    spec.memory_mib = 128;
    spec
}

#[test]
fn more_memory_than_allowed_ends_the_program() {
    isolated(|launcher| async move {
        let mut launched = launcher.launch(&python("x = b'x' * (1 << 30)")).await.unwrap();
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

#[test]
fn a_fork_bomb_is_bounded() {
    isolated(|launcher| async move {
        let code = "import os\nn = 0\ntry:\n  while True:\n    if os.fork() == 0:\n      __import__('signal').pause()\n    n += 1\nexcept OSError as e:\n  print(n, e.errno)";
        let mut spec = python(code);
        spec.memory_mib = 3008;
        let mut launched = launcher.launch(&spec).await.unwrap();
        assert_eq!(launched.control.exited().await, Exit::Code(0));
        let mut output = crate::host::reader(&mut launched);
        let told = crate::host::line(&mut output).await;
        launched.control.removed().await;
        let (children, error) = told.split_once(' ').unwrap();
        assert_eq!(error, "11", "EAGAIN");
        assert!((1000..1024).contains(&children.parse::<u32>().unwrap()), "{told}");
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
fn open_files_are_bounded() {
    isolated(|launcher| async move {
        let code = "import errno\nf = []\ntry:\n  while True: f.append(open('/dev/null'))\n\
                    except OSError as e: print(len(f) < 1024, e.errno == errno.EMFILE)";
        let (_, text) = run(&launcher, &python(code)).await;
        assert_eq!(text, "True True\n");
    });
}
