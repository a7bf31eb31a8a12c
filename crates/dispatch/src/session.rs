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

/// Gives out credentials of execution roles, and takes them back.
pub trait RoleCredentials: fmt::Debug + Send + Sync {
    /// Keys for a session of this role in the name of this function.
    fn issue(&self, role_arn: &str, function: &FunctionId) -> SessionKeys;

    /// Ends the session of this key.
    fn revoke(&self, access_key_id: &str);
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
