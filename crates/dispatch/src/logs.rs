//! Where the lines of functions go. One [`Log`] an environment; never blocks the function, never keeps more than the tail.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::log::event::{Event, Form};
use lambent_core::lambda::log::{Tail, stream_name};
use lambent_core::lambda::runtime::{Family, Runtime};
use lambent_core::time::{Clock, Timestamp};
use lambent_sandbox::{Notice, Outlet, Stream, Telemetry};

use crate::dispatcher::Dispatcher;
use crate::route::Route;
use crate::session::LogPermit;

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The function or its runtime.
    Function,
    /// An extension of it.
    Extension,
    /// The platform: START, END, REPORT.
    Platform,
}

/// One line of a function's log.
#[derive(Debug)]
pub struct Line<'a> {
    /// The function.
    pub function: &'a FunctionId,
    /// The log group it writes to, in its own account and region.
    pub group: &'a str,
    /// The log stream of its environment.
    pub stream: &'a str,
    /// When it was written.
    pub at: Timestamp,
    /// What its function's role lets it do with the line.
    pub permit: LogPermit,
    /// Who wrote it.
    pub source: Source,
    /// The line without its end.
    pub text: &'a [u8],
}

/// Takes the lines of all functions.
pub trait LogSink: fmt::Debug + Send + Sync {
    /// Takes one line; must not block.
    fn write(&self, line: &Line<'_>);

    /// Whether lines of this source are wanted: what nobody reads is not made.
    fn wants(&self, source: Source) -> bool;

    /// Whether so much waits to be written that functions should be held up at their own pipes until there is room.
    fn is_full(&self) -> bool {
        false
    }
}

/// The log of one environment.
#[derive(Debug)]
pub(crate) struct Log {
    function: FunctionId,
    group: String,
    stream: String,
    permit: LogPermit,
    /// The id of the environment.
    instance: String,
    form: Form,
    /// Lines of one event come joined by carriage returns.
    joined: bool,
    sink: Arc<dyn LogSink>,
    clock: Arc<dyn Clock>,
    /// What extensions subscribe to.
    telemetry: Arc<Telemetry>,
    /// An extension was there.
    extended: AtomicBool,
    /// The lines of the invocation that runs, if its caller wants them; of no other.
    tail: Mutex<Option<Tail>>,
    /// That invocation has failed: what its processes write until they are ended is not for its caller.
    failed: AtomicBool,
    /// What a woken environment writes before the invocation that woke it has begun; nothing where none is woken.
    held: Mutex<Option<Vec<Held>>>,
    holds: AtomicBool,
}

/// Who wrote a line, and the line.
type Held = (lambent_sandbox::Source, Vec<u8>);

impl Log {
    /// The log of a new environment of this deployment.
    pub(crate) fn new(dispatcher: &Dispatcher, route: &Route) -> Self {
        let configuration = &route.deployment.configuration;
        let logging = &configuration.logging;
        let (now, id) = (dispatcher.clock.now(), dispatcher.dice.uuid());
        let group = logging.group_of(&route.id.name);
        let stream = stream_name(now, logging, &route.id.name, &route.version, id);
        let permit = dispatcher.credentials.log_permit(&configuration.role, &route.id, (&group, &stream));
        Self {
            function: route.id.clone(),
            group,
            stream,
            permit,
            instance: id.to_string(),
            form: Form::of(logging),
            joined: joins_lines(&configuration.runtime),
            sink: Arc::clone(&dispatcher.logs),
            clock: Arc::clone(&dispatcher.clock),
            telemetry: Arc::default(),
            extended: AtomicBool::new(false),
            tail: Mutex::default(),
            failed: AtomicBool::new(false),
            held: Mutex::default(),
            holds: AtomicBool::new(false),
        }
    }

    /// From now on lines are held: the environment is about to be woken, and START comes first.
    pub(crate) fn hold(&self) {
        *self.held() = Some(Vec::new());
        self.holds.store(true, Ordering::SeqCst);
    }

    /// Lines go on, those first that were held.
    pub(crate) fn release(&self) {
        if !self.holds.load(Ordering::SeqCst) {
            return;
        }
        let mut held = self.held();
        for (source, text) in held.take().into_iter().flatten() {
            self.take(source, &text);
        }
        self.holds.store(false, Ordering::SeqCst);
    }

    /// Whether a line is held.
    fn is_held(&self, source: lambent_sandbox::Source, text: &[u8]) -> bool {
        if !self.holds.load(Ordering::SeqCst) {
            return false;
        }
        let mut held = self.held();
        let Some(held) = &mut *held else { return false };
        held.push((source, text.to_vec()));
        true
    }

    fn held(&self) -> MutexGuard<'_, Option<Vec<Held>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line of the function, kept if it is of a level that is, or of an extension.
    fn take(&self, source: lambent_sandbox::Source, text: &[u8]) {
        let apart = (self.joined && text.contains(&b'\r')).then(|| lines_apart(text));
        let text = apart.as_deref().unwrap_or(text);
        let (source, stream, kind) = match source {
            lambent_sandbox::Source::Program => (Source::Function, Stream::Function, "function"),
            lambent_sandbox::Source::Extension => (Source::Extension, Stream::Extension, "extension"),
        };
        if self.telemetry.wants(stream) {
            self.telemetry.tell(stream, self.clock.now(), kind, self.form.record_of(text));
        }
        if source == Source::Function && !self.form.keeps(text) {
            return;
        }
        if !self.failed.load(Ordering::Relaxed)
            && let Some(tail) = &mut *self.tail()
        {
            tail.push(text);
        }
        self.send(source, text);
    }

    /// What extensions subscribe to.
    pub(crate) fn telemetry(&self) -> Arc<Telemetry> {
        Arc::clone(&self.telemetry)
    }

    /// An invocation begins: its caller wants the end of the log, or not. What was written before is not for it.
    pub(crate) fn begin(&self, tail: bool) {
        self.failed.store(false, Ordering::Relaxed);
        *self.tail() = tail.then(Tail::default);
    }

    /// The invocation has failed, and its processes will be ended: only what the platform says of it is still for its caller.
    pub(crate) fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    fn tail(&self) -> MutexGuard<'_, Option<Tail>> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the platform tells, made a line only if somebody reads it; `tail` where that is the caller.
    pub(crate) fn platform<'a>(&self, tail: bool, event: impl FnOnce() -> Event<'a>) {
        let (told, logged) = (self.telemetry.wants(Stream::Platform), self.sink.wants(Source::Platform));
        if !tail && !logged && !told {
            return;
        }
        let (event, now) = (event(), self.clock.now());
        if told && let Some((kind, record)) = event.record() {
            self.telemetry.tell(Stream::Platform, now, kind, record);
        }
        let Some(text) = event.line(self.form, now).filter(|_| tail || logged) else { return };
        // Callers are shown their own invocation only, which begins after INIT_START.
        if !matches!(event, Event::InitStart { .. })
            && let Some(tail) = &mut *self.tail()
        {
            tail.push(text.as_bytes());
        }
        self.send(Source::Platform, text.as_bytes());
    }

    /// Whether an extension was ever there.
    pub(crate) fn has_extensions(&self) -> bool {
        self.extended.load(Ordering::Relaxed)
    }

    /// The id of the environment.
    pub(crate) fn instance(&self) -> &str {
        &self.instance
    }

    /// The name of the log stream.
    pub(crate) fn stream(&self) -> &str {
        &self.stream
    }

    /// The last 4 KB of the invocation that ends.
    pub(crate) fn take_tail(&self) -> Option<Vec<u8>> {
        self.tail().take().map(|mut tail| tail.take())
    }

    fn send(&self, source: Source, text: &[u8]) {
        let (function, group, stream) = (&self.function, self.group.as_str(), self.stream.as_str());
        let (permit, at) = (self.permit, self.clock.now());
        self.sink.write(&Line { function, group, stream, at, permit, source, text });
    }
}

/// Whether the runtime joins the lines of one event by carriage returns, so that they come as one. Others write whole records.
fn joins_lines(runtime: &str) -> bool {
    Runtime::find(runtime).is_some_and(|runtime| matches!(runtime.family, Family::Python | Family::Node))
}

fn lines_apart(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect()
}

impl Outlet for Log {
    fn written(&self, source: lambent_sandbox::Source, text: &[u8]) {
        if !self.is_held(source, text) {
            self.take(source, text);
        }
    }

    fn is_full(&self) -> bool {
        self.sink.is_full()
    }

    fn notice(&self, notice: Notice) {
        self.extended.store(true, Ordering::Relaxed);
        let event = match &notice {
            Notice::Extension { name, state, events, error_type } => {
                Event::Extension { name, state, events, error_type: error_type.as_deref() }
            }
            Notice::Subscription { name, logs, state, types } => {
                Event::Subscription { name, logs: *logs, state, types }
            }
        };
        let tail = self.tail().is_some();
        self.platform(tail, || event);
    }
}
