//! The log store: what was given is read, in order, after a restart too, and what expired or was deleted is gone.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use lambent_core::account::{AccountId, Region};
use lambent_core::logs::group::GroupId;
use tempfile::TempDir;

use super::*;

const DAY_MS: i64 = 86_400_000;

fn id(name: &str) -> GroupId {
    GroupId { account: AccountId::default_account(), region: Region::default_region(), name: name.into() }
}

fn line<'a>(group: &'a str, stream: &'a str, at_ms: i64, text: &'a str) -> Line<'a> {
    Line {
        account: "000000000000",
        region: "us-east-1",
        group,
        stream,
        at_ms,
        makes_group: true,
        text: text.as_bytes(),
    }
}

fn all() -> Wanted {
    Wanted {
        streams: Streams::All,
        from_ms: 0,
        until_ms: i64::MAX,
        after: None,
        before: None,
        newest: false,
        limit: limits::LOG_PAGE_MAX,
    }
}

#[derive(Debug, Default)]
struct Counter(AtomicU64);

impl Dice for Counter {
    fn bits(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

struct Rig {
    store: Store,
    logs: Logs,
    folder: TempDir,
}

impl Rig {
    fn new() -> Self {
        let (store, folder) = (Store::memory(), tempfile::tempdir().unwrap());
        let logs = open(&store, folder.path());
        Self { store, logs, folder }
    }

    /// The same files with nothing in memory.
    async fn again(&mut self) {
        self.logs.close().await;
        self.logs = open(&self.store, self.folder.path());
    }

    async fn group(&self, name: &str) -> Option<Kept> {
        self.logs.queue.written().await;
        let record = self.store.get(&tables::LOG_GROUPS, &tables::log_group_key(&id(name))).await.unwrap();
        record.map(|record| record.value)
    }

    async fn read(&self, name: &str, wanted: Wanted) -> (Vec<String>, bool) {
        let group = self.group(name).await.unwrap();
        let page = self.logs.read(&group, wanted, |_| true).await.unwrap();
        (page.events.into_iter().map(|event| event.text).collect(), page.more)
    }

    fn segments(&self, group: &Kept) -> usize {
        let folder = self.folder.path().join(group.folder.simple().to_string());
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().ends_with(".log")).count()
    }
}

fn open(store: &Store, folder: &Path) -> Logs {
    Logs::open(store.clone(), folder.to_owned(), Arc::new(Counter::default()))
}

#[tokio::test]
async fn lines_are_read_as_soon_as_they_were_given_and_after_a_restart() {
    let mut rig = Rig::new();
    for number in 0..100 {
        rig.logs.push(&line(
            "g",
            if number % 2 == 0 { "even" } else { "odd" },
            1000 + number,
            &number.to_string(),
        ));
    }
    for _ in 0..2 {
        let (events, more) = rig.read("g", all()).await;
        assert_eq!((events.len(), more, events[7].as_str()), (100, false, "7\n"));
        let odd = Wanted { streams: Streams::Named(vec!["odd".into()]), ..all() };
        assert_eq!(rig.read("g", odd).await.0[..2], ["1\n", "3\n"]);
        let group = rig.group("g").await.unwrap();
        assert_eq!(group.created.as_millis(), 1000);
        let streams = rig.logs.streams(&group).await.unwrap();
        assert_eq!(streams[0].name, "even");
        assert_eq!(streams[0].events_ms, Some((1000, 1098, 1099)));
        rig.again().await;
    }
}

#[tokio::test]
async fn pages_go_forward_and_backward_without_a_gap() {
    let rig = Rig::new();
    // Times fall back and repeat: what is shown is in the order of time, then as it came.
    for number in 0..50_i64 {
        rig.logs.push(&line("g", "s", 100 - number / 3, &number.to_string()));
    }
    let group = rig.group("g").await.unwrap();
    let whole = rig.logs.read(&group, all(), |_| true).await.unwrap().events;
    assert!(whole.is_sorted_by_key(|event| event.position) && whole.len() == 50);
    let (mut forward, mut after) = (Vec::new(), None);
    loop {
        let page = rig.logs.read(&group, Wanted { after, limit: 7, ..all() }, |_| true).await.unwrap();
        after = page.events.last().map(|event| event.position);
        forward.extend(page.events);
        if !page.more {
            break;
        }
    }
    assert_eq!(forward, whole);
    let (mut backward, mut before) = (Vec::new(), None);
    loop {
        let wanted = Wanted { before, newest: true, limit: 7, ..all() };
        let mut page = rig.logs.read(&group, wanted, |_| true).await.unwrap();
        before = page.events.first().map(|event| event.position);
        page.events.append(&mut backward);
        backward = page.events;
        if !page.more {
            break;
        }
    }
    assert_eq!(backward, whole);
    let times = Wanted { from_ms: 90, until_ms: 92, ..all() };
    assert_eq!(rig.read("g", times).await.0.len(), 6);
    let kept = rig.logs.read(&group, all(), |text| text.starts_with('4')).await.unwrap();
    assert_eq!(kept.events.len(), 11);
}

#[tokio::test]
async fn a_page_holds_no_more_than_a_megabyte() {
    let rig = Rig::new();
    let large = "x".repeat(400_000);
    for at_ms in 0..5 {
        rig.logs.push(&line("g", "s", at_ms, &large));
    }
    let (events, more) = rig.read("g", all()).await;
    assert_eq!((events.len(), more), (2, true));
}

#[tokio::test]
async fn a_write_that_was_cut_short_takes_nothing_else_along() {
    let mut rig = Rig::new();
    rig.logs.push(&line("g", "s", 1, "one"));
    let group = rig.group("g").await.unwrap();
    rig.logs.close().await;
    let path = rig.folder.path().join(group.folder.simple().to_string()).join("0000000001.log");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(&[9, 0, 0, 0, 1, 2]);
    fs::write(&path, bytes).unwrap();
    rig.again().await;
    rig.logs.push(&line("g", "s", 2, "two"));
    assert_eq!(rig.read("g", all()).await.0, ["one\n", "two\n"]);
    rig.again().await;
    assert_eq!(rig.read("g", all()).await.0, ["one\n", "two\n"]);
}

#[tokio::test]
async fn streams_are_made_once_and_deleted_with_their_events() {
    let mut rig = Rig::new();
    let now = Timestamp::from_millis(5);
    rig.logs.push(&line("g", "s", 1, "old"));
    let group = rig.group("g").await.unwrap();
    assert!(!rig.logs.create_stream(&group, "s", now).await.unwrap());
    assert!(rig.logs.create_stream(&group, "t", now).await.unwrap());
    let event = vec![(3, "new".to_owned())];
    assert!(!rig.logs.append(&group, "gone".into(), event.clone(), now).await.unwrap());
    assert!(rig.logs.delete_stream(&group, "s").await.unwrap());
    assert!(!rig.logs.delete_stream(&group, "s").await.unwrap());
    assert!(rig.logs.create_stream(&group, "s", now).await.unwrap());
    assert!(rig.logs.append(&group, "s".into(), event, now).await.unwrap());
    for _ in 0..2 {
        assert_eq!(rig.read("g", all()).await.0, ["new"]);
        assert_eq!(rig.logs.streams(&group).await.unwrap().len(), 2);
        assert_eq!(rig.logs.stored_bytes(&group).await.unwrap(), 29);
        rig.again().await;
    }
}

#[tokio::test]
async fn a_deleted_group_is_empty_when_lines_make_it_anew() {
    let rig = Rig::new();
    rig.logs.push(&line("g", "s", 1, "old"));
    let group = rig.group("g").await.unwrap();
    let key = tables::log_group_key(&group.id);
    let record = rig.store.get(&tables::LOG_GROUPS, &key).await.unwrap().unwrap();
    assert!(rig.logs.delete_group(&group, record.revision).await.unwrap());
    assert!(!rig.logs.delete_group(&group, record.revision).await.unwrap());
    assert_eq!(rig.group("g").await, None);
    assert_eq!(fs::read_dir(rig.folder.path()).unwrap().count(), 0);
    rig.logs.push(&line("g", "s", 2, "new"));
    assert_eq!(rig.read("g", all()).await.0, ["new\n"]);
}

#[tokio::test]
async fn expired_events_are_collected_and_their_streams_stay() {
    let mut rig = Rig::new();
    for day in 0..4 {
        rig.logs.push(&line("g", &format!("day-{day}"), day * DAY_MS + day, &day.to_string()));
        // Each day is a batch of its own, and so a segment.
        rig.group("g").await.unwrap();
    }
    let mut group = rig.group("g").await.unwrap();
    assert_eq!(rig.segments(&group), 4);
    group.retention_days = Some(1);
    let key = tables::log_group_key(&group.id);
    rig.store.write(Transaction::new().put(&tables::LOG_GROUPS, key, &group, Expect::Present)).await.unwrap();
    fs::create_dir(rig.folder.path().join("nobodys")).unwrap();
    rig.logs.collect(Timestamp::from_millis(3 * DAY_MS + 4)).await.unwrap();
    assert!(!rig.folder.path().join("nobodys").exists());
    for _ in 0..2 {
        assert_eq!(rig.segments(&group), 1);
        assert_eq!(rig.read("g", all()).await.0, ["3\n"]);
        let streams = rig.logs.streams(&group).await.unwrap();
        assert_eq!(streams.iter().filter(|stream| stream.events_ms.is_none()).count(), 3);
        rig.again().await;
    }
    rig.logs.collect(Timestamp::from_millis(9 * DAY_MS)).await.unwrap();
    assert_eq!(rig.read("g", all()).await.0, [""; 0]);
    rig.logs.push(&line("g", "day-0", 9 * DAY_MS, "later"));
    assert_eq!(rig.read("g", all()).await.0, ["later\n"]);
}

#[tokio::test]
async fn many_groups_share_few_open_files() {
    let rig = Rig::new();
    let names: Vec<String> =
        (0..limits::LOG_GROUPS_OPEN_MAX + 50).map(|number| format!("g{number}")).collect();
    for round in 0..2 {
        for name in &names {
            rig.logs.push(&line(name, "s", round, "x"));
        }
    }
    for name in &names {
        assert_eq!(rig.read(name, all()).await.0.len(), 2, "{name}");
    }
}

#[tokio::test]
async fn the_id_of_a_deleted_stream_is_never_given_again() {
    let mut rig = Rig::new();
    rig.logs.push(&line("g", "a", 1, "one"));
    rig.logs.push(&line("g", "b", 2, "two"));
    let group = rig.group("g").await.unwrap();
    rig.logs.push(&line("g", "a", 3 * DAY_MS, "three"));
    rig.group("g").await.unwrap();
    assert!(rig.logs.delete_stream(&group, "b").await.unwrap());
    let kept = Kept { retention_days: Some(1), ..group.clone() };
    let key = tables::log_group_key(&group.id);
    rig.store.write(Transaction::new().put(&tables::LOG_GROUPS, key, &kept, Expect::Present)).await.unwrap();
    rig.logs.collect(Timestamp::from_millis(3 * DAY_MS + 4)).await.unwrap();
    assert_eq!(rig.segments(&group), 1, "what declared b is gone");
    rig.again().await;
    rig.logs.push(&line("g", "c", 3 * DAY_MS + 5, "four"));
    rig.group("g").await.unwrap();
    rig.again().await;
    assert_eq!(rig.read("g", all()).await.0, ["three\n", "four\n"]);
}
