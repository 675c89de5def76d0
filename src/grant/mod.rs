//! What each grant must prove: one file per grant (RFC 6749 §1.3).
//!
//! A grant proves and changes nothing; what is used up by it, the authority settles once nothing can go wrong any
//! more. A new grant is a file here, an arm in [`GrantType::parse`] and one in `Authority::token`.

pub(crate) mod refresh_token;

/// The grants this server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GrantType {
    RefreshToken,
}

impl GrantType {
    pub(crate) const ALL: &'static [Self] = &[Self::RefreshToken];

    /// Case counts (RFC 6749 §4).
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|grant| grant.as_str() == name)
            .copied()
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::RefreshToken => "refresh_token",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client::GRANT_TYPES;

    #[test]
    fn a_client_can_be_registered_for_every_grant_of_this_server() {
        for grant in GrantType::ALL {
            assert!(GRANT_TYPES.contains(&grant.as_str()), "{grant:?}");
        }
    }
}
