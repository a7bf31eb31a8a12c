//! Amazon EFS as far as functions mount it: file systems, access points, mount targets, a file a noun. Files themselves
//! are in folders of the host, which `lambent_dispatch::efs` knows; replication is not here.

pub mod access_point;
mod errors;
pub mod file_system;
mod find;
pub mod mount_target;
mod page;
pub mod policy;
pub mod preferences;
pub mod security_groups;
mod subnet;
pub mod tags;
mod view;

pub use errors::Error;
pub(crate) use find::mountable;
