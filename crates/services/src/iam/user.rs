//! The operations on users. A user has no password and is in no group here.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html>

use std::sync::Arc;

use lambent_core::iam::holder::Holdings;
use lambent_core::iam::realm::Realm;
use lambent_core::iam::unique_id;
use lambent_core::iam::user::User;
use lambent_core::limits::{IAM_USERS_MAX, WRITE_ATTEMPTS_MAX};
use lambent_store::{Expect, Record, StoreError, Transaction, tables};
use lambent_wire::iam::user::{
    CreateUserRequest, CreateUserResponse, DeleteUserRequest, GetUserRequest, GetUserResponse,
    ListGroupsForUserRequest, ListGroupsForUserResponse, ListUsersRequest, ListUsersResponse,
    UpdateUserRequest, User as WireUser,
};
use lambent_wire::value::Value;

use super::page::Page;
use super::{Error, attached, bounds, find, tags, view};
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// CreateUser.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn create_user(
    server: &Arc<Server>,
    context: &Context,
    request: CreateUserRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let user = User {
        id: unique_id::of_entity("AIDA", &realm.account, &*server.dice),
        name: request.user_name,
        path: request.path.unwrap_or_else(|| "/".to_owned()),
        created: server.clock.now(),
        keys: Vec::new(),
        held: Holdings {
            boundary: request.permissions_boundary,
            tags: tags::given(request.tags)?,
            ..Holdings::default()
        },
        realm,
    };
    if server.identities.users_of(&user.realm).len() >= IAM_USERS_MAX {
        return Err(Error::Limit(format!("Cannot exceed quota for UsersPerAccount: {IAM_USERS_MAX}")));
    }
    let mut write = Transaction::new().put(
        &tables::IAM_USERS,
        tables::iam_key(&user.realm, &user.name),
        &user,
        Expect::Absent,
    );
    if let Some(arn) = &user.held.boundary {
        write = attached::touched(write, &bounds::found(server, &user.realm, arn).await?)?;
    }
    if find::written(server, write).await? {
        return Ok(Reply::of(CreateUserResponse { user: Some(view::user(&user)) }));
    }
    Err(taken(user.name))
}

fn taken(name: String) -> Error {
    Error::AlreadyExists { kind: "User", name }
}

/// The name of the user that a request means: the given, else the caller's own.
pub(super) fn meant(server: &Server, caller: &Caller, given: Option<String>) -> Result<String, Error> {
    given.or_else(|| Some(server.identities.user(&caller.arn)?.user.name.clone())).ok_or_else(|| {
        Error::Validation("Must specify userName when calling with non-User credentials".to_owned())
    })
}

/// GetUser: without a name the caller.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn get_user(
    server: &Arc<Server>,
    context: &Context,
    request: GetUserRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    if request.user_name.is_none() && context.caller.arn == realm.root_arn() {
        return Ok(owner(server, &realm));
    }
    let name = meant(server, &context.caller, request.user_name)?;
    let found = find::holder::<User>(server, &realm, &name).await?.value;
    Ok(Reply::of(GetUserResponse { user: view::user(&found) }))
}

/// The account's owner, which has neither name nor path. The account is as old as the world here.
fn owner(server: &Server, realm: &Realm) -> Reply {
    let shown = WireUser {
        user_id: realm.account.to_string(),
        arn: realm.root_arn(),
        create_date: view::time(lambent_core::time::Timestamp::from_millis(0)),
        password_last_used: Some(view::time(server.clock.now())),
        ..WireUser::default()
    };
    let mut reply = Reply::of(GetUserResponse { user: shown });
    if let Value::Structure(output) = &mut reply.output
        && let Some(Value::Structure(mut user)) = output.take("User")
    {
        user.take("UserName");
        user.take("Path");
        output.set("User", Value::Structure(user));
    }
    reply
}

/// UpdateUser: another name or path, with everything else as it is.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn update_user(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateUserRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let record = find::holder::<User>(server, &realm, &request.user_name).await?;
        let Record { key, revision, value: mut user } = record;
        user.path = request.new_path.clone().unwrap_or(user.path);
        user.name = request.new_user_name.clone().unwrap_or(user.name);
        let new = tables::iam_key(&realm, &user.name);
        let expected = if new == key { Expect::Revision(revision) } else { Expect::Absent };
        if new != key && server.store.get(&tables::IAM_USERS, &new).await?.is_some() {
            return Err(taken(user.name));
        }
        let mut write = Transaction::new();
        if new != key {
            write = write.delete(&tables::IAM_USERS, key, Expect::Revision(revision));
        }
        if find::written(server, write.put(&tables::IAM_USERS, new, &user, expected)).await? {
            return Ok(Reply::of(()));
        }
    }
    Err(Error::Store(StoreError::Closed))
}

/// DeleteUser: one that has nothing any more.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn delete_user(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteUserRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let Record { key, revision, value: user } =
            find::holder::<User>(server, &realm, &request.user_name).await?;
        let conflict = |has: bool, words| if has { Err(Error::DeleteConflict(words)) } else { Ok(()) };
        conflict(!user.held.attached.is_empty(), "Cannot delete entity, must detach all policies first.")?;
        conflict(!user.held.inline.is_empty(), "Cannot delete entity, must delete policies first.")?;
        conflict(!user.keys.is_empty(), "Cannot delete entity, must delete access keys first.")?;
        let write = Transaction::new().delete(&tables::IAM_USERS, key, Expect::Revision(revision));
        if find::written(server, write).await? {
            return Ok(Reply::of(()));
        }
    }
    Err(Error::Store(StoreError::Closed))
}

/// ListUsers.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_users(
    server: &Arc<Server>,
    context: &Context,
    request: ListUsersRequest,
) -> Result<Reply, Error> {
    let mut users = find::all(server, &find::realm(&context.caller), &tables::IAM_USERS).await?;
    let path = request.path_prefix.unwrap_or_default();
    users.retain(|user| user.path.starts_with(&path));
    let key = |user: &User| user.name.to_lowercase();
    let page = Page::of(users, key, request.marker.as_deref(), request.max_items)?;
    Ok(Reply::of(ListUsersResponse {
        is_truncated: page.is_truncated(),
        users: page.items.iter().map(view::listed_user).collect(),
        marker: page.marker,
    }))
}

/// ListGroupsForUser: none, since there are no groups here that a user could be in.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_groups_for_user(
    server: &Arc<Server>,
    context: &Context,
    request: ListGroupsForUserRequest,
) -> Result<Reply, Error> {
    find::holder::<User>(server, &find::realm(&context.caller), &request.user_name).await?;
    Ok(Reply::of(ListGroupsForUserResponse { groups: Vec::new(), is_truncated: Some(false), marker: None }))
}
