//! Where code comes from: exactly one place, a zip in the request or an object of S3, and its bytes. Never reads the zip.

use bytes::Bytes;
use lambent_code::package::check_upload;
use lambent_wire::lambda::function::{FunctionCode, UpdateFunctionCodeRequest};
use lambent_wire::lambda::layer::LayerVersionContentInput;

use super::Error;
use super::lookups::Asked;
use crate::Server;
use crate::caller::Caller;
use crate::upstream::s3::{self, Object};
use crate::upstream::{Fault, Refused, Session};

/// The one place a request takes code from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source<'a> {
    /// A zip inside the request.
    Zip(&'a Bytes),
    /// An object of S3, copied when the request is performed.
    Object(Object<'a>),
}

/// What a request says of code, whatever request it is.
#[derive(Debug, Default)]
pub(super) struct Given<'a> {
    zip: Option<&'a Bytes>,
    bucket: Option<&'a str>,
    key: Option<&'a str>,
    version: Option<&'a str>,
    mode: Option<&'a str>,
    image: Option<&'a str>,
    kms_key: Option<&'a str>,
}

/// These requests name their members alike.
macro_rules! given_by {
    ($request:ident $(, $member:ident: $named:ident)*) => {
        impl<'a> From<&'a $request> for Given<'a> {
            fn from(request: &'a $request) -> Self {
                Self {
                    zip: request.zip_file.as_ref(),
                    bucket: request.s3_bucket.as_deref(),
                    key: request.s3_key.as_deref(),
                    version: request.s3_object_version.as_deref(),
                    mode: request.s3_object_storage_mode.as_deref(),
                    $($member: request.$named.as_deref(),)*
                    ..Self::default()
                }
            }
        }
    };
}

given_by!(FunctionCode, image: image_uri, kms_key: source_kms_key_arn);
given_by!(UpdateFunctionCodeRequest, image: image_uri, kms_key: source_kms_key_arn);
given_by!(LayerVersionContentInput);

impl<'a> Source<'a> {
    /// Reads what a request says of code, where nothing is asked of it that is not built.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless it names exactly one place, [`Error::NotThereYet`].
    pub(super) fn read(given: impl Into<Given<'a>>) -> Result<Self, Error> {
        let given = given.into();
        let s3 = [given.bucket, given.key, given.version, given.mode].iter().any(Option::is_some);
        let kms_key = given.kms_key.is_some_and(|arn| !arn.is_empty());
        match (given.zip, s3, given.image.is_some()) {
            (Some(_), true, _) | (Some(_), _, true) => {
                Err(invalid("Please do not provide other FunctionCode parameters when providing a ZipFile."))
            }
            (None, true, true) => Err(invalid("Please provide only one source for function code.")),
            (None, false, true) => Err(Error::NotThereYet("ImageUri".to_owned())),
            (None, false, false) => Err(invalid("Please provide a source for function code.")),
            (Some(_), ..) | (None, true, _) if kms_key => {
                Err(Error::NotThereYet("SourceKMSKeyArn".to_owned()))
            }
            (None, true, false) => object(&given),
            (Some(zip), false, false) => Ok(Self::Zip(zip)),
        }
    }

    /// The zip, at most 50 MB from a request, and from S3 as much as may be unpacked.
    ///
    /// # Errors
    /// [`Error::Package`] for one that is empty or too large, [`Error::InvalidParameter`] if there is no S3 to ask, and
    /// what S3 says.
    pub(super) async fn bytes(&self, server: &Server, caller: &Caller) -> Result<Bytes, Error> {
        let object = match self {
            Self::Zip(zip) => {
                check_upload(zip)?;
                return Ok(Bytes::clone(zip));
            }
            Self::Object(object) => *object,
        };
        let Some(session) = Session::of(server, caller) else {
            return Err(invalid(
                "Lambent has no S3 to take code from: --upstream-endpoint says where one is.",
            ));
        };
        let _turn = server.fetches.acquire().await;
        s3::object(&session, object).await.map_err(|fault| refused(object, fault))
    }
}

fn object<'a>(given: &Given<'a>) -> Result<Source<'a>, Error> {
    // Code is always copied: to refer to an object, it would have to be read again at each start of an environment.
    if given.mode == Some("REFERENCE") {
        return Err(Error::NotThereYet("S3ObjectStorageMode REFERENCE".to_owned()));
    }
    let (Some(bucket), Some(key)) = (given.bucket, given.key) else {
        return Err(invalid("Please provide both S3Bucket and S3Key."));
    };
    Ok(Source::Object(Object { bucket, key, version: given.version }))
}

/// What S3 says, as Lambda passes it on. S3 names the endpoint of another region, Lambda the region.
fn refused(object: Object<'_>, fault: Fault) -> Error {
    let fault = match fault {
        Fault::Refused(refused @ Refused { region: Some(_), .. }) if elsewhere(&refused) => {
            let region = refused.region.as_deref().unwrap_or_default();
            Fault::Refused(Refused {
                code: "PermanentRedirect".to_owned(),
                message: format!(
                    "The bucket is in this region: {region}. Please use this region to retry the request"
                ),
                ..refused
            })
        }
        other @ (Fault::Refused(_) | Fault::Upstream(_)) => other,
    };
    let resource = [object.bucket, "/", object.key].concat();
    Asked { service: "S3", operation: "GetObject", resource: &resource }.refused(fault)
}

fn elsewhere(refused: &Refused) -> bool {
    refused.status.is_redirection() || refused.code == "AuthorizationHeaderMalformed"
}

fn invalid(words: &str) -> Error {
    Error::InvalidParameter(words.to_owned())
}
