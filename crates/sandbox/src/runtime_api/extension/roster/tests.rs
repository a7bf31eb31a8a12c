//! Who may register, and when everybody is there.

use proptest::prelude::*;

use super::*;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn all_started_ones_must_register_and_all_registered_ones_must_ask() {
    let mut roster = Roster::new(&names(&["a", "b"]));
    assert_eq!((roster.kinds(), roster.all_registered()), (Kinds::None, false));
    let a = roster.register("a", &[Kind::Invoke, Kind::Shutdown], id(1)).unwrap();
    assert!(!roster.all_registered());
    let b = roster.register("b", &[], id(2)).unwrap();
    let inner = roster.register("inner", &[Kind::Invoke], id(3)).unwrap();
    assert_eq!((roster.kinds(), roster.all_registered()), (Kinds::External, true));
    for index in [a, b, inner] {
        assert!(!roster.all_ready());
        roster.call(index, Call::Next).unwrap();
    }
    assert!(roster.all_ready());
    let wants = |kind| [a, b, inner].map(|index| roster.members()[index].wants(kind));
    assert_eq!(wants(Kind::Invoke), [true, false, true]);
    assert_eq!(wants(Kind::Shutdown), [true, false, false]);
    assert_eq!((roster.find(id(2)), roster.find(id(4))), (Ok(1), Err(Refused::Unknown(id(4)))));
}

#[test]
fn who_comes_late_twice_or_eleventh_is_refused() {
    let mut roster = Roster::new(&names(&["a"]));
    roster.register("a", &[], id(1)).unwrap();
    assert_eq!(
        roster.register("a", &[], id(2)).unwrap_err().to_string(),
        format!(
            "State transition from Registered to Registered failed for extension a ({}). \
             Error: State transition is not allowed",
            id(1)
        )
    );
    assert_eq!(roster.register("i", &[Kind::Shutdown], id(2)), Err(Refused::Event(Kind::Shutdown)));
    for number in 2..=10 {
        roster.register(&format!("i{number}"), &[Kind::Invoke], id(number)).unwrap();
    }
    let refused = roster.register("i11", &[], id(11)).unwrap_err();
    assert_eq!(refused.to_string(), "Extension limit (10) reached");
    roster.close();
    assert_eq!(roster.register("i11", &[], id(11)), Err(Refused::Closed));
}

#[test]
fn the_first_fault_counts_and_each_is_noticed() {
    let mut roster = Roster::new(&names(&["a", "b"]));
    roster.fails(1, ExtensionFaultKind::Launch { reason: "Permission denied (os error 13)".to_owned() });
    roster.fails(0, ExtensionFaultKind::Crash(crate::spec::Exit::Code(1)));
    assert_eq!(roster.fault().unwrap().name, "b");
    let told: Vec<_> = roster
        .notices()
        .into_iter()
        .map(|notice| match notice {
            Notice::Extension { name, state, error_type, .. } => (name, state, error_type.unwrap()),
            Notice::Subscription { .. } => unreachable!("nobody subscribed"),
        })
        .collect();
    let own = |name: &str, state, error: &str| (name.to_owned(), state, error.to_owned());
    assert_eq!(told, [own("a", "Started", "Extension.Crash"), own("b", "LaunchError", "PermissionDenied")]);
}

proptest! {
    #[test]
    fn no_order_of_calls_breaks_it(steps in prop::collection::vec((0usize..6, 0u8..5), 0..60)) {
        let mut roster = Roster::new(&names(&["a", "b", "c"]));
        for (who, what) in steps {
            let call = [Call::Next, Call::InitError, Call::ExitError][usize::from(what % 3)];
            match what {
                0..3 => if let Ok(index) = roster.find(id(who as u128)) {
                    let before = roster.members()[index].standing;
                    let taken = roster.call(index, call).is_ok();
                    prop_assert_eq!(taken, before.on(call).is_some());
                },
                3 => { _ = roster.register(["a", "b", "c", "d", "e", "f"][who], &[], id(who as u128)); }
                _ => if who == 5 { roster.close() } else { roster.fails(who, ExtensionFaultKind::Launch { reason: String::new() }) },
            }
            prop_assert!(roster.members().len() <= 6);
            prop_assert!(!roster.all_ready() || roster.all_registered());
        }
    }
}
