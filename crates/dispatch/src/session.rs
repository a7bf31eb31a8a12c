//! What an environment has for its life: temporary credentials of its execution role, memory, and connections to what it mounts.
//! Never decides what they allow.

use std::fmt;
use std::sync::Arc;

use lambent_core::lambda::arn::FunctionId;
use lambent_sandbox::SharedFolder;

use crate::efs::Connection;
use crate::room::Share;

/// Temporary credentials of an execution role.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKeys {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: String,
}

impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionKeys").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// What a role lets its function's environments do with their lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPermit {
    /// Nothing: they are in no log group.
    None,
    /// Write them where the log group is there already.
    Write,
    /// Make the log group, too.
    Create,
}

/// Gives out credentials of execution roles, and takes them back.
pub trait RoleCredentials: fmt::Debug + Send + Sync {
    /// Keys for a session of this role in the name of this function.
    fn issue(&self, role_arn: &str, function: &FunctionId) -> SessionKeys;

    /// Whether Lambda may take on a role; of one that is not known, yes. Asked once an environment.
    fn is_assumable(&self, _role_arn: &str) -> bool {
        true
    }

    /// Ends the session of this key.
    fn revoke(&self, access_key_id: &str);

    /// Whether a role lets a function write to a log group and stream of its own account and region. Asked once an
    /// environment; who knows nothing of roles lets everybody.
    fn log_permit(
        &self,
        _role_arn: &str,
        _function: &FunctionId,
        (_group, _stream): (&str, &str),
    ) -> LogPermit {
        LogPermit::Create
    }
}

/// The session of one environment; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) keys: SessionKeys,
    /// To what it has mounted.
    mounted: Vec<(SharedFolder, Connection)>,
    issuer: Arc<dyn RoleCredentials>,
    /// The memory it may take.
    _memory: Share,
}

impl Session {
    pub(crate) fn open(
        issuer: &Arc<dyn RoleCredentials>,
        role_arn: &str,
        function: &FunctionId,
        memory: Share,
    ) -> Self {
        let keys = issuer.issue(role_arn, function);
        Self { keys, mounted: Vec::new(), issuer: Arc::clone(issuer), _memory: memory }
    }

    /// Keeps a connection as long as the environment lives.
    pub(crate) fn mount(&mut self, connected: (SharedFolder, Connection)) {
        self.mounted.push(connected);
    }

    /// What it has mounted.
    pub(crate) fn shared(&self) -> Vec<SharedFolder> {
        self.mounted.iter().map(|(folder, _)| folder.clone()).collect()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.issuer.revoke(&self.keys.access_key_id);
    }
}
