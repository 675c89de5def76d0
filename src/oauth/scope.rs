//! Scope: an ordered set of scope tokens.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A set of scope tokens that keeps the order it was written in (RFC 6749 §3.3).
///
/// ```text
/// scope       = scope-token *( SP scope-token )
/// scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
/// ```
///
/// Repeats collapse; case counts; one space separates and nothing else does.
///
/// ```
/// use oauth_mimic::Scope;
/// let scope: Scope = "openid email openid".parse().unwrap();
/// assert_eq!(scope.to_string(), "openid email");
/// assert!("openid  email".parse::<Scope>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(Arc<[String]>);

impl Scope {
    /// Returns true if there is no token in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns true if `token` is in it; case counts.
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|held| held == token)
    }

    /// The tokens, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Returns the tokens that are not in `ceiling`: none where this is a subset of it.
    pub(crate) fn beyond(&self, ceiling: &Self) -> Self {
        let is_held = ceiling.lookup();
        self.filtered(|token| !is_held(token))
    }

    /// Returns the tokens that are in `other` too, in this scope's order.
    pub(crate) fn within(&self, other: &Self) -> Self {
        self.filtered(other.lookup())
    }

    /// Returns [`Scope::contains`] for many tokens. A few are compared one by one, which is faster than hashing them.
    fn lookup(&self) -> impl Fn(&str) -> bool {
        const FEW: usize = 16;
        let hashed: Option<HashSet<&str>> = (self.0.len() > FEW).then(|| self.iter().collect());
        move |token| match &hashed {
            Some(hashed) => hashed.contains(token),
            None => self.contains(token),
        }
    }

    /// Returns the tokens of both, in order.
    pub(crate) fn followed_by(&self, other: &Self) -> Self {
        let others = other.beyond(self);
        Self(self.0.iter().chain(&*others.0).cloned().collect())
    }

    /// The same tokens, in alphabetical order.
    pub(crate) fn sorted(&self) -> Self {
        let mut tokens = self.0.to_vec();
        tokens.sort_unstable();
        Self(tokens.into())
    }

    /// Validates scope tokens and collects them in order, without duplicates.
    pub(crate) fn from_tokens<'a>(
        tokens: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidScope> {
        let mut seen = HashSet::new();
        let mut set = Vec::new();
        for token in tokens {
            if token.is_empty() {
                return Err(InvalidScope::EmptyToken);
            }
            if let Some(bad) = token.chars().find(|c| !is_scope_character(*c)) {
                return Err(InvalidScope::Character(bad));
            }
            if seen.insert(token) {
                set.push(token.to_owned());
            }
        }
        Ok(Self(set.into()))
    }

    pub(crate) fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        if self.iter().all(&keep) {
            return self.clone();
        }
        Self(self.0.iter().filter(|token| keep(token)).cloned().collect())
    }
}

/// `%x21 / %x23-5B / %x5D-7E`: printable ASCII without space, `"` and `\`.
fn is_scope_character(c: char) -> bool {
    matches!(c, '\x21' | '\x23'..='\x5B' | '\x5D'..='\x7E')
}

impl FromStr for Scope {
    type Err = InvalidScope;

    /// Reads a space-separated list; the empty text is the empty scope.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        Self::from_tokens(text.split(' '))
    }
}

impl TryFrom<String> for Scope {
    type Error = InvalidScope;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl FromIterator<Self> for Scope {
    /// Joins scopes; repeats collapse.
    ///
    /// ```
    /// use oauth_mimic::Scope;
    /// let scopes = ["openid email", "email phone"].map(|text| text.parse::<Scope>().unwrap());
    /// let all: Scope = scopes.into_iter().collect();
    /// assert_eq!(all.to_string(), "openid email phone");
    /// ```
    fn from_iter<I: IntoIterator<Item = Self>>(scopes: I) -> Self {
        let scopes: Vec<Self> = scopes.into_iter().collect();
        let mut seen = HashSet::new();
        let tokens = scopes.iter().flat_map(|scope| scope.0.iter());
        Self(
            tokens
                .filter(|token| seen.insert(*token))
                .cloned()
                .collect(),
        )
    }
}

impl fmt::Display for Scope {
    /// Space-joined, as on the wire.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, token) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

impl JsonSchema for Scope {
    fn schema_name() -> Cow<'static, str> {
        "Scope".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Scope tokens with one space between them (RFC 6749 §3.3).",
            "pattern": r"^$|^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$",
            "examples": ["openid email phone"],
        })
    }
}

/// Why a text is not a scope (RFC 6749 §3.3).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidScope {
    /// Two spaces in a row, or one at an end.
    #[error("a scope is separated by exactly one space, with none at the ends")]
    EmptyToken,
    /// A character outside `%x21 / %x23-5B / %x5D-7E`.
    #[error("a scope cannot hold the character U+{:04X}", u32::from(*.0))]
    Character(char),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().expect("a scope")
    }

    #[test]
    fn order_is_kept_and_repeats_collapse() {
        assert_eq!(scope("c a b a c").to_string(), "c a b");
        assert_eq!(scope("c a b").within(&scope("b c")).to_string(), "c b");
        assert_eq!(scope("a d e").beyond(&scope("a b")).to_string(), "d e");
    }

    #[test]
    fn case_counts() {
        assert!(!scope("OpenID").contains("openid"));
    }

    #[test]
    fn what_the_grammar_forbids_is_refused_by_name() {
        for (text, why) in [
            (" ", InvalidScope::EmptyToken),
            ("a  b", InvalidScope::EmptyToken),
            (" a", InvalidScope::EmptyToken),
            ("a ", InvalidScope::EmptyToken),
            ("a\tb", InvalidScope::Character('\t')),
            ("a\"", InvalidScope::Character('"')),
            ("a\\", InvalidScope::Character('\\')),
            ("\u{7f}", InvalidScope::Character('\u{7f}')),
            ("é", InvalidScope::Character('é')),
        ] {
            assert_eq!(text.parse::<Scope>(), Err(why), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_reads_back_the_same(text in "\\PC*|[ -~]*|[a-c ]*") {
            if let Ok(read) = text.parse::<Scope>() {
                prop_assert_eq!(scope(&read.to_string()), read.clone());
                // Nothing is trimmed, folded or lost: only repeats go.
                let tokens: HashSet<&str> = text.split(' ').filter(|t| !t.is_empty()).collect();
                prop_assert_eq!(read.iter().collect::<HashSet<_>>(), tokens);
            }
        }
    }
}
