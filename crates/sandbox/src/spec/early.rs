//! A sandbox whose program was started before it was known what for: it waits, and is told the rest. Knows no function.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Extensions, Mount, Network, SnapStart, Spec};

/// What of a [`Spec`] can be started before the rest is known.
///
/// Its program finds [`Early::DESCRIPTOR_VARIABLE`] in its environment then. It reads the whole environment it is to have
/// from that descriptor, as `NAME=value` with a NUL behind each, until the end, and changes to its working directory anew:
/// the mounts that were missing are there by then. Where nothing comes before the end, nothing ever will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Early {
    /// The variables that are read at the start of the program, and no others: the loader's, the interpreter's.
    pub environment: BTreeMap<String, String>,
    /// Where the mounts are that are made later. A folder `lib` is there until then: loaders remember which of their
    /// folders are missing.
    pub places: Vec<PathBuf>,
}

impl Early {
    /// The variable with the number of the descriptor.
    pub const DESCRIPTOR_VARIABLE: &'static str = "_LAMBENT_PARKED";
}

/// All that must be the same for a sandbox to become another spec's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Class {
    argv: Vec<String>,
    working_directory: String,
    environment: BTreeMap<String, String>,
    mounts: Vec<Mount>,
    pub(crate) places: Vec<PathBuf>,
    pub(crate) tmp_mib: u32,
    network: Network,
}

impl Class {
    /// The class of a spec; none if it cannot be parked.
    pub(crate) fn of(spec: &Spec) -> Option<Self> {
        let early = spec.early.as_ref()?;
        let is_itself = spec.snap_start == SnapStart::Off;
        if !is_itself || !spec.extensions.names.is_empty() || !spec.shared.is_empty() || spec.framed_log {
            return None;
        }
        let known = |mount: &&Mount| !early.places.contains(&mount.target);
        Some(Self {
            argv: spec.argv.clone(),
            working_directory: spec.working_directory.clone(),
            environment: early.environment.clone(),
            mounts: spec.mounts.iter().filter(known).cloned().collect(),
            places: early.places.clone(),
            tmp_mib: spec.tmp_mib,
            network: spec.network,
        })
    }

    /// What is started for it, in so much memory.
    pub(crate) fn spec(&self, memory_mib: u32) -> Spec {
        Spec {
            argv: self.argv.clone(),
            working_directory: self.working_directory.clone(),
            environment: self.environment.clone(),
            mounts: self.mounts.clone(),
            shared: Vec::new(),
            memory_mib,
            tmp_mib: self.tmp_mib,
            network: self.network,
            extensions: Extensions::default(),
            framed_log: false,
            snap_start: SnapStart::Off,
            early: Some(Early { environment: self.environment.clone(), places: self.places.clone() }),
        }
    }
}
