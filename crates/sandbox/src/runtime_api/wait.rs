//! A client that waits for an event: of the runtime, or an extension. Gives out none.

use super::connection::Connection;
use super::http::Broken;
use super::seat::Bench;

/// How much is read at once while a client waits.
const READ_BYTES: usize = 4096;

impl Connection {
    /// Waits until an event was written to this client, or until it is gone.
    ///
    /// A client that closes its side while it waits counts as gone, as with other servers: whether it still reads
    /// cannot be known, and an event written to a dead one is lost.
    pub(super) async fn wait(&mut self, close: bool, bench: &dyn Bench) -> Result<(), Broken> {
        loop {
            // Said before the look at the bench, whose lock orders the two: no event slips in between.
            self.seat.set_eager(close || !self.inlet.ahead.is_empty());
            if !bench.waits(&self.seat) {
                // Whoever brought the event wrote it, or left the end of it.
                return match self.seat.take_rest() {
                    Some(rest) => Ok(self.seat.finish(rest).await?),
                    None => Ok(()),
                };
            }
            let broken = tokio::select! {
                () = self.seat.told() => continue,
                read = self.inlet.fill(READ_BYTES) => match read {
                    Ok(0) => Broken::Gone,
                    Ok(_) if self.inlet.is_large() => Broken::Full,
                    Ok(_) => continue,
                    Err(broken) => broken,
                },
            };
            if bench.leave(&self.seat) || matches!(broken, Broken::Reset) {
                return Err(broken);
            }
        }
    }
}
