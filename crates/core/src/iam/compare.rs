//! How a condition's operator compares one of its values with one of the request's. Never fails: what cannot be read
//! as the operator's type fits nothing.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::cmp::Ordering;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;

use super::Context;
use super::pattern::Pattern;

/// What an operator compares, without its negation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    EqualIgnoringCase,
    Like,
    Arn,
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Ip,
}

/// Where the request's value lies from the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// The operator of that name, and whether it is negated.
    pub(super) fn named(operator: &str) -> Option<(Self, bool)> {
        Some(match operator {
            "StringEquals" => (Self::Equal, false),
            "StringNotEquals" => (Self::Equal, true),
            "StringEqualsIgnoreCase" => (Self::EqualIgnoringCase, false),
            "StringNotEqualsIgnoreCase" => (Self::EqualIgnoringCase, true),
            "StringLike" => (Self::Like, false),
            "StringNotLike" => (Self::Like, true),
            "ArnEquals" | "ArnLike" => (Self::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Self::Arn, true),
            "Bool" => (Self::Bool, false),
            "BinaryEquals" => (Self::Binary, false),
            "IpAddress" => (Self::Ip, false),
            "NotIpAddress" => (Self::Ip, true),
            _ => return Self::ordered(operator),
        })
    }

    fn ordered(operator: &str) -> Option<(Self, bool)> {
        let (kind, order): (fn(Order) -> Self, _) = match operator.strip_prefix("Numeric") {
            Some(order) => (Self::Number, order),
            None => (Self::Date, operator.strip_prefix("Date")?),
        };
        Some(match order {
            "Equals" => (kind(Order::Equal), false),
            "NotEquals" => (kind(Order::Equal), true),
            "LessThan" => (kind(Order::Less), false),
            "LessThanEquals" => (kind(Order::LessOrEqual), false),
            "GreaterThan" => (kind(Order::Greater), false),
            "GreaterThanEquals" => (kind(Order::GreaterOrEqual), false),
            _ => return None,
        })
    }

    /// Whether the request's value fits the policy's; `variables` is there when the policy may use them.
    pub(super) fn fits(self, policy: &str, request: &str, variables: Option<&Context>) -> bool {
        let pattern = || Pattern::read(policy, variables);
        match self {
            Self::Equal => pattern().is_some_and(|p| p.plain().matches(request)),
            Self::EqualIgnoringCase => {
                pattern().is_some_and(|p| p.plain().lowercase().matches(&request.to_lowercase()))
            }
            Self::Like => pattern().is_some_and(|p| p.matches(request)),
            Self::Arn => pattern().is_some_and(|p| arn(&p, request)),
            Self::Number(order) => ordered(order, number(request), number(policy)),
            Self::Date(order) => ordered(order, date(request), date(policy)),
            Self::Bool => policy.eq_ignore_ascii_case(request),
            Self::Binary => bytes(policy).is_some_and(|policy| Some(policy) == bytes(request)),
            Self::Ip => {
                net(policy).zip(request.parse::<IpAddr>().ok()).is_some_and(|(net, ip)| net.contains(&ip))
            }
        }
    }
}

/// Each of an ARN's six parts for itself, so that no wildcard reaches over a colon but in the last.
fn arn(pattern: &Pattern, request: &str) -> bool {
    let (patterns, parts) = (pattern.parts(6), request.splitn(6, ':').collect::<Vec<_>>());
    let whole = patterns.len() == 6 && parts.len() == 6;
    whole && patterns.iter().zip(parts).all(|(pattern, part)| pattern.matches(part))
}

fn ordered<T: PartialOrd>(order: Order, request: Option<T>, policy: Option<T>) -> bool {
    let Some(found) = request.zip(policy).and_then(|(request, policy)| request.partial_cmp(&policy)) else {
        return false;
    };
    match order {
        Order::Equal => found == Ordering::Equal,
        Order::Less => found == Ordering::Less,
        Order::LessOrEqual => found != Ordering::Greater,
        Order::Greater => found == Ordering::Greater,
        Order::GreaterOrEqual => found != Ordering::Less,
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// Milliseconds since the epoch, from ISO 8601 in one of the W3C's forms or from seconds.
fn date(text: &str) -> Option<f64> {
    if let Some(seconds) = number(text).filter(|_| !is_year(text)) {
        return Some(seconds * 1000.0);
    }
    let full = match text.len() {
        4 => format!("{text}-01-01T00:00:00Z"),
        7 => format!("{text}-01T00:00:00Z"),
        10 => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    };
    let instant: jiff::Timestamp = full.parse().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of ten thousand years fit into 53 bits")]
    Some(instant.as_millisecond() as f64)
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

fn net(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
