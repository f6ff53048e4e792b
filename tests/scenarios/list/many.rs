//! Many connections.

use std::sync::{Mutex, PoisonError};

use crate::adapter::eventually;
use crate::matrix::Cell;
use crate::service::call;

const CONNECTIONS: u64 = 500;

/// All of them are open at the same time and have a call under way.
pub(super) fn connections(cell: Cell) {
    // They are a lot of file descriptors: one cell at a time.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let bed = cell.setup().start();
    let clients: Vec<_> = (0..CONNECTIONS).map(|_| bed.another(|config| config)).collect();
    for round in 0..2 {
        let calls = (0..).zip(&clients);
        let calls: Vec<_> = calls
            .map(|(number, client)| {
                let number = round * CONNECTIONS + number;
                (number, client.start(call("Take", &[number], &[456])))
            })
            .collect();
        for (number, call) in calls {
            bed.answered(number, call);
        }
        assert_eq!(bed.server.accepted(), CONNECTIONS);
        assert_eq!(bed.server.connections() as u64, CONNECTIONS);
    }
    drop(clients);
    eventually("all are gone", || bed.server.connections() == 0);
    bed.intact(CONNECTIONS + 1);
}
