//! Authorization responses that a fault makes wrong.

use crate::authority::Authority;
use crate::clock::Timestamp;
use crate::fault::{TokenFault, WrongRedirect};
use crate::grant::CodeRecord;
use crate::oauth::authorization::{Challenge, ChallengeMethod};
use crate::oauth::client::Client;
use crate::oauth::user::User;
use crate::random::Random;

/// The faults of an authorization request that change its response.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FrontFaults<'f> {
    pub(crate) redirect: Option<WrongRedirect>,
    /// The defect that one of the tokens of the response gets.
    pub(crate) token: Option<&'f TokenFault>,
}

impl Authority {
    /// Returns the record of a code as the fault wants it.
    pub(super) fn wronged(
        &self,
        record: CodeRecord,
        wrong: Option<WrongRedirect>,
        random: &Random,
        now: Timestamp,
    ) -> CodeRecord {
        match wrong {
            Some(WrongRedirect::ForeignCode) => {
                let clients = self.registry.list::<Client>();
                let other = clients
                    .iter()
                    .map(|client| client.client_id.as_str())
                    .find(|client_id| *client_id != record.client_id);
                CodeRecord {
                    client_id: other.unwrap_or("another-client").to_owned(),
                    ..record
                }
            }
            Some(WrongRedirect::InjectedCode) => self.injected(record, random),
            Some(WrongRedirect::UsedCode) => CodeRecord {
                used: true,
                ..record
            },
            Some(WrongRedirect::ExpiredCode) => CodeRecord {
                expires_at: now,
                ..record
            },
            None
            | Some(
                WrongRedirect::DuplicatedCode
                | WrongRedirect::WrongState
                | WrongRedirect::MissingState
                | WrongRedirect::WrongIss
                | WrongRedirect::MissingIss,
            ) => record,
        }
    }

    /// A code of another login at the same client: of another user if there is one, with a nonce and a challenge of its own
    /// where the request has them.
    fn injected(&self, mut record: CodeRecord, random: &Random) -> CodeRecord {
        let users = self.registry.list::<User>();
        if let Some(other) = users.iter().find(|user| user.sub != record.sub) {
            record.sub.clone_from(&other.sub);
        }
        record.login.nonce = record.login.nonce.map(|_| random.text());
        record.challenge = record.challenge.map(|_| Challenge {
            method: ChallengeMethod::S256,
            challenge: random.text(),
        });
        record
    }
}
