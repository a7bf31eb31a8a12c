//! The phases of an environment, in the order `dispatch` asks for them. Each failure is told, none is judged.

use std::path::Path;
use std::time::Duration;

use lambent_core::limits;
use tokio::time::Instant;

use super::life::First;
use super::{Environment, Supervised};
use crate::linux::snapshot::Unfit;
use crate::runtime_api::{Asked, Kind, invoke_event};
use crate::spec::{
    Answer, BootError, Event, Exit, ExtensionFault, ExtensionFaultKind, Init, Sandbox, Settled,
    ShutdownReason,
};

impl<C: Supervised> Environment<C> {
    /// Where there are external extensions: they register, then the program starts.
    async fn start_program(&mut self, limit: Instant) -> Result<(), Init> {
        if self.life.extensions.is_empty() {
            return Ok(());
        }
        let watch = self.watch();
        let registered = watch.server.lobby().registered();
        let first = watch.first(registered, limit).await;
        self.unless_failed(first).await?;
        self.control().start_program();
        let watch = self.watch();
        let started = watch.control.started();
        let first = watch.first(started, limit).await;
        self.unless_failed(first).await?.map_err(Init::NotStarted)
    }

    async fn unless_failed<T>(&self, first: First<T>) -> Result<T, Init> {
        let failed = match first {
            First::Wanted(value) => return Ok(value),
            First::Exited(exit) => {
                self.collect().await;
                return Err(self.server.exchange().init_error().map_or(Init::Exited(exit), Init::Reported));
            }
            First::Extension(fault) => Init::Extension(fault),
            First::TimedOut => Init::TimedOut,
        };
        self.outputs.drain().await;
        Err(failed)
    }

    async fn initialise(&mut self, limit: Instant) -> Result<Asked, Init> {
        self.start_program(limit).await?;
        let watch = self.watch();
        let asked = watch.server.exchange().asked();
        let first = watch.first(asked, limit).await;
        self.unless_failed(first).await
    }

    /// What came of waiting for the next question.
    async fn settled<T>(&self, first: First<T>) -> Settled {
        match first {
            First::Wanted(_) => {
                self.server.settled();
                self.outputs.catch_up().await;
                Settled::Ready
            }
            First::Exited(exit) => {
                self.collect().await;
                Settled::Exited(exit)
            }
            First::Extension(fault) => {
                self.outputs.drain().await;
                Settled::Extension(fault)
            }
            First::TimedOut => {
                self.outputs.drain().await;
                Settled::TimedOut
            }
        }
    }
}

#[async_trait::async_trait]
impl<C: Supervised> Sandbox for Environment<C> {
    async fn init(&mut self, limit: Duration) -> Init {
        let init = match self.initialise(Instant::now() + limit).await {
            Ok(Asked::Ready) => Init::Ready,
            Ok(Asked::Reported(reported)) => Init::Reported(reported),
            Err(failed) => failed,
        };
        self.outputs.catch_up().await;
        // Extensions may go on with it: `extensions_ready` ends it then.
        if init != Init::Ready || self.server.lobby().is_empty() {
            self.end_init();
        }
        init
    }

    async fn extensions_ready(&mut self, limit: Duration) -> Settled {
        if self.server.lobby().is_empty() {
            return Settled::Ready;
        }
        let watch = self.watch();
        let ready = watch.server.lobby().ready();
        let first = watch.first(ready, Instant::now() + limit).await;
        let settled = self.settled(first).await;
        self.end_init();
        settled
    }

    async fn invoke(&mut self, event: Event, limit: Duration) -> Answer {
        self.end_init();
        self.server.lobby().offer(Kind::Invoke, || invoke_event(&event));
        self.server.exchange().offer(event);
        let watch = self.watch();
        let answered = watch.server.exchange().answered();
        match watch.first(answered, Instant::now() + limit).await {
            First::Wanted(answer) => answer,
            First::Exited(exit) => {
                self.collect().await;
                self.server.exchange().answer().unwrap_or(Answer::Exited(exit))
            }
            First::Extension(fault) => {
                self.outputs.drain().await;
                Answer::Extension(fault)
            }
            First::TimedOut => {
                self.outputs.drain().await;
                Answer::TimedOut
            }
        }
    }

    async fn settle(&mut self, limit: Duration) -> Settled {
        let watch = self.watch();
        let asked = watch.server.exchange().asked();
        let first = watch.first(asked, Instant::now() + limit).await;
        self.settled(first).await
    }

    fn freeze(&mut self) {
        self.stand_still();
    }

    fn thaw(&mut self) {
        self.go_on();
    }

    async fn awake(&mut self) -> bool {
        let mut watch = self.watch();
        let server = watch.server;
        tokio::select! {
            biased;
            _ = watch.fallen() => false,
            () = server.exchange().waited_for() => true,
            () = tokio::time::sleep(limits::SANDBOX_WAKE_TIMEOUT) => true,
        }
    }

    fn untaken(&self) -> bool {
        self.server.exchange().untaken()
    }

    async fn exited(&mut self) -> Exit {
        let exit = match self.watch().fallen().await {
            Ok(exit) | Err(ExtensionFault { kind: ExtensionFaultKind::Crash(exit), .. }) => exit,
            // It said that it will end, and may not have yet.
            Err(_) => Exit::Code(1),
        };
        self.outputs.drain().await;
        exit
    }

    async fn snapshot(&mut self, to: &Path) -> Result<(), Unfit> {
        if !self.server.exchange().awaits_restore() {
            return Err(Unfit::new("its runtime does not wait to be restored"));
        }
        self.control().snapshot(to.to_owned()).await
    }

    fn memory_peak_bytes(&self) -> u64 {
        self.control().memory_peak_bytes()
    }

    async fn reset(&mut self, reason: ShutdownReason) {
        self.shut_down(reason).await;
        self.clear().await;
    }

    async fn restart(&mut self) -> Result<(), BootError> {
        self.start_again().await
    }

    async fn stop(mut self: Box<Self>, reason: ShutdownReason) {
        // On the tracker, so that it is finished whoever stops waiting for it.
        let (tasks, runtime) = (self.tasks.clone(), self.runtime.clone());
        let gone = async move {
            self.shut_down(reason).await;
            if let Some(gone) = self.tear_down() {
                _ = gone.await;
            }
        };
        // A panic in it has been reported by the panic hook; there is nothing to add.
        _ = tasks.spawn_on(gone, &runtime).await;
    }
}
