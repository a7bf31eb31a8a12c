//! Which parts are measured, one after the other, on which server. Never measures.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum as _;

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
    let echo = Echo::start()?;
    let run = Run { arguments, folder, kinds: &kinds, echo: &echo };
    let mut floor = Some(floor);
    for part in Part::value_variants().iter().copied().filter(|part| arguments.wants(*part)) {
        // What cannot be measured does not take the rest with it.
        if let Err(error) = run.part(part, &mut floor, &mut report).await {
            report.fail(&part.name(), &error);
        }
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
    echo: &'a Echo,
}

impl Run<'_> {
    async fn part(&self, part: Part, floor: &mut Option<floor::Parts>, report: &mut Report) -> Result<()> {
        let Self { arguments, folder, kinds, echo } = *self;
        match part {
            Part::Resting => resting::measure(arguments, folder, report).await,
            Part::Idle => idle::measure(arguments, folder, kinds, report).await,
            Part::Events => events::measure(arguments, folder, &kinds[0], echo, report).await,
            Part::Stored => stored::measure(arguments, folder, self.smallest()?, echo, report).await,
            Part::Growth => growth::measure(arguments, folder, kinds, echo, report).await,
            Part::Peers => peers::measure(arguments, folder, kinds, report).await,
            Part::Cold => {
                let server = self.server(part).await?;
                cold::measure(&server, kinds, arguments.colds, report).await?;
                server.stop().await
            }
            Part::First => {
                let server = self.server(part).await?;
                first::measure(&server, folder, self.smallest()?, arguments.colds, report).await?;
                server.stop().await
            }
            Part::Snapstart => {
                let server = self.server(part).await?;
                snapstart::measure(&server, self.python(), arguments.rounds, report).await?;
                server.stop().await
            }
            Part::Burst => {
                let server = self.server(part).await?;
                burst::measure(&server, self.python(), report).await?;
                server.stop().await
            }
            Part::Drift => {
                let server = self.server(part).await?;
                drift::measure(&server, &kinds[0], Duration::from_secs(arguments.drift_s), report).await?;
                server.stop().await
            }
            Part::Warm => {
                let server = self.server(part).await?;
                let floor =
                    Floor::start(floor.take().context("one measurement of sandboxes")?, folder).await?;
                let plan = warm::Plan { rounds: arguments.rounds, length: arguments.round() };
                warm::measure(&server, echo, &floor, kinds, plan, report).await?;
                floor.stop().await;
                server.stop().await
            }
        }
    }

    /// A server of its own, on an empty folder.
    async fn server(&self, part: Part) -> Result<Lambent> {
        Lambent::start(&self.arguments.binary, &self.folder.join(part.name())).await
    }

    /// The kind whose packages are smallest, so that they are not what is measured.
    fn smallest(&self) -> Result<&Kind> {
        self.kinds.last().context("at least one kind of function")
    }

    fn python(&self) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name == "python")
    }
}
