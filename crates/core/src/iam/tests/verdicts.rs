//! What policies of several places say together: against a naive reference, and the rules by name.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;

/// What one policy says to the only request there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Silent,
    Allow,
    Deny,
    /// Of a resource only: it allows the account, or the role.
    AllowAccount,
    AllowRole,
}

fn identity(word: Word) -> Arc<Document> {
    let (effect, action) = match word {
        Word::Silent => ("Deny", "x:y"),
        Word::Deny => ("Deny", "a:*"),
        Word::Allow | Word::AllowAccount | Word::AllowRole => ("Allow", "a:*"),
    };
    let statement = json!({ "Principal": null, "Effect": effect, "Action": action });
    Arc::new(document(vec![super::statement(statement)]))
}

fn resource(word: Word) -> Document {
    let principal = match word {
        Word::AllowAccount => "222222222222",
        Word::AllowRole => "arn:aws:iam::222222222222:role/path/r",
        Word::Silent => "333333333333",
        Word::Allow | Word::Deny => "arn:aws:sts::222222222222:assumed-role/r/s",
    };
    let effect = if word == Word::Deny { "Deny" } else { "Allow" };
    document(vec![statement(json!({ "Effect": effect, "Principal": { "AWS": principal } }))])
}

/// The words of every place.
#[derive(Debug, Clone)]
struct Words {
    identity: Vec<Word>,
    boundary: Option<Word>,
    session: Vec<Word>,
    resource: Option<Word>,
    is_foreign: bool,
}

impl Words {
    fn judged(&self) -> Verdict {
        let documents = |words: &[Word]| words.iter().map(|word| identity(*word)).collect::<Vec<_>>();
        let (policies, session) = (documents(&self.identity), documents(&self.session));
        let boundary = self.boundary.map(identity);
        let resource = self.resource.map(resource);
        let held = Holdings { policies: &policies, boundary: boundary.as_deref(), session: &session };
        let place = Place { policy: resource.as_ref(), is_foreign: self.is_foreign };
        let (requester, context) = (session_of_a_role(), Context::new());
        let request = Request { requester: &requester, action: "a:b", resource: FUNCTION, context: &context };
        judge(&request, Standing::Held(held), place)
    }

    /// The definition, without regard to which policy decides.
    fn is_allowed(&self) -> bool {
        let allows = |words: &[Word]| words.contains(&Word::Allow);
        let everything =
            || self.identity.iter().chain(&self.session).chain(&self.boundary).chain(&self.resource);
        if everything().any(|word| *word == Word::Deny) {
            return false;
        }
        let limits = self.boundary.is_none_or(|word| word == Word::Allow)
            && (self.session.is_empty() || allows(&self.session));
        let own_leave = allows(&self.identity) && limits;
        match (self.is_foreign, self.resource) {
            (false, Some(Word::Allow)) => true,
            (false, Some(Word::AllowRole)) => limits,
            (false, _) => own_leave,
            (true, Some(Word::Allow | Word::AllowAccount | Word::AllowRole)) => own_leave,
            (true, _) => false,
        }
    }
}

fn session_of_a_role() -> Requester {
    super::session()
}

fn word() -> impl Strategy<Value = Word> {
    prop_oneof![3 => Just(Word::Silent), 4 => Just(Word::Allow), 1 => Just(Word::Deny)]
}

fn words() -> impl Strategy<Value = Words> {
    let of_resource = prop_oneof![
        Just(Word::Silent),
        Just(Word::Allow),
        Just(Word::AllowAccount),
        Just(Word::AllowRole),
        Just(Word::Deny)
    ];
    (
        proptest::collection::vec(word(), 0..3),
        proptest::option::of(word()),
        proptest::collection::vec(word(), 0..3),
        proptest::option::of(of_resource),
        any::<bool>(),
    )
        .prop_map(|(identity, boundary, session, resource, is_foreign)| Words {
            identity,
            boundary,
            session,
            resource,
            is_foreign,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn policies_of_all_places_decide_as_defined(words in words()) {
        prop_assert_eq!(words.judged() == Verdict::Allowed, words.is_allowed());
    }
}

#[test]
fn the_policy_that_decides_is_named() {
    use Word::{Allow, AllowAccount, AllowRole, Deny, Silent};
    let own = |identity: Word, boundary, session: &[Word], resource| {
        let words = Words {
            identity: vec![identity],
            boundary,
            session: session.to_vec(),
            resource,
            is_foreign: false,
        };
        words.judged()
    };
    for (found, expected) in [
        (own(Allow, None, &[], None), Verdict::Allowed),
        (own(Silent, None, &[], None), Verdict::Unallowed(Source::Identity)),
        (own(Allow, Some(Silent), &[Silent], None), Verdict::Unallowed(Source::Boundary)),
        (own(Allow, Some(Allow), &[Silent], None), Verdict::Unallowed(Source::Session)),
        (own(Silent, Some(Silent), &[Silent], Some(Allow)), Verdict::Allowed),
        (own(Silent, Some(Allow), &[Allow], Some(AllowRole)), Verdict::Allowed),
        (own(Silent, Some(Silent), &[], Some(AllowRole)), Verdict::Unallowed(Source::Boundary)),
        (own(Silent, None, &[], Some(AllowAccount)), Verdict::Unallowed(Source::Identity)),
        (own(Deny, None, &[], Some(Allow)), Verdict::Denied(Source::Identity)),
        (own(Allow, Some(Deny), &[], Some(Allow)), Verdict::Denied(Source::Boundary)),
        (own(Allow, None, &[Allow, Deny], Some(Allow)), Verdict::Denied(Source::Session)),
        (own(Allow, None, &[], Some(Deny)), Verdict::Denied(Source::Resource)),
    ] {
        assert_eq!(found, expected);
    }
}

#[test]
fn an_owner_needs_no_leave_in_its_account_and_a_guest_always_does() {
    let context = Context::new();
    let request = |requester| Request { requester, action: "a:b", resource: FUNCTION, context: &context };
    let (owner, nobody) = (root("111111111111"), Requester::Anonymous);
    let everyone = document(vec![statement(json!({}))]);
    let nothing = Place::default();
    let foreign = Place { policy: None, is_foreign: true };
    let open = Place { policy: Some(&everyone), is_foreign: true };
    assert_eq!(judge(&request(&owner), Standing::Owner, nothing), Verdict::Allowed);
    assert_eq!(judge(&request(&owner), Standing::Owner, foreign), Verdict::Unallowed(Source::Resource));
    assert_eq!(judge(&request(&owner), Standing::Owner, open), Verdict::Allowed);
    assert_eq!(judge(&request(&nobody), Standing::Guest, nothing), Verdict::Unallowed(Source::Resource));
    assert_eq!(judge(&request(&nobody), Standing::Guest, open), Verdict::Allowed);
}
