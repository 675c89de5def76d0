//! The audiences that a template writes.

use crate::json::Value;
use crate::oauth::client::Client;
use crate::shape::template::{Node, Piece, Placeholder, Template};

impl Template {
    /// The audiences that this template writes into `aud` for a client; empty if it writes none. `None` if they depend
    /// on more than issuer and client.
    pub(crate) fn audiences(&self, issuer: &str, client: &Client) -> Option<Vec<String>> {
        self.node("aud")
            .map_or(Some(Vec::new()), |node| node.audiences(issuer, client))
    }
}

impl Node {
    fn audiences(&self, issuer: &str, client: &Client) -> Option<Vec<String>> {
        match self {
            Self::Literal(value) => Some(texts(value).unwrap_or_default()),
            Self::Hole(hole) => hole.placeholder.audiences(issuer, client),
            Self::Text(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Literal(text) => Some(text.clone()),
                    Piece::Hole(hole) => hole.placeholder.audiences(issuer, client)?.pop(),
                })
                .collect::<Option<String>>()
                .map(|text| vec![text]),
            Self::Array(nodes) => nodes
                .iter()
                .map(|node| node.audiences(issuer, client))
                .collect::<Option<Vec<_>>>()
                .map(|lists| lists.concat()),
            Self::Object(_) | Self::Spread => Some(Vec::new()),
            Self::When(_, node) => node.audiences(issuer, client),
        }
    }
}

impl Placeholder {
    fn audiences(&self, issuer: &str, client: &Client) -> Option<Vec<String>> {
        let one = |text: &str| Some(vec![text.to_owned()]);
        match self {
            Self::Issuer => one(issuer),
            Self::ClientId => one(&client.client_id),
            Self::AccessTokenAudience => match &client.access_token_audience {
                Some(audiences) => Some(audiences.clone()),
                None => one(issuer),
            },
            Self::IdTokenAudience => match &client.id_token_audience {
                Some(audiences) => Some(audiences.clone()),
                None => one(&client.client_id),
            },
            _ => None,
        }
    }
}

/// The audiences in an `aud` claim, a text or an array of texts (RFC 7519 §4.1.3); `None` if it is something else.
pub(crate) fn texts(audience: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match audience {
        Value::Array(values) => values.iter().map(text).collect(),
        value => text(value).map(|text| vec![text]),
    }
}
