//! Chance that is the same each time.

/// Numbers by chance from a seed: xorshift64*, Vigna 2016.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Chance of this seed; different numbers make different ones.
    pub(crate) const fn new(seed: u64) -> Self {
        // No seed may be nought; neighbours are driven apart (a step of splitmix64).
        Self(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    const fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32
    }

    /// From nought to one, without it.
    pub(crate) fn share(&mut self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "24 bits fit")]
        let bits = (self.next() >> 8) as f32;
        bits / 16_777_216.0
    }

    /// Near nought, mostly less than two away from it: nearly normal.
    pub(crate) fn normal(&mut self) -> f32 {
        let sum: f32 = (0..6).map(|_| self.share()).sum();
        (sum - 3.0) * std::f32::consts::SQRT_2
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next()).unwrap_or(0) % end.max(1)
    }

    /// Fisher and Yates.
    pub(crate) fn shuffle(&mut self, order: &mut [usize]) {
        for end in (1..order.len()).rev() {
            let other = self.below(end.saturating_add(1));
            order.swap(end, other);
        }
    }
}
