//! Work that keeps its thread for long, done so that other requests go on meanwhile. Never changes what is done.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// From this size on a body takes so long to be hashed or parsed that others would notice: about a third of a millisecond.
const LARGE_BYTES: usize = 256 * 1024;

/// Does work over so many bytes. Where they are many this thread's other tasks go to another thread, if there can be one.
pub(crate) fn aside<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let others = Handle::try_current().is_ok_and(|it| it.runtime_flavor() != RuntimeFlavor::CurrentThread);
    if bytes >= LARGE_BYTES && others { block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn others_go_on_where_the_only_worker_has_much_to_do() {
        let (tell, told) = std::sync::mpsc::channel();
        let busy = tokio::task::JoinSet::from_iter([async move {
            // A task that the same worker would have to run.
            let mut others = tokio::task::JoinSet::new();
            others.spawn(async move { tell.send(()) });
            aside(LARGE_BYTES, || told.recv_timeout(Duration::from_secs(60)))
        }]);
        assert_eq!(busy.join_all().await, [Ok(())]);
    }

    #[tokio::test]
    async fn where_there_is_one_thread_it_is_done_there() {
        assert_eq!(aside(LARGE_BYTES, || 1), 1);
    }
}
