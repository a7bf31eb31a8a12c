"""A hundred functions with ten environments each, all at once; afterwards nothing of them is left."""

import json
import os
import pathlib
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import requests
from conftest import active
from packages import custom
from raw import Raw
from server import backing_file, cgroup_folders, descendants

FUNCTIONS, EACH = 100, 10
DEADLINE_S = 300
# The server keeps some file systems for `/tmp` ready; how many varies, but it is a handful.
SPARE_LOOPS_MAX = 16

# Says that it runs, waits until the test lets it go by a signal, and answers. In bash, so that a thousand are cheap.
WAITER = r"""#!/bin/bash
mkfifo /tmp/wait && exec 9<>/tmp/wait
api=$AWS_LAMBDA_RUNTIME_API host=${AWS_LAMBDA_RUNTIME_API%:*} port=${AWS_LAMBDA_RUNTIME_API#*:}
path=/2018-06-01/runtime/invocation
trap 'go=1' USR1
exec 3<>"/dev/tcp/$host/$port"
reply() {
  local line length=0 body
  while IFS= read -r line <&3; do
    line=${line%$'\r'}
    [ -z "$line" ] && break
    case ${line,,} in
      content-length:*) length=${line#*: } ;;
      lambda-runtime-aws-request-id:*) id=${line#*: } ;;
    esac
  done
  [ "$length" -gt 0 ] && IFS= read -r -N "$length" body <&3
}
while true; do
  go=
  printf 'GET %s/next HTTP/1.1\r\nHost: %s\r\n\r\n' "$path" "$api" >&3
  reply
  until [ "$go" ]; do read -r -t 1 -u 9 _; done
  printf 'POST %s/%s/response HTTP/1.1\r\nHost: %s\r\nContent-Length: 6\r\n\r\n"done"' "$path" "$id" "$api" >&3
  reply
done
"""


def test_a_thousand_environments_come_and_go(own_server):
    running = own_server("--concurrency", str(FUNCTIONS * EACH + 10))
    client = running.client()
    settings = custom(WAITER, Timeout=900)
    # Some first, so that what the server makes once and keeps (pools of bounded size) is not taken for a leak.
    burst(running, client, settings, 5, 10)
    with ThreadPoolExecutor(32) as pool:  # The store opens its readers, a few, when as many ask at once.
        [list(pool.map(lambda _: client.list_functions(), range(200))) for _ in range(3)]
    before = settled(running)
    rss_before_mib = rss_mib(running)
    burst(running, client, settings, FUNCTIONS, EACH)
    # Spare file systems are made in the background and connections close a moment after their last answer.
    until(lambda: no_more(counts(running), before), lambda: f"before: {before}\nafter:  {counts(running)}", 90)
    assert loops(running) <= SPARE_LOOPS_MAX
    assert rss_mib(running) < rss_before_mib + 150


def burst(running, client, settings, functions, each):
    """Creates the functions, has all their environments run at once, lets them go, deletes the functions."""
    names = [f"waiter-{number}" for number in range(functions)]
    for name in names:
        client.create_function(FunctionName=name, **settings)
    for name in names:
        active(client, name)
    raw = Raw(running.endpoint)
    with ThreadPoolExecutor(functions * each) as pool:
        calls = [pool.submit(call, raw, name) for name in names for _ in range(each)]
        until(lambda: environments(running) == functions * each, lambda: failed(calls, running))
        until(lambda: let_go(running) and all(done.done() for done in calls), lambda: failed(calls, running))
        answers = [done.result() for done in calls]
    assert answers == [(200, None, "done")] * functions * each
    for name in names:
        client.delete_function(FunctionName=name)
    until(lambda: environments(running) == 0, lambda: f"{environments(running)} environments are left")


def call(raw, name):
    """One invocation, which may take as long as the test."""
    answer = raw.send("POST", f"/2015-03-31/functions/{name}/invocations", b"{}", timeout=DEADLINE_S + 60)
    return answer.status_code, answer.headers.get("X-Amz-Function-Error"), json.loads(answer.content)


def environments(running):
    """How many execution environments the server says it has."""
    text = requests.get(f"{running.endpoint}/_lambent/metrics", timeout=60).text
    [line] = [line for line in text.splitlines() if line.startswith("lambent_environments ")]
    return int(line.split()[1])


def failed(calls, running):
    """What to say when the environments did not all come."""
    ended = [done.result() for done in calls if done.done()][:3]
    return f"{environments(running)} environments run; calls that ended: {ended}\n{running.log_tail()}"


def until(true, explain, limit_s=DEADLINE_S):
    """Asks again until it is so."""
    deadline = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.2)


def counts(running):
    """What a server holds: processes, descriptors, mounts, cgroups, namespaces. Spare file systems and the log groups that
    are kept open, which are limited in number, are left out."""
    family = sorted(pid for pid, _ in descendants(running.process.pid))
    pids = {str(pid) for pid in family}
    logs = f"{running.data_dir}/logs/"
    descriptors = sum(not name.startswith(logs) for pid in family for name in open_files(pid))
    return {
        "processes": len(family),
        "descriptors": descriptors - loops(running),
        "mounts": [len(pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()) for pid in family],
        "cgroups": len([path for path in cgroup_folders() if path.name.split("-")[1] in pids]),
        "namespaces": len({os.readlink(f"/proc/{pid}/ns/{kind}") for pid in family for kind in ("mnt", "net", "pid")}),
    }


def no_more(now, before):
    """Whether nothing is held that was not before; of descriptors there may be fewer, since connections close."""
    return now["descriptors"] <= before["descriptors"] and {**now, "descriptors": 0} == {**before, "descriptors": 0}


def open_files(pid):
    """What a process has open; what it closes meanwhile is left out."""
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        try:
            yield os.readlink(f"/proc/{pid}/fd/{descriptor}")
        except FileNotFoundError:
            continue


def settled(running):
    """The counts once they stay the same for two seconds: until then the first burst is still being cleared away."""
    seen = [counts(running)]

    def is_settled():
        seen.append(counts(running))
        return len(seen) > 10 and all(same == seen[-1] for same in seen[-10:])

    until(is_settled, lambda: f"the counts never settled: {seen[-10:]}", 60)
    return seen[-1]


def loops(running):
    """How many loop devices a server has: each is a `/tmp`, in use or spare."""
    files = pathlib.Path("/sys/block").glob("loop*/loop/backing_file")
    return len([file for file in files if str(running.data_dir) in backing_file(file)])


def rss_mib(running):
    """The memory of the server's own process."""
    status = pathlib.Path(f"/proc/{running.process.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) // 1024


def let_go(running):
    """Signals every program that waits for it. One that started late misses nothing: this is done until all answered."""
    for pid, _ in descendants(running.process.pid):
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            [caught] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")]
            if status.startswith("Name:\tbootstrap\n") and int(caught, 16) >> (signal.SIGUSR1 - 1) & 1:
                os.kill(pid, signal.SIGUSR1)
        except (FileNotFoundError, ProcessLookupError):
            pass  # It ended while we looked.
    return True
