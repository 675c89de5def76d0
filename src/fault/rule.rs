//! Rules: which requests go wrong, how often, and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::json::invalid::Invalid;
use crate::oauth::endpoint::Endpoint;

/// A rule: which requests go wrong, how often, and how.
///
/// Of the rules that match a request, those with a number of [`times`](Rule::times) come first, then those without; each
/// group in the order in which they were added. A request gets at most one delay, one drip, one content type, and one fault
/// of the other kinds. A rule that comes too late for a request does not count it, and neither does a rule whose fault can do
/// nothing to it: a `token` fault where no token of that kind is issued, a `keys` fault where no keys are served, or a change of
/// the answer where another fault closes the connection.
///
/// ```
/// use oauth_mimic::{Endpoint, Fault, Rule};
/// // The second request for the keys fails.
/// let rule = Rule::on(Endpoint::Jwks, Fault::status(503)).skip(1).times(1);
/// # let _ = rule;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    description = "A rule: which requests go wrong, how often, and how. Rules with `times` come before those without; each group in the order in which they were added. A request gets at most one delay, one drip, one content_type, and one fault of the other kinds. A fault that can do nothing to a request waits for the next one."
)]
#[non_exhaustive]
pub struct Rule {
    /// The endpoint.
    pub on: Endpoint,
    /// The requests. Default: all.
    #[serde(default, skip_serializing_if = "When::is_any")]
    pub when: When,
    /// How many matching requests to let pass first. Default: 0.
    #[serde(default)]
    pub skip: u64,
    /// How many requests go wrong. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// The probability that a matching request goes wrong, from 0 to 1, drawn from the seeded source. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub probability: Option<f64>,
    /// What goes wrong.
    pub fault: Fault,
}

/// Conditions that a request must meet, all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct When {
    /// The client that it claims to come from. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its `grant_type`. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// The scope that it asks for, as it is written. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The refresh token that it presents. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The `prompt` of an authorization request, as it is written, such as `none`. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

impl When {
    fn is_any(&self) -> bool {
        *self == Self::default()
    }
}

impl Rule {
    /// A rule for every request to that endpoint.
    #[must_use]
    pub fn on(endpoint: Endpoint, fault: impl Into<Fault>) -> Self {
        Self {
            on: endpoint,
            when: When::default(),
            skip: 0,
            times: None,
            probability: None,
            fault: fault.into(),
        }
    }

    /// Lets that many matching requests pass first.
    #[must_use]
    pub fn skip(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    /// Sets how many requests go wrong.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Sets the probability that a matching request goes wrong, from 0 to 1.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Restricts the rule to requests that claim to come from that client.
    #[must_use]
    pub fn client(mut self, client_id: impl Into<String>) -> Self {
        self.when.client_id = Some(client_id.into());
        self
    }

    /// Restricts the rule to requests with that `grant_type`.
    #[must_use]
    pub fn grant_type(mut self, grant_type: impl Into<String>) -> Self {
        self.when.grant_type = Some(grant_type.into());
        self
    }

    /// Restricts the rule to requests that present that refresh token.
    #[must_use]
    pub fn refresh_token(mut self, token: impl Into<String>) -> Self {
        self.when.refresh_token = Some(token.into());
        self
    }

    /// Restricts the rule to authorization requests with that `prompt`, as it is written.
    #[must_use]
    pub fn prompt(mut self, prompt: impl Into<String>) -> Self {
        self.when.prompt = Some(prompt.into());
        self
    }

    /// Restricts the rule to requests that ask for that scope, as it is written.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.when.scope = Some(scope.into());
        self
    }

    /// Checks what the types cannot exclude.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if !self.probability.is_none_or(|p| (0.0..=1.0).contains(&p)) {
            return Err(Invalid::member("probability", "must be 0 to 1"));
        }
        self.fault
            .check_at(self.on)
            .map_err(|why| why.within("fault"))
    }
}

/// A rule that was added, and what is left of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ActiveRule {
    /// The number by which the rule is removed. No other rule gets it until the next reset.
    pub id: u64,
    /// The rule as it was added.
    #[serde(flatten)]
    pub rule: Rule,
    /// How many matching requests it still lets pass.
    pub skip_left: u64,
    /// How many requests still go wrong. Absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_left: Option<u64>,
}
