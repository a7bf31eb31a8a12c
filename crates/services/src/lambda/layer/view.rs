//! How a layer version looks to a client: which members are there, and what stands in them. Never changes one.

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::layer::LayerVersion;
use lambent_wire::lambda::layer::{
    GetLayerVersionResponse, LayerVersionContentOutput, LayerVersionsListItem, PublishLayerVersionResponse,
};

use super::super::code;
use crate::Server;
use crate::caller::Context;

/// A version as its publishing answers.
pub(super) fn published(
    server: &Server,
    context: &Context,
    version: &LayerVersion,
) -> PublishLayerVersionResponse {
    let seen = self::version(server, context, version);
    PublishLayerVersionResponse {
        content: seen.content,
        layer_arn: seen.layer_arn,
        layer_version_arn: seen.layer_version_arn,
        description: seen.description,
        created_date: seen.created_date,
        version: seen.version,
        compatible_architectures: seen.compatible_architectures,
        compatible_runtimes: seen.compatible_runtimes,
        license_info: seen.license_info,
    }
}

/// A version with its content. `Description` is there even where none was given.
pub(super) fn version(server: &Server, context: &Context, version: &LayerVersion) -> GetLayerVersionResponse {
    GetLayerVersionResponse {
        content: Some(content(server, context, version)),
        layer_arn: Some(version.id.arn()),
        layer_version_arn: Some(version.id.version_arn(version.number)),
        description: Some(version.description.clone()),
        created_date: Some(version.created.to_lambda_string()),
        version: i64::try_from(version.number).ok(),
        compatible_architectures: version.compatible_architectures.clone(),
        compatible_runtimes: version.compatible_runtimes.clone(),
        license_info: version.license_info.clone(),
    }
}

/// A version as lists show it: without content, and without a description where none was given.
pub(super) fn listed(version: &LayerVersion) -> LayerVersionsListItem {
    LayerVersionsListItem {
        layer_version_arn: Some(version.id.version_arn(version.number)),
        version: i64::try_from(version.number).ok(),
        description: Some(version.description.clone()).filter(|text| !text.is_empty()),
        created_date: Some(version.created.to_lambda_string()),
        compatible_architectures: version.compatible_architectures.clone(),
        compatible_runtimes: version.compatible_runtimes.clone(),
        license_info: version.license_info.clone(),
    }
}

fn content(server: &Server, context: &Context, version: &LayerVersion) -> LayerVersionContentOutput {
    let (account, region) = (version.id.account.clone(), version.id.region.clone());
    let owner = FunctionId { account, region, name: version.id.name.clone() };
    LayerVersionContentOutput {
        location: Some(code::location(server, &context.endpoint, &owner, &version.code)),
        code_sha256: Some(version.code.digest.to_base64()),
        code_size: i64::try_from(version.code.size_bytes).ok(),
        ..LayerVersionContentOutput::default()
    }
}
