"""`lambent demo`, `lambent doctor` and the help, as people and scripts run them."""

import pathlib
import re
import shutil
import subprocess

from server import BINARY, cgroup_folders, clean_environment, with_mounts


def lambent(*args, **environment):
    """Runs the binary to its end."""
    return subprocess.run(
        [BINARY, *args], capture_output=True, text=True, timeout=120, env=clean_environment() | environment
    )


def test_the_demo_prints_its_table_and_leaves_nothing(tmp_path):
    done = lambent("demo", "--calls", "20", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    head = r"function +runtime +init +cold +warm p50 +warm p99 +memory\n"
    assert re.search(head, done.stdout), done.stdout
    span = r"[\d.]+ (?:us|ms)"
    for name in ("hello-python", "hello-nodejs", "hello-provided"):
        row = rf"^{name} +\S+ +[\d.]+ ms +{span} +{span} +{span} +\d+ MB$"
        assert re.search(row, done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^isolated \S+", done.stdout, re.MULTILINE)
    assert "aws lambda create-function" in done.stdout and "aws lambda invoke" in done.stdout
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) not in pathlib.Path("/proc/self/mountinfo").read_text()


def test_the_demo_names_and_skips_an_interpreter_that_is_missing(tmp_path):
    # In a mount namespace of its own nothing of Node.js can be executed.
    nodes = {str(pathlib.Path(found).resolve()) for name in ("node", "nodejs") if (found := shutil.which(name))}
    hide = " && ".join(f"mount --bind /dev/null {node}" for node in nodes)
    command = [*with_mounts(hide), BINARY, "demo", "--calls", "1"]
    # HOME, so that what a version manager keeps there is not found either.
    environment = clean_environment() | {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    [row] = [line for line in done.stdout.splitlines() if line.startswith("hello-nodejs")]
    assert "skipped: " in row and "nodejs22.x" in row.split("skipped: ")[1], row
    assert re.search(r"^hello-python +\S+ +[\d.]+ ms", done.stdout, re.MULTILINE)


def test_doctor_tells_what_the_host_can_do(tmp_path):
    done = lambent("doctor", "--data-dir", str(tmp_path / "data"))
    lines = done.stdout.splitlines()
    marks = {line[9:28].strip(): line[:7].strip() for line in lines[1:] if line[:7].strip()}
    assert {"isolation", "memory limit", "seccomp", "landlock", "/tmp", "python", "nodejs"} <= marks.keys()
    sandbox = {mark for name, mark in marks.items() if name not in ("python", "nodejs")}
    assert done.returncode == (0 if sandbox == {"ok"} else 1)
    # Whatever is not whole comes with a way to get it.
    for number, line in enumerate(lines[1:], 1):
        if line.startswith(("partial", "missing")) and line[9:28].strip() not in ("python", "nodejs"):
            assert lines[number + 1].strip().startswith("-> ")


def test_doctor_says_what_plain_processes_lack(tmp_path):
    done = lambent("doctor", "--isolation", "process", "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 1
    for name in ("isolation", "/tmp", "landlock", "seccomp"):
        assert re.search(rf"^missing +{name} .*\n +-> leave out --isolation process$", done.stdout, re.MULTILINE)


def test_doctor_refuses_a_wrong_option(tmp_path):
    done = lambent("doctor", "--account-id", "12", "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 2 and "12" in done.stderr


def test_nothing_of_these_commands_is_left(tmp_path):
    before = abandoned()
    assert lambent("doctor", "--data-dir", str(tmp_path / "data")).returncode in (0, 1)
    assert lambent("demo", "--calls", "1", TMPDIR=str(tmp_path)).returncode == 0
    assert abandoned() <= before


def abandoned():
    """Cgroups whose maker is gone. Other servers may run meanwhile: what they have has a maker."""
    makers = {path: path.name.split("-")[1] for path in cgroup_folders()}
    return {path for path, maker in makers.items() if not pathlib.Path(f"/proc/{maker}").exists()}


def test_the_version_is_told():
    assert re.fullmatch(r"lambent \d+\.\d+\.\d+\S*\n", lambent("--version").stdout)


def test_the_readme_knows_every_option_and_no_other():
    told = set(re.findall(r"^ +(--[a-z-]+)", lambent("serve", "--help").stdout, re.MULTILINE)) - {"--help"}
    readme = (pathlib.Path(__file__).resolve().parents[2] / "README.md").read_text()
    assert set(re.findall(r"^\| `(--[a-z-]+)", readme, re.MULTILINE)) == told
