//! Where functions run: boot, invoke, freeze, stop; the Runtime API. The only unsafe code is in `linux/sys.rs` and below it.
//!
//! Invariant: knows no function, alias or account. It gets a [`Spec`] and bytes.

mod environment;
mod host;
pub mod linux;
mod runtime_api;
pub mod shared_folder;
mod spec;
mod telemetry;

pub use host::LinuxHost;
pub use linux::snapshot::Unfit;
pub use shared_folder::SharedFolder;
pub use spec::{
    Answer, BootError, Early, Event, Exit, ExtensionFault, ExtensionFaultKind, Extensions, Host, Init, Mount,
    Network, Notice, Outlet, Output, Piece, Registered, Reported, Sandbox, Settled, ShutdownReason,
    SnapStart, Source, Spec,
};
pub use telemetry::{Stream, Telemetry};
