//! The Extensions API: what runs beside the runtime registers, asks for events and tells of its end. Knows no process.
//!
//! [`state`] allows a call, [`roster`] knows who there is, [`lobby`] hands events to connections, [`calls`] answers
//! requests, [`words`] has the bytes. Source:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>

mod calls;
mod lobby;
mod place;
mod roster;
mod state;
mod subscribe;
mod words;

pub(crate) use lobby::Lobby;
pub(crate) use roster::{Kind, Kinds};
pub(crate) use state::Call;
pub(crate) use words::{Fields, Given, invoke_event, shutdown_event};
