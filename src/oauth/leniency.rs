//! Leniency: the reasons for which a server does not refuse, although it could.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::oauth::refusal::{Refusal, RefusalName};

/// The name of the leniency that tolerates every reason that can be tolerated.
const ANYTHING: &str = "anything";

/// A set of reasons that a server, a client or a sandbox tolerates instead of refusing.
///
/// In JSON a list of refusal names, or `"anything"` for all of them. Each reason has one fallback, which
/// [`RefusalName::tolerated`] describes; what was tolerated is in the journal as advice.
///
/// ```
/// use oauth_mimic::{Leniency, RefusalName};
/// let lenient = Leniency::of([RefusalName::SecretWrong])?;
/// assert!(lenient.contains(RefusalName::SecretWrong));
/// assert!(Leniency::anything().contains(RefusalName::ClientUnknown));
/// // No fallback is possible for a body that is too large.
/// assert!(Leniency::of([RefusalName::BodyTooLarge]).is_err());
/// # Ok::<(), oauth_mimic::NotTolerable>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Leniency(u128);

/// A refusal that cannot be tolerated was named in a leniency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot be tolerated: no answer is possible instead")]
#[non_exhaustive]
pub struct NotTolerable(pub RefusalName);

impl Leniency {
    /// Tolerates these reasons.
    ///
    /// # Errors
    /// One of them has no fallback.
    pub fn of(names: impl IntoIterator<Item = RefusalName>) -> Result<Self, NotTolerable> {
        names.into_iter().try_fold(Self::default(), |held, name| {
            if name.tolerated().is_none() {
                return Err(NotTolerable(name));
            }
            Ok(held.union(Self(bit(name))))
        })
    }

    /// Tolerates every reason that can be tolerated.
    #[must_use]
    pub fn anything() -> Self {
        RefusalName::ALL
            .iter()
            .filter(|name| name.tolerated().is_some())
            .fold(Self::default(), |held, name| held.union(Self(bit(*name))))
    }

    /// Returns true if the reason is tolerated.
    #[must_use]
    pub const fn contains(self, name: RefusalName) -> bool {
        self.0 & bit(name) != 0
    }

    /// Returns true if nothing is tolerated.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// Returns the reasons that either of the two tolerates.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the tolerated reasons, in the order of [`RefusalName::ALL`].
    pub fn names(self) -> impl Iterator<Item = RefusalName> {
        RefusalName::ALL
            .iter()
            .copied()
            .filter(move |name| self.contains(*name))
    }

    fn parse(name: &str) -> Result<Self, String> {
        if name == ANYTHING {
            return Ok(Self::anything());
        }
        let known = RefusalName::ALL.iter().find(|known| known.as_str() == name);
        let Some(known) = known else {
            let all = Self::anything();
            let names: Vec<&str> = all.names().map(RefusalName::as_str).collect();
            return Err(format!(
                "unknown refusal `{name}`; expected {ANYTHING} or some of {}",
                names.join(", ")
            ));
        };
        Self::of([*known]).map_err(|why| why.to_string())
    }
}

const fn bit(name: RefusalName) -> u128 {
    1 << name as u32
}

impl std::str::FromStr for Leniency {
    type Err = String;

    /// Reads `anything`, or names separated by commas.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .try_fold(Self::default(), |held, name| {
                Ok(held.union(Self::parse(name)?))
            })
    }
}

impl fmt::Display for Leniency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names().map(RefusalName::as_str).collect();
        f.write_str(&names.join(","))
    }
}

impl Serialize for Leniency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == Self::anything() {
            serializer.serialize_str(ANYTHING)
        } else {
            serializer.collect_seq(self.names())
        }
    }
}

impl<'de> Deserialize<'de> for Leniency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a list of refusal names, or \"anything\"")]
        enum Written {
            One(String),
            Several(Vec<String>),
        }

        let names = match Written::deserialize(deserializer)? {
            Written::One(name) => vec![name],
            Written::Several(names) => names,
        };
        names
            .iter()
            .try_fold(Self::default(), |held, name| {
                Ok(held.union(Self::parse(name)?))
            })
            .map_err(|why: String| D::Error::custom(why))
    }
}

impl JsonSchema for Leniency {
    fn schema_name() -> Cow<'static, str> {
        "Leniency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Self::anything().names().map(RefusalName::as_str).collect();
        json_schema!({
            "description": "Refusals that are tolerated, by name; `anything` is all of them.",
            "anyOf": [
                { "const": ANYTHING },
                { "type": "array", "items": { "enum": names } },
            ],
        })
    }
}

/// The leniency that applies to one request, and the reasons that were tolerated so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tolerance {
    leniency: Leniency,
    tolerated: Vec<RefusalName>,
}

impl Tolerance {
    pub(crate) fn new(leniency: Leniency) -> Self {
        Self {
            leniency,
            tolerated: Vec::new(),
        }
    }

    /// Adds the leniency of the client, once it is known.
    pub(crate) fn widen(&mut self, leniency: Leniency) {
        self.leniency = self.leniency.union(leniency);
    }

    /// Returns true if a reason is tolerated, without noting it.
    pub(crate) fn tolerates(&self, name: RefusalName) -> bool {
        self.leniency.contains(name)
    }

    /// Returns the refusal as an error, unless its reason is tolerated; then notes it and goes on.
    pub(crate) fn refuse(&mut self, refusal: Refusal) -> Result<(), Refusal> {
        if !self.leniency.contains(refusal.name()) {
            return Err(refusal);
        }
        if !self.tolerated.contains(&refusal.name()) {
            self.tolerated.push(refusal.name());
        }
        Ok(())
    }

    /// Returns the reasons that were tolerated, in the order they were met.
    pub(crate) fn tolerated(&self) -> &[RefusalName] {
        &self.tolerated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leniency_is_read_and_written_alike() {
        for text in [
            r#""anything""#,
            "[]",
            r#"["client_unknown","secret_wrong"]"#,
        ] {
            let read: Leniency = serde_json::from_str(text).expect(text);
            assert_eq!(serde_json::to_string(&read).expect("JSON"), text);
        }
        let both: Leniency = "client_unknown, secret_wrong".parse().expect("a leniency");
        assert_eq!(both.to_string(), "client_unknown,secret_wrong");
    }

    #[test]
    fn a_name_that_is_unknown_or_cannot_be_tolerated_is_refused_in_words() {
        for (text, problem) in [
            (r#"["client_unknwon"]"#, "unknown refusal `client_unknwon`"),
            (r#"["body_too_large"]"#, "cannot be tolerated"),
            ("7", "a list of refusal names"),
        ] {
            let why = serde_json::from_str::<Leniency>(text)
                .expect_err(text)
                .to_string();
            assert!(why.contains(problem), "{why}");
        }
    }

    #[test]
    fn a_name_that_is_given_twice_counts_once() {
        let once = Leniency::of([RefusalName::SecretWrong]).expect("one");
        assert_eq!(Leniency::of([RefusalName::SecretWrong; 2]), Ok(once));
        assert_eq!(once.union(once), once);
    }

    #[test]
    fn a_refusal_is_noted_once_where_it_is_tolerated_and_returned_where_not() {
        let mut tolerance =
            Tolerance::new(Leniency::of([RefusalName::GrantTypeMissing]).expect("one"));
        for _ in 0..2 {
            assert!(tolerance.refuse(Refusal::GrantTypeMissing {}).is_ok());
        }
        assert!(tolerance.refuse(Refusal::RefreshTokenMissing {}).is_err());
        assert_eq!(tolerance.tolerated(), [RefusalName::GrantTypeMissing]);
    }
}
