//! All that a sandbox writes: the program's lines and records, the extensions' lines. Each has its own pipe and its own
//! budget; between two pipes there is no order but that of reading them.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::frames::Frames;
use super::lines::Lines;
use super::pipe::{Cutter, Pipe};
use crate::spec::{Output, Source};

/// The read ends of a sandbox's pipes.
#[derive(Debug)]
pub(crate) struct Ends {
    /// The program's standard output and error.
    pub(crate) output: OwnedFd,
    /// The extensions'.
    pub(crate) extensions: Option<OwnedFd>,
    /// The program's log records.
    pub(crate) framed: Option<OwnedFd>,
}

/// The pipes and who reads them.
#[derive(Debug)]
pub(super) struct Outputs {
    pipes: Vec<Arc<Pipe>>,
    /// They read until nobody can write any more.
    reading: Vec<JoinHandle<()>>,
}

impl Outputs {
    /// Begins to read. Must be called inside a tokio runtime.
    pub(super) fn read(ends: Ends, output: &Output, tasks: &TaskTracker) -> io::Result<Self> {
        let Ends { output: own, extensions, framed } = ends;
        let lines = || Cutter::Lines(Lines::default());
        let all = [
            framed.map(|end| (end, Cutter::Frames(Frames::default()), Source::Program)),
            Some((own, lines(), Source::Program)),
            extensions.map(|end| (end, lines(), Source::Extension)),
        ];
        let pipe = |(end, cutter, source)| Pipe::new(end, cutter, source, Arc::clone(output)).map(Arc::new);
        let pipes: Vec<_> = all.into_iter().flatten().map(pipe).collect::<io::Result<_>>()?;
        let reading = pipes.iter().map(|pipe| tasks.spawn(Arc::clone(pipe).read())).collect();
        Ok(Self { pipes, reading })
    }

    /// As [`Pipe::catch_up`], of each.
    pub(super) async fn catch_up(&self) {
        for pipe in &self.pipes {
            pipe.catch_up().await;
        }
    }

    /// As [`Pipe::drain`], of each.
    pub(super) async fn drain(&self) {
        for pipe in &self.pipes {
            pipe.drain().await;
        }
    }

    /// As [`Pipe::begin_anew`], of each.
    pub(super) async fn begin_anew(&self) {
        for pipe in &self.pipes {
            pipe.begin_anew().await;
        }
    }

    /// Nobody writes any more.
    pub(super) fn end(&self) {
        self.reading.iter().for_each(JoinHandle::abort);
    }
}
