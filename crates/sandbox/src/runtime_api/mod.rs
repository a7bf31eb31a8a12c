//! The Runtime API: HTTP/1.1 for the one runtime of one sandbox. Knows no process; lets whoever waits for an event wait.
//!
//! A request's way: [`server`] takes the connection, [`connection`] reads requests from it ([`inlet`], [`http`], [`body`]),
//! [`routes`] names the call, [`state`] allows it, [`exchange`] hands it to the environment, [`reply`] words the
//! reply. Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

mod allowance;
mod answer;
mod body;
mod connection;
mod desk;
mod exchange;
mod extension;
mod fault;
mod http;
mod inlet;
mod owner;
mod pace;
mod patience;
mod reply;
mod restore;
mod routes;
mod seat;
mod server;
mod state;
mod stream;
#[cfg(test)]
mod tests;
mod wait;

pub(crate) use exchange::Asked;
pub(crate) use extension::{Kind, Kinds, Lobby, invoke_event, shutdown_event};
pub(crate) use server::{Guests, Server};
#[cfg(test)]
pub(crate) use tests::rig;
