//! From a fresh copy of the spawner to a sandbox's init with its program running. Never returns to the spawner.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Gid, Uid};
use rustix::process::{Signal, set_child_subreaper, set_parent_process_death_signal};
use rustix::thread::UnshareFlags;

use super::crew::Crew;
use super::message::{At, Fault, Message, Request};
use super::oom_score::OomScore;
use super::parked::Post;
use super::spawner::{Parts, Workshop};
use super::{channel, init, net, restrict, signals, view};

/// What `hostname` says inside.
const HOST_NAME: &[u8] = b"lambda";

/// The program finds its descriptor for log records under this number: out of the way of those that scripts choose.
pub(super) const FRAMED_LOG_FD: i32 = 62;

/// Sets the sandbox up, starts what is to run in it and lives on as its init.
pub(super) fn run(workshop: &Workshop, mut request: Request, mut parts: Parts) -> ! {
    let post = match post(&request, &mut parts) {
        Ok(post) => post,
        Err(fault) => init::fail(&parts.control, fault),
    };
    let prepared = prepare(workshop, &mut request, &parts).and_then(|prepared| {
        Ok((prepared, Crew::new(&request, workshop, &parts, post).at("read arguments")?))
    });
    match prepared {
        Ok(((signals, score), crew)) => init::live(&parts.control, &signals, crew, &score),
        Err(fault) => init::fail(&parts.control, fault),
    }
}

/// What a program that is to wait is told by.
fn post(request: &Request, parts: &mut Parts) -> Result<Option<Post>, Fault> {
    if request.places.is_empty() {
        return Ok(None);
    }
    let (post, letter) = Post::open(&request.places).at("pipe")?;
    parts.letter = Some(letter);
    Ok(Some(post))
}

/// Answers the descriptor that tells of ended children, and what init may take back.
fn prepare(workshop: &Workshop, request: &mut Request, parts: &Parts) -> Result<(OwnedFd, OomScore), Fault> {
    let isolated = workshop.template.is_some();
    die_with_spawner(&workshop.spawner, isolated).at("watch the spawner")?;
    net::join(parts.network.as_ref()).at("join the network")?;
    for tasks in &parts.tasks {
        // Writing 0 moves the writer. Moving another process would cost 12 ms after any idle time.
        rustix::io::write(tasks, b"0").at("join the cgroup")?;
    }
    let score = OomScore::offer();
    if isolated {
        // After joining: what this process is in now is `/` to everyone inside.
        hide_cgroups().at("make a cgroup namespace")?;
    }
    if let Some(template) = &workshop.template {
        view::build(template, request, parts)?;
    }
    let port = listen(request, isolated, &parts.control)?;
    add_own_variables(request, port);
    own_pipes(request, parts).at("own the output")?;
    let signals = signals::watch_children().at("signalfd")?;
    if isolated {
        rustix::system::sethostname(HOST_NAME).at("set the host name")?;
        restrict::empty_bounding_set().at("drop capabilities")?;
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
            .at("hide init's memory")?;
    } else {
        set_child_subreaper(Some(rustix::process::getpid())).at("adopt orphans")?;
    }
    if isolated && workshop.root {
        // Before anything is started, so that what works now works at each later start.
        let kept = if request.places.is_empty() { init::keep_little() } else { init::keep_mounting() };
        kept.at("drop init's capabilities")?;
    }
    Ok((signals, score))
}

fn add_own_variables(request: &mut Request, port: u16) {
    let runtime_api = format!("AWS_LAMBDA_RUNTIME_API=127.0.0.1:{port}");
    if !request.extensions.is_empty() {
        request.extension_environment.push(runtime_api.clone());
    }
    request.environment.push(runtime_api);
    if request.framed_log {
        request.environment.push(format!("_LAMBDA_TELEMETRY_LOG_FD={FRAMED_LOG_FD}"));
    }
}

/// Else opening /dev/stderr anew, as shells do, would be refused.
fn own_pipes(request: &Request, parts: &Parts) -> io::Result<()> {
    let Some(id) = request.identity else { return Ok(()) };
    let pipes = [Some(&parts.output), parts.extension_output.as_ref(), parts.framed_log.as_ref()];
    pipes
        .into_iter()
        .flatten()
        .try_for_each(|pipe| Ok(rustix::fs::fchown(pipe, Some(Uid::from_raw(id)), Some(Gid::from_raw(id)))?))
}

/// Dies when the spawner dies, also if it died before this was asked for.
fn die_with_spawner(spawner: &OwnedFd, isolated: bool) -> io::Result<()> {
    // Without a pid namespace init has to kill the others itself first.
    let signal = if isolated { Signal::KILL } else { Signal::TERM };
    set_parent_process_death_signal(Some(signal))?;
    let mut fds = [PollFd::new(spawner, PollFlags::IN)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    if poll(&mut fds, Some(&at_once))? > 0 {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    Ok(())
}

/// Else `/proc/self/cgroup` would name the server's process and where it runs.
fn hide_cgroups() -> io::Result<()> {
    #[expect(deprecated, reason = "unsafe only for CLONE_FILES, which is not asked for")]
    match rustix::thread::unshare(UnshareFlags::NEWCGROUP) {
        // A kernel without cgroups has nothing to hide.
        Err(rustix::io::Errno::INVAL) => Ok(()),
        unshared => Ok(unshared?),
    }
}

/// Opens the Runtime API's socket and gives it to the server; answers its port.
fn listen(request: &Request, isolated: bool, control: &OwnedFd) -> Result<u16, Fault> {
    if request.ready_network {
        return Ok(net::RUNTIME_API_PORT);
    }
    let own_network = isolated && request.own_network;
    if own_network {
        net::raise_loopback().at("raise loopback")?;
    }
    let port = if own_network { net::RUNTIME_API_PORT } else { 0 };
    let listener = net::listen(port).at("listen for the Runtime API")?;
    let port = listener.local_addr().at("listen for the Runtime API")?.port();
    let endpoint = request.endpoint_port.filter(|_| own_network);
    let endpoint = endpoint.map(net::listen).transpose().at("listen for the endpoint")?;
    let sockets: Vec<_> =
        [Some(&listener), endpoint.as_ref()].into_iter().flatten().map(AsFd::as_fd).collect();
    channel::send(control, &Message::Listening { port }, &sockets).at("hand over the listeners")?;
    Ok(port)
}
