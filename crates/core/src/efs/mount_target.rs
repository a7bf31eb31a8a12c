//! Mount targets: where a network meets a file system. Here they carry no traffic; a function reaches its file system
//! where there is one. Never knows an address that nobody gave.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/API_MountTargetDescription.html>

use serde::{Deserialize, Serialize};

use super::file_system::Zone;

/// One mount target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountTarget {
    /// `fsmt-…`.
    pub id: String,
    /// The subnet.
    pub subnet_id: String,
    /// The subnet's VPC and zone; none where nobody knows.
    pub place: Option<Place>,
    /// As it was asked for, or one of the subnet's; none where nobody knows the subnet.
    pub ip_address: Option<String>,
    /// As it was asked for.
    pub ipv6_address: Option<String>,
    /// `eni-…`.
    pub network_interface_id: String,
    /// At most 5.
    pub security_groups: Vec<String>,
}

/// Where a subnet is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The VPC.
    pub vpc_id: String,
    /// The availability zone.
    pub zone: Zone,
}

/// Why a file system can have no mount target in a subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// There is one in the subnet's zone, or in the subnet itself.
    #[error("mount target already exists in this AZ")]
    SameZone,
    /// The others are in another VPC.
    #[error("requested subnet for new mount target is not in the same VPC as existing mount targets")]
    OtherVpc,
}

/// What keeps a mount target from being made beside others.
///
/// # Errors
/// [`Clash`].
pub fn beside(others: &[MountTarget], subnet_id: &str, place: Option<&Place>) -> Result<(), Clash> {
    for other in others {
        if other.subnet_id == subnet_id {
            return Err(Clash::SameZone);
        }
        let (Some(there), Some(here)) = (&other.place, place) else { continue };
        if there.vpc_id != here.vpc_id {
            return Err(Clash::OtherVpc);
        }
        if there.zone.name == here.zone.name {
            return Err(Clash::SameZone);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(vpc: &str, zone: &str) -> Place {
        Place { vpc_id: vpc.to_owned(), zone: Zone { name: zone.to_owned(), id: None } }
    }

    #[test]
    fn one_vpc_and_one_in_a_zone() {
        let there = |place| MountTarget {
            id: "fsmt-1".to_owned(),
            subnet_id: "subnet-1".to_owned(),
            place,
            ip_address: None,
            ipv6_address: None,
            network_interface_id: "eni-1".to_owned(),
            security_groups: Vec::new(),
        };
        let known = [there(Some(place("vpc-1", "a")))];
        let beside = |subnet: &str, place: Option<Place>| super::beside(&known, subnet, place.as_ref());
        assert_eq!(beside("subnet-1", None), Err(Clash::SameZone));
        assert_eq!(beside("subnet-2", Some(place("vpc-1", "a"))), Err(Clash::SameZone));
        assert_eq!(beside("subnet-2", Some(place("vpc-2", "b"))), Err(Clash::OtherVpc));
        assert_eq!(beside("subnet-2", Some(place("vpc-1", "b"))), Ok(()));
        assert_eq!(beside("subnet-2", None), Ok(()));
    }
}
