//! Settling a token request: what it uses up is marked as used, in one atomic step, once nothing else can refuse it.

use crate::authority::Authority;
use crate::clock::Timestamp;
use crate::grant::{Presented, PresentedCode, Proved, Settlement};
use crate::oauth::client::Client;
use crate::oauth::grant::{Grant, Lifetimes, RefreshPolicy};
use crate::oauth::leniency::Tolerance;
use crate::oauth::refusal::{Refusal, RefusalName};
use crate::shape::RefreshTokenOrder;
use crate::store::{Spend, Spent, ValueKind};

impl Authority {
    /// Marks the presented token or code as used, now that nothing else can refuse the request, and returns which refresh token the
    /// response has.
    pub(super) async fn settle<'p>(
        &self,
        proved: &'p Proved,
        client: &Client,
        lifetimes: &Lifetimes,
        now: Timestamp,
        tolerance: &mut Tolerance,
    ) -> Result<RefreshTokenOrder<'p>, Refusal> {
        let fresh = if proved.issues_refresh_token {
            RefreshTokenOrder::New
        } else {
            RefreshTokenOrder::None
        };
        let presented = match &proved.settlement {
            Settlement::Nothing => return Ok(fresh),
            Settlement::Code(code) => {
                self.spend_code(code, &proved.grant, lifetimes, now, tolerance)
                    .await?;
                return Ok(fresh);
            }
            Settlement::RefreshToken(presented) => presented,
        };
        let policy = self.settings.profile.refresh_of(client);
        let spent = match policy {
            RefreshPolicy::Rotate => {
                let revokes = !tolerance.tolerates(RefusalName::RefreshTokenReplayed);
                self.spend(proved, presented, lifetimes, revokes, now).await
            }
            RefreshPolicy::Reissue | RefreshPolicy::Reuse => {
                if self.store.is_revoked(&proved.grant.id, now).await {
                    Spent::Revoked
                } else {
                    Spent::First
                }
            }
        };
        match spent {
            Spent::First => {}
            Spent::Replayed => tolerance.refuse(Refusal::RefreshTokenReplayed {})?,
            Spent::Revoked => tolerance.refuse(Refusal::GrantRevoked {})?,
        }
        Ok(match policy {
            RefreshPolicy::Reuse => RefreshTokenOrder::Same {
                token: &presented.token,
                id: &presented.id,
            },
            RefreshPolicy::Rotate | RefreshPolicy::Reissue => RefreshTokenOrder::New,
        })
    }

    /// Spends a code, in one atomic step. A second use revokes what the first one got (RFC 6749 §4.1.2). A code whose session
    /// has ended gets nothing.
    async fn spend_code(
        &self,
        presented: &PresentedCode,
        grant: &Grant,
        lifetimes: &Lifetimes,
        now: Timestamp,
        tolerance: &mut Tolerance,
    ) -> Result<(), Refusal> {
        let (code, used) = (&presented.code, presented.used.clone());
        // Before the step that decides: after it, those who lost a race for the code revoke its grant, and who won it must not be
        // refused for that.
        let was_revoked = self.store.is_revoked(&grant.id, now).await;
        let is_first = !presented.was_used
            && self
                .store
                .swap(ValueKind::Code, code, &presented.held, used, now)
                .await;
        if !is_first {
            if !tolerance.tolerates(RefusalName::CodeReplayed) {
                let until = lifetimes.last_token_end(grant.auth_time, now);
                self.store.revoke(&grant.id, until, now).await;
            }
            tolerance.refuse(Refusal::CodeReplayed {})?;
        }
        if was_revoked {
            tolerance.refuse(Refusal::CodeRevoked {})?;
        }
        match &presented.objection {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(()),
        }
    }

    async fn spend(
        &self,
        proved: &Proved,
        presented: &Presented,
        lifetimes: &Lifetimes,
        revokes: bool,
        now: Timestamp,
    ) -> Spent {
        let last_successor = lifetimes.last_token_end(proved.grant.auth_time, now);
        // The store remembers a spent token without an end for as long as it is registered.
        let grant_until = match presented.remember_until {
            Timestamp::NEVER => last_successor,
            end => end.max(last_successor),
        };
        let spend = Spend {
            id: &presented.id,
            grant_id: &proved.grant.id,
            until: presented.remember_until,
            grant_until,
            revokes,
        };
        self.store.spend(spend, now).await
    }
}
