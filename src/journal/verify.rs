//! What a test expects to have arrived, and the report when it did not.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::journal::entry::Entry;
use crate::journal::filter::Filter;
use crate::oauth::refusal::excerpt;

/// What is expected to have arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Expectation {
    /// The exchanges that are counted and checked.
    #[serde(default)]
    pub filter: Filter,
    /// How many match, exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<usize>,
    /// How many match, at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<usize>,
    /// How many match, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<usize>,
    /// Filters that match exchanges in this order of arrival, among those that match `filter`. Others may arrive between them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_order: Vec<Filter>,
    /// Whether none of them may have got advice.
    #[serde(default)]
    pub no_advice: bool,
}

impl Expectation {
    /// Expects exactly that many.
    #[must_use]
    pub fn exactly(filter: Filter, count: usize) -> Self {
        Self {
            filter,
            exactly: Some(count),
            ..Self::default()
        }
    }

    /// Expects that many or more.
    #[must_use]
    pub fn at_least(filter: Filter, count: usize) -> Self {
        Self {
            filter,
            at_least: Some(count),
            ..Self::default()
        }
    }

    /// Expects that many or fewer.
    #[must_use]
    pub fn at_most(filter: Filter, count: usize) -> Self {
        Self {
            filter,
            at_most: Some(count),
            ..Self::default()
        }
    }

    /// Expects one exchange for each filter, in this order of arrival.
    #[must_use]
    pub fn in_order(filters: impl IntoIterator<Item = Filter>) -> Self {
        Self {
            in_order: filters.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Expects that no advice was given.
    #[must_use]
    pub fn no_advice(filter: Filter) -> Self {
        Self {
            filter,
            no_advice: true,
            ..Self::default()
        }
    }

    /// Returns true if nothing is expected that could fail.
    pub(crate) fn expects_nothing(&self) -> bool {
        let counted = [self.exactly, self.at_least, self.at_most];
        counted.iter().all(Option::is_none) && self.in_order.is_empty() && !self.no_advice
    }

    /// Returns true if exchanges that are not in the journal any more could make the expectation fail.
    fn depends_on_all(&self) -> bool {
        self.exactly.is_some() || self.at_most.is_some() || self.no_advice
    }

    /// Reports what is not as expected, and what arrived instead, the nearest first.
    pub(super) fn check(&self, seen: &Seen<'_>) -> Result<(), String> {
        let matching: Vec<(u64, &Entry)> = seen
            .entries()
            .filter(|(_, entry)| self.filter.matches(entry))
            .collect();
        let mut problems = self.wrong_counts(matching.len());
        problems.extend(self.wrong_order(&matching));
        if self.no_advice {
            problems.extend(advice(&matching));
        }
        if seen.forgotten > 0 && (self.depends_on_all() || !problems.is_empty()) {
            problems.push(format!(
                "the journal forgot {} exchanges, which may have matched; keep more with --journal and --journal-bytes",
                seen.forgotten
            ));
        }
        if problems.is_empty() {
            return Ok(());
        }
        Err(format!("{}\n{}", problems.join("\n"), self.arrived(seen)))
    }

    fn wrong_counts(&self, count: usize) -> Vec<String> {
        [
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
        ]
        .into_iter()
        .filter(|(_, holds, _)| !holds)
        .filter_map(|(wanted, _, words)| {
            Some(format!(
                "expected {words} {} {}, and {count} came",
                wanted?, self.filter
            ))
        })
        .collect()
    }

    fn wrong_order(&self, matching: &[(u64, &Entry)]) -> Option<String> {
        let mut rest = matching.iter();
        let missing = self
            .in_order
            .iter()
            .position(|filter| !rest.any(|(_, entry)| filter.matches(entry)))?;
        let after = match missing {
            0 => String::new(),
            before => format!(" after the {before} before it"),
        };
        Some(format!(
            "expected {} as number {} in order, and none came{after}",
            self.in_order[missing],
            missing + 1
        ))
    }

    fn arrived(&self, seen: &Seen<'_>) -> String {
        const SHOWN: usize = 10;
        let filter = self.in_order.first().unwrap_or(&self.filter);
        let mut ranked: Vec<(u64, &Entry, Vec<&str>)> = seen
            .entries()
            .map(|(number, entry)| (number, entry, filter.differences(entry)))
            .collect();
        if ranked.is_empty() {
            return if seen.forgotten == 0 {
                "nothing arrived at all".to_owned()
            } else {
                "the journal keeps none of what arrived".to_owned()
            };
        }
        ranked.sort_by_key(|(number, _, differs)| (differs.len(), *number));
        let mut text = "what arrived, the nearest first:".to_owned();
        for (number, entry, differs) in ranked.iter().take(SHOWN) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n  {}", line(*number, entry));
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

/// The exchanges of a journal, and how many it has forgotten.
#[derive(Debug)]
pub(super) struct Seen<'j> {
    pub(super) first: u64,
    pub(super) entries: &'j std::collections::VecDeque<Box<Entry>>,
    pub(super) forgotten: u64,
}

impl Seen<'_> {
    fn entries(&self) -> impl Iterator<Item = (u64, &Entry)> {
        (self.first..).zip(self.entries.iter().map(|entry| &**entry))
    }
}

fn advice(matching: &[(u64, &Entry)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, entry) in matching {
        for advice in entry.advice() {
            let (text, code, clause) = (advice.text, advice.code, advice.clause);
            lines.push(format!("#{number}: {text} ({code}; {clause})"));
        }
    }
    lines
}

/// Describes an exchange in one line.
fn line(number: u64, entry: &Entry) -> String {
    let or = |text: Option<&str>| text.map_or_else(|| "-".to_owned(), excerpt);
    let mut line = format!(
        "#{number} {} {} client {} grant {}: {} {}",
        entry.method(),
        entry.endpoint(),
        or(entry.client_id()),
        or(entry.grant_type()),
        entry.status(),
        entry.outcome(),
    );
    // Writing to a String cannot fail.
    if let Some(error) = entry.error() {
        let _ = write!(line, " {error}");
    }
    for fault in entry.faults() {
        let _ = write!(line, ", fault {fault}");
    }
    line
}
