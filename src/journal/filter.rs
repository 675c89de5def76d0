//! Which exchanges a test means.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::FaultKind;
use crate::journal::advice::AdviceCode;
use crate::journal::entry::Entry;
use crate::journal::outcome::Outcome;
use crate::json::{self, Object};
use crate::oauth::client::AuthMethod;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::refusal::RefusalName;

/// Selects exchanges. A member that is left out selects all.
///
/// ```
/// use oauth_mimic::{Filter, Outcome};
/// let refused = Filter::token_requests().client("reports").outcome(Outcome::Refused).error("invalid_scope");
/// # let _ = refused;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Filter {
    /// The endpoint that the request was addressed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// The client that the request claims to come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// How the client authenticated, or tried to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_method: Option<AuthMethod>,
    /// The requested grant type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// The requested scope, exactly as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The id of the grant that the request is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<String>,
    /// The user of that grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The HTTP status of the answer; 0 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How the exchange ended, or that it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The error code in the answer, such as `invalid_grant`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The name of the reason of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalName>,
    /// A fault that was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultKind>,
    /// Advice that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<AdviceCode>,
}

/// The members of a filter, in their order.
const MEMBERS: [&str; 13] = [
    "endpoint",
    "client_id",
    "auth_method",
    "grant_type",
    "scope",
    "grant_id",
    "sub",
    "status",
    "outcome",
    "error",
    "refusal",
    "fault",
    "advice",
];

impl Filter {
    /// Selects all exchanges.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// Selects the exchanges with the token endpoint.
    #[must_use]
    pub fn token_requests() -> Self {
        Self::endpoint(Endpoint::Token)
    }

    /// Selects the exchanges with that endpoint.
    #[must_use]
    pub fn endpoint(endpoint: Endpoint) -> Self {
        Self {
            endpoint: Some(endpoint),
            ..Self::default()
        }
    }

    /// Selects among them those that claim to come from that client.
    #[must_use]
    pub fn client(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// Selects among them those that authenticated in that way, or tried to.
    #[must_use]
    pub fn auth_method(mut self, method: AuthMethod) -> Self {
        self.auth_method = Some(method);
        self
    }

    /// Selects among them those that requested that grant type.
    #[must_use]
    pub fn grant(mut self, grant_type: impl Into<String>) -> Self {
        self.grant_type = Some(grant_type.into());
        self
    }

    /// Selects among them those that requested exactly that scope.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Selects among them those that are about the grant of that id.
    #[must_use]
    pub fn grant_id(mut self, grant_id: impl Into<String>) -> Self {
        self.grant_id = Some(grant_id.into());
        self
    }

    /// Selects among them those that are about a grant of that user.
    #[must_use]
    pub fn user(mut self, sub: impl Into<String>) -> Self {
        self.sub = Some(sub.into());
        self
    }

    /// Selects among them those that were answered with that HTTP status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Selects among them those that ended in that way, or are pending.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = Some(outcome);
        self
    }

    /// Selects among them those that were answered with that error code, such as `invalid_grant`.
    #[must_use]
    pub fn error(mut self, error: impl Into<String>) -> Self {
        self.error = Some(error.into());
        self
    }

    /// Selects among them those that were refused for that reason.
    #[must_use]
    pub fn refusal(mut self, refusal: RefusalName) -> Self {
        self.refusal = Some(refusal);
        self
    }

    /// Selects among them those in which such a fault was carried out.
    #[must_use]
    pub fn fault(mut self, fault: FaultKind) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Selects among them those that got that advice.
    #[must_use]
    pub fn advice(mut self, code: AdviceCode) -> Self {
        self.advice = Some(code);
        self
    }

    pub(super) fn matches(&self, entry: &Entry) -> bool {
        self.agreement(entry).all(|agrees| agrees != Some(false))
    }

    /// Compares member by member, in the order of [`MEMBERS`]; a member that is left out compares with nothing.
    fn agreement(&self, entry: &Entry) -> impl Iterator<Item = Option<bool>> {
        let text = |wanted: &Option<String>, found: fn(&Entry) -> Option<&str>| {
            let wanted = wanted.as_deref()?;
            Some(found(entry) == Some(wanted))
        };
        // Text by text, so that a comparison that is not needed is not made.
        (0..MEMBERS.len()).map(move |member| match member {
            0 => self.endpoint.map(|wanted| wanted == entry.endpoint()),
            1 => text(&self.client_id, Entry::client_id),
            2 => self
                .auth_method
                .map(|wanted| Some(wanted) == entry.auth_method()),
            3 => text(&self.grant_type, Entry::grant_type),
            4 => text(&self.scope, Entry::scope),
            5 => text(&self.grant_id, Entry::grant_id),
            6 => text(&self.sub, Entry::sub),
            7 => self.status.map(|wanted| wanted == entry.status()),
            8 => self.outcome.map(|wanted| wanted == entry.outcome()),
            9 => text(&self.error, Entry::error),
            10 => self
                .refusal
                .as_ref()
                .map(|wanted| Some(wanted) == entry.refusal().as_ref()),
            11 => self
                .fault
                .as_ref()
                .map(|wanted| entry.faults().contains(wanted)),
            _ => self
                .advice
                .map(|wanted| entry.advice_codes().contains(&wanted)),
        })
    }

    /// Returns the members in which an exchange differs.
    pub(super) fn differences(&self, entry: &Entry) -> Vec<&'static str> {
        MEMBERS
            .into_iter()
            .zip(self.agreement(entry))
            .filter(|(_, agrees)| *agrees == Some(false))
            .map(|(member, _)| member)
            .collect()
    }
}

impl fmt::Display for Filter {
    /// Describes the selected exchanges in words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every member of a filter is a text, a number, or a name.
        let members: Object = serde_json::from_str(&json::text(self)).unwrap_or_default();
        let parts: Vec<String> = members
            .iter()
            .map(|(name, value)| match value.as_str() {
                Some(text) => format!("{name} {text}"),
                None => format!("{name} {value}"),
            })
            .collect();
        if parts.is_empty() {
            f.write_str("requests of any kind")
        } else {
            write!(f, "requests with {}", parts.join(", "))
        }
    }
}
