//! Which extensions there are and where each stands. Pure: holds no connection and waits for nothing.

use lambent_core::limits;
use uuid::Uuid;

use super::state::{Call, Standing};
use crate::spec::{ExtensionFault, ExtensionFaultKind, Notice};

/// What an extension can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `INVOKE`
    Invoke,
    /// `SHUTDOWN`
    Shutdown,
}

impl Kind {
    /// The kind AWS calls so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Invoke, Self::Shutdown].into_iter().find(|kind| kind.name() == name)
    }

    /// AWS's name of it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Invoke => "INVOKE",
            Self::Shutdown => "SHUTDOWN",
        }
    }
}

/// Which kinds of extensions have registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kinds {
    /// None.
    None,
    /// Only some inside the runtime's process.
    Internal,
    /// Some with a process of their own.
    External,
}

/// Why a call was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// The runtime asked for its first event before.
    #[error("Extension registration closed already")]
    Closed,
    /// There are as many as there may be.
    #[error("Extension limit ({}) reached", limits::EXTENSIONS_MAX)]
    TooMany,
    /// Extensions inside the runtime end with it.
    #[error("{}: event not supported for internal extensions", .0.name())]
    Event(Kind),
    /// Nobody registered with this id.
    #[error("Unknown extension {0}")]
    Unknown(Uuid),
    /// The state does not allow it.
    #[error(
        "State transition from {from} to {to} failed for extension {name}. Error: State transition is not allowed"
    )]
    State {
        /// The state's name.
        from: &'static str,
        /// The name of the state the call leads to.
        to: &'static str,
        /// Who called.
        name: String,
    },
}

/// One extension.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// It has a process of its own; else it is part of the runtime's.
    pub(crate) external: bool,
    pub(crate) standing: Standing,
    id: Option<Uuid>,
    kinds: Vec<Kind>,
    error_type: Option<String>,
}

/// All of one life of an environment. The external ones come first, in the order of their start.
#[derive(Debug)]
pub(crate) struct Roster {
    members: Vec<Member>,
    open: bool,
    /// The first: what follows may be its consequence.
    fault: Option<ExtensionFault>,
}

impl Roster {
    /// With these external extensions started.
    pub(crate) fn new(names: &[String]) -> Self {
        let members = names.iter().map(|name| Member::new(name, true)).collect();
        Self { members, open: true, fault: None }
    }

    /// `POST /extension/register`: where it stands from then on.
    pub(crate) fn register(&mut self, name: &str, kinds: &[Kind], id: Uuid) -> Result<usize, Refused> {
        if !self.open {
            return Err(Refused::Closed);
        }
        let known = self.members.iter().position(|member| member.name == name);
        let index = known.unwrap_or(self.members.len());
        if let Some(member) = self.members.get_mut(index) {
            member.call(Call::Register)?;
        } else {
            self.admit(name, kinds)?;
        }
        let member = &mut self.members[index];
        member.standing = Standing::Registered;
        member.id = Some(id);
        member.kinds = kinds.to_vec();
        Ok(index)
    }

    /// Another one inside the runtime's process.
    fn admit(&mut self, name: &str, kinds: &[Kind]) -> Result<(), Refused> {
        if self.members.len() >= limits::EXTENSIONS_MAX {
            return Err(Refused::TooMany);
        }
        if kinds.contains(&Kind::Shutdown) {
            return Err(Refused::Event(Kind::Shutdown));
        }
        self.members.push(Member::new(name, false));
        Ok(())
    }

    /// From now on nobody registers.
    pub(crate) const fn close(&mut self) {
        self.open = false;
    }

    /// Who registered with this id.
    pub(crate) fn find(&self, id: Uuid) -> Result<usize, Refused> {
        self.members.iter().position(|member| member.id == Some(id)).ok_or(Refused::Unknown(id))
    }

    /// A call of the one at `index`.
    pub(crate) fn call(&mut self, index: usize, call: Call) -> Result<(), Refused> {
        self.members[index].call(call)
    }

    /// The one at `index` was handed an event.
    pub(crate) fn runs(&mut self, index: usize) {
        self.members[index].standing = Standing::Running;
    }

    /// The one at `index` failed.
    pub(crate) fn fails(&mut self, index: usize, kind: ExtensionFaultKind) {
        let Some(member) = self.members.get_mut(index) else { return };
        if matches!(kind, ExtensionFaultKind::Launch { .. }) {
            member.standing = Standing::LaunchError;
        }
        member.error_type = Some(error_type(&kind));
        self.fault.get_or_insert_with(|| ExtensionFault { name: member.name.clone(), kind });
    }

    /// What failed first.
    pub(crate) const fn fault(&self) -> Option<&ExtensionFault> {
        self.fault.as_ref()
    }

    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Every external extension has registered.
    pub(crate) fn all_registered(&self) -> bool {
        self.members.iter().all(|member| member.standing != Standing::Started)
    }

    /// Everybody waits for an event.
    pub(crate) fn all_ready(&self) -> bool {
        self.members.iter().all(|member| member.standing == Standing::Ready)
    }

    /// Which kinds have registered.
    pub(crate) fn kinds(&self) -> Kinds {
        let there =
            |external| self.members.iter().any(|member| member.id.is_some() && member.external == external);
        match (there(true), there(false)) {
            (true, _) => Kinds::External,
            (false, true) => Kinds::Internal,
            (false, false) => Kinds::None,
        }
    }

    /// `platform.extension` of each.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        let notice = |member: &Member| Notice::Extension {
            name: member.name.clone(),
            state: member.standing.name(),
            events: member.kinds.iter().map(|kind| kind.name()).collect(),
            error_type: member.error_type.clone(),
        };
        self.members.iter().map(notice).collect()
    }
}

impl Member {
    fn new(name: &str, external: bool) -> Self {
        let standing = Standing::Started;
        Self { name: name.to_owned(), external, standing, id: None, kinds: Vec::new(), error_type: None }
    }

    fn call(&mut self, call: Call) -> Result<(), Refused> {
        self.standing = self.standing.on(call).ok_or_else(|| Refused::State {
            from: self.standing.name(),
            to: call.target().name(),
            name: self.id.map_or_else(|| self.name.clone(), |id| format!("{} ({id})", self.name)),
        })?;
        Ok(())
    }

    /// It asked for this kind of event and is there to get it.
    pub(crate) fn wants(&self, kind: Kind) -> bool {
        let there = matches!(self.standing, Standing::Registered | Standing::Ready | Standing::Running);
        there && self.kinds.contains(&kind)
    }
}

/// What `platform.extension` calls a fault.
fn error_type(kind: &ExtensionFaultKind) -> String {
    let reported = |reported: &crate::spec::Reported, unknown: &str| {
        reported.error_type.clone().unwrap_or_else(|| unknown.to_owned())
    };
    match kind {
        ExtensionFaultKind::Launch { reason } if reason.contains("ermission denied") => {
            "PermissionDenied".to_owned()
        }
        ExtensionFaultKind::Launch { .. } => "UnknownError".to_owned(),
        ExtensionFaultKind::Crash(_) => "Extension.Crash".to_owned(),
        ExtensionFaultKind::Init(told) => reported(told, "Extension.InitError"),
        ExtensionFaultKind::Exit(told) => reported(told, "Extension.ExitError"),
    }
}

#[cfg(test)]
mod tests;
