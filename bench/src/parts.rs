//! Which parts are measured, one after the other, on which server. Never measures.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::echo::Echo;
use crate::floor::{self, Floor};
use crate::kind::{self, Kind};
use crate::lambent::Lambent;
use crate::report::Report;
use crate::{
    Arguments, Part, burst, cold, drift, events, first, growth, host, idle, mixed, peers, plot, resting,
    snapstart, stored, warm,
};

/// Measures what is asked for, and writes it down.
pub(crate) async fn measure(arguments: &Arguments, folder: &Path, floor: floor::Parts) -> Result<()> {
    let kinds = kind::found()?;
    let mut report = Report::new();
    if let Some(length_s) = arguments.mixed {
        let length = Duration::from_secs(length_s);
        mixed::measure(&arguments.binary, folder, &kinds, length, &mut report).await?;
        return report.finish(&arguments.results);
    }
    let run = Run { arguments, folder, kinds: &kinds };
    if arguments.wants(Part::Resting) {
        resting::measure(arguments, folder, &mut report).await?;
    }
    run.starts(&mut report).await?;
    run.loads(floor, &mut report).await?;
    if arguments.peers {
        peers::measure(arguments, folder, &kinds, &mut report).await?;
    }
    if let Some(folder) = &arguments.plots {
        plot::draw(report.rows(), folder)?;
    }
    report.judge();
    if arguments.json {
        host::answer(&serde_json::to_string_pretty(&report.json())?);
    }
    report.finish(&arguments.results)
}

struct Run<'a> {
    arguments: &'a Arguments,
    folder: &'a Path,
    kinds: &'a [Kind],
}

impl Run<'_> {
    /// What is about functions that did not run before.
    async fn starts(&self, report: &mut Report) -> Result<()> {
        let Self { arguments, folder, kinds } = *self;
        let wants = |part| arguments.wants(part);
        if [Part::Cold, Part::First, Part::Snapstart, Part::Burst].into_iter().any(wants) {
            let server = Lambent::start(&arguments.binary, &folder.join("starts")).await?;
            if wants(Part::Cold) {
                cold::measure(&server, kinds, arguments.colds, report).await?;
            }
            if wants(Part::First) {
                first::measure(&server, folder, self.smallest()?, arguments.colds, report).await?;
            }
            if wants(Part::Snapstart) {
                snapstart::measure(&server, self.python(), arguments.rounds, report).await?;
            }
            if wants(Part::Burst) {
                match self.python() {
                    Some(python) => burst::measure(&server, python, report).await?,
                    None => report.skip("burst.python", "this host has no Python"),
                }
            }
            server.stop().await?;
        }
        if wants(Part::Idle) {
            idle::measure(arguments, folder, kinds, report).await?;
        }
        Ok(())
    }

    /// What is about many requests.
    async fn loads(&self, floor: floor::Parts, report: &mut Report) -> Result<()> {
        let Self { arguments, folder, kinds } = *self;
        let echo = Echo::start()?;
        if arguments.wants(Part::Warm) {
            let server = Lambent::start(&arguments.binary, &folder.join("warm")).await?;
            let floor = Floor::start(floor, folder).await?;
            let plan = warm::Plan { rounds: arguments.rounds, length: arguments.round() };
            warm::measure(&server, &echo, &floor, kinds, plan, report).await?;
            floor.stop().await;
            server.stop().await?;
        }
        if arguments.wants(Part::Events) {
            events::measure(arguments, folder, &kinds[0], &echo, report).await?;
        }
        if arguments.wants(Part::Stored) {
            stored::measure(arguments, folder, self.smallest()?, &echo, report).await?;
        }
        if arguments.wants(Part::Growth) {
            growth::measure(arguments, folder, kinds, &echo, report).await?;
        }
        if arguments.wants(Part::Drift) {
            let server = Lambent::start(&arguments.binary, &folder.join("drift")).await?;
            drift::measure(&server, &kinds[0], Duration::from_secs(arguments.drift_s), report).await?;
            server.stop().await?;
        }
        Ok(())
    }

    /// The kind whose packages are smallest, so that they are not what is measured.
    fn smallest(&self) -> Result<&Kind> {
        self.kinds.last().context("at least one kind of function")
    }

    fn python(&self) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name == "python")
    }
}
