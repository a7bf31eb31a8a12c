//! What EFS says of access points. Never mounts one.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/API_DescribeAccessPoints.html>

use percent_encoding::utf8_percent_encode;

use super::ask::{Ask, Session};
use super::query::ENCODED;
use super::{Fault, refused};

/// Whether an access point is there, by its id.
pub(crate) async fn access_point(session: &Session<'_>, id: &str) -> Result<(), Fault> {
    let query = format!("AccessPointId={}", utf8_percent_encode(id, ENCODED));
    let ask = Ask::get("elasticfilesystem", "/2015-02-01/access-points".to_owned(), query);
    refused::done("elasticfilesystem", session.send(ask).await?).map(drop)
}
