//! From the model's names to Rust's. Keeps every word; changes case only.

/// `KMSKeyArn` as `kms_key_arn`, a keyword as a raw identifier.
pub(super) fn field(name: &str) -> String {
    let snake = snake(name);
    match snake.as_str() {
        "type" | "match" | "move" | "ref" | "use" | "where" | "loop" | "in" | "for" | "if" | "enum" => {
            format!("r#{snake}")
        }
        _ => snake,
    }
}

/// `KMSKeyArn` as `KMS_KEY_ARN`.
pub(super) fn constant(name: &str) -> String {
    snake(name).to_uppercase()
}

/// A type's name: the model's with a capital in front.
pub(super) fn type_name(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        let starts = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if starts {
            out.push('_');
        }
        out.extend(if letter == '-' || letter == '.' { '_' } else { letter }.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_and_case_changes() {
        for (name, expected) in [
            ("FunctionName", "function_name"),
            ("KMSKeyArn", "kms_key_arn"),
            ("CodeSha256", "code_sha256"),
            ("S3ObjectVersion", "s3_object_version"),
            ("EC2AccessDeniedException", "ec2_access_denied_exception"),
            ("retryAfterSeconds", "retry_after_seconds"),
            ("Type", "r#type"),
        ] {
            assert_eq!(field(name), expected);
        }
        assert_eq!(
            constant("SubnetIPAddressLimitReachedException"),
            "SUBNET_IP_ADDRESS_LIMIT_REACHED_EXCEPTION"
        );
        assert_eq!(type_name("functionCode"), "FunctionCode");
    }
}
