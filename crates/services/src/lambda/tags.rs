//! The tags of functions, event source mappings and code signing configurations. The model has checked what each key and
//! value looks like.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::state::Busy;
use lambent_core::limits::TAGS_MAX;
use lambent_wire::lambda::tags::{
    ListTagsRequest, ListTagsResponse, TagResourceRequest, UntagResourceRequest,
};

use super::names::Target;
use super::{Error, change, code_signing, event_source_mapping};
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// Keys that begin so, in any case, are AWS's own.
const RESERVED: &str = "aws:";

pub(super) type Tags = BTreeMap<String, String>;

/// TagResource: tags that are there and not given stay.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn tag_resource(
    server: &Arc<Server>,
    context: &Context,
    request: TagResourceRequest,
) -> Result<Reply, Error> {
    let resource = Resource::read(&context.caller, &request.resource)?;
    if request.tags.is_empty() {
        let words = "An error occurred and the request cannot be processed.";
        return Err(Error::InvalidParameter(words.to_owned()));
    }
    check_keys(&request.tags)?;
    resource
        .change(server, &context.caller, |tags| {
            tags.extend(request.tags.clone());
            check(tags)
        })
        .await?;
    Ok(Reply::of(()))
}

/// UntagResource: keys that are not there are no error.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn untag_resource(
    server: &Arc<Server>,
    context: &Context,
    request: UntagResourceRequest,
) -> Result<Reply, Error> {
    let resource = Resource::read(&context.caller, &request.resource)?;
    resource
        .change(server, &context.caller, |tags| {
            tags.retain(|key, _| !request.tag_keys.contains(key));
            Ok(())
        })
        .await?;
    Ok(Reply::of(()))
}

/// ListTags.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn list_tags(
    server: &Arc<Server>,
    context: &Context,
    request: ListTagsRequest,
) -> Result<Reply, Error> {
    let tags = match Resource::read(&context.caller, &request.resource)? {
        Resource::Function(target) => change::read(server, &target).await?.value.tags,
        Resource::CodeSigningConfig(arn) => {
            code_signing::read(server, &context.caller, arn).await?.value.tags
        }
        Resource::EventSourceMapping(arn) => {
            event_source_mapping::tags_of(server, &context.caller, arn).await?
        }
    };
    Ok(Reply::of(ListTagsResponse { tags: Some(tags) }))
}

/// Checks all tags a resource will have together.
pub(super) fn check(tags: &Tags) -> Result<(), Error> {
    check_keys(tags)?;
    if tags.len() > TAGS_MAX {
        return Err(Error::InvalidParameter("Number of tags exceeds resource tag limit.".to_owned()));
    }
    Ok(())
}

fn check_keys(tags: &Tags) -> Result<(), Error> {
    let is_reserved = |key: &str| key.get(..RESERVED.len()).is_some_and(|k| k.eq_ignore_ascii_case(RESERVED));
    match tags.keys().find(|key| is_reserved(key)) {
        Some(key) => Err(Error::InvalidParameter(format!(
            "The tag key {key} is not allowed: keys that begin with aws: are reserved for AWS use."
        ))),
        None => Ok(()),
    }
}

/// What carries tags.
enum Resource<'a> {
    Function(Target),
    CodeSigningConfig(&'a str),
    EventSourceMapping(&'a str),
}

impl<'a> Resource<'a> {
    /// Reads an ARN, whose form the model has checked.
    fn read(caller: &Caller, arn: &'a str) -> Result<Self, Error> {
        match arn.split(':').nth(5) {
            Some("function") => Self::function(caller, arn),
            Some("code-signing-config") => Ok(Self::CodeSigningConfig(arn)),
            Some("event-source-mapping") => Ok(Self::EventSourceMapping(arn)),
            _ => Err(Error::NotFound("The resource you requested does not exist.".to_owned())),
        }
    }

    fn function(caller: &Caller, arn: &str) -> Result<Self, Error> {
        let target = Target::read(caller, arn, None)?;
        match target.qualifier {
            None => Ok(Self::Function(target)),
            Some(Qualifier::Latest | Qualifier::Version(_) | Qualifier::Alias(_)) => {
                let words =
                    "Tags on function aliases and versions are not supported. Please specify a function ARN.";
                Err(Error::InvalidParameter(words.to_owned()))
            }
        }
    }

    async fn change(
        self,
        server: &Server,
        caller: &Caller,
        mut tagged: impl FnMut(&mut Tags) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::Function(target) => {
                change::function(server, &target, |function| {
                    // What is being created can be tagged, what is being updated cannot.
                    if let Err(busy @ Busy::Updating { .. }) = function.can_change() {
                        return Err(busy.into());
                    }
                    tagged(&mut function.tags)?;
                    function.revision_id = server.dice.uuid();
                    Ok(())
                })
                .await
            }
            Self::CodeSigningConfig(arn) => {
                code_signing::change(server, caller, arn, |config| tagged(&mut config.tags)).await.map(drop)
            }
            Self::EventSourceMapping(arn) => {
                event_source_mapping::change_tags(server, caller, arn, tagged).await
            }
        }
    }
}
