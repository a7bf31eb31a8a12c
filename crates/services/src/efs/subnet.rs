//! The network of mount targets, as EC2 knows it. Where there is nobody to ask, every subnet and security group is taken
//! at its word, and nothing more is known of it.

use std::net::Ipv4Addr;

use lambent_core::efs::file_system::Zone;
use lambent_core::efs::mount_target::Place;

use super::Error;
use crate::Server;
use crate::caller::Caller;
use crate::upstream::{Fault, Session, ec2, if_served};

/// What EC2 says of a subnet.
#[derive(Debug)]
pub(super) struct Subnet {
    pub(super) place: Place,
    /// First address and length of the prefix.
    block: Option<(u32, u32)>,
}

impl Subnet {
    /// Whether an address is one of the subnet's; also where its addresses are not known.
    pub(super) fn holds(&self, address: &str) -> bool {
        let Ok(address) = address.parse::<Ipv4Addr>() else { return false };
        self.block.is_none_or(|(first, bits)| {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            u32::from(address) & mask == first & mask
        })
    }

    /// One of its addresses: not the first four nor the last, which AWS keeps.
    pub(super) fn any_address(&self, random: u64) -> Option<String> {
        let (first, bits) = self.block?;
        let count = 1_u64.checked_shl(32 - bits)?.checked_sub(5).filter(|count| *count > 0)?;
        let offset = u32::try_from(random % count).ok()?;
        Some(Ipv4Addr::from(first.checked_add(4)?.checked_add(offset)?).to_string())
    }
}

/// The subnet of that id; nothing where there is nobody to ask.
pub(super) async fn find(server: &Server, caller: &Caller, id: &str) -> Result<Option<Subnet>, Error> {
    let Some(session) = Session::of(server, caller) else { return Ok(None) };
    let ids = [id.to_owned()];
    let found = if_served(ec2::subnets(&session, &ids).await);
    let found = found.map_err(|fault| refused(fault, || Error::SubnetNotFound(id.to_owned())))?;
    let Some(found) = found.into_iter().next() else { return Ok(None) };
    let (Some(vpc_id), Some(name)) = (found.vpc_id, found.availability_zone) else { return Ok(None) };
    let zone = Zone { name, id: found.availability_zone_id };
    let block = found.cidr_block.as_deref().and_then(block);
    Ok(Some(Subnet { place: Place { vpc_id, zone }, block }))
}

fn block(cidr: &str) -> Option<(u32, u32)> {
    let (address, bits) = cidr.split_once('/')?;
    Some((address.parse::<Ipv4Addr>().ok()?.into(), bits.parse().ok().filter(|bits| *bits <= 32)?))
}

/// The security groups that are asked for, if they are there; the default one of the subnet's VPC where none is.
pub(super) async fn groups(
    server: &Server,
    caller: &Caller,
    asked: Vec<String>,
    subnet: Option<&Subnet>,
) -> Result<Vec<String>, Error> {
    let Some(session) = Session::of(server, caller) else { return Ok(asked) };
    let missing = || Error::SecurityGroupNotFound(asked.join(", "));
    if asked.is_empty() {
        let Some(subnet) = subnet else { return Ok(asked) };
        let found = if_served(ec2::default_group(&session, &subnet.place.vpc_id).await);
        return found.map_err(|fault| refused(fault, missing));
    }
    let vpcs = if_served(ec2::vpcs_of_groups(&session, &asked).await);
    let vpcs = vpcs.map_err(|fault| refused(fault, missing))?;
    match subnet {
        Some(subnet) if vpcs.iter().any(|vpc| *vpc != subnet.place.vpc_id) => Err(missing()),
        _ => Ok(asked),
    }
}

/// A zone by its name, which must be one of the region's.
pub(super) async fn zone(server: &Server, caller: &Caller, name: &str) -> Result<Zone, Error> {
    let unsupported = || Error::UnsupportedZone(name.to_owned());
    let letters = name.strip_prefix(caller.region.as_str()).ok_or_else(unsupported)?;
    if letters.len() != 1 || !letters.bytes().all(|letter| letter.is_ascii_lowercase()) {
        return Err(unsupported());
    }
    let Some(session) = Session::of(server, caller) else {
        return Ok(Zone { name: name.to_owned(), id: None });
    };
    let id = if_served(ec2::zone_id(&session, name).await);
    Ok(Zone { name: name.to_owned(), id: id.map_err(|fault| refused(fault, unsupported))? })
}

fn refused(fault: Fault, missing: impl Fn() -> Error) -> Error {
    match fault {
        Fault::Upstream(error) => error.into(),
        Fault::Refused(refused) | Fault::NotServed(refused) if refused.is_denial() => {
            Error::Upstream(refused.message)
        }
        Fault::Refused(_) | Fault::NotServed(_) => missing(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_subnet() {
        let place = Place { vpc_id: String::new(), zone: Zone { name: String::new(), id: None } };
        let subnet = Subnet { place, block: block("10.1.2.0/24") };
        assert!(subnet.holds("10.1.2.9") && !subnet.holds("10.1.3.9") && !subnet.holds("x"));
        assert_eq!(subnet.any_address(0).as_deref(), Some("10.1.2.4"));
        assert_eq!(subnet.any_address(250).as_deref(), Some("10.1.2.254"));
        assert_eq!(subnet.any_address(251).as_deref(), Some("10.1.2.4"));
    }
}
