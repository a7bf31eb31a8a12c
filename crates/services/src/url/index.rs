//! Which function or alias each function URL is for. In memory, kept current by the store's change feed, so that a
//! request to a URL reads no store. Never decides who may use one.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use lambent_core::lambda::arn::{FunctionId, Qualifier};
use lambent_core::lambda::function::Function;
use lambent_core::lambda::settings::FunctionUrl;
use lambent_store::{Change, Store, tables};
use tracing::error;

/// How a function's record begins the id of a URL. Functions without a URL are most, and are not decoded.
const URL_ID: &str = "\"url_id\":\"";

/// A URL and what it is for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) function: FunctionId,
    /// `$LATEST` or an alias.
    pub(crate) qualifier: Qualifier,
    pub(crate) url: FunctionUrl,
}

impl Served {
    /// The ARN that policies and the function's context name: qualified for an alias only.
    pub(crate) fn arn(&self) -> String {
        match &self.qualifier {
            Qualifier::Latest => self.function.arn(),
            alias @ (Qualifier::Version(_) | Qualifier::Alias(_)) => self.function.qualified_arn(alias),
        }
    }
}

/// All URLs.
#[derive(Debug, Default)]
pub(crate) struct Urls(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    by_id: HashMap<String, Arc<Served>>,
    /// The ids of each function that has a URL.
    of_function: HashMap<FunctionId, Vec<String>>,
}

impl Urls {
    /// Follows the changes of a store from now on. What is there already is taken in by [`Urls::take_in`].
    pub(crate) fn watch(store: &Store) -> Arc<Self> {
        let urls = Arc::new(Self::default());
        let watching = Arc::downgrade(&urls);
        store.watch(&tables::FUNCTIONS, move |change| {
            if let Some(urls) = watching.upgrade() {
                urls.apply(change);
            }
        });
        urls
    }

    /// Takes in one function as it is.
    pub(crate) fn take_in(&self, function: &Function) {
        let urls = function.settings.iter().filter_map(|(qualifier, settings)| {
            let (function, qualifier) = (function.id.clone(), qualifier.clone());
            Some(Arc::new(Served { function, qualifier, url: settings.url.clone()? }))
        });
        self.set(&function.id, urls.collect());
    }

    /// The URL of this id, which is lower case.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Served>> {
        self.known().by_id.get(id).cloned()
    }

    fn apply(&self, change: &Change) {
        let has_url = change.value.as_ref().is_some_and(|json| json.contains(URL_ID));
        let function = if has_url { change.decode(&tables::FUNCTIONS) } else { Ok(None) };
        match (function, tables::function_id(&change.key)) {
            (Ok(Some(function)), _) => self.take_in(&function),
            (Ok(None), Some(id)) => self.set(&id, Vec::new()),
            (Ok(None), None) => error!(key = %change.key, "a function has no readable key"),
            (Err(fault), id) => {
                error!(%fault, "a function in the change feed cannot be read");
                id.iter().for_each(|id| self.set(id, Vec::new()));
            }
        }
    }

    fn set(&self, function: &FunctionId, urls: Vec<Arc<Served>>) {
        if urls.is_empty() && !self.known().of_function.contains_key(function) {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for id in known.of_function.remove(function).unwrap_or_default() {
            known.by_id.remove(&id);
        }
        if urls.is_empty() {
            return;
        }
        let ids = urls.iter().map(|served| served.url.url_id.clone()).collect();
        known.of_function.insert(function.clone(), ids);
        known.by_id.extend(urls.into_iter().map(|served| (served.url.url_id.clone(), served)));
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
