//! Bodies that clients have compressed: SDKs do so with the large ones of CloudWatch. Signatures are of the compressed ones,
//! so that nothing is unpacked before they are checked; never more than a body may be.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use lambent_core::limits::REQUEST_BODY_MAX_BYTES;
use lambent_wire::error::{Fault, Malformed};
use lambent_wire::schema::Service;

use super::errors;
use crate::aside::aside;

/// The body as it was before its client compressed it.
pub(super) fn unpack(service: &Service, headers: &HeaderMap, body: Bytes) -> Result<Bytes, Fault> {
    let is_packed = headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
    if !is_packed || service.signing_name != "monitoring" {
        return Ok(body);
    }
    let mut unpacked = Vec::new();
    let mut reader = MultiGzDecoder::new(&body[..]).take(REQUEST_BODY_MAX_BYTES + 1);
    // However short it is: it may unpack to all that is allowed.
    if let Err(fault) = aside(usize::MAX, || reader.read_to_end(&mut unpacked)) {
        return Err(Fault::malformed(service, Malformed::Data(format!("the body is not gzip: {fault}"))));
    }
    if unpacked.len() as u64 > REQUEST_BODY_MAX_BYTES {
        return Err(errors::too_large(REQUEST_BODY_MAX_BYTES, "PutMetricData"));
    }
    Ok(unpacked.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::HeaderValue;
    use lambent_wire::lambda::LAMBDA;
    use lambent_wire::monitoring::MONITORING;

    use super::*;

    fn gzip(text: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn a_compressed_body_is_unpacked_where_aws_unpacks_it() {
        let mut headers = HeaderMap::new();
        let packed = gzip(b"{}");
        assert_eq!(unpack(&MONITORING, &headers, packed.clone()).unwrap(), packed);
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(unpack(&LAMBDA, &headers, packed.clone()).unwrap(), packed);
        assert_eq!(unpack(&MONITORING, &headers, packed).unwrap(), "{}");
        assert_eq!(unpack(&MONITORING, &headers, "no".into()).unwrap_err().code(), "SerializationException");
    }

    #[test]
    fn a_body_never_grows_beyond_what_a_body_may_be() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        let most = usize::try_from(REQUEST_BODY_MAX_BYTES).unwrap();
        let fault = unpack(&MONITORING, &headers, gzip(&vec![0; most + 1])).unwrap_err();
        assert_eq!(fault.status(), 413);
    }
}
