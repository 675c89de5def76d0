//! When a fault takes effect on the way of a request.

use crate::fault::{
    AnswerFault, ContentTypeFault, DelayFault, DripFault, ErrorFault, Fault, KeysFault,
    RedirectFault, StatusFault, TokenFault, TruncateFault,
};

/// The faults of one request, each at the place where it takes effect.
///
/// The code that carries out the faults of one place gets the type of that place and matches on it without a wildcard: a new kind
/// of fault that nobody carries out does not compile.
#[derive(Debug, Default)]
pub(crate) struct Effects<'f> {
    /// Before the request is processed: time passes.
    pub(crate) delay: Option<&'f DelayFault>,
    /// In the place of processing the request.
    pub(crate) instead: Option<Instead<'f>>,
    /// On the authorization response while it is made.
    pub(crate) redirect: Option<&'f RedirectFault>,
    /// On a token while it is issued.
    pub(crate) token: Option<&'f TokenFault>,
    /// On the JWK Set while it is written.
    pub(crate) keys: Option<&'f KeysFault>,
    /// On the answer.
    pub(crate) changed: Vec<Changed<'f>>,
}

/// What the client gets in the place of the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Instead<'f> {
    Error(&'f ErrorFault),
    Status(&'f StatusFault),
    GatewayPage,
    Close,
    Reset,
}

/// What becomes of the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Changed<'f> {
    Answer(&'f AnswerFault),
    Malformed,
    ContentType(&'f ContentTypeFault),
    Truncate(&'f TruncateFault),
    Drip(&'f DripFault),
    Lost,
}

impl<'f> Effects<'f> {
    pub(crate) fn of(faults: impl IntoIterator<Item = &'f Fault>) -> Self {
        let mut effects = Self::default();
        for fault in faults {
            match fault {
                Fault::Delay(fault) => effects.delay = Some(fault),
                Fault::Error(fault) => effects.instead = Some(Instead::Error(fault)),
                Fault::Status(fault) => effects.instead = Some(Instead::Status(fault)),
                Fault::GatewayPage => effects.instead = Some(Instead::GatewayPage),
                Fault::Close => effects.instead = Some(Instead::Close),
                Fault::Reset => effects.instead = Some(Instead::Reset),
                Fault::Redirect(fault) => effects.redirect = Some(fault),
                Fault::Token(fault) => effects.token = Some(fault),
                Fault::Keys(fault) => effects.keys = Some(fault),
                Fault::Answer(fault) => effects.changed.push(Changed::Answer(fault)),
                Fault::Malformed => effects.changed.push(Changed::Malformed),
                Fault::ContentType(fault) => effects.changed.push(Changed::ContentType(fault)),
                Fault::Truncate(fault) => effects.changed.push(Changed::Truncate(fault)),
                Fault::Drip(fault) => effects.changed.push(Changed::Drip(fault)),
                Fault::LostResponse => effects.changed.push(Changed::Lost),
            }
        }
        effects
    }
}
