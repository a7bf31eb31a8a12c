//! Values put, flushed, read again and aged, in a store in memory.

use lambent_core::account::{AccountId, Region};
use lambent_core::monitoring::statistic::Statistic;

use super::*;

const DAY_S: i64 = 86_400;
/// Where an hour, a day and thirty days begin.
const NOON_S: i64 = 600 * 30 * DAY_S;

fn place() -> (AccountId, Region) {
    (AccountId::default_account(), Region::default_region())
}

fn at(at_s: i64) -> Timestamp {
    Timestamp::from_millis(at_s * 1000)
}

fn key() -> MetricKey {
    MetricKey::new("N", "m", Vec::new())
}

fn put(metrics: &Metrics, at_s: i64, by_second: bool, value: f64) {
    let (account, region) = place();
    assert!(metrics.put((&account, &region), &key(), "None", (at_s, by_second), &Bucket::one(value)));
}

async fn read(metrics: &Metrics, from_s: i64, until_s: i64, by_second: bool) -> Vec<(i64, f64)> {
    let ((account, region), metric) = (place(), key());
    let wanted = Wanted {
        account: &account,
        region: &region,
        metric: &metric,
        unit: None,
        from_s,
        until_s,
        by_second,
    };
    let found = metrics.read(wanted).await.unwrap();
    let buckets = found.into_iter().flat_map(|(_, buckets)| buckets);
    buckets.map(|(at_s, bucket)| (at_s - from_s, Statistic::Sum.of(&bucket).unwrap())).collect()
}

#[tokio::test]
async fn values_outlive_a_restart_and_add_up_with_what_comes_after() {
    let store = Store::memory();
    let metrics = Metrics::open(store.clone()).await.unwrap();
    put(&metrics, NOON_S + 5, false, 1.0);
    put(&metrics, NOON_S + 3661, false, 2.0);
    metrics.flush(at(NOON_S + 3700)).await.unwrap();
    let metrics = Metrics::open(store.clone()).await.unwrap();
    put(&metrics, NOON_S + 59, false, 4.0);
    let expected = [(0, 5.0), (3660, 2.0)];
    assert_eq!(read(&metrics, NOON_S, NOON_S + 7200, false).await, expected, "before the flush");
    metrics.flush(at(NOON_S + 3700)).await.unwrap();
    assert_eq!(read(&metrics, NOON_S, NOON_S + 7200, false).await, expected, "after it");
    metrics.flush(at(NOON_S + 20 * 3600)).await.unwrap();
    let metrics = Metrics::open(store).await.unwrap();
    assert_eq!(read(&metrics, NOON_S, NOON_S + 7200, false).await, expected, "after a restart");
    let (account, region) = place();
    assert_eq!(metrics.list(&account, &region), [Listed { metric: key(), last: at(NOON_S + 3600) }]);
}

#[tokio::test]
async fn only_what_is_asked_for_is_read() {
    let metrics = Metrics::open(Store::memory()).await.unwrap();
    for hour in 0..150 {
        put(&metrics, NOON_S + hour * 3600, false, 1.0);
    }
    metrics.flush(at(NOON_S + 30 * DAY_S)).await.unwrap();
    assert_eq!(read(&metrics, NOON_S + 3600, NOON_S + 3 * 3600, false).await, [(0, 1.0), (3600, 1.0)]);
    assert_eq!(read(&metrics, NOON_S, NOON_S + DAY_S * 30, false).await.len(), 150, "more than one page");
    let (account, region) = (place().0, Region::try_from("eu-west-1".to_owned()).unwrap());
    assert!(metrics.list(&account, &region).is_empty());
}

#[tokio::test]
async fn seconds_stand_by_themselves_where_they_are_wanted() {
    let metrics = Metrics::open(Store::memory()).await.unwrap();
    for second in [1, 2, 61] {
        put(&metrics, NOON_S + second, true, 1.0);
    }
    put(&metrics, NOON_S + 130, false, 5.0);
    let fine = [(1, 1.0), (2, 1.0), (61, 1.0), (120, 5.0)];
    assert_eq!(read(&metrics, NOON_S, NOON_S + 300, true).await, fine);
    assert_eq!(read(&metrics, NOON_S, NOON_S + 300, false).await, [(0, 2.0), (60, 1.0), (120, 5.0)]);
    metrics.flush(at(NOON_S + 4 * 3600)).await.unwrap();
    assert_eq!(read(&metrics, NOON_S, NOON_S + 300, true).await.len(), 3, "they are kept three hours");
}

#[tokio::test]
async fn old_values_are_put_together_and_at_last_forgotten() {
    let store = Store::memory();
    let metrics = Metrics::open(store).await.unwrap();
    for minute in 0..20 {
        put(&metrics, NOON_S + minute * 60, false, 1.0);
    }
    metrics.flush(at(NOON_S)).await.unwrap();
    let values = async |days: i64| {
        let now = at(NOON_S + days * DAY_S);
        metrics.flush(now).await.unwrap();
        metrics.collect(now).await.unwrap();
        read(&metrics, NOON_S, NOON_S + DAY_S, false).await
    };
    assert_eq!(values(14).await.len(), 20);
    assert_eq!(values(16).await, [(0, 5.0), (300, 5.0), (600, 5.0), (900, 5.0)]);
    assert_eq!(values(65).await, [(0, 20.0)]);
    assert_eq!(values(65).await, [(0, 20.0)], "twice is once");
    let (account, region) = place();
    assert_eq!(metrics.list(&account, &region).len(), 1);
    assert_eq!(values(455 + 31).await, []);
    assert!(metrics.list(&account, &region).is_empty());
}

#[tokio::test]
async fn a_flush_that_fails_loses_nothing() {
    let store = Store::memory();
    let metrics = Metrics::open(store.clone()).await.unwrap();
    put(&metrics, NOON_S, false, 1.0);
    store.close().await;
    assert!(metrics.flush(at(NOON_S + DAY_S)).await.is_err());
    assert_eq!(metrics.state().due(), [(0, NOON_S)]);
}
