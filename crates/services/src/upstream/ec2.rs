//! What EC2 says of subnets and security groups. Never compares them.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html>

use serde::Deserialize;

use super::{Fault, Session, query};

const VERSION: &str = "2016-11-15";

/// The VPCs of these subnets, in EC2's order.
pub(crate) async fn vpcs_of_subnets(session: &Session<'_>, ids: &[String]) -> Result<Vec<String>, Fault> {
    let fields = numbered("SubnetId", ids);
    let answer: Subnets = query::call(session, "ec2", ("DescribeSubnets", VERSION), &fields).await?;
    Ok(answer.subnet_set.vpcs())
}

/// The VPCs of these security groups, in EC2's order.
pub(crate) async fn vpcs_of_groups(session: &Session<'_>, ids: &[String]) -> Result<Vec<String>, Fault> {
    let fields = numbered("GroupId", ids);
    let answer: Groups = query::call(session, "ec2", ("DescribeSecurityGroups", VERSION), &fields).await?;
    Ok(answer.security_group_info.vpcs())
}

/// These subnets, in EC2's order.
pub(crate) async fn subnets(session: &Session<'_>, ids: &[String]) -> Result<Vec<Item>, Fault> {
    let fields = numbered("SubnetId", ids);
    let answer: Subnets = query::call(session, "ec2", ("DescribeSubnets", VERSION), &fields).await?;
    Ok(answer.subnet_set.items)
}

/// The security group that a VPC's interfaces have when none is named.
pub(crate) async fn default_group(session: &Session<'_>, vpc: &str) -> Result<Vec<String>, Fault> {
    let fields = [("vpc-id", vpc), ("group-name", "default")];
    let fields = (1..).zip(fields).flat_map(|(at, (name, value))| {
        [(format!("Filter.{at}.Name"), name), (format!("Filter.{at}.Value.1"), value)]
    });
    let answer: Groups =
        query::call(session, "ec2", ("DescribeSecurityGroups", VERSION), &fields.collect::<Vec<_>>()).await?;
    Ok(answer.security_group_info.items.into_iter().filter_map(|item| item.group_id).collect())
}

/// The id of an availability zone.
pub(crate) async fn zone_id(session: &Session<'_>, name: &str) -> Result<Option<String>, Fault> {
    let fields = [("ZoneName.1".to_owned(), name)];
    let answer: Zones = query::call(session, "ec2", ("DescribeAvailabilityZones", VERSION), &fields).await?;
    Ok(answer.availability_zone_info.items.into_iter().find_map(|item| item.zone_id))
}

/// `SubnetId.1`, `SubnetId.2` and so on.
fn numbered<'a>(name: &str, ids: &'a [String]) -> Vec<(String, &'a str)> {
    ids.iter().enumerate().map(|(at, id)| (format!("{name}.{}", at + 1), id.as_str())).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subnets {
    subnet_set: Set,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Groups {
    security_group_info: Set,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Zones {
    availability_zone_info: Set,
}

#[derive(Deserialize)]
struct Set {
    #[serde(default, rename = "item")]
    items: Vec<Item>,
}

/// What is read of a subnet, a security group or a zone; each has some of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    pub(crate) vpc_id: Option<String>,
    pub(crate) availability_zone: Option<String>,
    pub(crate) availability_zone_id: Option<String>,
    pub(crate) cidr_block: Option<String>,
    group_id: Option<String>,
    zone_id: Option<String>,
}

impl Set {
    fn vpcs(self) -> Vec<String> {
        self.items.into_iter().filter_map(|item| item.vpc_id).collect()
    }
}
