//! Where code comes from: exactly one place, a zip in the request or an object of S3, and its way from there to what is
//! kept. Never reads the zip.

use bytes::Bytes;
use lambent_code::PackageError;
use lambent_code::package::check_upload;
use lambent_core::lambda::function::Code;
use lambent_wire::lambda::function::{FunctionCode, UpdateFunctionCodeRequest};
use lambent_wire::lambda::layer::LayerVersionContentInput;
use tokio::sync::SemaphorePermit;

use super::Error;
use super::code::{self, TakenIn};
use super::lookups::{self, Asked};
use crate::Server;
use crate::caller::Caller;
use crate::upstream::s3::{self, Object};
use crate::upstream::{Fault, Refused, Session, UpstreamError};

/// Where a request takes code from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source<'a> {
    place: Place<'a>,
    /// The key that the zip shall be encrypted with. It is looked up and shown; what is kept is not encrypted.
    kms_key: Option<&'a str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place<'a> {
    /// A zip inside the request.
    Zip(&'a Bytes),
    /// An object of S3, copied when the request is performed.
    Object(Object<'a>),
}

/// What a request says of code, whatever request it is.
#[derive(Debug)]
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
    ($request:ident, |$given:ident| $others:expr) => {
        impl<'a> From<&'a $request> for Given<'a> {
            fn from(request: &'a $request) -> Self {
                let $given = request;
                let (image, kms_key) = $others;
                Self {
                    zip: request.zip_file.as_ref(),
                    bucket: request.s3_bucket.as_deref(),
                    key: request.s3_key.as_deref(),
                    version: request.s3_object_version.as_deref(),
                    mode: request.s3_object_storage_mode.as_deref(),
                    image,
                    kms_key,
                }
            }
        }
    };
}

given_by!(FunctionCode, |r| (r.image_uri.as_deref(), r.source_kms_key_arn.as_deref()));
given_by!(UpdateFunctionCodeRequest, |r| (r.image_uri.as_deref(), r.source_kms_key_arn.as_deref()));
given_by!(LayerVersionContentInput, |_r| (None, None));

impl<'a> Source<'a> {
    /// Reads what a request says of code, where nothing is asked of it that is not built.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless it names exactly one place, [`Error::NotThereYet`].
    pub(super) fn read(given: impl Into<Given<'a>>) -> Result<Self, Error> {
        let given = given.into();
        let s3 = [given.bucket, given.key, given.version, given.mode].iter().any(Option::is_some);
        let place = match (given.zip, s3, given.image.is_some()) {
            (Some(_), true, _) | (Some(_), _, true) => {
                Err(invalid("Please do not provide other FunctionCode parameters when providing a ZipFile."))
            }
            (None, true, true) => Err(invalid("Please provide only one source for function code.")),
            (None, false, true) => Err(Error::NotThereYet("ImageUri".to_owned())),
            (None, false, false) => Err(invalid("Please provide a source for function code.")),
            (None, true, false) => object(&given),
            (Some(zip), false, false) => Ok(Place::Zip(zip)),
        }?;
        Ok(Self { place, kms_key: given.kms_key.filter(|arn| !arn.is_empty()) })
    }

    /// The code, taken in and kept. The key is looked up first.
    ///
    /// # Errors
    /// As [`Self::bytes`], [`lookups::source_key`] and [`code::take_in`].
    pub(super) async fn take_in(&self, server: &Server, caller: &Caller) -> Result<TakenIn, Error> {
        let (zip, _turn) = self.bytes(server, caller).await?;
        let mut taken_in = code::take_in(server, zip).await?;
        taken_in.code.source_kms_key_arn = self.kms_key.map(str::to_owned);
        Ok(taken_in)
    }

    /// The same without keeping anything, for a dry run.
    ///
    /// # Errors
    /// The same.
    pub(super) async fn look_at(&self, server: &Server, caller: &Caller) -> Result<Code, Error> {
        let (zip, _turn) = self.bytes(server, caller).await?;
        let code = code::look_at(server, zip).await?;
        Ok(Code { source_kms_key_arn: self.kms_key.map(str::to_owned), ..code })
    }

    /// The zip, at most 50 MB from a request, and from S3 as much as may be unpacked; with the turn among those from S3,
    /// to be held as long as the zip is.
    ///
    /// # Errors
    /// [`Error::Package`] for one that is empty or too large, [`Error::InvalidParameter`] if there is no S3 to ask, and
    /// what S3 says.
    async fn bytes<'s>(
        &self,
        server: &'s Server,
        caller: &Caller,
    ) -> Result<(Bytes, Option<SemaphorePermit<'s>>), Error> {
        if let Some(arn) = self.kms_key {
            lookups::source_key(server, caller, arn).await?;
        }
        let object = match &self.place {
            Place::Zip(zip) => {
                check_upload(zip)?;
                return Ok((Bytes::clone(zip), None));
            }
            Place::Object(object) => *object,
        };
        let Some(session) = Session::of(server, caller) else {
            return Err(invalid(
                "Lambent has no S3 to take code from: --upstream-endpoint says where one is.",
            ));
        };
        let turn = server.fetches.acquire().await.expect("the semaphore is never closed");
        let zip = s3::object(&session, object).await.map_err(|fault| refused(object, fault))?;
        Ok((zip, Some(turn)))
    }
}

fn object<'a>(given: &Given<'a>) -> Result<Place<'a>, Error> {
    // Code is always copied: to refer to an object, it would have to be read again at each start of an environment.
    if given.mode == Some("REFERENCE") {
        return Err(Error::NotThereYet("S3ObjectStorageMode REFERENCE".to_owned()));
    }
    let (Some(bucket), Some(key)) = (given.bucket, given.key) else {
        return Err(invalid("Please provide both S3Bucket and S3Key."));
    };
    Ok(Place::Object(Object { bucket, key, version: given.version }))
}

/// What S3 says, as Lambda passes it on. S3 names the endpoint of another region, Lambda the region.
fn refused(object: Object<'_>, fault: Fault) -> Error {
    let fault = match fault {
        Fault::Upstream(UpstreamError::TooLarge { .. }) => return PackageError::UnpackedTooLarge.into(),
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
        other @ (Fault::Refused(_) | Fault::NotServed(_) | Fault::Upstream(_)) => other,
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
