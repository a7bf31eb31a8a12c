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
struct Set {
    #[serde(default, rename = "item")]
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    vpc_id: Option<String>,
}

impl Set {
    fn vpcs(self) -> Vec<String> {
        self.items.into_iter().filter_map(|item| item.vpc_id).collect()
    }
}
