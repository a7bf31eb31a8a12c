//! Where the settings of one qualifier are read and changed: those of a `$LATEST`, version or alias that is there. Never
//! decides what they are.

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::function::Function;
use lambent_core::lambda::settings::Settings;

use super::names::Target;
use super::{Error, change, resolve};
use crate::Server;

/// The qualifier whose settings a caller means.
pub(super) fn qualifier(target: &Target) -> Qualifier {
    target.qualifier.clone().unwrap_or(Qualifier::Latest)
}

/// The function, where it has the qualifier; nothing where either is missing.
pub(super) async fn read(server: &Server, target: &Target) -> Result<Option<Function>, Error> {
    match resolve::existing(server, target).await {
        Ok(function) => Ok(Some(function)),
        Err(Error::FunctionNotFound { .. } | Error::NotFound(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Changes the settings of a qualifier. Each operation has words of its own for a qualifier that is not there.
pub(super) async fn change<T>(
    server: &Server,
    target: &Target,
    missing: impl Fn() -> Error,
    mut change: impl FnMut(&mut Settings) -> Result<T, Error>,
) -> Result<T, Error> {
    let needed = |_: &Function| target.version().into_iter().collect();
    let changed = change::with_versions(server, target, needed, |function, versions, transaction| {
        resolve::expect(target, function, versions).map_err(|_| missing())?;
        Ok((change(function.settings_mut(&qualifier(target)))?, transaction))
    });
    changed
        .await
        .map_err(|error| if matches!(error, Error::FunctionNotFound { .. }) { missing() } else { error })
}
