//! Calls on an open connection, over a network that takes and gives one byte at a time.

mod suite;

use krpc_testkit::Plan;

fn plan() -> Plan {
    Plan::one_byte()
}
