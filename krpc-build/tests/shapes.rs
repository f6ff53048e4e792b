//! The tables of required fields, as they come out of compiled code.

// What a user's strictest crate may ask of generated code in a private module, most of it unused.
#[deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms, unused_qualifications)]
#[deny(clippy::all, clippy::pedantic)]
#[path = "generated/shapes.rs"]
mod shapes;

use krpc_tokio::codegen::{MessageSpec, Required};
use krpc_tokio::core::proto::required::missing;

use shapes::*;

/// Missing fields of an encoded message.
fn lacks<M: Required>(bytes: &[u8]) -> Vec<String> {
    missing(bytes, M::SPEC).unwrap()
}

fn nested<M: Required>(number: u32) -> &'static MessageSpec {
    let mut nested = M::SPEC.nested.iter();
    nested.find(|(found, _, _)| *found == number).expect("a table").2
}

#[test]
fn only_what_has_required_fields_is_looked_into() {
    assert_eq!((Leaf::SPEC.required.len(), Leaf::SPEC.nested.len()), (0, 0));
    assert_eq!(Tree::SPEC.required, [(2, "name")]);
    let numbers: Vec<u32> = Many::SPEC.nested.iter().map(|(number, _, _)| *number).collect();
    assert_eq!(numbers, [1, 3, 5], "the map and field of leaves need no look");
}

#[test]
fn messages_that_contain_themselves_refer_to_one_table() {
    assert!(std::ptr::eq(nested::<Tree>(1), Tree::SPEC));
    assert!(std::ptr::eq(nested::<Even>(1), Odd::SPEC));
    assert!(std::ptr::eq(nested::<Odd>(2 - 1), Even::SPEC));
}

#[test]
fn missing_fields_are_found_at_any_depth() {
    assert_eq!(lacks::<Leaf>(&[]), [""; 0]);
    assert_eq!(lacks::<Tree>(&[]), ["name"]);
    // A named tree with a child without a name.
    assert_eq!(lacks::<Tree>(&[0x12, 1, b'a', 0x0a, 0]), ["child.name"]);
    assert_eq!(lacks::<Even>(&[]), [""; 0]);
    assert_eq!(lacks::<Even>(&[0x0a, 0]), ["odd.last"]);
    // Map entries, with a value that is empty and without one.
    assert_eq!(lacks::<Many>(&[0x0a, 2, 0x12, 0]), ["trees.value.name"]);
    assert_eq!(lacks::<Many>(&[0x0a, 0]), [""; 0]);
    assert_eq!(lacks::<Many>(&[0x12, 2, 0x12, 0]), [""; 0]);
    // A message of a oneof, and one in that.
    assert_eq!(lacks::<Many>(&[0x1a, 0]), ["inner.type"]);
    assert_eq!(lacks::<Many>(&[0x1a, 4, 0x0a, 0, 0x12, 0]), ["inner.innermost.kind"]);
    // A group.
    assert_eq!(lacks::<Many>(&[0x2b, 0x2c]), ["grouped.in_group"]);
    assert_eq!(lacks::<Many>(&[0x2b, 0x08, 1, 0x2c]), [""; 0]);
}
