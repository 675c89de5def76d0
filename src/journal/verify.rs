//! What a test expects to have arrived, and what to say when it did not.

use std::fmt::Write as _;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::journal::Exchange;
use crate::oauth::endpoint::Endpoint;

/// Which exchanges; what is left out, any.
///
/// ```
/// use oauth_mimic::Filter;
/// let refused = Filter::token_requests().client("reports").outcome("invalid_scope");
/// # let _ = refused;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Filter {
    /// Those addressed to that endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// Those that claimed to come from that client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Those for that grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// Those answered with that HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Those that ended so: `issued`, `answered`, or an error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Those that such a fault was applied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl Filter {
    /// All exchanges.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// Those with the token endpoint.
    #[must_use]
    pub fn token_requests() -> Self {
        Self::endpoint(Endpoint::Token)
    }

    /// Those with that endpoint.
    #[must_use]
    pub fn endpoint(endpoint: Endpoint) -> Self {
        Self {
            endpoint: Some(endpoint),
            ..Self::default()
        }
    }

    /// Of those, the ones that claimed to come from that client.
    #[must_use]
    pub fn client(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// Of those, the ones for that grant.
    #[must_use]
    pub fn grant(mut self, grant_type: impl Into<String>) -> Self {
        self.grant_type = Some(grant_type.into());
        self
    }

    /// Of those, the ones answered with that HTTP status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Of those, the ones that ended so: `issued`, `answered`, or an error code.
    #[must_use]
    pub fn outcome(mut self, outcome: impl Into<String>) -> Self {
        self.outcome = Some(outcome.into());
        self
    }

    pub(crate) fn matches(&self, exchange: &Exchange) -> bool {
        self.agreement(exchange).iter().all(|(_, agrees)| *agrees)
    }

    /// What is asked for, and whether the exchange has it.
    fn agreement(&self, exchange: &Exchange) -> Vec<(&'static str, bool)> {
        let text = |wanted: &Option<String>, found: Option<&String>| {
            wanted.as_ref().map(|wanted| Some(wanted) == found)
        };
        [
            (
                "endpoint",
                self.endpoint.map(|endpoint| endpoint == exchange.endpoint),
            ),
            (
                "client_id",
                text(&self.client_id, exchange.client_id.as_ref()),
            ),
            (
                "grant_type",
                text(&self.grant_type, exchange.grant_type.as_ref()),
            ),
            (
                "status",
                self.status.map(|status| status == exchange.status),
            ),
            ("outcome", text(&self.outcome, Some(&exchange.outcome))),
            ("fault", text(&self.fault, exchange.fault.as_ref())),
        ]
        .into_iter()
        .filter_map(|(name, agrees)| Some((name, agrees?)))
        .collect()
    }

    fn described(&self) -> String {
        let mut parts = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            parts.extend(value.map(|value| format!("{name} {value}")));
        };
        add(
            "endpoint",
            self.endpoint.map(|endpoint| endpoint.to_string()),
        );
        add("client", self.client_id.clone());
        add("grant", self.grant_type.clone());
        add("status", self.status.map(|status| status.to_string()));
        add("outcome", self.outcome.clone());
        add("fault", self.fault.clone());
        if parts.is_empty() {
            "requests of any kind".to_owned()
        } else {
            format!("requests with {}", parts.join(", "))
        }
    }
}

/// What is to have arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Expectation {
    /// Which exchanges are counted, and advised on.
    #[serde(default)]
    pub filter: Filter,
    /// Just so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<usize>,
    /// So many or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<usize>,
    /// So many or fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<usize>,
    /// Among those that match the filter, one for each of these, in this order, others between them or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_order: Vec<Filter>,
    /// And nothing to hold against any of them.
    #[serde(default)]
    pub no_advice: bool,
}

impl Expectation {
    /// Just so many.
    #[must_use]
    pub fn exactly(filter: Filter, count: usize) -> Self {
        Self {
            filter,
            exactly: Some(count),
            ..Self::default()
        }
    }

    /// So many or more.
    #[must_use]
    pub fn at_least(filter: Filter, count: usize) -> Self {
        Self {
            filter,
            at_least: Some(count),
            ..Self::default()
        }
    }

    /// So many or fewer.
    #[must_use]
    pub fn at_most(filter: Filter, count: usize) -> Self {
        Self {
            filter,
            at_most: Some(count),
            ..Self::default()
        }
    }

    /// One for each, in this order.
    #[must_use]
    pub fn in_order(filters: impl IntoIterator<Item = Filter>) -> Self {
        Self {
            in_order: filters.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Nothing to hold against any of them.
    #[must_use]
    pub fn no_advice(filter: Filter) -> Self {
        Self {
            filter,
            no_advice: true,
            ..Self::default()
        }
    }

    /// Whether there is nothing that could fail.
    pub(crate) fn expects_nothing(&self) -> bool {
        let counted = [self.exactly, self.at_least, self.at_most];
        counted.iter().all(Option::is_none) && self.in_order.is_empty() && !self.no_advice
    }

    /// Says what is not as expected, and what arrived instead, the nearest first.
    pub(crate) fn check(&self, seen: &[Arc<Exchange>]) -> Result<(), String> {
        let matching: Vec<&Arc<Exchange>> =
            seen.iter().filter(|e| self.filter.matches(e)).collect();
        let count = matching.len();
        let mut problems = Vec::new();
        for (wanted, holds, words) in [
            (
                self.exactly,
                self.exactly.is_none_or(|n| count == n),
                "exactly",
            ),
            (
                self.at_least,
                self.at_least.is_none_or(|n| count >= n),
                "at least",
            ),
            (
                self.at_most,
                self.at_most.is_none_or(|n| count <= n),
                "at most",
            ),
        ] {
            if let (Some(wanted), false) = (wanted, holds) {
                problems.push(format!(
                    "expected {words} {wanted} {}, and {count} came",
                    self.filter.described()
                ));
            }
        }
        let mut rest = matching.iter();
        for (index, filter) in self.in_order.iter().enumerate() {
            if !rest.any(|exchange| filter.matches(exchange)) {
                let place = if index == 0 {
                    String::new()
                } else {
                    format!(" after the {index} before it")
                };
                problems.push(format!(
                    "expected {} as number {} in order, and none came{place}",
                    filter.described(),
                    index + 1
                ));
                break;
            }
        }
        if self.no_advice {
            for exchange in matching
                .iter()
                .filter(|exchange| !exchange.advice.is_empty())
            {
                for advice in &exchange.advice {
                    problems.push(format!(
                        "#{}: {} ({}; {})",
                        exchange.number, advice.text, advice.code, advice.clause
                    ));
                }
            }
        }
        if problems.is_empty() {
            return Ok(());
        }
        Err(format!("{}\n{}", problems.join("\n"), self.arrived(seen)))
    }

    fn arrived(&self, seen: &[Arc<Exchange>]) -> String {
        const SHOWN: usize = 10;
        if seen.is_empty() {
            return "nothing arrived at all".to_owned();
        }
        let filter = self.in_order.first().unwrap_or(&self.filter);
        let mut ranked: Vec<(usize, &Arc<Exchange>, Vec<&str>)> = seen
            .iter()
            .map(|exchange| {
                let differs: Vec<&str> = filter
                    .agreement(exchange)
                    .iter()
                    .filter(|(_, agrees)| !agrees)
                    .map(|(name, _)| *name)
                    .collect();
                (differs.len(), exchange, differs)
            })
            .collect();
        ranked.sort_by_key(|(distance, exchange, _)| (*distance, exchange.number));
        let mut text = "what arrived, the nearest first:".to_owned();
        for (_, exchange, differs) in ranked.iter().take(SHOWN) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n  {}", exchange.line());
            if !differs.is_empty() {
                let _ = write!(text, " (another {})", differs.join(", "));
            }
        }
        if ranked.len() > SHOWN {
            let _ = write!(text, "\n  and {} more", ranked.len() - SHOWN);
        }
        text
    }
}
