//! Random requests for any operation, made from its shapes: mostly what the model allows, and often what is there; now and
//! then broken in one of the ways clients break them. Never sends one.

use std::collections::BTreeMap;

use http::Method;
use lambent_core::dice::Dice as _;
use lambent_testkit::LoadedDice;
use lambent_wire::schema::{Kind, Location, Member, Operation, Shape};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::string::{RegexGeneratorStrategy, string_regex};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

/// What a request is made of.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// Makes requests; the same ones from the same seed.
pub(crate) struct Maker {
    dice: LoadedDice,
    runner: TestRunner,
    /// One in so many members that are not required is given.
    sparse: usize,
    /// Values that name what is there, by the member they fit.
    known: BTreeMap<&'static str, Vec<Value>>,
    patterns: BTreeMap<&'static str, Option<RegexGeneratorStrategy<String>>>,
}

impl Maker {
    pub(crate) fn new(seed: u64, known: BTreeMap<&'static str, Vec<Value>>) -> Self {
        let runner = TestRunner::deterministic();
        Self { dice: LoadedDice::new(seed), runner, sparse: 4, known, patterns: BTreeMap::new() }
    }

    /// A request for this operation.
    pub(crate) fn request(&mut self, operation: &Operation) -> Request {
        self.sparse = [3, 30][self.below(2)];
        let (path, fixed) = operation.uri.split_once('?').unwrap_or((operation.uri, ""));
        let mut request = Request {
            method: operation.method.parse().expect("a method of the model"),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let mut query: Vec<String> =
            fixed.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
        let (mut body, mut payload) = (Map::new(), None);
        for member in operation.input.map_or(&[][..], Shape::members) {
            if !self.is_given(member) {
                continue;
            }
            let value = self.value(member, 0);
            match member.location {
                Location::Uri => {
                    let text = utf8_percent_encode(&text(&value), NON_ALPHANUMERIC).to_string();
                    request.path = request.path.replace(&format!("{{{}}}", member.wire_name()), &text);
                }
                Location::Query => query.extend(pairs(member.wire_name(), &value)),
                Location::Header => request.headers.push((member.wire_name(), text(&value))),
                Location::Headers | Location::Status => {}
                Location::Body
                    if operation.input.and_then(Shape::payload).is_some_and(|p| p.name == member.name) =>
                {
                    payload = Some(text(&value).into_bytes());
                }
                Location::Body => drop(body.insert(member.wire_name().to_owned(), value)),
            }
        }
        if !query.is_empty() {
            request.path = format!("{}?{}", request.path, query.join("&"));
        }
        request.body = match payload {
            Some(payload) => payload,
            None if self.one_in(40) => b"{ not json".to_vec(),
            None => Value::Object(body).to_string().into_bytes(),
        };
        request
    }

    /// Other values for a member.
    pub(crate) fn know(&mut self, member: &'static str, values: Vec<Value>) {
        self.known.insert(member, values);
    }

    /// Required members are rarely left out, others mostly, but for those without which little succeeds.
    fn is_given(&mut self, member: &Member) -> bool {
        match (member.required, member.name) {
            (true, _) => !self.one_in(40),
            (false, "Runtime" | "Handler" | "ZipFile") => !self.one_in(8),
            (false, _) => self.one_in(self.sparse),
        }
    }

    fn value(&mut self, member: &Member, depth: u32) -> Value {
        if self.one_in(60) {
            return self.broken();
        }
        let known = self.known.get(member.name).cloned().unwrap_or_default();
        if !known.is_empty() && !self.one_in(5) {
            return known[self.below(known.len())].clone();
        }
        self.shaped(member.shape(), depth)
    }

    fn shaped(&mut self, shape: &'static Shape, depth: u32) -> Value {
        match &shape.kind {
            Kind::Structure { members, .. } => {
                let mut made = Map::new();
                for member in *members {
                    if depth < 4 && self.is_given(member) {
                        made.insert(member.wire_name().to_owned(), self.value(member, depth + 1));
                    }
                }
                Value::Object(made)
            }
            Kind::List(item) => {
                let length = self.below(4);
                (0..length).map(|_| self.value(item, depth + 1)).collect()
            }
            Kind::Map { key, value } => {
                let length = self.below(4);
                let entries =
                    (0..length).map(|_| (text(&self.value(key, depth + 1)), self.value(value, depth + 1)));
                Value::Object(entries.collect())
            }
            Kind::String if !shape.values.is_empty() => json!(shape.values[self.below(shape.values.len())]),
            Kind::String => json!(self.text(shape)),
            Kind::Blob => {
                json!(["e30=", "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==", "not base64!", ""][self.below(4)])
            }
            Kind::Boolean => json!(self.one_in(2)),
            Kind::Integer | Kind::Long => json!(self.number(shape)),
            Kind::Double => json!(f64::from(u32::try_from(self.below(150)).unwrap_or(0)) / 100.0),
            Kind::Timestamp => json!(1_767_355_200),
            Kind::Document => json!({ "any": [1, null] }),
        }
    }

    /// A number at, in or just beyond the bounds.
    fn number(&mut self, shape: &Shape) -> i64 {
        let (min, max) = (shape.min.unwrap_or(0), shape.max.unwrap_or(0x7fff_ffff));
        let middle = min + (max - min) / 2;
        [min, max, middle, min + 1, min - 1, max.saturating_add(1)][self.below(6)]
    }

    fn text(&mut self, shape: &Shape) -> String {
        let words =
            ["", "x", "f", "live", "größe", "a b", "arn:aws:sqs:us-east-1:000000000000:q", "\u{0}", "💥"];
        let pattern = shape.pattern.filter(|_| !self.one_in(4));
        let strategy = pattern.and_then(|pattern| {
            // Patterns that look ahead cannot be made text of; what they describe is among the known values.
            self.patterns.entry(pattern).or_insert_with(|| string_regex(pattern).ok()).as_ref()
        });
        match strategy {
            Some(strategy) => {
                strategy.new_tree(&mut self.runner).map(|tree| tree.current()).unwrap_or_default()
            }
            None => words[self.below(words.len())].to_owned(),
        }
    }

    fn broken(&mut self) -> Value {
        let long = "x".repeat(300);
        let broken = [
            Value::Null,
            json!(-1),
            json!(1.5),
            json!(u64::MAX),
            json!(true),
            json!([]),
            json!({}),
            json!([null]),
            json!({ "": null }),
            json!(long),
            json!("\u{0}\n"),
            json!("$LATEST"),
            json!("99999999999999999999999"),
        ];
        broken[self.below(broken.len())].clone()
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.dice.bits() % n as u64).expect("below a usize")
    }
}

/// A value where the wire has text only.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn pairs(name: &str, value: &Value) -> Vec<String> {
    let pair = |value: &Value| format!("{name}={}", utf8_percent_encode(&text(value), NON_ALPHANUMERIC));
    value.as_array().map_or_else(|| vec![pair(value)], |items| items.iter().map(pair).collect())
}
