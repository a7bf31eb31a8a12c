//! Names of images: those that Docker takes, and those it does not.

use proptest::prelude::*;

use super::*;

const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn check(text: &str, registry: &str, repository: &str, reference: Reference) {
    let uri = ImageUri { registry: registry.into(), repository: repository.into(), reference };
    assert_eq!(text.parse(), Ok(uri), "{text}");
}

#[test]
fn a_name_has_a_registry_a_repository_and_a_tag_or_digest() {
    let tag = |tag: &str| Reference::Tag(tag.to_owned());
    let ecr = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
    check(&format!("{ecr}/repo:tag"), ecr, "repo", tag("tag"));
    check(&format!("{ecr}/team/app_1/x.y-z"), ecr, "team/app_1/x.y-z", tag("latest"));
    check("localhost:5000/a:1.0_b-C", "localhost:5000", "a", tag("1.0_b-C"));
    check("localhost/a", "localhost", "a", tag("latest"));
    check("127.0.0.1:4566/repo", "127.0.0.1:4566", "repo", tag("latest"));
    check("[::1]:4566/repo:v", "[::1]:4566", "repo", tag("v"));
    check("Registry.Example.com/a", "registry.example.com", "a", tag("latest"));
    let digest = Reference::Digest(HEX.parse().unwrap());
    check(&format!("r.io/a@sha256:{HEX}"), "r.io", "a", digest.clone());
    check(&format!("r.io/a:t@sha256:{HEX}"), "r.io", "a", digest);
}

#[test]
fn what_names_no_image_is_refused() {
    let long = format!("r.io/{}", "a".repeat(256));
    let tag = format!("r.io/a:{}", "t".repeat(129));
    let wrong = [
        "",
        "a",
        "a:t",
        "repo/app:t",
        "r.io/",
        "r.io/A",
        "r.io/a:",
        "r.io/a:t:u",
        "r.io/a//b",
        "r.io/a/../b",
        "https://r.io/a",
        "r.io:port/a",
        "r.io/a@sha256:00",
        "r.io/a@md5:00",
        "-r.io/a",
        "r.io/a b",
        "r.io/_a",
        "r.io/a___b",
        "r.io/a:-t",
        "r.io/a@",
        "../a.b/c",
        "user@r.io/a",
        "r.io/a\n",
        &long,
        &tag,
    ];
    for text in wrong {
        assert!(text.parse::<ImageUri>().is_err(), "{text:?}");
    }
}

#[test]
fn registries_of_this_machine_are_known_by_name() {
    let check = |registry: &str, expected: bool| {
        assert_eq!(
            format!("{registry}/a").parse::<ImageUri>().unwrap().is_loopback(),
            expected,
            "{registry}"
        );
    };
    for registry in
        ["localhost", "localhost:1", "127.0.0.1:5", "127.9.9.9", "[::1]:5", "1.dkr.localhost:4566"]
    {
        check(registry, true);
    }
    for registry in ["r.io", "localhost.r.io", "127.0.0.1.r.io:5", "10.0.0.1", "[2001:db8::1]", "[::2]:5"] {
        check(registry, false);
    }
}

#[test]
fn an_image_by_digest_reads_as_it_was_written() {
    let uri: ImageUri = "r.io:5/a/b:t".parse().unwrap();
    assert_eq!(uri.resolved(HEX.parse().unwrap()), format!("r.io:5/a/b@sha256:{HEX}"));
    assert_eq!(serde_json::to_string(&uri).unwrap(), "\"r.io:5/a/b:t\"");
    assert_eq!(serde_json::from_str::<ImageUri>("\"r.io:5/a/b:t\"").unwrap(), uri);
    assert_eq!("latest".parse(), Ok(Reference::Tag("latest".to_owned())));
    assert_eq!(format!("sha256:{HEX}").parse(), Ok(Reference::Digest(HEX.parse().unwrap())));
    assert!("sha256:00".parse::<Reference>().is_err());
    assert!("a/b".parse::<Reference>().is_err());
}

proptest! {
    #[test]
    fn what_was_read_is_written_the_same(text in "[a-z.]{1,8}(:[0-9]{1,5})?/[a-z0-9/._-]{1,12}(:[A-Za-z0-9_.-]{1,6})?") {
        if let Ok(uri) = text.parse::<ImageUri>() {
            prop_assert_eq!(uri.to_string().parse::<ImageUri>(), Ok(uri));
        }
    }
}
