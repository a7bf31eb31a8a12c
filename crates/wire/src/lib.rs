//! AWS on the wire: SigV4, protocols, shapes, constraint messages; knows no domain.

pub mod sigv4;
