//! What restJson and restXml share: members in path, query, headers and status. Touches no body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use super::{Request, json};
use crate::error::Malformed;
use crate::route::Labels;
use crate::schema::{Kind, Location, Member, Shape, TimestampFormat};
use crate::timestamp::Timestamp;
use crate::value::{Structure, Value};

/// Reads every member that does not stand in the body.
pub(super) fn read(
    shape: &'static Shape,
    labels: Labels,
    request: &Request<'_>,
    into: &mut Structure,
) -> Result<(), Malformed> {
    let mut labels = labels;
    let pairs = pairs(request.query);
    for member in shape.members() {
        let value = match member.location {
            Location::Uri => {
                let label = labels.iter_mut().find(|(name, _)| *name == member.wire_name());
                label.map(|(_, text)| uri_value(member, std::mem::take(text))).transpose()?
            }
            Location::Query => query_value(member, &pairs)?,
            Location::Header => header_value(member, request.headers)?,
            Location::Headers => prefixed_headers(member, request.headers),
            Location::Body | Location::Status => None,
        };
        if let Some(value) = value {
            into.set(member.name, value);
        }
    }
    Ok(())
}

type Pairs = Vec<(String, String)>;

/// The pairs of a query string, decoded; `+` is a space, as in forms.
pub(super) fn pairs(query: &str) -> Pairs {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}

fn uri_value(member: &Member, text: String) -> Result<Value, Malformed> {
    if matches!(member.shape().kind, Kind::String) {
        Ok(Value::String(text))
    } else {
        scalar(member.shape(), &text)
    }
}

fn query_value(member: &Member, pairs: &Pairs) -> Result<Option<Value>, Malformed> {
    if let Kind::Map { value, .. } = &member.shape().kind {
        return query_map(value, pairs).map(Some);
    }
    let mut given =
        pairs.iter().filter(|(key, _)| key == member.wire_name()).map(|(_, value)| value.as_str());
    if let Kind::List(item) = &member.shape().kind {
        let items = given.map(|text| scalar(item.shape(), text)).collect::<Result<Vec<_>, _>>()?;
        return Ok((!items.is_empty()).then_some(Value::List(items)));
    }
    given.next().map(|text| scalar(member.shape(), text)).transpose()
}

/// Every pair, those with a member of their own too: so Smithy wants servers to read it.
fn query_map(member: &Member, pairs: &Pairs) -> Result<Value, Malformed> {
    let mut map: Vec<(String, Value)> = Vec::new();
    for (key, text) in pairs {
        let at = map.iter().position(|(seen, _)| seen == key);
        match (&member.shape().kind, at) {
            (Kind::List(item), Some(at)) => {
                let more = scalar(item.shape(), text)?;
                if let Value::List(items) = &mut map[at].1 {
                    items.push(more);
                }
            }
            (Kind::List(item), None) => {
                map.push((key.clone(), Value::List(vec![scalar(item.shape(), text)?])))
            }
            (_, Some(_)) => {}
            (_, None) => map.push((key.clone(), scalar(member.shape(), text)?)),
        }
    }
    Ok(Value::Map(map))
}

fn header_value(member: &Member, headers: &HeaderMap) -> Result<Option<Value>, Malformed> {
    let mut given = headers.get_all(member.wire_name()).iter().map(text).peekable();
    if given.peek().is_none() {
        return Ok(None);
    }
    if let Kind::List(item) = &member.shape().kind {
        let mut items = Vec::new();
        for text in given {
            let text = text?;
            if text.trim().is_empty() {
                continue;
            }
            let is_date = matches!(item.shape().kind, Kind::Timestamp)
                && item.timestamp_format().unwrap_or(TimestampFormat::HttpDate) == TimestampFormat::HttpDate;
            for part in if is_date { dates(&text) } else { parts(&text) } {
                items.push(scalar(item.shape(), &part)?);
            }
        }
        return Ok(Some(Value::List(items)));
    }
    let text = given.next().unwrap_or_else(|| Ok(String::new()))?;
    if member.json_value {
        let decoded = STANDARD.decode(&text).map_err(|_| refuse("base64 JSON", &text))?;
        return json::read_document(&decoded).map(Some);
    }
    scalar(member.shape(), &text).map(Some)
}

fn prefixed_headers(member: &Member, headers: &HeaderMap) -> Option<Value> {
    let prefix = member.location_name.unwrap_or("").to_ascii_lowercase();
    let map: Vec<(String, Value)> = headers
        .iter()
        .filter_map(|(name, value)| {
            let key = name.as_str().strip_prefix(&prefix)?;
            Some((key.to_owned(), Value::String(text(value).ok()?)))
        })
        .collect();
    (!map.is_empty()).then_some(Value::Map(map))
}

fn text(value: &HeaderValue) -> Result<String, Malformed> {
    String::from_utf8(value.as_bytes().to_vec())
        .map_err(|_| Malformed::Data("a header is not UTF-8".to_owned()))
}

/// The items of a header's list: split at commas outside quotes, quotes taken off.
fn parts(text: &str) -> Vec<String> {
    let (mut items, mut item, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted || item.trim().is_empty() => {
                quoted = !quoted;
                if quoted {
                    item.clear();
                }
            }
            '\\' if quoted => item.extend(letters.next()),
            ',' if !quoted => items.push(std::mem::take(&mut item).trim().to_owned()),
            other => item.push(other),
        }
    }
    items.push(item.trim().to_owned());
    items
}

/// HTTP dates hold a comma themselves.
fn dates(text: &str) -> Vec<String> {
    let pieces: Vec<&str> = text.split(',').map(str::trim).collect();
    pieces.chunks(2).map(|date| date.join(", ")).collect()
}

/// A value out of text that is no JSON: a label, a query parameter, a header, a form field, an XML text.
pub(super) fn scalar(shape: &Shape, text: &str) -> Result<Value, Malformed> {
    match shape.kind {
        Kind::String => Ok(Value::String(text.to_owned())),
        Kind::Boolean => match text.trim() {
            "true" => Ok(Value::Boolean(true)),
            "false" => Ok(Value::Boolean(false)),
            _ => Err(refuse("Boolean", text)),
        },
        Kind::Integer => {
            text.trim().parse::<i32>().map(|n| Value::Integer(n.into())).map_err(|_| refuse("Integer", text))
        }
        Kind::Long => text.trim().parse().map(Value::Integer).map_err(|_| refuse("Long", text)),
        Kind::Double => double(text.trim()).ok_or_else(|| refuse("Double", text)),
        Kind::Timestamp => {
            Timestamp::parse(text.trim()).map(Value::Timestamp).map_err(|_| refuse("Timestamp", text))
        }
        Kind::Blob => STANDARD
            .decode(text.trim())
            .map(|bytes| Value::Blob(Bytes::from(bytes)))
            .map_err(|_| refuse("Blob", text)),
        Kind::Document => json::read_document(text.as_bytes()),
        Kind::Structure { .. } | Kind::List(_) | Kind::Map { .. } => Err(refuse(shape.name, text)),
    }
}

fn double(text: &str) -> Option<Value> {
    // Rust would also read "inf" and "nan", which are none of AWS's.
    let number = match text {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ => text.parse().ok().filter(|number: &f64| number.is_finite())?,
    };
    Some(Value::Float(number))
}

fn refuse(wanted: &str, text: &str) -> Malformed {
    Malformed::Data(format!("{text:?} can not be converted to {wanted}"))
}

/// Writes every member that does not stand in the body; gives the status, where one is set.
pub(super) fn write(shape: &Shape, given: &mut Structure, headers: &mut HeaderMap) -> Option<u16> {
    let mut status = None;
    for member in shape.members() {
        match member.location {
            Location::Header => {
                let value = given.take(member.name).and_then(|value| header_text(member, &value));
                if let Some(text) = value {
                    super::put(headers, member.wire_name(), &text);
                }
            }
            Location::Headers => {
                if let Some(Value::Map(entries)) = given.take(member.name) {
                    put_prefixed(headers, member.location_name.unwrap_or(""), &entries);
                }
            }
            Location::Status => {
                if let Some(Value::Integer(code)) = given.take(member.name) {
                    status = u16::try_from(code).ok();
                }
            }
            Location::Body | Location::Uri | Location::Query => {}
        }
    }
    status
}

fn put_prefixed(headers: &mut HeaderMap, prefix: &str, entries: &[(String, Value)]) {
    for (key, value) in entries {
        let name = HeaderName::from_bytes(format!("{prefix}{key}").as_bytes());
        if let (Ok(name), Some(text)) = (name, value.as_str()) {
            super::put(headers, name.as_str(), text);
        }
    }
}

fn header_text(member: &Member, value: &Value) -> Option<String> {
    match (value, &member.shape().kind) {
        (Value::Document(document), _) => Some(STANDARD.encode(document.to_string())),
        (Value::List(items), Kind::List(item)) => {
            let texts =
                items.iter().filter_map(|value| header_text(item, value).map(|text| quoted(value, text)));
            Some(texts.collect::<Vec<_>>().join(", "))
        }
        _ => scalar_text(value, member.timestamp_format().unwrap_or(TimestampFormat::HttpDate)),
    }
}

/// An item of a list in a header: quoted where a comma or quote would break it.
fn quoted(value: &Value, text: String) -> String {
    let breaks = matches!(value, Value::String(_)) && text.contains([',', '"']);
    if breaks { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) } else { text }
}

/// Text for a scalar outside JSON and CBOR; nothing for anything else.
pub(super) fn scalar_text(value: &Value, format: TimestampFormat) -> Option<String> {
    match value {
        Value::Boolean(given) => Some(given.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) if number.is_infinite() => {
            Some(if *number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned())
        }
        Value::Float(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Blob(bytes) => Some(STANDARD.encode(bytes)),
        Value::Timestamp(moment) => Some(moment.format(format)),
        Value::Document(document) => Some(document.to_string()),
        Value::Null | Value::List(_) | Value::Map(_) | Value::Structure(_) => None,
    }
}
