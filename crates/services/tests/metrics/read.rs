//! What is read: computed, listed, in pages.

use std::time::Duration;

use lambent_testkit::FakeHost;

use super::*;

#[tokio::test]
async fn metrics_are_computed_with_each_other() {
    let server = TestServer::start(FakeHost::new(fails_when_told)).await;
    for minute in 0..3 {
        let at = NOON_S - 60 * minute;
        put(
            &server,
            json!([
                { "MetricName": "a", "Value": minute, "Timestamp": at },
                { "MetricName": "b", "Value": 10, "Timestamp": at },
            ]),
        )
        .await;
    }
    let mut hidden = stat("b", "b", "Maximum");
    hidden["ReturnData"] = json!(false);
    let sum = json!({ "Id": "e", "Expression": "SUM([twice, b])", "Label": "all" });
    let twice = json!({ "Id": "twice", "Expression": "a * 2", "ReturnData": false });
    let found = data(&server, json!([sum, twice, stat("a", "a", "Sum"), hidden]), json!({})).await;
    assert_eq!(
        found,
        json!({ "Messages": [], "MetricDataResults": [
        { "Id": "e", "Label": "all", "StatusCode": "Complete",
          "Timestamps": [NOON_S, NOON_S - 60, NOON_S - 120], "Values": [10.0, 12.0, 14.0] },
        { "Id": "a", "Label": "a Sum", "StatusCode": "Complete",
          "Timestamps": [NOON_S, NOON_S - 60, NOON_S - 120], "Values": [0.0, 1.0, 2.0] },
    ] })
    );
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended() {
    let server = TestServer::start(FakeHost::new(fails_when_told)).await;
    for minute in 0..4 {
        put(&server, json!([{ "MetricName": "a", "Value": minute, "Timestamp": NOON_S - 60 * minute }]))
            .await;
    }
    let queries = json!([stat("a", "a", "Sum"), stat("b", "a", "Sum")]);
    let (mut token, mut pages) = (json!({ "MaxDatapoints": 3, "ScanBy": "TimestampAscending" }), Vec::new());
    loop {
        let found = data(&server, queries.clone(), token.clone()).await;
        let results = found["MetricDataResults"].as_array().unwrap().iter();
        pages.push(results.map(|r| (r["Values"].clone(), r["StatusCode"].clone())).collect::<Vec<_>>());
        match found.get("NextToken") {
            Some(next) => token["NextToken"] = next.clone(),
            None => break,
        }
    }
    let page = |values: Value, whole: bool| (values, json!(if whole { "Complete" } else { "PartialData" }));
    assert_eq!(pages[0], [page(json!([3.0, 2.0, 1.0]), false), page(json!([]), false)]);
    assert_eq!(pages[1], [page(json!([0.0]), true), page(json!([3.0, 2.0]), false)]);
    assert_eq!(pages[2], [page(json!([]), true), page(json!([1.0, 0.0]), true)]);
    assert_eq!(pages.len(), 3);
}

#[tokio::test]
async fn metrics_are_listed_by_name_and_dimension_in_pages() {
    let server = TestServer::start(FakeHost::new(fails_when_told)).await;
    let datum = |number: usize| {
        let dimensions =
            json!([{ "Name": "N", "Value": number.to_string() }, { "Name": "All", "Value": "x" }]);
        json!({ "MetricName": format!("m{}", number % 2), "Value": 1, "Dimensions": dimensions })
    };
    put(&server, (0..600).map(datum).collect()).await;
    let first = call(&server, "ListMetrics", json!({ "Namespace": "Mine" })).await;
    assert_eq!(first["Metrics"].as_array().unwrap().len(), 500);
    let next = json!({ "Namespace": "Mine", "NextToken": first["NextToken"] });
    let second = call(&server, "ListMetrics", next).await;
    assert_eq!((second["Metrics"].as_array().unwrap().len(), second.get("NextToken")), (100, None));
    let one = json!({ "MetricName": "m1", "Dimensions": [{ "Name": "N", "Value": "7" }, { "Name": "All" }] });
    let found = call(&server, "ListMetrics", one.clone()).await;
    assert_eq!(
        found,
        json!({ "Metrics": [{
        "Namespace": "Mine", "MetricName": "m1",
        "Dimensions": [{ "Name": "All", "Value": "x" }, { "Name": "N", "Value": "7" }],
    }] })
    );
    server.clock.advance(Duration::from_secs(5 * 3600));
    let recent = json!({ "RecentlyActive": "PT3H" });
    assert_eq!(call(&server, "ListMetrics", recent).await, json!({ "Metrics": [] }));
    server.clock.advance(Duration::from_secs(15 * 86_400));
    assert_eq!(call(&server, "ListMetrics", one).await, json!({ "Metrics": [] }));
}
