//! AWS on the wire: SigV4, protocols, shapes, constraint messages; knows no domain.
//!
//! A request comes through here like this: [`sigv4`] says who sent it and hands its body on,
//! [`protocol::Protocol::spoken`] and [`protocol::Protocol::route`] find the [`schema::Operation`],
//! [`protocol::Protocol::parse`] reads the [`value::Value`] of its input, [`constraints::check`] holds that
//! against the [`schema::Shape`], and [`shaped::Field::from_value`] makes the generated Rust type of it (those of
//! Lambda are in [`lambda`]). The way back is [`shaped::Field::into_value`] and
//! [`protocol::Protocol::respond`], or an [`error::Fault`] through [`protocol::Protocol::fail`].
//!
//! Only `schema` and the generated files say what an API looks like; each protocol is written once and serves
//! every service. Nothing here does I/O or asks for the time.

pub mod constraints;
pub mod efs;
pub mod error;
pub mod iam;
pub mod lambda;
pub mod logs;
pub mod monitoring;
pub mod protocol;
pub mod route;
pub mod schema;
pub mod shaped;
pub mod sigv4;
pub mod sts;
pub mod timestamp;
pub mod value;
