//! What is SQLite's own: reopening, the lock on the folder, schema versions, files that are not as they should be.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use lambent_store::{
    Expect, Key, Prefix, Sequence, SqliteOptions, Store, StoreError, Table, Transaction, WriteError,
};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

const THINGS: Table<String> = Table::new("things");
const DATABASE: &str = "lambent.sqlite";

async fn open(folder: &Path) -> Result<Store, StoreError> {
    Store::sqlite(SqliteOptions { feed_max: 10, ..SqliteOptions::new(folder) }).await
}

fn put(name: &str, text: &str) -> Transaction {
    Transaction::new().put(&THINGS, Key::of([name]), &text.to_owned(), Expect::Any)
}

#[tokio::test]
async fn counting_goes_on_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("made/when/missing");
    let mut last = Sequence(0);
    for round in 0..4 {
        let store = open(&place).await.unwrap();
        assert_eq!(store.last().await.unwrap(), last);
        for number in 0..round * 20 {
            let commit = store.write(put("a", &number.to_string())).await.unwrap();
            assert_eq!(commit.sequence, Sequence(last.0 + 1));
            last = commit.sequence;
        }
        // Nothing but the feed remembers the number of a commit that deleted the last record.
        let gone = Transaction::new().delete(&THINGS, Key::of(["a"]), Expect::Any);
        last = store.write(gone).await.unwrap().sequence;
        store.close().await;
    }
    assert!(last.0 > 100);
}

#[tokio::test]
async fn a_store_dropped_without_closing_keeps_all_and_frees_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    store.write(put("a", "kept")).await.unwrap();
    let clone = store.clone();
    drop(store);
    clone.write(put("b", "kept")).await.unwrap();
    drop(clone);
    // The writing task lets go of the folder when it notices; that takes it a few turns.
    let store = loop {
        match open(folder.path()).await {
            Err(StoreError::Locked { .. }) => tokio::task::yield_now().await,
            outcome => break outcome.unwrap(),
        }
    };
    assert_eq!(store.list(&THINGS, &Prefix::all(), None, 10).await.unwrap().len(), 2);
    store.close().await;
}

#[tokio::test]
async fn one_server_has_the_folder_and_the_error_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let error = open(folder.path()).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, StoreError::Locked { .. }), "{error:?}");
    assert!(text.contains(&folder.path().display().to_string()), "{text}");
    assert!(text.contains(&std::process::id().to_string()), "{text}");
    store.close().await;
    open(folder.path()).await.unwrap().close().await;
}

#[tokio::test]
async fn a_batch_that_fails_half_way_leaves_nothing_and_the_next_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    store.write(put("before", "")).await.unwrap();
    let database = SqliteConnectOptions::new().filename(folder.path().join(DATABASE));
    let mut raw = database.connect().await.unwrap();
    // Records are written before the feed; FAIL leaves them in a transaction that is still open.
    let trap = "CREATE TRIGGER trap BEFORE INSERT ON feed BEGIN SELECT RAISE(FAIL, 'trap'); END";
    sqlx::query(trap).execute(&mut raw).await.unwrap();
    for _ in 0..2 {
        let outcome = store.write(put("half", "")).await;
        assert!(matches!(outcome, Err(WriteError::Store(StoreError::Database { .. }))), "{outcome:?}");
    }
    sqlx::query("DROP TRIGGER trap").execute(&mut raw).await.unwrap();
    assert_eq!(store.get(&THINGS, &Key::of(["half"])).await.unwrap(), None);
    assert_eq!(store.write(put("after", "")).await.unwrap().sequence, Sequence(2));
    assert_eq!(store.get(&THINGS, &Key::of(["half"])).await.unwrap(), None);
    raw.close().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).await.unwrap().close().await;
    let database = SqliteConnectOptions::new().filename(folder.path().join(DATABASE));
    let mut raw = database.connect().await.unwrap();
    sqlx::query("UPDATE schema_version SET version = 99").execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    for _ in 0..2 {
        let error = open(folder.path()).await.unwrap_err();
        assert!(matches!(error, StoreError::SchemaTooNew { found: 99, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(DATABASE), "not a database. ".repeat(1000)).unwrap();
    let error = open(folder.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    // What is wrong stays as it is for someone to look at.
    assert!(fs::read(folder.path().join(DATABASE)).unwrap().starts_with(b"not a database"));
}

#[tokio::test]
async fn damage_inside_is_an_error_for_readers_and_writers() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    for number in 0..50 {
        store.write(put(&number.to_string(), &"x".repeat(2000))).await.unwrap();
    }
    store.close().await;
    let file = fs::File::options().write(true).open(folder.path().join(DATABASE)).unwrap();
    let pages = file.metadata().unwrap().len() / 4096;
    // The first page tells what tables there are; without all others no record can be found.
    (1..pages).for_each(|page| file.write_all_at(&[0xA5; 4096], page * 4096).unwrap());
    let outcome = match open(folder.path()).await {
        Ok(store) => {
            let read = store.get(&THINGS, &Key::of(["7"])).await;
            assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{read:?}");
            let written = store.write(put("7", "")).await;
            store.close().await;
            written.map(drop)
        }
        Err(error) => Err(error.into()),
    };
    assert!(matches!(outcome, Err(WriteError::Store(StoreError::Corrupt { .. }))), "{outcome:?}");
}

#[tokio::test]
async fn a_place_that_is_no_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = open(&file.join("data")).await.unwrap_err();
    assert!(matches!(&error, StoreError::File { path, .. } if path.starts_with(&file)), "{error:?}");
}
