//! How many connections a process negotiates at a time: a plain value.

use std::collections::BTreeSet;

/// How many attempts of a process may connect and negotiate at the same time, unless it is told
/// otherwise.
///
/// A negotiation costs both ends milliseconds of work, and all that run at the same time share
/// the machine: the more there are, the longer each takes, until all of them outlast their
/// timeout. Kudu's messenger has 4 threads for it in a client and 50 in a server. Here it is 16: an
/// attempt takes no thread, so more than Kudu's 4 cost nothing, and a host that cannot be reached
/// holds its slot for the whole negotiation timeout, 3 s by default, so that with only 4 of them a
/// few such hosts would hold up all others. `tests/herd.rs` has 200 hosts negotiate with each
/// other under this number.
pub const MAX_NEGOTIATIONS: usize = 16;

/// Names one request for a slot. Later requests are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// A bounded number of slots, given out first come, first served. One value serves all channels of
/// a process.
///
/// An attempt asks when its back-off is over, begins to connect when it has a slot, and gives that
/// back when it is negotiated or has failed. **Its negotiation timeout begins with the slot**, not
/// with the request: in Kudu the wait for a thread counts (`rpc/reactor.cc`), so a queue that is
/// merely long turns into failed connections, whose new attempts then join the queue.
///
/// Nothing here wakes anybody: whoever calls [`release`](Slots::release) tells the one that it
/// names. An adapter keeps a waker beside each ticket that waits. A waker that comes late loses
/// nothing if whoever is about to sleep looks at [`holds`](Slots::holds) under the same lock.
#[derive(Debug)]
pub struct Slots {
    limit: usize,
    last: u64,
    holding: BTreeSet<Ticket>,
    waiting: BTreeSet<Ticket>,
}

impl Slots {
    /// `limit` free slots. `usize::MAX` lets everybody in.
    ///
    /// # Panics
    ///
    /// If `limit` is 0: nothing would ever connect.
    pub fn new(limit: usize) -> Self {
        assert!(limit > 0, "without a slot nothing would ever connect");
        Slots { limit, last: 0, holding: BTreeSet::new(), waiting: BTreeSet::new() }
    }

    /// Asks for a slot. Returns the name of the request and whether it got one at once; if not, it
    /// waits behind those that came before. The ticket must be [released](Slots::release) in
    /// either case.
    #[must_use = "a ticket that is never released keeps its slot for ever"]
    pub fn request(&mut self) -> (Ticket, bool) {
        self.last += 1;
        let ticket = Ticket(self.last);
        // While somebody waits there is no free slot.
        let granted = self.holding.len() < self.limit;
        if granted { &mut self.holding } else { &mut self.waiting }.insert(ticket);
        (ticket, granted)
    }

    /// Whether this request has a slot now.
    pub fn holds(&self, ticket: Ticket) -> bool {
        self.holding.contains(&ticket)
    }

    /// The attempt is over or does not wait any more: at any time, and any number of times. Returns
    /// who has the slot from now on, if one became free and somebody waited.
    #[must_use = "the one that it names has to be told"]
    pub fn release(&mut self, ticket: Ticket) -> Option<Ticket> {
        if !self.holding.remove(&ticket) {
            self.waiting.remove(&ticket);
            return None;
        }
        let next = self.waiting.pop_first()?;
        self.holding.insert(next);
        Some(next)
    }

    /// How many may have a slot at a time.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// How many have one.
    pub fn in_use(&self) -> usize {
        self.holding.len()
    }

    /// How many wait for one.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

impl Default for Slots {
    /// [`MAX_NEGOTIATIONS`] of them.
    fn default() -> Self {
        Slots::new(MAX_NEGOTIATIONS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_there_are_and_then_in_order() {
        let mut slots = Slots::new(2);
        let (a, b, c, d) = (slots.request(), slots.request(), slots.request(), slots.request());
        assert_eq!([a.1, b.1, c.1, d.1], [true, true, false, false]);
        assert_eq!((slots.in_use(), slots.waiting(), slots.limit()), (2, 2, 2));
        assert!(slots.holds(a.0) && !slots.holds(c.0));

        assert_eq!(slots.release(b.0), Some(c.0));
        assert!(slots.holds(c.0) && !slots.holds(b.0));
        let (e, granted) = slots.request();
        assert!(!granted, "others came before");
        assert_eq!(slots.release(a.0), Some(d.0));
        assert_eq!(slots.release(c.0), Some(e));
        assert_eq!((slots.in_use(), slots.waiting()), (2, 0));
        assert_eq!(slots.release(d.0), None);
        assert_eq!(slots.release(e), None);
        assert_eq!((slots.in_use(), slots.waiting()), (0, 0));
        assert!(slots.request().1);
    }

    #[test]
    fn who_does_not_wait_any_more_is_passed_over() {
        let mut slots = Slots::new(1);
        let (a, _) = slots.request();
        let (b, _) = slots.request();
        let (c, _) = slots.request();
        assert_eq!(slots.release(b), None, "it had no slot to give back");
        assert_eq!((slots.in_use(), slots.waiting()), (1, 1));
        assert_eq!(slots.release(a), Some(c));
    }

    #[test]
    fn a_slot_is_given_back_once() {
        let mut slots = Slots::new(1);
        let (a, _) = slots.request();
        let (b, _) = slots.request();
        let (c, _) = slots.request();
        assert_eq!(slots.release(a), Some(b));
        assert_eq!(slots.release(a), None, "it is another's slot by now");
        assert!(slots.holds(b) && !slots.holds(c));
        assert_eq!(slots.release(b), Some(c));
    }

    #[test]
    fn the_default_and_no_bound_at_all() {
        let mut slots = Slots::default();
        assert_eq!((0..100).filter(|_| slots.request().1).count(), MAX_NEGOTIATIONS);
        let mut slots = Slots::new(usize::MAX);
        assert_eq!((0..100).filter(|_| slots.request().1).count(), 100);
    }

    #[test]
    #[should_panic(expected = "nothing would ever connect")]
    fn no_slots_are_a_mistake() {
        let _ = Slots::new(0);
    }
}
