//! The source of random bytes: the operating system, or a seed that makes two runs answer alike.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::ChaCha12Rng;
use rand::{Rng, SeedableRng};

/// A source of random bytes.
#[derive(Debug)]
pub(crate) enum Random {
    System,
    /// A stream that follows from a seed. `ChaCha12` by name, because `rand`'s standard generator may change from one
    /// release to the next and the bytes must not.
    Seeded(Box<Mutex<ChaCha12Rng>>),
}

impl Random {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        seed.map_or(Self::System, Self::seeded)
    }

    pub(crate) fn seeded(seed: u64) -> Self {
        Self::Seeded(Box::new(Mutex::new(ChaCha12Rng::seed_from_u64(seed))))
    }

    /// Returns a source for one purpose, whose bytes depend on the draws of no other one.
    pub(crate) fn fork(&self) -> Self {
        match self {
            Self::System => Self::System,
            Self::Seeded(_) => {
                let mut seed = [0; 32];
                self.fill(&mut seed);
                Self::from_digest(seed)
            }
        }
    }

    /// A stream that depends on `bytes` alone, so that replicas draw the same.
    pub(crate) fn from_digest(bytes: [u8; 32]) -> Self {
        Self::Seeded(Box::new(Mutex::new(ChaCha12Rng::from_seed(bytes))))
    }

    /// Draws 256 bits as 43 characters of base64url: a value that nobody can guess.
    pub(crate) fn text(&self) -> String {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// A number from 0 up to 1.
    pub(crate) fn unit(&self) -> f64 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }

    pub(crate) fn fill(&self, bytes: &mut [u8]) {
        match self {
            Self::System => rand::rng().fill_bytes(bytes),
            Self::Seeded(stream) => stream
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .fill_bytes(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forks_draw_the_same_however_their_draws_interleave() {
        let drawn = |forks: [&Random; 2], order: [usize; 4]| {
            let mut drawn = [Vec::new(), Vec::new()];
            for which in order {
                let mut bytes = [0; 11];
                forks[which].fill(&mut bytes);
                drawn[which].push(bytes);
            }
            drawn
        };
        let forks = || {
            let random = Random::seeded(1);
            [random.fork(), random.fork()]
        };
        let [a, b] = forks();
        let [c, d] = forks();
        assert_eq!(drawn([&a, &b], [0, 0, 1, 1]), drawn([&c, &d], [1, 0, 1, 0]));
    }
}
