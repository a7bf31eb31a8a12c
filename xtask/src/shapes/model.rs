//! A botocore model as it lies on disk, plain or compressed. Reads; judges nothing.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value as Json};

use crate::run;

/// One service's model.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) metadata: Json,
    pub(super) operations: Map<String, Json>,
    shapes: Map<String, Json>,
}

impl Model {
    /// Reads `service-2.json` or `service-2.json.gz` of a folder.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let plain = folder.join("service-2.json");
        let packed = folder.join("service-2.json.gz").to_string_lossy().into_owned();
        let text = if plain.exists() {
            std::fs::read_to_string(plain)?
        } else {
            run::output("gzip", &["-dc", &packed], folder).context("no model there")?
        };
        let mut model: Json = serde_json::from_str(&text)?;
        let mut part = |name: &str| {
            let Json::Object(map) = model[name].take() else { bail!("the model has no {name}") };
            Ok(map)
        };
        let (operations, shapes) = (part("operations")?, part("shapes")?);
        Ok(Self { metadata: model["metadata"].take(), operations, shapes })
    }

    /// Forgets error shapes that no operation of ours answers.
    pub(super) fn leave_out(&mut self, errors: &[String]) -> Result<()> {
        for name in errors {
            self.shapes.remove(name).with_context(|| format!("the model has no shape {name}"))?;
        }
        Ok(())
    }

    pub(super) fn shape(&self, name: &str) -> Result<&Json> {
        self.shapes.get(name).with_context(|| format!("the model has no shape {name}"))
    }

    pub(super) fn operation(&self, name: &str) -> Result<&Json> {
        self.operations.get(name).with_context(|| format!("the model has no operation {name}"))
    }

    /// The names of all error shapes, in order.
    pub(super) fn errors(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.shapes.iter().filter(|(_, shape)| is_error(shape)).map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The shapes a shape is made of, directly, in the model's order.
    pub(super) fn parts(&self, name: &str) -> Result<Vec<&str>> {
        let shape = self.shape(name)?;
        let members = shape["members"].as_object().into_iter().flat_map(|members| members.values());
        let others = ["member", "key", "value"].map(|part| &shape[part]);
        Ok(members.chain(others).filter_map(|part| part["shape"].as_str()).collect())
    }
}

pub(super) fn is_error(shape: &Json) -> bool {
    shape["exception"].as_bool() == Some(true) || !shape["error"].is_null()
}
