//! What a request presents as its signature, in the `Authorization` header or in the query; faults are listed
//! together, as AWS lists them. Never believes any of it.

use std::borrow::Cow;

use base64::Engine as _;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::canonical::{Form, canonical_request, decode_text};
use super::instant::{parse_date_header, parse_stamp, stamp};
use super::payload::Payload;
use super::{ALGORITHM, Head, Refusal, Scope};

/// The longest a presigned URL may be good for: a week.
pub const PRESIGN_EXPIRY_MAX_S: i64 = 604_800;

/// Where the signature was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the `Authorization` header.
    Header,
    /// In the query of a presigned URL.
    Query {
        /// `X-Amz-Expires`, 1 to [`PRESIGN_EXPIRY_MAX_S`]; `None` if it is not there.
        expires_s: Option<i64>,
    },
}

/// A signature as presented, well formed and unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// Whose key it claims to be.
    pub scope: Scope,
    /// The names of the signed headers, joined by `;`.
    pub signed_headers: String,
    /// Where it was found.
    pub place: Place,
    /// When it was made, in seconds since the epoch.
    pub signed_at_s: i64,
    pub(super) terminator: String,
    pub(super) signature: String,
    pub(super) stamp: String,
    pub(super) session_token: Option<String>,
}

impl Presented {
    /// Reads the signature of a request; the header wins over the query.
    ///
    /// # Errors
    /// [`Refusal::MissingAuthenticationToken`] where there is none, [`Refusal::IncompleteSignature`] where it
    /// lacks something.
    pub fn read(head: &Head<'_>) -> Result<Self, Refusal> {
        match head.headers.get(http::header::AUTHORIZATION) {
            Some(value) => from_header(head, value.to_str().map_err(|_| unreadable(value.as_bytes()))?),
            None if head.query.contains("X-Amz-") => from_query(head),
            None => Err(Refusal::MissingAuthenticationToken),
        }
    }

    /// The canonical request of this signature, for whoever wants to see why it does not match.
    ///
    /// # Errors
    /// [`Refusal::SignatureDoesNotMatch`] if a header that is listed as signed is not there.
    pub fn canonical_request(&self, head: &Head<'_>, body: &Bytes) -> Result<Vec<u8>, Refusal> {
        self.canonical_over(head, &Payload::of(head, self, body))
    }

    /// What the key signs: algorithm, time, scope and the hash of the canonical request.
    ///
    /// # Errors
    /// As [`Presented::canonical_request`].
    pub fn string_to_sign(&self, head: &Head<'_>, body: &Bytes) -> Result<Vec<u8>, Refusal> {
        self.text_over(head, &Payload::of(head, self, body))
    }

    pub(super) fn text_over(&self, head: &Head<'_>, payload: &Payload<'_>) -> Result<Vec<u8>, Refusal> {
        let mut hash = [0; 64];
        let request = self.canonical_over(head, payload)?;
        hex::encode_to_slice(Sha256::digest(&request), &mut hash).expect("32 bytes are 64 digits");
        Ok([ALGORITHM.as_bytes(), self.stamp.as_bytes(), self.scope_text().as_bytes(), &hash].join(&b'\n'))
    }

    fn canonical_over(&self, head: &Head<'_>, payload: &Payload<'_>) -> Result<Vec<u8>, Refusal> {
        let form = Form {
            s3: self.scope.is_s3(),
            presigned: self.place != Place::Header,
            signed_headers: &self.signed_headers,
            payload: &payload.text,
        };
        canonical_request(head, &form).map_err(|_absent| Refusal::SignatureDoesNotMatch)
    }

    /// `date/region/service/aws4_request`.
    pub(super) fn scope_text(&self) -> String {
        let Scope { access_key_id: _, date, region, service } = &self.scope;
        [date, "/", region, "/", service, "/", &self.terminator].concat()
    }
}

/// The credential a request claims, before anything else about it is looked at.
pub(super) fn claimed_credential<'a>(head: &Head<'a>) -> Option<Cow<'a, str>> {
    match head.header("authorization") {
        Some(value) => Fields::of(value.strip_prefix(ALGORITHM)?).credential.map(Cow::Borrowed),
        None => query_field(head.query, "X-Amz-Credential"),
    }
}

/// The parts of an `Authorization` header.
#[derive(Default)]
struct Fields<'a> {
    credential: Option<&'a str>,
    signed_headers: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> Fields<'a> {
    fn of(text: &'a str) -> Self {
        let mut fields = Self::default();
        for (name, value) in text.split([',', ' ', '\t']).filter_map(|field| field.split_once('=')) {
            match name {
                "Credential" => fields.credential = Some(value),
                "SignedHeaders" => fields.signed_headers = Some(value),
                "Signature" => fields.signature = Some(value),
                _unknown => {}
            }
        }
        fields
    }
}

fn from_header(head: &Head<'_>, value: &str) -> Result<Presented, Refusal> {
    let rest =
        value.strip_prefix(ALGORITHM).filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t', ',']));
    let Some(rest) = rest else { return Err(unreadable(value.as_bytes())) };
    let fields = Fields::of(rest);
    let date = head.header("x-amz-date").or_else(|| head.header("date"));
    let (Some(credential), Some(signed_headers), Some(signature), Some(date)) =
        (fields.credential, fields.signed_headers, fields.signature, date)
    else {
        return Err(lacking_in_header(&fields, date, value));
    };
    let signed_at_s = parse_date_header(date).ok_or_else(|| bad_date(date))?;
    let (scope, terminator) = Scope::parse(credential).map_err(|_count| bad_credential(credential))?;
    Ok(Presented {
        scope,
        signed_headers: signed_headers.to_owned(),
        place: Place::Header,
        signed_at_s,
        terminator: terminator.to_owned(),
        signature: signature.to_owned(),
        stamp: stamp(signed_at_s),
        session_token: head.header("x-amz-security-token").map(str::to_owned),
    })
}

fn from_query(head: &Head<'_>) -> Result<Presented, Refusal> {
    const NEEDED: [&str; 5] =
        ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"];
    let found = NEEDED.map(|name| query_field(head.query, name).filter(|value| !value.is_empty()));
    if found.iter().all(Option::is_none) {
        return Err(Refusal::MissingAuthenticationToken);
    }
    let [Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(date)] = found else {
        return Err(lacking_in_query(&NEEDED, &found));
    };
    if algorithm != ALGORITHM {
        return Err(incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'.")));
    }
    let signed_at_s = parse_stamp(&date).ok_or_else(|| bad_date(&date))?;
    let (scope, terminator) = Scope::parse(&credential).map_err(|_count| bad_credential(&credential))?;
    let terminator = terminator.to_owned();
    Ok(Presented {
        scope,
        signed_headers: signed_headers.into_owned(),
        place: Place::Query { expires_s: expiry(head.query)? },
        signed_at_s,
        terminator,
        signature: signature.into_owned(),
        stamp: date.into_owned(),
        session_token: query_field(head.query, "X-Amz-Security-Token").map(Cow::into_owned),
    })
}

fn expiry(query: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = query_field(query, "X-Amz-Expires") else { return Ok(None) };
    match text.parse::<i64>() {
        Ok(seconds @ 1..=PRESIGN_EXPIRY_MAX_S) => Ok(Some(seconds)),
        Ok(..1) => Err(incomplete("X-Amz-Expires must be positive".to_owned())),
        Ok(_) => Err(incomplete(format!(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less \
             than {PRESIGN_EXPIRY_MAX_S} seconds"
        ))),
        Err(_) => Err(incomplete("X-Amz-Expires should be a number".to_owned())),
    }
}

/// The first value of a key, decoded.
pub(super) fn query_field<'a>(query: &'a str, key: &str) -> Option<Cow<'a, str>> {
    query.split('&').find_map(|pair| {
        let (found, value) = pair.split_once('=').unwrap_or((pair, ""));
        if found == key { decode_text(value) } else { None }
    })
}

fn lacking_in_header(fields: &Fields<'_>, date: Option<&str>, value: &str) -> Refusal {
    let mut message = String::new();
    for (name, field) in [
        ("Credential", fields.credential),
        ("Signature", fields.signature),
        ("SignedHeaders", fields.signed_headers),
    ] {
        if field.is_none() {
            message += &format!("Authorization header requires '{name}' parameter. ");
        }
    }
    if date.is_none() {
        message += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    }
    // A broken header may hold a secret put in the wrong place, so only its hash is said, as AWS does.
    incomplete(
        message + "(Hashed with SHA-256 and encoded with Base64) Authorization=" + &hashed(value.as_bytes()),
    )
}

fn lacking_in_query(names: &[&str; 5], found: &[Option<Cow<'_, str>>; 5]) -> Refusal {
    let lacking = names.iter().zip(found).filter(|(_, value)| value.is_none());
    let list: String =
        lacking.map(|(name, _)| format!("AWS query-string parameters must include '{name}'. ")).collect();
    incomplete(list + "Re-examine the query-string parameters.")
}

fn bad_date(date: &str) -> Refusal {
    incomplete(format!(
        "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
    ))
}

fn bad_credential(credential: &str) -> Refusal {
    incomplete(format!(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
         '{credential}'"
    ))
}

/// Not ours: `Bearer`, `Basic`, another AWS algorithm.
fn unreadable(value: &[u8]) -> Refusal {
    incomplete(format!(
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): '{}'.",
        hashed(value)
    ))
}

fn hashed(value: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(Sha256::digest(value))
}

fn incomplete(message: String) -> Refusal {
    Refusal::IncompleteSignature { message }
}
