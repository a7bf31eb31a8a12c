//! The binary: configuration, assembling, listening, command line. Never a decision of Lambda's.

mod activity;
mod assemble;
mod bootstraps;
mod client;
mod clock;
mod collect;
mod config;
mod connection;
mod data_folder;
mod demo;
mod doctor;
mod front;
mod interpreters;
mod listen;
mod logs;
mod output;
mod reach;
mod runtimes;
mod serve;
mod signals;
mod sips;
mod system;
mod tls;
mod upstream;

use std::process::ExitCode;

use clap::Parser as _;

use crate::config::{Command, Raw};

/// Parses, splits the spawner off while the process is small and has one thread, then starts the runtime.
fn main() -> ExitCode {
    let raw = Raw::parse();
    let result = match &raw.command {
        Command::Serve(_) => serve::main(&raw),
        Command::Demo(_) => demo::main(&raw).map(|()| ExitCode::SUCCESS),
        Command::Doctor(_) => return doctor::main(&raw),
        Command::Logs(wanted) => logs::main(wanted),
        Command::Runtimes(runtimes) => runtimes::main(runtimes),
    };
    match result {
        Ok(code) => code,
        Err(fault) => {
            output::error(&fault);
            ExitCode::FAILURE
        }
    }
}
