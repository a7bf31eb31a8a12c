//! The evaluator against a naive one, and documents of any form.

use proptest::prelude::*;

use super::*;

/// The definition of `*` and `?`, without regard to time.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.first(), text.first()) {
        (None, _) => text.is_empty(),
        (Some(b'*'), _) => (0..=text.len()).any(|n| fits(&pattern[1..], &text[n..])),
        (Some(b'?'), Some(_)) => fits(&pattern[1..], &text[1..]),
        (Some(p), Some(t)) => p == t && fits(&pattern[1..], &text[1..]),
        (Some(_), None) => false,
    }
}

#[derive(Debug, Clone)]
struct Said {
    deny: bool,
    principal: &'static str,
    but: [bool; 3],
    action: String,
    resource: String,
    key: Option<(bool, String)>,
}

const PRINCIPALS: [&str; 4] =
    ["*", "222222222222", "arn:aws:sts::222222222222:assumed-role/r/s", "333333333333"];

impl Said {
    fn json(&self) -> Value {
        let name = |but: bool, name: &str| if but { format!("Not{name}") } else { name.to_owned() };
        let mut statement = json!({
            "Effect": if self.deny { "Deny" } else { "Allow" },
            (name(self.but[0], "Principal")): { "AWS": self.principal },
            (name(self.but[1], "Action")): [self.action],
            (name(self.but[2], "Resource")): self.resource,
        });
        if let Some((not, value)) = &self.key {
            let operator = if *not { "StringNotLike" } else { "StringLike" };
            statement["Condition"] = json!({ operator: { "k": value } });
        }
        statement
    }

    fn about(&self, action: &str, resource: &str, key: Option<&str>) -> bool {
        let principal = self.principal != PRINCIPALS[3];
        let action = fits(self.action.as_bytes(), action.as_bytes());
        let resource = fits(self.resource.as_bytes(), resource.as_bytes());
        let held = self.key.as_ref().is_none_or(|(not, value)| match key {
            Some(key) => fits(value.as_bytes(), key.as_bytes()) != *not,
            None => *not,
        });
        principal != self.but[0] && action != self.but[1] && resource != self.but[2] && held
    }
}

fn said() -> impl Strategy<Value = Said> {
    let word = || "[ab*?]{0,4}";
    let key = proptest::option::of((any::<bool>(), word()));
    (any::<bool>(), 0..4_usize, any::<[bool; 3]>(), word(), word(), key).prop_map(
        |(deny, principal, but, action, resource, key)| Said {
            deny,
            principal: PRINCIPALS[principal],
            but,
            action,
            resource,
            key,
        },
    )
}

/// JSON that looks like a policy, more or less.
fn anything() -> impl Strategy<Value = Value> {
    let name = "(Version|Statement|Effect|Principal|Action|Resource|Condition|AWS|Null|ForAnyValue:Bool|x)";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "(2012-10-17|Allow|Deny|\\*|\\$\\{|\\$\\{x,|.{0,6})".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name, inner, 0..6)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn wildcards_fit_as_defined(pattern in "[ab*?]{0,8}", text in "[abc]{0,10}") {
        prop_assert_eq!(wildcard(&pattern, &text), fits(pattern.as_bytes(), text.as_bytes()));
    }

    #[test]
    fn policies_decide_as_defined(
        statements in proptest::collection::vec(said(), 0..4),
        action in "[ab]{0,4}",
        resource in "[ab]{0,4}",
        key in proptest::option::of("[ab]{0,4}"),
    ) {
        let policy = document(statements.iter().map(Said::json).collect());
        let context = key.iter().fold(Context::new(), |context, key| context.with("k", key));
        let request = Request { requester: &session(), action: &action, resource: &resource, context: &context };
        let about: Vec<_> = statements.iter().filter(|s| s.about(&action, &resource, key.as_deref())).collect();
        let expected = match (about.iter().any(|s| s.deny), about.is_empty()) {
            (true, _) => "denied",
            (false, false) => "allowed",
            (false, true) => "silent",
        };
        let found = match evaluate(&policy, Kind::Resource, &request) {
            Decision::Denied => "denied",
            Decision::Allowed(_) => "allowed",
            Decision::Silent => "silent",
        };
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_document_is_too_strange_to_be_read_or_refused(value in anything(), text in ".{0,64}") {
        let _ = Document::parse(&text);
        let wrapped = json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Principal": "*", "Condition": value }] });
        for value in [value, wrapped] {
            let Ok(policy) = Document::read(&value) else { continue };
            let context = Context::new().with("x", "1");
            let _ = decide(&policy, &session(), "a:b", &context);
        }
    }
}
