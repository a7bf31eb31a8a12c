//! Where a function's code comes from: exactly one place, which so far is a zip in the request. Never reads the zip.

use bytes::Bytes;
use lambent_wire::lambda::function::{FunctionCode, UpdateFunctionCodeRequest};

use super::Error;

/// The zip of a request, where it is the one source of code and nothing is asked of it that is not built.
pub(super) fn zip(given: &FunctionCode) -> Result<&Bytes, Error> {
    let s3 = given.s3_bucket.is_some()
        || given.s3_key.is_some()
        || given.s3_object_version.is_some()
        || given.s3_object_storage_mode.is_some();
    let key = given.source_kms_key_arn.as_deref().is_some_and(|arn| !arn.is_empty());
    match (&given.zip_file, s3, given.image_uri.is_some()) {
        (Some(_), true, _) | (Some(_), _, true) => {
            Err(invalid("Please do not provide other FunctionCode parameters when providing a ZipFile."))
        }
        (None, true, true) => Err(invalid("Please provide only one source for function code.")),
        (None, true, false) => Err(not_yet("Code from S3")),
        (None, false, true) => Err(not_yet("ImageUri")),
        (None, false, false) => Err(invalid("Please provide a source for function code.")),
        (Some(_), false, false) if key => Err(not_yet("SourceKMSKeyArn")),
        (Some(zip), false, false) => Ok(zip),
    }
}

/// What an update says of code, in the form in which a creation says it.
pub(super) fn of_update(request: &UpdateFunctionCodeRequest) -> FunctionCode {
    FunctionCode {
        zip_file: request.zip_file.clone(),
        s3_bucket: request.s3_bucket.clone(),
        s3_key: request.s3_key.clone(),
        s3_object_version: request.s3_object_version.clone(),
        s3_object_storage_mode: request.s3_object_storage_mode.clone(),
        image_uri: request.image_uri.clone(),
        source_kms_key_arn: request.source_kms_key_arn.clone(),
    }
}

fn invalid(words: &str) -> Error {
    Error::InvalidParameter(words.to_owned())
}

fn not_yet(what: &str) -> Error {
    Error::NotThereYet(what.to_owned())
}
