//! The lists of layers and of the versions of one, filtered and in pages. Never changes one.

use std::sync::Arc;

use lambent_core::lambda::layer::LayerVersion;
use lambent_store::{Prefix, tables};
use lambent_wire::lambda::layer::{
    LayersListItem, ListLayerVersionsRequest, ListLayerVersionsResponse, ListLayersRequest,
    ListLayersResponse,
};

use super::super::page::Wanted;
use super::super::{Error, every};
use super::{named, view};
use crate::caller::Context;
use crate::{Reply, Server};

/// Which versions a list is about. A version that names no runtimes, or no architectures, matches no filter by them.
#[derive(Debug, Clone, Copy)]
struct Filter<'a> {
    runtime: Option<&'a str>,
    architecture: Option<&'a str>,
}

/// ListLayers: the latest matching version of each layer, in the order of their names.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn list_layers(
    server: &Arc<Server>,
    context: &Context,
    request: ListLayersRequest,
) -> Result<Reply, Error> {
    let filter = Filter {
        runtime: request.compatible_runtime.as_deref(),
        architecture: request.compatible_architecture.as_deref(),
    };
    let wanted = Wanted { marker: request.marker.as_deref(), max_items: request.max_items };
    let mut latest = latest(server, context, filter).await?;
    latest.sort_by(|a, b| a.id.name.cmp(&b.id.name));
    let page = wanted.of(latest, |version| version.id.name.clone())?;
    let layers = page.items.iter().map(item).collect();
    Ok(Reply::of(ListLayersResponse { next_marker: page.next_marker, layers: Some(layers) }))
}

fn item(version: &LayerVersion) -> LayersListItem {
    LayersListItem {
        layer_name: Some(version.id.name.clone()),
        layer_arn: Some(version.id.arn()),
        latest_matching_version: Some(view::listed(version)),
    }
}

/// The latest matching version of each layer of the caller's.
async fn latest(server: &Server, context: &Context, filter: Filter<'_>) -> Result<Vec<LayerVersion>, Error> {
    let caller = &context.caller;
    let all = Prefix::under([caller.account.as_str(), caller.region.as_str()]);
    let mut latest: Vec<LayerVersion> = Vec::new();
    // They come in the order of layer and number, so the last of each layer is its latest.
    for version in walk(server, &all).await?.into_iter().filter(|version| filter.takes(version)) {
        match latest.last_mut() {
            Some(last) if last.id == version.id => *last = version,
            Some(_) | None => latest.push(version),
        }
    }
    Ok(latest)
}

/// ListLayerVersions: the latest first. A layer that is not there has none.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn list_layer_versions(
    server: &Arc<Server>,
    context: &Context,
    request: ListLayerVersionsRequest,
) -> Result<Reply, Error> {
    let id = named::here(&context.caller, &request.layer_name)?;
    let filter = Filter {
        runtime: request.compatible_runtime.as_deref(),
        architecture: request.compatible_architecture.as_deref(),
    };
    let wanted = Wanted { marker: request.marker.as_deref(), max_items: request.max_items };
    let versions = walk(server, &tables::layer_versions_of(&id)).await?;
    let matching = versions.into_iter().rev().filter(|version| filter.takes(version));
    let page = wanted.of(matching, |version| format!("{:020}", u64::MAX - version.number))?;
    Ok(Reply::of(ListLayerVersionsResponse {
        next_marker: page.next_marker,
        layer_versions: Some(page.items.iter().map(view::listed).collect()),
    }))
}

/// Every layer version under a prefix, in the order of the keys.
async fn walk(server: &Server, under: &Prefix) -> Result<Vec<LayerVersion>, Error> {
    let mut all = Vec::new();
    every::under(server, &tables::LAYER_VERSIONS, under, |record| all.push(record.value)).await?;
    Ok(all)
}

impl Filter<'_> {
    fn takes(self, version: &LayerVersion) -> bool {
        let names = |list: &Option<Vec<String>>, wanted: Option<&str>| {
            wanted.is_none_or(|wanted| list.iter().flatten().any(|name| name == wanted))
        };
        names(&version.compatible_runtimes, self.runtime)
            && names(&version.compatible_architectures, self.architecture)
    }
}
