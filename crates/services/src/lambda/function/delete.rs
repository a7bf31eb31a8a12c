//! DeleteFunction: a whole function with all that is its own, or one of its versions. Never an alias.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html>

use std::sync::Arc;

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::function::Function;
use lambent_store::{Expect, Key, Record, Transaction, tables};
use lambent_wire::lambda::function::{DeleteFunctionRequest, DeleteFunctionResponse};

use super::super::attempts::Attempts;
use super::super::names::Target;
use super::super::{Error, change, every, reservations};
use crate::caller::Context;
use crate::{Reply, Server};

/// DeleteFunction.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn delete_function(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteFunctionRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    match &target.qualifier {
        None => whole(server, &target).await?,
        Some(Qualifier::Version(_)) => version(server, &target).await?,
        Some(Qualifier::Latest) => {
            return refuse("$LATEST version cannot be deleted without deleting the function.");
        }
        Some(Qualifier::Alias(_)) => return refuse("Deletion of aliases is not currently supported."),
    }
    Ok(Reply::of(DeleteFunctionResponse { status_code: Some(204) }))
}

fn refuse(words: &str) -> Result<Reply, Error> {
    Err(Error::InvalidParameter(words.to_owned()))
}

/// The function, its versions and what it has reserved go together; event source mappings stay, as on AWS.
async fn whole(server: &Server, target: &Target) -> Result<(), Error> {
    let mut attempts = Attempts::new();
    loop {
        let record = change::read(server, target).await?;
        let mut transaction = Transaction::new();
        for key in versions(server, &record).await? {
            transaction = transaction.delete(&tables::VERSIONS, key, Expect::Any);
        }
        let expected = Expect::Revision(record.revision);
        let transaction = transaction.delete(&tables::FUNCTIONS, record.key, expected);
        let transaction = reservations::forget(server, &target.id, transaction).await?;
        // Else somebody published or changed something meanwhile: look again.
        if attempts.write(server, transaction).await? {
            return Ok(());
        }
    }
}

/// The keys of all versions of a function.
async fn versions(server: &Server, function: &Record<Function>) -> Result<Vec<Key>, Error> {
    let mut keys = Vec::new();
    let under = tables::versions_of(&function.value.id);
    every::under(server, &tables::VERSIONS, &under, |record| keys.push(record.key)).await?;
    Ok(keys)
}

/// One version and what is set for it. One that is not there is as good as deleted, which is how AWS answers.
async fn version(server: &Server, target: &Target) -> Result<(), Error> {
    let Some(number) = target.version() else {
        return change::read(server, target).await.map(|_| ());
    };
    change::together(server, target, |function, transaction| {
        let users: Vec<&str> = function
            .aliases
            .iter()
            .filter(|(_, alias)| alias.uses(number))
            .map(|(name, _)| &**name)
            .collect();
        if !users.is_empty() {
            return Err(Error::Conflict(format!(
                "Unable to delete version because the following aliases reference it: [{}]",
                users.join(", ")
            )));
        }
        function.settings.remove(&Qualifier::Version(number.to_string()));
        let key = tables::version_key(&target.id, number);
        Ok(((), transaction.delete(&tables::VERSIONS, key, Expect::Any)))
    })
    .await
}
