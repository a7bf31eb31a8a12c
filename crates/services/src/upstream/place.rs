//! Where a service is: at one endpoint together with all others, or at AWS's endpoint of its region. Never connects.
//!
//! Source: <https://docs.aws.amazon.com/general/latest/gr/rande.html>

use lambent_core::account::Region;

/// Where the other services are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// All at one endpoint, `http://host:port`, as emulators have them.
    Emulator(String),
    /// AWS itself.
    Aws,
}

/// One service in one region.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// `scheme://host:port`, without a path.
    pub(super) url: String,
    /// The region that requests are signed for: services without regions have one of their own.
    pub(super) region: String,
}

impl Place {
    /// Whether it is not AWS itself.
    #[must_use]
    pub fn is_emulator(&self) -> bool {
        matches!(self, Self::Emulator(_))
    }

    /// Where a service, by its signing name, answers for a region.
    pub(super) fn endpoint(&self, service: &str, region: &Region) -> Endpoint {
        let home = (service == "iam").then(|| home_of_iam(region.partition()));
        let signed = home.map_or(region.as_str(), |(_, signed)| signed).to_owned();
        let url = match (self, home) {
            (Self::Emulator(url), _) => url.clone(),
            (Self::Aws, Some((host, _))) => format!("https://{host}"),
            (Self::Aws, None) => {
                format!("https://{service}.{region}.{}", dns_suffix(region.partition()))
            }
        };
        Endpoint { url, region: signed }
    }
}

/// IAM has one endpoint a partition, and a region its requests are signed for.
fn home_of_iam(partition: &str) -> (&'static str, &'static str) {
    match partition {
        "aws-cn" => ("iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        "aws-us-gov" => ("iam.us-gov.amazonaws.com", "us-gov-west-1"),
        "aws-iso" => ("iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
        "aws-iso-b" => ("iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
        "aws-iso-e" => ("iam.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"),
        "aws-eusc" => ("iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        _ => ("iam.amazonaws.com", "us-east-1"),
    }
}

fn dns_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-eusc" => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_of_aws_is_at_its_regions_endpoint() {
        let check = |service, region: &str, url: &str, signed: &str| {
            let region = Region::try_from(region.to_owned()).unwrap();
            let expected = Endpoint { url: url.to_owned(), region: signed.to_owned() };
            assert_eq!(Place::Aws.endpoint(service, &region), expected);
        };
        check("s3", "eu-west-1", "https://s3.eu-west-1.amazonaws.com", "eu-west-1");
        check("ec2", "cn-north-1", "https://ec2.cn-north-1.amazonaws.com.cn", "cn-north-1");
        check("iam", "eu-west-1", "https://iam.amazonaws.com", "us-east-1");
        check("iam", "us-gov-east-1", "https://iam.us-gov.amazonaws.com", "us-gov-west-1");
    }

    #[test]
    fn an_emulator_has_one_endpoint() {
        let place = Place::Emulator("http://127.0.0.1:5000".to_owned());
        let region = Region::try_from("eu-west-1".to_owned()).unwrap();
        assert_eq!(place.endpoint("sqs", &region).url, "http://127.0.0.1:5000");
        assert_eq!(place.endpoint("iam", &region).region, "us-east-1");
    }
}
