//! The access key that other services are asked with: that of the environment, as for every client of AWS. Never sends it
//! anywhere, and never reads the files of profiles.

use anyhow::{Result, bail};
use lambent_services::upstream::{Credentials, Place};

/// The key of the environment; none if there is none, which AWS itself would not take.
pub(super) fn read(place: &Place) -> Result<Option<Credentials>> {
    read_from(place, variable)
}

fn read_from(place: &Place, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Credentials>> {
    let (id, secret) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"));
    match (place, id, secret) {
        (_, Some(access_key_id), Some(secret)) => {
            let session_token = variable("AWS_SESSION_TOKEN");
            Ok(Some(Credentials { access_key_id, secret, session_token }))
        }
        (Place::Emulator(_), None, None) => Ok(None),
        (Place::Aws, None, None) => {
            bail!(
                "--upstream-endpoint aws needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment"
            )
        }
        (_, Some(_), None) => bail!("AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not"),
        (_, None, Some(_)) => bail!("AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not"),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_is_asked_with_a_key_and_an_emulator_with_or_without() {
        let check = |place: &Place, set: &[&str], expected: Option<Option<&str>>| {
            let variable = |name: &str| set.contains(&name).then(|| name.to_owned());
            let read = read_from(place, variable).ok();
            let read = read.map(|found| found.map(|key| key.session_token.unwrap_or_default()));
            assert_eq!(read.as_ref().map(Option::as_deref), expected, "{place:?} {set:?}");
        };
        let emulator = Place::Emulator("http://127.0.0.1:1".to_owned());
        let pair = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        let three = [pair[0], pair[1], "AWS_SESSION_TOKEN"];
        check(&emulator, &[], Some(None));
        check(&Place::Aws, &[], None);
        for place in [&emulator, &Place::Aws] {
            check(place, &pair, Some(Some("")));
            check(place, &three, Some(Some("AWS_SESSION_TOKEN")));
            check(place, &pair[..1], None);
            check(place, &pair[1..], None);
        }
    }
}
