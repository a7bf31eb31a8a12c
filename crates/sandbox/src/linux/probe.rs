//! Looks at the host as the server would use it. Starts a spawner for a moment and leaves nothing behind.

use super::cgroup::{Base, Layout};
use super::image::Images;
use super::message::Hello;
use super::shared::REPORT_MAX_BYTES;
use super::{Options, Report, channel, net, spawner};

/// What this host can isolate and enforce with these options. Call it with one thread: it forks.
#[must_use]
pub fn probe(options: &Options) -> Report {
    let hello = match ask(options) {
        Ok(hello) => hello,
        Err(error) => return Report::impossible(format!("no spawner: {error}")),
    };
    if let Some(fault) = &hello.fault {
        return Report::impossible(fault.to_string());
    }
    let layout = Layout::detect();
    let name = format!("lambent-probe-{}", std::process::id());
    let base = Base::look(&layout, &name);
    let images = Images::new(&options.run_dir).map(drop);
    let mut report = Report::new(options, &hello, &layout, &base, images);
    report.items.extend(net::look(options, &hello));
    report
}

fn ask(options: &Options) -> std::io::Result<Hello> {
    let spawner = spawner::split(options)?;
    let mut buffer = [0; REPORT_MAX_BYTES];
    let hello = channel::receive(&spawner.socket, &mut buffer)?;
    let spawner::SpawnerHandle { socket, pidfd, .. } = spawner;
    drop(socket);
    spawner::reap(&pidfd);
    hello.map(|(hello, _)| hello).ok_or_else(|| std::io::Error::other("it ended at once"))
}
