//! Random numbers that are the same in every run.

/// splitmix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Small ones are as frequent as large ones.
    pub(crate) fn size(&mut self, limit: usize) -> usize {
        let bits = self.below(u64::from(limit.ilog2()) + 1);
        (self.below(2 << bits) as usize).min(limit)
    }
}
