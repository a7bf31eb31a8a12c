//! XML bodies by shape, for restXml and the answers of query. Reads no document types, resolves no entities
//! but XML's five.

use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};

use super::{NESTING_MAX, rest};
use crate::error::Malformed;
use crate::schema::{Kind, Member, Namespace, Shape, TimestampFormat};
use crate::value::{Structure, Value};

/// An element; prefixes of names are dropped.
#[derive(Debug, Default)]
pub(super) struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Node>,
}

/// Reads a document's root.
pub(super) fn parse(body: &[u8]) -> Result<Node, Malformed> {
    let text = std::str::from_utf8(body).map_err(syntax)?;
    let mut reader = Reader::from_str(text);
    let mut open = vec![Node::default()];
    loop {
        match reader.read_event().map_err(syntax)? {
            Event::Start(start) if open.len() > NESTING_MAX => {
                return Err(syntax(format!("{} nests too deep", name(&start))));
            }
            Event::Start(start) => open.push(node(&start)?),
            Event::Empty(start) => close(&mut open, node(&start)?),
            Event::End(_) => {
                let done = open.pop().ok_or_else(|| syntax("an end without a start"))?;
                close(&mut open, done);
            }
            Event::Text(piece) => push_text(&mut open, &piece.xml10_content()),
            Event::CData(piece) => push_text(&mut open, &piece.xml10_content()),
            Event::GeneralRef(entity) => {
                let name = entity.xml10_content();
                let letter = entity.resolve_char_ref().map_err(syntax)?.map(String::from);
                let text = letter.or_else(|| resolve_predefined_entity(&name).map(str::to_owned));
                push_text(&mut open, &text.ok_or_else(|| syntax(format!("the entity {name} is not known")))?);
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    let document = (open.len() == 1).then(|| open.pop()).flatten();
    document
        .and_then(|mut document| document.children.pop())
        .ok_or_else(|| syntax("no element that is complete"))
}

fn syntax(error: impl ToString) -> Malformed {
    Malformed::Syntax(error.to_string())
}

fn name(start: &BytesStart<'_>) -> String {
    start.local_name().as_ref().to_owned()
}

fn node(start: &BytesStart<'_>) -> Result<Node, Malformed> {
    let mut node = Node { name: name(start), ..Node::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(syntax)?;
        let key = attribute.key.local_name().as_ref().to_owned();
        node.attributes.push((key, unescape(&attribute.value).map_err(syntax)?.into_owned()));
    }
    Ok(node)
}

fn close(open: &mut [Node], done: Node) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(done);
    }
}

fn push_text(open: &mut [Node], text: &str) {
    if let Some(node) = open.last_mut() {
        node.text.push_str(text);
    }
}

/// The names under which a flattened list or map may stand, the surest first.
pub(super) fn flat_names(member: &Member) -> impl Iterator<Item = &'static str> {
    let item = if let Kind::List(item) = &member.shape().kind { item.location_name } else { None };
    [member.location_name, item, Some(member.name)].into_iter().flatten()
}

/// Reads the members of a structure out of its element.
pub(super) fn read_structure(shape: &Shape, node: &Node) -> Result<Structure, Malformed> {
    let mut structure = Structure::new();
    for member in shape.body_members() {
        let value = if member.xml_attribute {
            let name = local(member.wire_name());
            let found = node.attributes.iter().find(|(key, _)| key == name);
            found.map(|(_, text)| rest::scalar(member.shape(), text)).transpose()?
        } else if member.is_flattened() {
            flat_names(member).find_map(|name| read_flat(member, node, name).transpose()).transpose()?
        } else {
            let found = node.children.iter().find(|child| child.name == member.wire_name());
            found.map(|child| read(member, child)).transpose()?
        };
        structure.set(member.name, value.unwrap_or_default());
    }
    Ok(structure)
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, name)| name)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only lists and maps can be flat")]
fn read_flat(member: &Member, parent: &Node, name: &str) -> Result<Option<Value>, Malformed> {
    let mut children = parent.children.iter().filter(|child| child.name == name).peekable();
    if children.peek().is_none() {
        return Ok(None);
    }
    Ok(Some(match &member.shape().kind {
        Kind::List(item) => Value::List(children.map(|child| read(item, child)).collect::<Result<_, _>>()?),
        Kind::Map { key, value } => {
            Value::Map(children.map(|child| read_entry(key, value, child)).collect::<Result<_, _>>()?)
        }
        _ => return children.next().map(|child| read(member, child)).transpose(),
    }))
}

fn read_entry(key: &Member, value: &Member, entry: &Node) -> Result<(String, Value), Malformed> {
    let child = |member: &Member| entry.children.iter().find(|child| child.name == member.wire_name());
    let name = child(key).ok_or_else(|| Malformed::Data("an entry of a map has no key".to_owned()))?;
    Ok((name.text.clone(), child(value).map(|child| read(value, child)).transpose()?.unwrap_or_default()))
}

/// Reads one value out of its element.
#[expect(clippy::wildcard_enum_match_arm, reason = "all else is one text, which scalar() tells apart")]
pub(super) fn read(member: &Member, node: &Node) -> Result<Value, Malformed> {
    let shape = member.shape();
    match &shape.kind {
        Kind::Structure { .. } => read_structure(shape, node).map(Value::Structure),
        Kind::List(item) => {
            node.children.iter().map(|child| read(item, child)).collect::<Result<_, _>>().map(Value::List)
        }
        Kind::Map { key, value } => {
            let entries = node.children.iter().map(|entry| read_entry(key, value, entry));
            entries.collect::<Result<_, _>>().map(Value::Map)
        }
        _ => rest::scalar(shape, &node.text),
    }
}

/// Opens an element with its namespace and attributes.
pub(super) fn open(
    out: &mut String,
    name: &str,
    namespace: Option<Namespace>,
    attributes: &[(&str, String)],
) {
    out.push('<');
    out.push_str(name);
    if let Some(Namespace { prefix, uri }) = namespace {
        out.push_str(" xmlns");
        if let Some(prefix) = prefix {
            out.push(':');
            out.push_str(prefix);
        }
        attribute_value(out, uri);
    }
    for (key, value) in attributes {
        out.push(' ');
        out.push_str(key);
        attribute_value(out, value);
    }
    out.push('>');
}

fn attribute_value(out: &mut String, value: &str) {
    out.push_str("=\"");
    out.push_str(&escape(value));
    out.push('"');
}

/// Closes an element.
pub(super) fn end(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// An element of text.
pub(super) fn element(out: &mut String, name: &str, text: &str) {
    open(out, name, None, &[]);
    push_escaped(out, text);
    end(out, name);
}

/// Text; a carriage return is written as a reference, because readers turn it into a line feed.
fn push_escaped(out: &mut String, text: &str) {
    out.push_str(&escape(text).replace('\r', "&#xD;"));
}

/// The attributes a structure's own element carries.
pub(super) fn attributes(shape: &Shape, given: &Structure) -> Vec<(&'static str, String)> {
    let members = shape.body_members().filter(|member| member.xml_attribute);
    members
        .filter_map(|member| {
            let format = member.timestamp_format().unwrap_or(TimestampFormat::Iso8601);
            Some((member.wire_name(), rest::scalar_text(given.get(member.name)?, format)?))
        })
        .collect()
}

/// Writes the members of a structure as elements.
pub(super) fn write_members(out: &mut String, shape: &Shape, given: &Structure) {
    for member in shape.body_members().filter(|member| !member.xml_attribute) {
        let Some(value) = given.get(member.name) else { continue };
        if member.is_flattened() {
            write_flat(out, member, value);
        } else {
            write(out, member.wire_name(), member, value);
        }
    }
}

fn write_flat(out: &mut String, member: &Member, value: &Value) {
    let name = flat_names(member).next().unwrap_or(member.name);
    match (value, &member.shape().kind) {
        (Value::List(items), Kind::List(item)) => {
            for value in items {
                // The name is the member's; the namespace too, where the item has none of its own.
                write_in(out, name, item.xml_namespace.or(member.xml_namespace), item, value);
            }
        }
        (Value::Map(entries), Kind::Map { key, value: member_of }) => {
            for (text, value) in entries {
                open(out, name, namespace(member), &[]);
                write_entry(out, key, text, member_of, value);
                end(out, name);
            }
        }
        _ => write(out, name, member, value),
    }
}

fn namespace(member: &Member) -> Option<Namespace> {
    member.xml_namespace.or_else(|| member.shape().xml_namespace)
}

fn write_entry(out: &mut String, key: &Member, text: &str, member: &Member, value: &Value) {
    open(out, key.wire_name(), namespace(key), &[]);
    push_escaped(out, text);
    end(out, key.wire_name());
    write(out, member.wire_name(), member, value);
}

/// Writes one value as an element of that name.
pub(super) fn write(out: &mut String, name: &str, member: &Member, value: &Value) {
    write_in(out, name, namespace(member), member, value);
}

fn write_in(out: &mut String, name: &str, namespace: Option<Namespace>, member: &Member, value: &Value) {
    let shape = member.shape();
    let attributes = if let Value::Structure(given) = value { attributes(shape, given) } else { Vec::new() };
    open(out, name, namespace, &attributes);
    match (value, &shape.kind) {
        (Value::Structure(given), _) => write_members(out, shape, given),
        (Value::List(items), Kind::List(item)) => {
            for value in items {
                write(out, item.location_name.unwrap_or("member"), item, value);
            }
        }
        (Value::Map(entries), Kind::Map { key, value: member }) => {
            for (text, value) in entries {
                open(out, "entry", None, &[]);
                write_entry(out, key, text, member, value);
                end(out, "entry");
            }
        }
        _ => {
            let format = member.timestamp_format().unwrap_or(TimestampFormat::Iso8601);
            push_escaped(out, &rest::scalar_text(value, format).unwrap_or_default());
        }
    }
    end(out, name);
}
