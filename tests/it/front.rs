//! A browser that submits forms, and authorization requests of the client `web` of the default fixtures.

use std::collections::BTreeMap;

use oauth_mimic::{Login, Mimic, TokenServer};

use crate::support::http::address_and_target;
use crate::support::{Answer, Request, basic, post};

/// A registered redirect URI of the client.
pub(crate) const CALLBACK: &str = "http://localhost:3000/callback";

/// The URL of an authorization request, with more parameters.
pub(crate) fn url(mimic: &Mimic, more: &str) -> String {
    let endpoint = mimic.authorization_url();
    format!("{endpoint}?client_id=web&redirect_uri={CALLBACK}&{more}")
}

/// Sends an authorization request without cookies.
pub(crate) fn page(mimic: &Mimic, more: &str) -> Answer {
    Browser::default().get(&url(mimic, more))
}

/// Sends an authorization request, at which the first user logs in.
pub(crate) fn ask(mimic: &Mimic, more: &str) -> Answer {
    mimic.next_login(Login::new());
    let answer = page(mimic, more);
    mimic.clear_logins();
    answer
}

/// Returns the parameters of the authorization response, in the query or the fragment.
pub(crate) fn response(mimic: &Mimic, more: &str) -> BTreeMap<String, String> {
    members(&ask(mimic, more))
}

/// Returns the parameters that an answer sends to the client.
#[track_caller]
pub(crate) fn members(answer: &Answer) -> BTreeMap<String, String> {
    let location = answer.header("location");
    let location = location.unwrap_or_else(|| panic!("no redirect: {answer:?}"));
    let (_, encoded) = location.split_once(['?', '#']).expect("parameters");
    let members = form_urlencoded::parse(encoded.as_bytes());
    members.into_owned().collect()
}

/// Logs the first user in, and returns the code.
pub(crate) fn code(mimic: &Mimic, more: &str) -> String {
    response(mimic, &format!("response_type=code&{more}"))["code"].clone()
}

/// Exchanges a code of the client.
pub(crate) fn exchange(server: &TokenServer, code: &str) -> Answer {
    let form = format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}");
    post(server, Some(&basic("web", "web-secret")), &form)
}

/// A browser: it keeps cookies, and fills in forms.
#[derive(Debug, Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn get(&mut self, url: &str) -> Answer {
        self.send(Request::get(""), url)
    }

    /// Submits a form of a page with these fields, and the hidden ones that each of its forms has.
    #[track_caller]
    pub(crate) fn submit(&mut self, page: &Answer, url: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(hidden(page).iter());
        form.extend_pairs(fields);
        let (endpoint, _) = url.split_once('?').expect("a query");
        self.send(Request::form("", form.finish()), endpoint)
    }

    /// Posts a form with these headers.
    #[track_caller]
    pub(crate) fn post(
        &mut self,
        url: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let request = Request::form("", form.finish());
        let add = |request: Request, (name, value): &(&str, &str)| request.header(name, value);
        self.send(headers.iter().fold(request, add), url)
    }

    fn send(&mut self, request: Request, url: &str) -> Answer {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let cookies = pairs.collect::<Vec<_>>().join("; ");
        let (_, target) = address_and_target(url);
        let request = request.target(target);
        let answer = if cookies.is_empty() {
            request.send_to(url)
        } else {
            request.header("Cookie", cookies).send_to(url)
        };
        for (_, value) in answer
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
        {
            let pair = value.split(';').next().expect("a pair");
            let (name, value) = pair.split_once('=').expect("a value");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

/// The hidden fields of the first form of a page, without the action.
#[track_caller]
pub(crate) fn hidden(page: &Answer) -> Vec<(String, String)> {
    let form = page.text().split("<form").nth(1);
    let form = form.unwrap_or_else(|| panic!("no form: {page:?}"));
    let fields = hidden_in(form);
    let without_action = fields
        .into_iter()
        .filter(|(name, _)| name != "mimic_action");
    without_action.collect()
}

/// The hidden fields of a form, which begins with that text.
#[track_caller]
pub(crate) fn hidden_in(form: &str) -> Vec<(String, String)> {
    let form = form.split("</form>").next().unwrap_or_default();
    let fields = form.split(r#"<input type="hidden" name=""#).skip(1);
    let fields = fields.map(|field| {
        let (name, rest) = field.split_once(r#"" value=""#).expect("a value");
        let (value, _) = rest.split_once('"').expect("an end");
        (unescaped(name), unescaped(value))
    });
    fields.collect()
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&quot;", "\"").replace("&amp;", "&")
}
