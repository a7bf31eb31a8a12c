//! The canonical request: one text for all the spellings a request may have. Never verifies anything.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::borrow::Cow;

use http::HeaderValue;

use super::Head;

/// A header is in the list of signed headers, but not in the request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SignedHeaderAbsent;

/// What the canonical form depends on beside the request itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form<'a> {
    /// S3 encodes the path once and leaves dots and slashes alone; all others encode twice and normalise.
    pub(super) s3: bool,
    /// The signature is in the query, and not part of what it signs.
    pub(super) presigned: bool,
    /// `a;b`, lower case, in order.
    pub(super) signed_headers: &'a str,
    /// The body's hash, or the words that stand for it.
    pub(super) payload: &'a str,
}

/// Method, path, query, headers, header list and payload, each on its line.
pub(super) fn canonical_request(head: &Head<'_>, form: &Form<'_>) -> Result<Vec<u8>, SignedHeaderAbsent> {
    let mut out = Vec::with_capacity(head.path.len() + head.query.len() + 1024);
    out.extend_from_slice(head.method.as_bytes());
    out.push(b'\n');
    if form.s3 {
        path_once(head.path, &mut out)
    } else {
        path_twice(head.path, &mut out)
    }
    out.push(b'\n');
    query(head.query, form.presigned, &mut out);
    out.push(b'\n');
    for name in form.signed_headers.split(';') {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        header(head, name, &mut out)?;
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(form.signed_headers.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(form.payload.as_bytes());
    Ok(out)
}

/// Drops `.`, `..` and empty segments and encodes what was sent, percent signs included.
fn path_twice(path: &str, out: &mut Vec<u8>) {
    if !path.contains("//") && !path.contains("/.") {
        out.extend_from_slice(if path.is_empty() { b"/" } else { b"" });
        return path.bytes().for_each(|b| encode(b, b == b'/', out));
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            name => kept.push(name),
        }
    }
    for segment in &kept {
        out.push(b'/');
        segment.bytes().for_each(|b| encode(b, false, out));
    }
    if kept.is_empty() || path.ends_with('/') {
        out.push(b'/');
    }
}

/// Encodes the path once: what is encoded already stays so, in its standard spelling.
fn path_once(path: &str, out: &mut Vec<u8>) {
    if path.is_empty() {
        out.push(b'/');
    }
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let (byte, length) = decode(&bytes[at..]);
        // A slash that came encoded belongs to a name and stays encoded.
        encode(byte, byte == b'/' && length == 1, out);
        at += length;
    }
}

/// Pairs in standard spelling, sorted by key and then value.
fn query(query: &str, presigned: bool, out: &mut Vec<u8>) {
    if query.is_empty() {
        return;
    }
    let mut pairs: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (respell(key), respell(value)))
        .filter(|(key, _)| !(presigned && key == "X-Amz-Signature"))
        .collect();
    pairs.sort_unstable();
    for (at, (key, value)) in pairs.iter().enumerate() {
        if at > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(key.as_bytes());
        out.push(b'=');
        out.extend_from_slice(value.as_bytes());
    }
}

/// One text per meaning: decoded and encoded again; borrowed where that changes nothing. A plus is a
/// space: botocore sends one so where it signed `%20`.
fn respell(text: &str) -> Cow<'_, str> {
    if text.bytes().all(is_unreserved) {
        return Cow::Borrowed(text);
    }
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len() * 2), 0);
    while at < bytes.len() {
        let (byte, length) = decode_in_query(&bytes[at..]);
        encode(byte, false, &mut out);
        at += length;
    }
    Cow::Owned(String::from_utf8(out).expect("percent-encoded text is ASCII"))
}

/// All values of a header: trimmed, inner runs of blanks made one, joined by commas.
fn header(head: &Head<'_>, name: &str, out: &mut Vec<u8>) -> Result<(), SignedHeaderAbsent> {
    let mut values = head.headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let stand_in = head.authority.filter(|_| name == "host").map(str::as_bytes);
    let first = values.next().or(stand_in).ok_or(SignedHeaderAbsent)?;
    fold(first, out);
    for value in values {
        out.push(b',');
        fold(value, out);
    }
    Ok(())
}

fn fold(value: &[u8], out: &mut Vec<u8>) {
    let words = value.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty());
    for (at, word) in words.enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

/// The byte at the head of an encoded text and how many bytes spell it; a stray `%` is itself.
fn decode(bytes: &[u8]) -> (u8, usize) {
    let hex = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if let [b'%', high, low, ..] = bytes
        && let (Some(high), Some(low)) = (hex(*high), hex(*low))
    {
        return (high << 4 | low, 3);
    }
    (bytes[0], 1)
}

fn decode_in_query(bytes: &[u8]) -> (u8, usize) {
    if bytes[0] == b'+' { (b' ', 1) } else { decode(bytes) }
}

fn encode(byte: u8, plain: bool, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if plain || is_unreserved(byte) {
        out.push(byte);
    } else {
        out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// Encodes a text for a query, as clients must before they sign.
pub(super) fn encode_text(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() * 2);
    text.bytes().for_each(|b| encode(b, false, &mut out));
    String::from_utf8(out).expect("percent-encoded text is ASCII")
}

/// Decodes a text of a query; `None` if it is not UTF-8.
pub(super) fn decode_text(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(Cow::Borrowed(text));
    }
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while at < bytes.len() {
        let (byte, length) = decode_in_query(&bytes[at..]);
        out.push(byte);
        at += length;
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn paths_are_encoded_twice_and_normalised_but_not_for_s3() {
        for (sent, twice, once) in [
            ("", "/", "/"),
            ("/", "/", "/"),
            ("/a%3Ab/c", "/a%253Ab/c", "/a%3Ab/c"),
            ("/a:b", "/a%3Ab", "/a%3Ab"),
            ("//a//b/", "/a/b/", "//a//b/"),
            ("/a/./b/../c", "/a/c", "/a/./b/../c"),
            ("/../..", "/", "/../.."),
            ("/a/..", "/", "/a/.."),
            ("/.hidden", "/.hidden", "/.hidden"),
            ("/a%2fb", "/a%252fb", "/a%2Fb"),
            ("/50%", "/50%25", "/50%25"),
        ] {
            assert_eq!(written(|out| path_twice(sent, out)), twice, "{sent}");
            assert_eq!(written(|out| path_once(sent, out)), once, "{sent}");
        }
    }

    #[test]
    fn queries_have_one_spelling() {
        for (sent, expected) in [
            ("b=2&a=1", "a=1&b=2"),
            ("a", "a="),
            ("a=&&", "a="),
            ("a=b=c", "a=b%3Dc"),
            ("a=%7e%2f", "a=~%2F"),
            ("a=1+2%2B3", "a=1%202%2B3"),
            ("a=2&a=1", "a=1&a=2"),
            ("X-Amz-Signature=x&a=1", "a=1"),
        ] {
            assert_eq!(written(|out| query(sent, true, out)), expected, "{sent}");
        }
        assert_eq!(written(|out| query("X-Amz-Signature=x", false, out)), "X-Amz-Signature=x");
    }
}
