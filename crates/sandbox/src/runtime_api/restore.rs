//! A runtime that asks to be restored: where a snapshot is to be taken it waits, restored it goes on.

use super::connection::Connection;
use super::http::Broken;
use super::reply::Reply;
use super::state::Call;
use crate::spec::SnapStart;

/// How much is read at once while a client waits.
const READ_BYTES: usize = 4096;

impl Connection {
    /// `GET /runtime/restore/next`. No client is ever answered that a snapshot is taken of.
    pub(super) async fn restore(&mut self) -> Result<Reply, Broken> {
        let waits = self.shared.snap_start == SnapStart::Source;
        let call = if waits { Call::AwaitRestore } else { Call::Restore };
        if let Err(refused) = self.shared.exchange.restore(call) {
            return Ok(refused.reply());
        }
        if !waits {
            return Ok(Reply::restored());
        }
        self.shared.lobby.close();
        while self.inlet.fill(READ_BYTES).await? > 0 {
            if self.inlet.is_large() {
                return Err(Broken::Full);
            }
        }
        Err(Broken::Gone)
    }
}
