//! What goes with a zip and what with an image. Images are not run yet, and are refused by name once all else about them
//! is right. Never looks at the package.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>

use lambent_wire::lambda::function::{
    CreateFunctionRequest, ImageConfig, UpdateFunctionConfigurationRequest,
};

use super::Error;

/// Refuses members that do not go with the kind of package.
pub(super) fn check_create(request: &CreateFunctionRequest) -> Result<(), Error> {
    let code = &request.code;
    let image_uri = code.image_uri.is_some();
    if request.package_type.as_deref() == Some("Image") {
        let layers = request.layers.as_ref().is_some_and(|layers| !layers.is_empty());
        if request.runtime.is_some() || request.handler.is_some() || layers {
            return invalid(
                "Please don't provide Handler or Runtime or Layer when the intent is to create function with container image.",
            );
        }
        if !image_uri {
            return invalid("Please provide ImageUri when creating a function with packageType Image.");
        }
        return Err(Error::NotThereYet("PackageType Image".to_owned()));
    }
    // With other sources beside it, the number of sources is what is wrong.
    if image_uri && code.zip_file.is_none() && code.s3_bucket.is_none() && code.s3_key.is_none() {
        return invalid("Please don't provide ImageUri when creating a function with packageType Zip.");
    }
    check_image_config(request.image_config.as_ref())
}

/// Refuses members that do not go with a zip: there is no other function to update.
pub(super) fn check_update(request: &UpdateFunctionConfigurationRequest) -> Result<(), Error> {
    check_image_config(request.image_config.as_ref())
}

/// What the runtime of a zip is and what it calls: both must be there.
pub(super) fn runtime_and_handler(request: &CreateFunctionRequest) -> Result<(&str, &str), Error> {
    match (&request.runtime, &request.handler) {
        (Some(runtime), Some(handler)) => Ok((runtime, handler)),
        _ => invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        ),
    }
}

/// An empty one says nothing of an image and is what clients send that clear it.
fn check_image_config(given: Option<&ImageConfig>) -> Result<(), Error> {
    let says = |image: &ImageConfig| {
        image.entry_point.is_some() || image.command.is_some() || image.working_directory.is_some()
    };
    if given.is_some_and(says) {
        return invalid("ImageConfig is not supported for functions with packageType Zip.");
    }
    Ok(())
}

fn invalid<T>(words: &str) -> Result<T, Error> {
    Err(Error::InvalidParameter(words.to_owned()))
}
