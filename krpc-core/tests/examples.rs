//! The examples, which check what they do themselves.

#[path = "../examples/by_hand.rs"]
mod by_hand;
#[path = "../examples/pipe.rs"]
mod pipe;

#[test]
fn by_hand() {
    by_hand::main().expect("sockets of this host work");
}

#[test]
fn by_hand_is_short() {
    let lines = include_str!("../examples/by_hand.rs").lines().count();
    assert!(lines < 120, "{lines} lines");
}

#[test]
fn over_a_pipe() {
    pipe::main();
}
