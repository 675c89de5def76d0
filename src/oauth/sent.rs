//! A request that a client sends, as plain values: for the built-in client, and for a command to paste.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::oauth::client::{AuthMethod, Client};
use crate::oauth::form;
use crate::oauth::refusal::ErrorDialect;

/// A request of a client, in the order in which it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SentRequest {
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The parameters of a POST; a GET has none.
    pub(crate) form: Option<Vec<(String, String)>>,
}

impl SentRequest {
    /// A GET.
    pub(crate) fn get(url: String) -> Self {
        Self {
            url,
            headers: Vec::new(),
            form: None,
        }
    }

    /// A POST of a form.
    pub(crate) fn post(url: String, parameters: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            form: Some(parameters.iter().map(owned).collect()),
            ..Self::get(url)
        }
    }

    /// Adds an access token (RFC 6750 §2.1).
    pub(crate) fn bearer(mut self, token: &str) -> Self {
        self.headers
            .push(("Authorization", format!("Bearer {token}")));
        self
    }

    /// Adds the credentials of a client, by the first method that it may use (RFC 6749 §2.3.1).
    pub(crate) fn by(mut self, client: &Client, reading: ErrorDialect) -> Self {
        match (&client.client_secret, client.auth_methods().first()) {
            (Some(secret), Some(AuthMethod::ClientSecretBasic)) => {
                let half = |text| basic_half(text, reading);
                let userinfo = format!("{}:{}", half(&client.client_id), half(&secret.0));
                let encoded = STANDARD.encode(userinfo);
                self.headers
                    .push(("Authorization", format!("Basic {encoded}")));
            }
            (secret, _) => {
                let form = self.form.get_or_insert_default();
                form.push(("client_id".to_owned(), client.client_id.clone()));
                if let Some(secret) = secret {
                    form.push(("client_secret".to_owned(), secret.0.clone()));
                }
            }
        }
        self
    }

    /// Returns the body of a POST.
    pub(crate) fn body(&self) -> Option<String> {
        self.form.as_deref().map(form::encode_pairs)
    }

    /// Returns a command that sends this request, to paste into a shell.
    pub(crate) fn curl(&self) -> String {
        let mut command = format!("curl {}", quoted(&self.url));
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| ("--header", format!("{name}: {value}")));
        let form = self.form.iter().flatten();
        let form = form.map(|(name, value)| ("--data-urlencode", format!("{name}={value}")));
        for (option, value) in headers.chain(form) {
            // Writing to a String cannot fail.
            let _ = write!(command, " \\\n  {option} {}", quoted(&value));
        }
        command
    }
}

/// Writes one half of Basic credentials. RFC 6749 §2.3.1 has both form-urlencoded; the dialect `spring` reads them raw. Letters,
/// digits and - need no encoding; the usual secret stays readable.
fn basic_half(text: &str, reading: ErrorDialect) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if text.chars().all(plain) || reading == ErrorDialect::Spring {
        text.to_owned()
    } else {
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
    }
}

/// Quotes a word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_sends_its_credentials_by_its_first_method() {
        let url = || "http://localhost/token".to_owned();
        let by =
            |client: &Client, reading| SentRequest::post(url(), &[("a", "b")]).by(client, reading);
        let confidential = Client::confidential("web", "a:b c");
        let basic = by(&confidential, ErrorDialect::Rfc);
        assert_eq!(
            basic.headers[0].1,
            format!("Basic {}", STANDARD.encode("web:a%3Ab%20c"))
        );
        assert_eq!(basic.body().as_deref(), Some("a=b"));
        let raw = by(&confidential, ErrorDialect::Spring);
        assert_eq!(
            raw.headers[0].1,
            format!("Basic {}", STANDARD.encode("web:a:b c"))
        );
        let form = by(
            &confidential.auth_method(AuthMethod::ClientSecretPost),
            ErrorDialect::Rfc,
        );
        assert_eq!(
            form.body().as_deref(),
            Some("a=b&client_id=web&client_secret=a%3Ab%20c")
        );
        assert!(form.headers.is_empty());
        let public = by(&Client::public("spa"), ErrorDialect::Rfc);
        assert_eq!(public.body().as_deref(), Some("a=b&client_id=spa"));
    }

    #[test]
    fn no_value_ends_its_quotes() {
        let request = SentRequest::post("http://localhost/".to_owned(), &[("a", "'; reboot #")]);
        let command = "curl 'http://localhost/' \\\n  --data-urlencode 'a='\\''; reboot #'";
        assert_eq!(request.curl(), command);
    }
}
