//! How the resources of the services beside Lambda are named: log groups, file systems, users and roles, alarms. Never
//! says whether one is there.

use std::collections::BTreeMap;

use lambent_core::iam::realm::Realm;
use lambent_wire::value::Structure;

use super::need::{text, texts};
use super::resource::Resource;
use crate::Server;
use crate::caller::{Caller, Identity};

/// A log group by its name or ARN: `…:log-group:NAME:log-stream:STREAM`. Only tags are asked for without the tail.
pub(super) fn log_group(caller: &Caller, operation: &str, members: &Structure) -> Resource {
    let Caller { account, region, .. } = caller;
    let arn = ["resourceArn", "logGroupIdentifier"].into_iter().find_map(|name| text(members, name));
    if let Some(named) = arn.and_then(Resource::other) {
        return named;
    }
    let many = texts(members, "logGroupIdentifiers");
    let name = match operation {
        "DescribeLogGroups" => text(members, "logGroupNamePrefix").or(Some("")),
        _ => text(members, "logGroupName").or(arn).or_else(|| many.first().map(String::as_str)),
    };
    let Some(name) = name else { return Resource::Any };
    let stream = text(members, "logStreamName").unwrap_or_default();
    let (account, region) = (account.clone(), region.clone());
    Resource::LogGroup { account, region, name: name.to_owned(), stream: stream.to_owned() }
}

/// A file system or an access point, by its id or ARN.
pub(super) fn file_system(caller: &Caller, members: &Structure) -> Resource {
    let Caller { account, region, .. } = caller;
    let id = ["AccessPointId", "FileSystemId", "ResourceId"].into_iter().find_map(|name| text(members, name));
    let Some(id) = id else { return Resource::Any };
    if let Some(named) = Resource::other(id) {
        return named;
    }
    let kind = if id.starts_with("fsap-") { "access-point" } else { "file-system" };
    let partition = region.partition();
    let arn = format!("arn:{partition}:elasticfilesystem:{region}:{account}:{kind}/{id}");
    Resource::Other(arn, account.clone())
}

/// An alarm by its name; everything where none is named.
pub(super) fn monitored(caller: &Caller, operation: &str, members: &Structure) -> Resource {
    let account = caller.account.clone();
    if let Some(named) = text(members, "ResourceARN").and_then(Resource::other) {
        return named;
    }
    let named = text(members, "AlarmName").map(str::to_owned);
    let name = named.or_else(|| texts(members, "AlarmNames").into_iter().next());
    match (name, operation) {
        (Some(name), _) => Resource::Other(alarm(caller, &name), account),
        (None, "DescribeAlarms" | "DescribeAlarmHistory") => Resource::Other(alarm(caller, "*"), account),
        (None, _) => Resource::Any,
    }
}

/// The ARN of an alarm.
pub(super) fn alarm(caller: &Caller, name: &str) -> String {
    let Caller { account, region, .. } = caller;
    format!("arn:{}:cloudwatch:{region}:{account}:alarm:{name}", region.partition())
}

/// A user, role or policy: IAM names those that are there in words, and those to be made by their ARN.
pub(super) fn entity(server: &Server, caller: &Caller, operation: &str, members: &Structure) -> Resource {
    if caller.is_owner() {
        return Resource::Any;
    }
    let making = matches!(operation, "CreateRole" | "CreatePolicy");
    let path = text(members, "Path").unwrap_or("/");
    if let Some(name) = text(members, "RoleName") {
        let kept = server.identities.role_named(&caller.account, name).filter(|_| !making);
        let found = kept.map(|role| (role.held.arn.clone(), role.held.tags.clone()));
        return one(caller, "role", name, found, making.then_some(path));
    }
    if let Some(name) = text(members, "UserName") {
        let realm = Realm::of(&caller.account, &caller.region);
        let found = server.identities.users_of(&realm).into_iter();
        let found = found.filter(|_| operation != "CreateUser").find(|kept| kept.user.name == name);
        let found = found.map(|user| (user.held.arn.clone(), user.held.tags.clone()));
        return one(caller, "user", name, found, (operation == "CreateUser").then_some(path));
    }
    if let Some(arn) = text(members, "PolicyArn") {
        return policy(arn);
    }
    if let Some(name) = text(members, "PolicyName") {
        return one(caller, "policy", name, None, making.then_some(path));
    }
    own_user(caller, operation).unwrap_or_else(|| list(caller, operation, members))
}

/// One thing by its name, with what is kept of it; `path` where it is to be made.
fn one(
    caller: &Caller,
    kind: &str,
    name: &str,
    found: Option<(String, BTreeMap<String, String>)>,
    path: Option<&str>,
) -> Resource {
    let (arn, tags) = found
        .unwrap_or_else(|| (arn(caller, &format!("{kind}{}{name}", path.unwrap_or("/"))), BTreeMap::new()));
    let words = path.is_none().then(|| format!("{kind} {name}"));
    Resource::Entity { arn, words, tags }
}

fn policy(arn: &str) -> Resource {
    Resource::Entity { arn: arn.to_owned(), words: Some(format!("policy {arn}")), tags: BTreeMap::new() }
}

/// The caller itself, which operations on users mean where no user is named.
fn own_user(caller: &Caller, operation: &str) -> Option<Resource> {
    const OPERATIONS: [&str; 5] =
        ["CreateAccessKey", "DeleteAccessKey", "GetUser", "ListAccessKeys", "UpdateAccessKey"];
    let Identity::User(user, _) = &caller.identity else { return None };
    let name = caller.user_name()?;
    let (arn, tags) = (user.held.arn.clone(), user.held.tags.clone());
    let words = Some(format!("user {name}"));
    OPERATIONS.contains(&operation).then_some(Resource::Entity { arn, words, tags })
}

/// What a list lists: everything of a kind below a path.
fn list(caller: &Caller, operation: &str, members: &Structure) -> Resource {
    let kind = match operation {
        "ListRoles" => "role",
        "ListUsers" => "user",
        "ListPolicies" => {
            return Resource::Entity {
                arn: arn(caller, "policy/"),
                words: Some("policy path /".to_owned()),
                tags: BTreeMap::new(),
            };
        }
        _ => return Resource::Any,
    };
    let path = text(members, "PathPrefix").unwrap_or("/");
    Resource::Entity { arn: arn(caller, &format!("{kind}{path}")), words: None, tags: BTreeMap::new() }
}

/// An ARN of IAM, which has no region.
fn arn(caller: &Caller, rest: &str) -> String {
    format!("arn:{}:iam::{}:{rest}", caller.region.partition(), caller.account)
}
