//! IAM's words for what it refuses in a policy. Judges nothing.

/// Why a document is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not JSON, or not of a policy's form.
    #[error("Syntax errors in policy.")]
    Syntax,
    /// An old version of the language.
    #[error("Policy document must be version 2012-10-17 or greater.")]
    Version,
    /// Whose policy it is says where it stands.
    #[error("Policy document should not specify a principal.")]
    Principal,
    /// A statement about nothing that is done.
    #[error("Policy statement must contain actions.")]
    NoActions,
    /// A statement about nothing it is done to.
    #[error("Policy statement must contain resources.")]
    NoResources,
    /// A name of a statement with other letters.
    #[error(
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
    )]
    Sid,
    /// Two statements of one name.
    #[error("Statement IDs (SID) in a single policy must be unique.")]
    SidTwice,
    /// An action without a service.
    #[error("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")]
    NoVendor,
    /// An action of more parts than service and name.
    #[error("Actions/Condition can contain only one colon.")]
    Colons,
    /// An action whose service is no name.
    #[error("Vendor {0} is not valid")]
    Vendor(String),
    /// A resource that is no ARN.
    #[error("Resource {0} must be in ARN format or \"*\".")]
    NoArn(String),
    /// An effect, a date or a resource that the oldest reader of policies does not understand.
    #[error("The policy failed legacy parsing")]
    Legacy,
    /// A resource in a partition that is not there.
    #[error("Partition \"{partition}\" is not valid for resource \"{resource}\".")]
    Partition {
        /// As it stands there.
        partition: String,
        /// The whole resource.
        resource: String,
    },
    /// A resource whose service is not plain.
    #[error("Resource vendor must be fully qualified and cannot contain regexes.")]
    ResourceVendor,
    /// A resource of IAM with a region.
    #[error("IAM resource {0} cannot contain region information.")]
    IamRegion(String),
    /// A bucket with a region.
    #[error("Resource {0} can not contain region information.")]
    BucketRegion(String),
    /// A resource of IAM of no kind.
    #[error(
        "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/."
    )]
    IamPath,
    /// A trust policy that is no JSON.
    #[error("This policy contains invalid Json")]
    NotJson,
    /// A trust policy with an element it may not have.
    #[error("Has prohibited field {0}")]
    Prohibited(&'static str),
    /// A trust policy without an element it must have.
    #[error("Missing required field {0}")]
    Missing(&'static str),
    /// A trust policy about something else than assuming the role.
    #[error("AssumeRole policy may only specify STS AssumeRole actions.")]
    NotAssuming,
    /// A trust policy about another action of STS.
    #[error(
        "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity"
    )]
    OtherSts,
    /// A principal that cannot be.
    #[error("Invalid principal in policy: \"{kind}\":\"{name}\"")]
    NoPrincipal {
        /// `AWS`, `SERVICE`, `FEDERATED` or `CANONICALUSER`.
        kind: String,
        /// As it stands there.
        name: String,
    },
}
