//! As many values as one answer holds, and where the next goes on. Never another order than the one asked for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use lambent_core::limits::METRIC_POINTS_MAX;
use lambent_wire::monitoring::metric::{GetMetricDataOutput, MetricDataResult};
use lambent_wire::timestamp::Timestamp;

use super::super::Error;
use super::label::Result as Line;

/// A page of an answer.
#[derive(Debug)]
pub(super) struct Page {
    /// How many values came before.
    skip: usize,
    /// How many come now at most.
    most: usize,
}

impl Page {
    /// The page a request asks for.
    pub(super) fn read(token: Option<&str>, most: Option<i32>) -> Result<Self, Error> {
        let skip = token.map_or(Ok(0), |token| unmark(token).ok_or(Error::NextToken))?;
        let most = match most.map(usize::try_from) {
            None => METRIC_POINTS_MAX,
            Some(Ok(most)) if (1..=METRIC_POINTS_MAX).contains(&most) => most,
            Some(_) => {
                return Err(Error::Validation(format!(
                    "The parameter MaxDatapoints must be between 1 and {METRIC_POINTS_MAX}."
                )));
            }
        };
        Ok(Self { skip, most })
    }

    /// This page of the results.
    pub(super) fn of(self, results: Vec<Line>, descending: bool) -> GetMetricDataOutput {
        let total: usize = results.iter().map(|result| result.points.len()).sum();
        let end = (self.skip + self.most).min(total);
        let mut before = 0;
        let page = results.into_iter().map(|result| {
            let length = result.points.len();
            let (first, last) =
                (self.skip.clamp(before, before + length), end.clamp(before, before + length));
            let complete = end >= before + length;
            let shown = self.one(result, (first - before, last - before), (descending, complete));
            before += length;
            shown
        });
        GetMetricDataOutput {
            metric_data_results: Some(page.collect()),
            next_token: (end < total).then(|| BASE64.encode(end.to_string())),
            messages: Some(Vec::new()),
        }
    }

    fn one(
        &self,
        result: Line,
        (first, last): (usize, usize),
        (descending, complete): (bool, bool),
    ) -> MetricDataResult {
        let mut points: Vec<(i64, f64)> = result.points.into_iter().collect();
        if descending {
            points.reverse();
        }
        let points = points.get(first..last).unwrap_or_default();
        let time = |at_s: i64| Timestamp::from_millis(at_s.saturating_mul(1000)).unwrap_or_default();
        MetricDataResult {
            id: Some(result.id),
            label: Some(result.label),
            timestamps: Some(points.iter().map(|(at_s, _)| time(*at_s)).collect()),
            values: Some(points.iter().map(|(_, value)| *value).collect()),
            status_code: Some(if complete { "Complete" } else { "PartialData" }.to_owned()),
            messages: None,
        }
    }
}

fn unmark(token: &str) -> Option<usize> {
    String::from_utf8(BASE64.decode(token).ok()?).ok()?.parse().ok()
}
