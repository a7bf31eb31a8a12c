//! The one task that writes: takes every waiting transaction, commits them with one flush, tells the
//! observers, then answers. Never answers before the commit is durable.

use std::sync::Arc;

use lambent_core::limits;
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use crate::engine::{Engine, Row};
use crate::observers::{self, Observer, Observers};
use crate::plan::Outcome;
use crate::told::Told;
use crate::{Change, Commit, Prefix, StoreError, Transaction, WriteError};

/// What the writer is asked to do.
pub(crate) enum Command {
    Write { transaction: Transaction, reply: oneshot::Sender<Result<Commit, WriteError>> },
    Follow { table: &'static str, observer: Observer, reply: oneshot::Sender<Result<(), StoreError>> },
    Close { reply: oneshot::Sender<()> },
}

type Waiting = (Vec<Transaction>, Vec<oneshot::Sender<Result<Commit, WriteError>>>);

/// The state of the writing task.
pub(crate) struct Writer {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) observers: Arc<Observers>,
    pub(crate) told: Arc<Told>,
    pub(crate) commands: mpsc::Receiver<Command>,
}

impl Writer {
    /// Works until the store is closed or dropped; what was accepted before that is still done.
    pub(crate) async fn run(mut self) {
        let mut closers = Vec::new();
        let mut next = self.commands.recv().await;
        while let Some(command) = next.take() {
            match command {
                Command::Write { transaction, reply } => next = self.write(transaction, reply).await,
                Command::Follow { table, observer, reply } => {
                    // A caller that has gone away has no use for the answer.
                    let _ = reply.send(self.follow(table, observer).await);
                }
                Command::Close { reply } => {
                    self.commands.close();
                    closers.push(reply);
                }
            }
            if next.is_none() {
                next = self.commands.recv().await;
            }
        }
        self.engine.close().await;
        for closer in closers {
            // Whoever closed may have gone away meanwhile.
            let _ = closer.send(());
        }
    }

    /// Commits this transaction and all that wait behind it; gives back the command that ended the row.
    async fn write(
        &mut self,
        transaction: Transaction,
        reply: oneshot::Sender<Result<Commit, WriteError>>,
    ) -> Option<Command> {
        let mut bytes = transaction.size_bytes();
        let (mut batch, mut replies): Waiting = (vec![transaction], vec![reply]);
        let mut rest = None;
        while batch.len() < limits::STORE_BATCH_MAX && bytes < limits::STORE_BATCH_MAX_BYTES {
            match self.commands.try_recv() {
                Ok(Command::Write { transaction, reply }) => {
                    bytes += transaction.size_bytes();
                    batch.push(transaction);
                    replies.push(reply);
                }
                Ok(other @ (Command::Follow { .. } | Command::Close { .. })) => {
                    rest = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        self.told.begin();
        let outcomes = self.engine.commit(&batch).await;
        self.settle(outcomes, replies);
        self.told.end();
        rest
    }

    fn settle(
        &self,
        outcomes: Result<Vec<Outcome>, StoreError>,
        replies: Vec<oneshot::Sender<Result<Commit, WriteError>>>,
    ) {
        match outcomes {
            Ok(outcomes) => {
                for (outcome, reply) in outcomes.into_iter().zip(replies) {
                    let answer = outcome.map(|(commit, changes)| {
                        changes.iter().for_each(|change| self.observers.tell(change));
                        self.told.reach(commit.sequence);
                        commit
                    });
                    let _ = reply.send(answer);
                }
            }
            Err(failure) => {
                error!(error = %failure, transactions = replies.len(), "commit failed, nothing was written");
                replies.into_iter().for_each(|reply| drop(reply.send(Err(failure.clone().into()))));
            }
        }
    }

    /// Shows the observer all that is there, then adds it. Nothing moves meanwhile: this task is what moves.
    async fn follow(&self, table: &'static str, observer: Observer) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page =
                self.engine.list(table, &Prefix::all(), after.as_ref(), limits::STORE_PAGE_MAX).await?;
            page.iter().for_each(|row| observers::call(&observer, &as_change(table, row)));
            match page.last() {
                Some(last) if page.len() == limits::STORE_PAGE_MAX => after = Some(last.key.clone()),
                Some(_) | None => break,
            }
        }
        self.observers.add(table, observer);
        Ok(())
    }
}

fn as_change(table: &'static str, row: &Row) -> Change {
    Change {
        sequence: crate::Sequence(row.revision.0),
        table,
        key: row.key.clone(),
        old_revision: None,
        value: Some(Arc::clone(&row.json)),
    }
}
