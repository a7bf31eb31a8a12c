//! The single-threaded process that starts sandboxes. Never parses anything a sandbox sent.
//!
//! It is split off while the server is small, because copying a process costs time by its memory: 30 ms for 512 MB.
//! It dies with the server, and all sandboxes die with it.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::event::{Timespec, poll};
use rustix::fs::Mode;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, getpid, pidfd_open, set_parent_process_death_signal,
    umask, waitid,
};

use super::message::{At, Fault, Hello, Message, Request, Tmp};
use super::template::Template;
use super::uid_range::UidRange;
use super::{Isolation, Options, boot, channel, filter, resources, restrict, signals, sys};

/// The server's end of the spawner. Dropping it ends the spawner and with it every sandbox.
#[derive(Debug)]
pub struct SpawnerHandle {
    pub(super) socket: OwnedFd,
    pub(super) pid: i32,
    /// Readable once it is gone.
    pub(super) pidfd: OwnedFd,
}

impl SpawnerHandle {
    /// The process id of the spawner.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Ends the spawner and waits until it is gone.
    pub(super) async fn end(self) {
        let Self { socket, pidfd, .. } = self;
        drop(socket);
        // Blocking is short: the spawner sees the end of its socket and leaves.
        let _ = tokio::task::spawn_blocking(move || reap(&pidfd)).await;
    }
}

/// Waits for the spawner's end and takes its entry from the table of processes, if that was not done before.
///
/// By descriptor: the number may be somebody else's by then.
pub(super) fn reap(pidfd: &OwnedFd) {
    let _ = waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED);
}

/// Splits off the spawner. Call it first thing in `main`: with one thread and little memory.
///
/// # Errors
/// Where the process or its socket cannot be made. What the host lacks is told by [`super::Launcher::new`].
pub fn split(options: &Options) -> io::Result<SpawnerHandle> {
    std::fs::create_dir_all(&options.run_dir)?;
    let (ours, theirs) = channel::pair()?;
    match sys::fork()? {
        Some(pid) => {
            let child = Pid::from_raw(pid).ok_or(io::ErrorKind::NotFound)?;
            Ok(SpawnerHandle { socket: ours, pid, pidfd: pidfd_open(child, PidfdFlags::empty())? })
        }
        // Nothing else the server has open: held on to here, the other end would never see it closed.
        None => sys::close_all_but(&[theirs.as_raw_fd()], || {
            serve(&theirs, options);
            sys::exit_now(0)
        }),
    }
}

/// What every sandbox's init inherits from the spawner.
pub(super) struct Workshop {
    /// The mount namespaces; `None` for process isolation.
    pub(super) template: Option<Template>,
    /// The seccomp program.
    pub(super) filter: Vec<libc::sock_filter>,
    /// The spawner itself, to see whether it still lives.
    pub(super) spawner: OwnedFd,
    /// Init may change user ids.
    pub(super) root: bool,
    /// The user ids stay this server's until the last sandbox is gone too.
    _uids: Option<UidRange>,
}

/// Serves requests until the server is gone.
fn serve(socket: &OwnedFd, options: &Options) {
    let (hello, workshop) = match set_up(options) {
        Ok((hello, workshop)) => (hello, Some(workshop)),
        Err(fault) => (Hello::refusal(fault), None),
    };
    let told = channel::send(socket, &hello, &[]);
    let (Ok(()), Some(workshop)) = (told, workshop) else { return };
    let mut buffer = vec![0; channel::MESSAGE_MAX_BYTES];
    serve_each(
        || channel::receive_any(socket, &mut buffer),
        |request, parts| start(&workshop, request, parts),
    );
}

/// Takes requests until the socket is closed. Nothing else may end it: every sandbox would end too.
fn serve_each(
    mut next: impl FnMut() -> io::Result<Option<(io::Result<Request>, Vec<OwnedFd>)>>,
    mut start: impl FnMut(Request, Parts),
) {
    loop {
        match next() {
            Ok(Some((Ok(request), fds))) => match Parts::new(&request, fds) {
                Ok(parts) => start(request, parts),
                Err(control) => refuse(control, "take the descriptors", "some are missing"),
            },
            Ok(Some((Err(error), fds))) => refuse(fds.into_iter().next(), "read the request", error),
            Err(error) if !is_closed(&error) => pause(),
            Ok(None) | Err(_) => return,
        }
    }
}

/// The socket is of no use any more.
fn is_closed(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EBADF | libc::ENOTCONN | libc::ENOTSOCK))
}

/// Tells over a sandbox's control socket why there is none.
fn refuse(control: Option<OwnedFd>, step: &str, reason: impl ToString) {
    let fault = Fault { step: step.into(), reason: reason.to_string() };
    if let Some(control) = control {
        // The server may have gone meanwhile.
        let _ = channel::send(&control, &Message::Failed(fault), &[]);
    }
}

/// A moment, so that a lack of memory does not make this a busy loop as well.
fn pause() {
    let _ = poll(&mut [], Some(&Timespec { tv_sec: 0, tv_nsec: 10_000_000 }));
}

fn set_up(options: &Options) -> Result<(Hello, Workshop), Fault> {
    signals::reset();
    // What the template is made of must be readable for every user, whatever the server's own mask.
    umask(Mode::from_raw_mode(0o022));
    signals::ignore_children();
    resources::empty_core_files();
    leave_terminal().at("leave the terminal")?;
    set_parent_process_death_signal(Some(Signal::KILL)).at("watch the server")?;
    // The name is for `ps` only.
    let _ = rustix::thread::set_name(c"lambent-spawner");
    let spawner = pidfd_open(getpid(), PidfdFlags::empty()).at("pidfd_open")?;
    let root = rustix::process::geteuid().is_root();
    let isolated = options.isolation != Isolation::Process;
    let uids = if root && isolated { Some(UidRange::take(options).at("take user ids")?) } else { None };
    let uid_base = uids.as_ref().map_or(options.uid_base, |range| range.base);
    let template = if isolated { Some(Template::build(&options.run_dir, uid_base)?) } else { None };
    let hello = Hello {
        fault: None,
        user_namespace: isolated && !root,
        landlock_abi: restrict::landlock_abi(),
        uid_base,
        uids_alone: uids.as_ref().is_some_and(|range| range.shared),
    };
    Ok((hello, Workshop { template, filter: filter::program(), spawner, root, _uids: uids }))
}

/// Ctrl-C, a hangup or a service manager's SIGTERM reach the server only, which drains before it lets go of us.
fn leave_terminal() -> io::Result<()> {
    signals::ignore_endings();
    rustix::process::setsid()?;
    let null = std::fs::File::options().read(true).write(true).open("/dev/null")?;
    // Standard error stays, for what should never happen.
    sys::become_number(null.as_fd(), 0)?;
    sys::become_number(null.as_fd(), 1)
}

/// Starts one sandbox. What goes wrong is told over its control socket.
fn start(workshop: &Workshop, request: Request, parts: Parts) {
    let cloned = sys::clone_into(namespaces(workshop, &request), parts.cgroup.as_ref().map(OwnedFd::as_fd));
    match cloned {
        Ok(None) => boot::run(workshop, request, parts),
        // The server may have gone meanwhile; then init ends by itself.
        Ok(Some(pidfd)) => {
            let _ = channel::send(&parts.control, &Message::Born, &[pidfd.as_fd()]);
        }
        Err(error) => refuse(Some(parts.control), "clone3", error),
    }
}

fn namespaces(workshop: &Workshop, request: &Request) -> i32 {
    if workshop.template.is_none() {
        return 0;
    }
    let network = if request.own_network && !request.ready_network { libc::CLONE_NEWNET } else { 0 };
    // The mount namespace comes later: init first takes what it needs from the host's view.
    libc::CLONE_NEWPID | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS | network
}

/// The descriptors that come with a request.
pub(super) struct Parts {
    pub(super) control: OwnedFd,
    pub(super) output: OwnedFd,
    /// Standard output and error of extensions.
    pub(super) extension_output: Option<OwnedFd>,
    /// The program's log records.
    pub(super) framed_log: Option<OwnedFd>,
    pub(super) tmp: Option<OwnedFd>,
    pub(super) cgroup: Option<OwnedFd>,
    /// The network namespace.
    pub(super) network: Option<OwnedFd>,
    /// The `tasks` files of cgroup v1 folders.
    pub(super) tasks: Vec<OwnedFd>,
    /// What a parked program waits at; made by init.
    pub(super) letter: Option<OwnedFd>,
}

impl Parts {
    /// # Errors
    /// The control socket, if it is there but others are not: the kernel leaves out what it has no room for.
    fn new(request: &Request, fds: Vec<OwnedFd>) -> Result<Self, Option<OwnedFd>> {
        let mut fds = fds.into_iter();
        let Some(control) = fds.next() else { return Err(None) };
        let flags = [
            true,
            !request.extensions.is_empty(),
            request.framed_log,
            request.tmp == Tmp::Disk,
            request.into_cgroup,
            request.ready_network,
        ];
        if fds.len() < flags.iter().filter(|flag| **flag).count() {
            return Err(Some(control));
        }
        let [output, extension_output, framed_log, tmp, cgroup, network] =
            flags.map(|flag| if flag { fds.next() } else { None });
        let Some(output) = output else { return Err(Some(control)) };
        let tasks = fds.collect();
        Ok(Self { control, output, extension_output, framed_log, tmp, cgroup, network, tasks, letter: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            argv: vec!["/bin/true".into()],
            working_directory: "/".into(),
            environment: Vec::new(),
            extensions: Vec::new(),
            extension_environment: Vec::new(),
            framed_log: false,
            mounts: Vec::new(),
            shared: Vec::new(),
            own_network: false,
            ready_network: false,
            endpoint_port: None,
            identity: None,
            tmp: Tmp::Host,
            processes_max: None,
            data_max_bytes: None,
            into_cgroup: false,
            places: Vec::new(),
        }
    }

    fn answer(control: &OwnedFd) -> Message {
        let mut buffer = [0; 4096];
        channel::receive(control, &mut buffer).unwrap().unwrap().0
    }

    #[test]
    fn what_cannot_be_read_is_answered_and_the_next_request_served() {
        let (server, ours) = channel::pair().unwrap();
        let (asked_badly, its_end) = channel::pair().unwrap();
        channel::send(&server, &["no request"], &[its_end.as_fd()]).unwrap();
        channel::send(&server, &["nor is this"], &[]).unwrap();
        let (asked_without, only) = channel::pair().unwrap();
        channel::send(&server, &request(), &[only.as_fd()]).unwrap();
        channel::send(&server, &request(), &[its_end.as_fd(), only.as_fd()]).unwrap();
        drop(server);
        let (mut buffer, mut started) = (vec![0; channel::MESSAGE_MAX_BYTES], 0);
        serve_each(|| channel::receive_any(&ours, &mut buffer), |_, _| started += 1);
        assert_eq!(started, 1);
        for (control, expected) in
            [(asked_badly, "read the request"), (asked_without, "take the descriptors")]
        {
            let Message::Failed(fault) = answer(&control) else { panic!("told otherwise") };
            assert_eq!(fault.step, expected);
        }
    }

    #[test]
    fn only_a_closed_socket_ends_it() {
        let mut errors = [libc::ENOMEM, libc::EINTR, libc::ENOBUFS, libc::EMFILE, libc::EBADF].into_iter();
        serve_each(|| Err(io::Error::from_raw_os_error(errors.next().unwrap())), |_, _| {});
        assert_eq!(errors.next(), None, "it went on to the last");
    }
}
