//! The source of everything random: ids.
//!
//! Drawn from the operating system, or from a seed, so that two runs answer alike.

use std::sync::{Mutex, PoisonError};

use rand::rngs::ChaCha12Rng;
use rand::{Rng, SeedableRng};

/// Where random bytes come from.
#[derive(Debug)]
pub(crate) enum Random {
    System,
    /// One stream for the whole server: its order is the order of the requests. `ChaCha12` by name, because
    /// `rand`'s standard generator may change from one release to the next and the bytes must not.
    Seeded(Box<Mutex<ChaCha12Rng>>),
}

impl Random {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        seed.map_or(Self::System, Self::seeded)
    }

    pub(crate) fn seeded(seed: u64) -> Self {
        Self::Seeded(Box::new(Mutex::new(ChaCha12Rng::seed_from_u64(seed))))
    }

    /// A stream that depends on `bytes` alone, so that replicas draw the same.
    pub(crate) fn from_digest(bytes: [u8; 32]) -> Self {
        Self::Seeded(Box::new(Mutex::new(ChaCha12Rng::from_seed(bytes))))
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
