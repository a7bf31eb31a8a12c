//! Whether two bodies mean the same: trees of JSON, XML and CBOR, not bytes.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value as Json;

/// One text for equal JSON; an empty body is the empty object.
pub(crate) fn json(body: &[u8]) -> String {
    if body.is_empty() {
        return "{}".to_owned();
    }
    let given: Json = serde_json::from_slice(body).unwrap_or_else(|error| panic!("not JSON: {error}"));
    sorted(&given)
}

fn sorted(given: &Json) -> String {
    match given {
        Json::Object(map) => {
            let mut texts: Vec<String> =
                map.iter().map(|(key, v)| format!("{key:?}: {}", sorted(v))).collect();
            texts.sort_unstable();
            format!("{{{}}}", texts.join(", "))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(", ")),
        Json::Number(number) => format!("{}", number.as_f64().unwrap()),
        Json::Null | Json::Bool(_) | Json::String(_) => given.to_string(),
    }
}

/// One text for equal CBOR: 1, 1.0 and its half-precision form are one number.
pub(crate) fn cbor(body: &[u8]) -> String {
    if body.is_empty() {
        return "{}".to_owned();
    }
    canonical(&ciborium::from_reader(body).unwrap())
}

fn canonical(value: &ciborium::Value) -> String {
    use ciborium::Value as Cbor;
    match value {
        Cbor::Map(entries) => {
            let mut texts: Vec<String> =
                entries.iter().map(|(key, v)| format!("{}: {}", canonical(key), canonical(v))).collect();
            texts.sort_unstable();
            format!("{{{}}}", texts.join(", "))
        }
        Cbor::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(", ")),
        #[expect(clippy::cast_precision_loss, reason = "the vectors hold small numbers")]
        Cbor::Integer(number) => format!("{}", i128::from(*number) as f64),
        #[expect(clippy::cast_possible_truncation, reason = "models say float where 32 bits are meant")]
        Cbor::Float(number) if number.fract() != 0.0 => format!("{}", *number as f32),
        Cbor::Float(number) => format!("{number}"),
        Cbor::Tag(tag, inner) => format!("{tag}({})", canonical(inner)),
        Cbor::Text(text) => format!("{text:?}"),
        other => format!("{other:?}"),
    }
}

/// One text for equal XML: white space between elements and the order of attributes do not count.
pub(crate) fn xml(body: &[u8]) -> String {
    let text = std::str::from_utf8(body).unwrap();
    let mut reader = Reader::from_str(text);
    let mut out = String::new();
    let mut pending = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                pending.clear();
                out += &open(&start);
            }
            Event::Empty(start) => {
                pending.clear();
                out += &format!("{})", open(&start));
            }
            Event::Text(piece) => pending += &piece.xml10_content(),
            Event::CData(piece) => pending += &piece.xml10_content(),
            Event::GeneralRef(entity) => {
                let letter = entity.resolve_char_ref().unwrap().map(String::from);
                let named = quick_xml::escape::resolve_predefined_entity(&entity.xml10_content());
                pending += &letter.or_else(|| named.map(str::to_owned)).unwrap();
            }
            Event::End(_) => {
                if !pending.trim().is_empty() {
                    out += &format!("{pending:?}");
                }
                pending.clear();
                out.push(')');
            }
            Event::Eof => return out,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn open(start: &quick_xml::events::BytesStart<'_>) -> String {
    let mut attributes: Vec<String> =
        start.attributes().map(|a| a.unwrap()).map(|a| format!("{}={}", a.key.as_ref(), a.value)).collect();
    attributes.sort_unstable();
    format!("({}{attributes:?}", start.name().as_ref())
}
