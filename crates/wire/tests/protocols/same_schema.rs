//! The generated descriptions are those a model gives at run time: the generator and the reader agree.

use std::collections::BTreeSet;
use std::process::Stdio;

use lambent_wire::lambda::LAMBDA;
use lambent_wire::schema::{Kind, Shape, model};

use crate::roundtrip::python;

#[test]
fn generated_shapes_are_those_of_the_model() {
    let given = serde_json::from_str(&python("model", Stdio::null())).unwrap();
    let built = model::service(&given).unwrap();
    assert_eq!(format!("{:?}", LAMBDA.known), format!("{:?}", built.known));
    let mut seen = BTreeSet::new();
    for operation in LAMBDA.operations {
        let other = built.operation(operation.name).unwrap();
        assert_eq!(operation.uri, other.uri);
        assert_eq!((operation.method, operation.status), (other.method, other.status));
        assert_eq!(operation.errors, other.errors);
        for (ours, theirs) in [(operation.input, other.input), (operation.output, other.output)] {
            assert_eq!(ours.is_some(), theirs.is_some(), "{}", operation.name);
            ours.zip(theirs).into_iter().for_each(|(ours, theirs)| same(ours, theirs, &mut seen));
        }
    }
    let names = |service: &lambent_wire::schema::Service| {
        service.errors.iter().map(|shape| shape.name).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&LAMBDA), names(built));
    for error in LAMBDA.errors {
        same(error, built.error(error.name).unwrap(), &mut seen);
    }
    assert!(seen.len() > 100, "only {} shapes", seen.len());
}

fn same(ours: &'static Shape, theirs: &'static Shape, seen: &mut BTreeSet<&'static str>) {
    if !seen.insert(ours.name) {
        return;
    }
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    match (&ours.kind, &theirs.kind) {
        (Kind::Structure { members, .. }, Kind::Structure { members: others, .. }) => {
            members.iter().zip(others.iter()).for_each(|(a, b)| same(a.shape(), b.shape(), seen));
        }
        (Kind::List(a), Kind::List(b)) => same(a.shape(), b.shape(), seen),
        (Kind::Map { key, value }, Kind::Map { key: k, value: v }) => {
            same(key.shape(), k.shape(), seen);
            same(value.shape(), v.shape(), seen);
        }
        _ => {}
    }
}
