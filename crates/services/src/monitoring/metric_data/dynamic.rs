//! Labels that say something of their values: `${MAX}`, `${LABEL}`, `${PROP('Dim.FunctionName')}`. The times of values
//! (`${MAX_TIME}` and its like) are left as they stand: nobody says how AWS writes them.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html>

use lambent_core::monitoring::math::Points;

use super::compute::Asked as Asker;
use super::query::Asked;

/// What a label may speak of.
pub(super) struct Subject<'a> {
    /// What it would be called if it had no label.
    pub(super) default: &'a str,
    pub(super) points: &'a Points,
    /// The metric, if it is one.
    pub(super) metric: Option<&'a Asked>,
    pub(super) asker: Asker<'a>,
}

/// The label with each token replaced that is known.
pub(super) fn write(label: &str, subject: &Subject<'_>) -> String {
    let (mut written, mut rest) = (String::new(), label);
    while let Some((before, after)) = rest.split_once("${") {
        let Some((token, behind)) = after.split_once('}') else { break };
        written.push_str(before);
        match subject.token(token) {
            Some(value) => written.push_str(&value),
            None => written.push_str(&format!("${{{token}}}")),
        }
        rest = behind;
    }
    written + rest
}

impl Subject<'_> {
    fn token(&self, token: &str) -> Option<String> {
        if let Some(property) = token.strip_prefix("PROP('").and_then(|rest| rest.strip_suffix("')")) {
            return self.property(property);
        }
        let values = || self.points.values().copied();
        #[expect(clippy::cast_precision_loss, reason = "there are never 2^52 values")]
        let count = self.points.len() as f64;
        let number = match token {
            "LABEL" => return Some(self.default.to_owned()),
            "DATAPOINT_COUNT" => return Some(self.points.len().to_string()),
            "AVG" => values().sum::<f64>() / count,
            "SUM" => values().sum(),
            "MIN" => values().reduce(f64::min)?,
            "MAX" => values().reduce(f64::max)?,
            "FIRST" => values().next()?,
            "LAST" => values().next_back()?,
            _ => return None,
        };
        Some(if number.is_finite() { number.to_string() } else { "--".to_owned() })
    }

    fn property(&self, property: &str) -> Option<String> {
        let (account, region) = self.asker.place;
        let metric = self.metric;
        Some(match property {
            "AccountId" => account.to_string(),
            "Region" => region.to_string(),
            "MetricName" => metric?.metric.name.clone(),
            "Namespace" => metric?.metric.namespace.clone(),
            "Period" => metric?.period_s.to_string(),
            "Stat" => metric?.stat.clone(),
            dimension => {
                let name = dimension.strip_prefix("Dim.")?;
                let mut pairs = metric?.metric.dimensions.iter();
                pairs.find(|(known, _)| known == name)?.1.clone()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use lambent_core::account::{AccountId, Region};
    use lambent_core::monitoring::metric::MetricKey;
    use lambent_core::monitoring::statistic::Statistic;
    use lambent_core::time::Timestamp;

    use super::*;

    #[test]
    fn tokens_are_replaced_that_are_known() {
        let dimensions = vec![("FunctionName".to_owned(), "f".to_owned())];
        let metric = Asked {
            metric: MetricKey::new("N", "m", dimensions),
            period_s: 60,
            statistic: Statistic::Sum,
            stat: "Sum".to_owned(),
            unit: None,
        };
        let (account, region, at) =
            (AccountId::default_account(), Region::default_region(), Timestamp::from_millis(0));
        let asker = Asker { place: (&account, &region), start: at, end: at, now: at };
        let points = Points::from([(0, 1.0), (60, 4.0), (120, 2.5)]);
        let subject = Subject { default: "m", points: &points, metric: Some(&metric), asker };
        for (label, expected) in [
            ("plain", "plain"),
            ("${LABEL}: ${MIN} to ${MAX}", "m: 1 to 4"),
            ("${FIRST} ${LAST} ${AVG} ${SUM} of ${DATAPOINT_COUNT}", "1 2.5 2.5 7.5 of 3"),
            ("${PROP('Dim.FunctionName')} ${PROP('Stat')} ${PROP('Region')}", "f Sum us-east-1"),
            ("${MAX_TIME} ${PROP('Dim.No')} ${", "${MAX_TIME} ${PROP('Dim.No')} ${"),
        ] {
            assert_eq!(write(label, &subject), expected);
        }
    }
}
