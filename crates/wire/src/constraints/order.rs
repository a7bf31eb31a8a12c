//! The order in which AWS prints the values of an enumeration: neither the model's nor the alphabet's, but that of a hash
//! table of Java's. Judges nothing.
//!
//! Source: the messages of Lambda, KMS, Kinesis and DynamoDB that people quote; the tests below hold the longest of them.

/// How many chains the table has, whatever it holds.
const CHAINS: u32 = 32;

/// The values as a message lists them: by the chain that the hash of each falls into; in one chain the model's last first.
pub(super) fn printed<'v>(values: &'v [&'static str]) -> Vec<&'v str> {
    let mut printed: Vec<&str> = values.iter().rev().copied().collect();
    printed.sort_by_key(|value| hash(value) % CHAINS);
    printed
}

/// Java's `String.hashCode`, without its sign.
fn hash(text: &str) -> u32 {
    text.encode_utf16().fold(0, |hash: u32, unit| hash.wrapping_mul(31).wrapping_add(unit.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values as the model of a service lists them, and as its messages do.
    #[track_caller]
    fn check(model: &[&'static str], message: &str) {
        assert_eq!(printed(model).join(", "), message);
    }

    #[test]
    fn values_stand_as_in_the_messages_of_lambda() {
        check(&["Allow", "Terminate"], "Terminate, Allow");
        check(&["PublishedVersions", "None"], "PublishedVersions, None");
        check(&["x86_64", "arm64"], "x86_64, arm64");
        check(&["BUFFERED", "RESPONSE_STREAM"], "RESPONSE_STREAM, BUFFERED");
    }

    #[test]
    fn values_stand_as_in_the_messages_of_other_services() {
        check(
            &["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"],
            "AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON",
        );
        check(
            &["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"],
            "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW",
        );
        check(&["INDEXES", "TOTAL", "NONE"], "INDEXES, TOTAL, NONE");
    }

    #[test]
    fn values_of_one_chain_stand_backwards() {
        // RSA_3072 and HMAC_384 share a chain, and so do RSA_4096 and ECC_SECG_P256K1.
        check(
            &[
                "RSA_2048",
                "RSA_3072",
                "RSA_4096",
                "ECC_NIST_P256",
                "ECC_NIST_P384",
                "ECC_NIST_P521",
                "ECC_SECG_P256K1",
                "SYMMETRIC_DEFAULT",
                "HMAC_224",
                "HMAC_256",
                "HMAC_384",
                "HMAC_512",
            ],
            "RSA_2048, ECC_NIST_P384, ECC_NIST_P256, ECC_NIST_P521, HMAC_384, RSA_3072, ECC_SECG_P256K1, RSA_4096, \
             SYMMETRIC_DEFAULT, HMAC_256, HMAC_224, HMAC_512",
        );
    }
}
