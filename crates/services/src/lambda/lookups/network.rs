//! The network of a function: its subnets, its security groups and what it mounts over them. Never connects anything.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>

use lambent_wire::error::Fault;
use lambent_wire::lambda::function::VpcConfig;

use super::arn::Arn;
use super::{Asked, Error};
use crate::Server;
use crate::caller::Caller;
use crate::efs;
use crate::upstream::{Session, ec2, if_served};

/// The `VpcId` of a function's subnets and security groups: empty if it has none, and also where there is nobody to ask,
/// since a VPC that was made up would be nowhere.
///
/// # Errors
/// [`Error::InvalidParameter`] if only one of the two lists is given or they are not of one VPC, or as [`Asked::refused`].
pub async fn vpc(server: &Server, caller: &Caller, given: &VpcConfig) -> Result<String, Error> {
    let subnets = given.subnet_ids.as_deref().unwrap_or_default();
    let groups = given.security_group_ids.as_deref().unwrap_or_default();
    if subnets.is_empty() != groups.is_empty() {
        return Err(invalid("SubnetIds and SecurityIds must coexist or be both empty list."));
    }
    let Some(session) = Session::of(server, caller).filter(|_| !subnets.is_empty()) else {
        return Ok(String::new());
    };
    let of_subnets = if_served(ec2::vpcs_of_subnets(&session, subnets).await).map_err(|fault| {
        Asked { service: "EC2", operation: "DescribeSubnets", resource: &subnets.join(", ") }.refused(fault)
    })?;
    let of_groups = if_served(ec2::vpcs_of_groups(&session, groups).await).map_err(|fault| {
        Asked { service: "EC2", operation: "DescribeSecurityGroups", resource: &groups.join(", ") }
            .refused(fault)
    })?;
    one_vpc(of_subnets, &of_groups)
}

fn one_vpc(mut of_subnets: Vec<String>, of_groups: &[String]) -> Result<String, Error> {
    let Some(vpc) = of_subnets.pop() else { return Ok(String::new()) };
    if of_subnets.iter().any(|other| *other != vpc) {
        return Err(invalid("All subnets must belong to the same VPC."));
    }
    if of_groups.iter().any(|other| *other != vpc) {
        return Err(invalid("Security groups and subnets must belong to the same VPC."));
    }
    Ok(vpc)
}

/// Looks up what a function mounts: an access point of ours, whose file system has a mount target. Anything else is taken
/// at its word.
///
/// # Errors
/// [`Error::InvalidParameter`] if it is not there, or nothing leads to it.
pub async fn file_system(server: &Server, caller: &Caller, arn: &str) -> Result<(), Error> {
    if Arn::read(arn).is_none_or(|arn| arn.service != "elasticfilesystem") {
        return Ok(());
    }
    let of = match efs::mountable(server, caller, arn).await {
        Ok(of) => of,
        Err(efs::Error::Store(fault)) => return Err(fault.into()),
        Err(fault) => {
            let (code, words) = (Fault::from(fault), "Error occurred while DescribeAccessPoints.");
            let told = format!("EFS Error Code: {}. EFS Error Message: {}", code.code(), code.message());
            return Err(Error::InvalidParameter(format!("{words} {told}")));
        }
    };
    if of.mount_targets.is_empty() {
        return Err(Error::InvalidParameter(format!(
            "EFS file system {} referenced by access point {arn} does not have mount targets created in all availability zones the function will execute in. Please create EFS mount targets in each availability zone the function has a subnet in and try again.",
            of.id.arn()
        )));
    }
    Ok(())
}

fn invalid(words: &str) -> Error {
    Error::InvalidParameter(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_in_one_vpc() {
        let vpcs = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        let check = |subnets: &[&str], groups: &[&str], expected: Option<&str>| {
            assert_eq!(one_vpc(vpcs(subnets), &vpcs(groups)).ok().as_deref(), expected);
        };
        check(&["vpc-1", "vpc-1"], &["vpc-1"], Some("vpc-1"));
        check(&["vpc-1", "vpc-2"], &["vpc-1"], None);
        check(&["vpc-1"], &["vpc-1", "vpc-2"], None);
        check(&[], &[], Some(""));
    }
}
