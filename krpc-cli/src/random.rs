//! Reproducible random numbers.

/// splitmix64: nobody relies on it for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Another sequence, which this one decides.
    pub(crate) fn fork(&mut self) -> Self {
        Random(self.next())
    }

    /// From 0 up to, but without, 1.
    pub(crate) fn share(&mut self) -> f64 {
        // As many bits as the number has.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True so often.
    pub(crate) fn chance(&mut self, rate: f64) -> bool {
        self.share() < rate
    }

    /// From `low` to `high`, each order of magnitude as often as the others.
    pub(crate) fn magnitude(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.share())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_depend_on_the_seed_and_stay_in_their_range() {
        let make = |seed| {
            let mut random = Random::new(seed);
            (random.next(), random.fork().next())
        };
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
        let mut random = Random::new(3);
        let (mut small, mut large) = (0, 0);
        for _ in 0..1_000 {
            let number = random.magnitude(1.0, 10_000.0);
            assert!((1.0..10_000.0).contains(&number), "{number}");
            small += usize::from(number < 100.0);
            large += usize::from(number >= 100.0);
        }
        assert!(small > 400 && large > 400, "{small} small, {large} large");
    }
}
