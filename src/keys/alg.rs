//! Signature algorithms (RFC 7518 §3.1).

/// An algorithm that keys of a server sign with. A new case is one that the compiler asks for wherever it matters; give
/// it a place in [`Alg::ALL`] too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alg {
    Rs256,
}

impl Alg {
    /// Every algorithm, as discovery documents list them.
    pub(crate) const ALL: &'static [Self] = &[Self::Rs256];

    /// The value of `alg` in a header.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
        }
    }

    /// Finds an algorithm by the value of `alg`, which is case-sensitive (RFC 7515 §4.1.1).
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|alg| alg.name() == name)
    }
}
