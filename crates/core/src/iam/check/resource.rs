//! The resources of a statement: ARNs, where services check what they look like. Never asks whether one is there.

use super::Refused;

/// What ARNs of IAM can be about.
const IAM_KINDS: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// What the oldest reader of policies does not understand: an ARN without its last part, or without a service.
pub(super) fn is_legacy(resource: &str) -> bool {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let [arn, partition, rest @ ..] = parts.as_slice() else { return false };
    let service = rest.first();
    let ends_early = (4..6).contains(&parts.len()) && rest.get(1).is_some_and(|region| region.is_empty());
    *arn == "arn" && is_partition(partition) && (service.is_some_and(|name| name.is_empty()) || ends_early)
}

fn is_partition(name: &str) -> bool {
    name == "*" || name == "aws" || name.starts_with("aws-") || name.contains("${")
}

/// Refuses what is no ARN and not `*`.
pub(super) fn check(resource: &str) -> Result<(), Refused> {
    if resource == "*" {
        return Ok(());
    }
    let mut parts: Vec<&str> = resource.splitn(6, ':').collect();
    let Some(partition) = parts.get(1).copied() else { return Err(Refused::NoArn(resource.to_owned())) };
    if !is_partition(partition) || parts.first() != Some(&"arn") {
        // Whatever stands before the first colon is taken for `arn`, and what is missing for anything.
        parts.resize(parts.len().max(6), "*");
        let resource = format!("arn:{}", parts[1..].join(":"));
        return Err(Refused::Partition { partition: partition.to_owned(), resource });
    }
    let service = parts.get(2).copied().unwrap_or_default();
    if service.is_empty() || (service != "*" && service.contains(['*', '?'])) {
        return Err(Refused::ResourceVendor);
    }
    let region = parts.get(3).copied().unwrap_or_default();
    of_service(resource, service, region, parts.get(5).copied())
}

fn of_service(resource: &str, service: &str, region: &str, last: Option<&str>) -> Result<(), Refused> {
    let last = last.unwrap_or("*");
    let has_region = !region.is_empty() && region != "*";
    match service {
        "iam" if has_region => Err(Refused::IamRegion(resource.to_owned())),
        "iam" if !last.starts_with(['*', '$']) && last != "root" => {
            let is_kind = IAM_KINDS.iter().any(|kind| last.starts_with(kind) || last.contains('*'));
            if is_kind { Ok(()) } else { Err(Refused::IamPath) }
        }
        // Access points have regions, buckets have none.
        "s3" if has_region && !last.contains('/') => Err(Refused::BucketRegion(resource.to_owned())),
        _ => Ok(()),
    }
}
