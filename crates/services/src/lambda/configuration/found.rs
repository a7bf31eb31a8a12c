//! What a configuration refers to, looked up: layers here, all else in other services. Never changes any of it.

use lambent_core::lambda::configuration::Vpc;
use lambent_core::lambda::layer::Attached;
use lambent_wire::lambda::function::VpcConfig;

use super::super::{layer, lookups};
use super::Error;
use super::asked::{Asked, Setting};
use crate::Server;
use crate::caller::Caller;

/// What was found; none where the request does not name it.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) layers: Option<Vec<Attached>>,
    /// Also of a function that is to leave its network: then all in it is empty, which is what AWS shows.
    pub(super) vpc: Option<Vpc>,
}

impl Found {
    /// Finds all that is asked for.
    pub(super) async fn look_up(server: &Server, caller: &Caller, asked: &Asked) -> Result<Self, Error> {
        if let Some(role) = &asked.role {
            lookups::role(server, caller, role).await?;
        }
        let layers = match &asked.layers {
            Some(arns) => Some(layer::attach(server, caller, arns).await?),
            None => None,
        };
        let vpc = match &asked.vpc {
            Some(given) => Some(network(server, caller, given).await?),
            None => None,
        };
        if let Setting::Set(arn) = &asked.dead_letter {
            lookups::dead_letter(server, caller, arn).await?;
        }
        if let Setting::Set(arn) = &asked.kms_key_arn {
            lookups::kms_key(server, caller, arn).await?;
        }
        for mounted in asked.file_systems.iter().flatten() {
            lookups::file_system(server, caller, &mounted.arn).await?;
        }
        Ok(Self { layers, vpc })
    }
}

async fn network(server: &Server, caller: &Caller, given: &VpcConfig) -> Result<Vpc, Error> {
    Ok(Vpc {
        vpc_id: lookups::vpc(server, caller, given).await?,
        subnet_ids: given.subnet_ids.clone().unwrap_or_default(),
        security_group_ids: given.security_group_ids.clone().unwrap_or_default(),
        ipv6_allowed_for_dual_stack: given.ipv6_allowed_for_dual_stack.unwrap_or_default(),
    })
}
