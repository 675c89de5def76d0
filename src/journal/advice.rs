//! What a stricter server or the RFCs would hold against a client, with the clause.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::journal::exchange::shown_name;
use crate::journal::{Advice, Past};
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, RefusalName};

/// Presented again so soon, a refresh token is being refreshed twice at once rather than replayed.
const AT_ONCE: Duration = Duration::from_secs(2);

/// What advice is made of.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) method: &'a str,
    pub(crate) query: &'a Params,
    pub(crate) form: &'a Params,
    /// The two halves of Basic credentials, not yet decoded.
    pub(crate) basic: Option<(Vec<u8>, Vec<u8>)>,
    pub(crate) past: Past,
    pub(crate) now: Timestamp,
    pub(crate) refusal: Option<&'a Refusal>,
    /// The refusals that leniency tolerated.
    pub(crate) tolerated: &'a [RefusalName],
}

/// Everything there is to say.
pub(crate) fn advise(facts: &Facts<'_>) -> Vec<Advice> {
    let mut advice = Vec::new();
    let mut say = |code, clause, text: String| advice.push(Advice { code, text, clause });
    if facts.method != "POST" {
        say(
            "method",
            "RFC 6749 §3.2",
            format!("a token request is a POST, this was a {}", facts.method),
        );
    }
    if let Some(name) = facts.query.first_known() {
        let text = if matches!(name, "client_id" | "client_secret") {
            "credentials stand in the URI, where logs and caches keep them".to_owned()
        } else {
            format!("{name} stands in the URI; parameters go into the body")
        };
        say("parameter_in_uri", "RFC 6749 §2.3.1", text);
    }
    if let Some((client_id, secret)) = &facts.basic {
        if ![client_id, secret]
            .into_iter()
            .all(|half| is_form_encoded(half))
        {
            let text = "client_id or client_secret is not form-urlencoded before it becomes Basic credentials".to_owned();
            say("basic_not_encoded", "RFC 6749 §2.3.1", text);
        }
        if facts.form.get("client_secret").is_some() || facts.form.get("client_assertion").is_some()
        {
            say(
                "several_methods",
                "RFC 6749 §2.3",
                "more than one authentication method in one request".to_owned(),
            );
        }
    }
    if let Some(name) = facts.form.repeated() {
        say(
            "parameter_repeated",
            "RFC 6749 §3.2",
            format!("{name} is repeated"),
        );
    }
    for name in facts.form.unknown() {
        let name = shown_name(name);
        say(
            "parameter_unknown",
            "RFC 6749 §8.2",
            format!("{name} is no registered parameter of a token request"),
        );
    }
    if let Some(since) = facts.past.presented {
        if since < AT_ONCE {
            let text = "the same refresh token was presented twice at once; under rotation one of the two fails";
            say("refresh_race", "RFC 9700 §4.14.2", text.to_owned());
        } else {
            let text =
                "this refresh token was presented before; under rotation that revokes its family";
            say("refresh_replay", "RFC 9700 §4.14.2", text.to_owned());
        }
    }
    if let Some((issued, ends)) = facts.past.access_token {
        let (life, left) = (ends.seconds_since(issued), ends.seconds_since(facts.now));
        if left > life / 2 {
            let text = format!(
                "the access token has {left} of its {life} s left: there is no need to refresh yet"
            );
            say("refresh_early", "RFC 6749 §1.5", text);
        }
    }
    match facts.refusal {
        Some(
            Refusal::ScopeNotGranted { asked, .. } | Refusal::ScopeNotRegistered { asked, .. },
        ) => {
            say(
                "scope_never_granted",
                "RFC 6749 §6",
                format!("scope {asked} was never granted"),
            );
        }
        Some(Refusal::RefreshTokenReplayed {} | Refusal::GrantRevoked {})
            if facts.past.presented.is_none() =>
        {
            let text =
                "a refresh token of a revoked family, or one that was used up, was presented"
                    .to_owned();
            say("refresh_replay", "RFC 9700 §4.14.2", text);
        }
        _ => {}
    }
    for name in facts.tolerated {
        let text = format!("{name} was tolerated: {}", name.cause());
        say("tolerated", "leniency", text);
    }
    advice
}

/// Whether only characters stand there that form-urlencoding leaves or makes.
fn is_form_encoded(half: &[u8]) -> bool {
    half.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"*-._~+%".contains(byte))
}
