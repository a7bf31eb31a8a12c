//! The whole keyspace of the server on one page: each table with the parts of its keys. Never holds logic beyond keys.

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::function::Function;

use crate::{Key, Table};

/// Functions by account, region and name.
pub const FUNCTIONS: Table<Function> = Table::new("functions");

/// Where a function stands in [`FUNCTIONS`].
#[must_use]
pub fn function_key(id: &FunctionId) -> Key {
    Key::of([id.account.as_str(), id.region.as_str(), &id.name])
}

/// The function that stands under a key of [`FUNCTIONS`]; nothing for a key of another form.
#[must_use]
pub fn function_id(key: &Key) -> Option<FunctionId> {
    let [account, region, name] = <[String; 3]>::try_from(key.parts()).ok()?;
    Some(FunctionId { account: account.try_into().ok()?, region: region.try_into().ok()?, name })
}

#[cfg(test)]
mod tests {
    use lambent_core::account::{AccountId, Region};

    use super::*;

    #[test]
    fn a_function_is_found_again_from_its_key() {
        let id = FunctionId {
            account: AccountId::default_account(),
            region: Region::default_region(),
            name: "hello".into(),
        };
        assert_eq!(function_id(&function_key(&id)), Some(id));
        assert_eq!(function_id(&Key::of(["x"])), None);
    }
}
