//! Which noun's file holds which shape. A shape has one place; the others import it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use super::Noun;
use super::model::Model;
use super::names;

/// The file of every shape that is reached, and the order in which each file lists its own.
#[derive(Debug)]
pub(super) struct Plan {
    home: BTreeMap<String, String>,
    order: Vec<String>,
}

/// The file of error shapes and of what only they hold.
pub(super) const ERRORS: &str = "errors";

impl Plan {
    pub(super) fn of(model: &Model, nouns: &[Noun]) -> Result<Self> {
        let mut plan = Self { home: BTreeMap::new(), order: Vec::new() };
        for noun in nouns {
            for shape in &noun.owns {
                plan.home.insert(shape.clone(), noun.name.clone());
            }
        }
        let mut seen = BTreeSet::new();
        for noun in nouns {
            for operation in &noun.operations {
                let operation = model.operation(operation)?;
                for side in ["input", "output"] {
                    if let Some(shape) = operation[side]["shape"].as_str() {
                        plan.reach(model, shape, &noun.name, &mut seen)?;
                    }
                }
            }
        }
        for error in model.errors() {
            plan.reach(model, error, ERRORS, &mut seen)?;
        }
        plan.refuse_clashes()?;
        Ok(plan)
    }

    fn reach(&mut self, model: &Model, shape: &str, noun: &str, seen: &mut BTreeSet<String>) -> Result<()> {
        if !seen.insert(shape.to_owned()) {
            return Ok(());
        }
        self.order.push(shape.to_owned());
        let home = self.home.entry(shape.to_owned()).or_insert_with(|| noun.to_owned()).clone();
        for part in model.parts(shape)? {
            self.reach(model, part, &home, seen)?;
        }
        Ok(())
    }

    fn refuse_clashes(&self) -> Result<()> {
        let mut taken: BTreeMap<String, &str> = BTreeMap::new();
        for shape in &self.order {
            if let Some(other) = taken.insert(names::constant(shape), shape) {
                bail!("{shape} and {other} have one name in Rust");
            }
        }
        Ok(())
    }

    /// The shapes of one file, in the order they were reached.
    pub(super) fn shapes<'a>(&'a self, file: &'a str) -> impl Iterator<Item = &'a str> {
        self.order.iter().map(String::as_str).filter(move |shape| self.home[*shape] == file)
    }

    /// The file a shape lives in.
    pub(super) fn file(&self, shape: &str) -> &str {
        &self.home[shape]
    }
}
