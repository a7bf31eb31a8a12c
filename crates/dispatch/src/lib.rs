//! The data plane: resolve -> admit -> acquire -> run -> settle.
//!
//! An invocation reads and writes no store: routes are in memory, kept current by the store's change feed. Invariant:
//! an environment belongs to one deployment of one function for life; a route that was replaced gives out none.

mod admission;
mod boot;
mod dispatcher;
mod drive;
mod early;
pub mod efs;
mod environment;
mod expect;
mod expiry;
mod follow;
mod freezer;
mod init;
mod invocation;
mod lines;
mod logs;
mod metrics;
mod parts;
mod pool;
mod program;
mod provisioner;
mod queue;
mod recursion;
mod reply;
mod resolved;
mod room;
mod route;
mod run;
mod session;
mod spec;
mod start;
mod told;
mod waiter;

pub use admission::Throttle;
pub use dispatcher::Dispatcher;
pub use invocation::{Invocation, InvokeError, Outcome};
pub use lambent_sandbox::Piece;
pub use logs::{Line, LogSink, Source};
pub use metrics::{Datum, MetricSink, Metrics};
pub use parts::{Options, Parts};
pub use program::{ProgramError, Programs};
pub use provisioner::ProvisionedCount;
pub use queue::{DeliveryError, Destinations, Parcel};
pub use resolved::Resolved;
pub use session::{LogPermit, RoleCredentials, SessionKeys};
pub use waiter::Waiter;
