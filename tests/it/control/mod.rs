//! Every row of the control plane, over HTTP and, where the library has the verb, through the library: the same words
//! in, the same outcome.

mod document;
mod errors;
mod registered;
mod rows;
mod try_it;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use oauth_mimic::{Defect, FixtureTime, GrantType, Mimic, TokenServer};
use serde_json::{Value, json};

use crate::drive::{Plane, frozen};

/// One of the two ways to drive a server. What is asked for is JSON on both: the types are the same.
#[derive(Debug)]
struct Way<'m> {
    name: &'static str,
    mimic: &'m Mimic,
    /// Where it is driven over HTTP.
    http: Option<Plane>,
}

/// Runs it over HTTP and through the library, each with a server of its own whose clock is frozen.
fn both(run: impl Fn(&Way<'_>)) {
    for http in [true, false] {
        let server = frozen();
        run(&way(&server, http));
    }
}

fn way(server: &TokenServer, http: bool) -> Way<'_> {
    Way {
        name: if http { "HTTP" } else { "library" },
        mimic: server,
        http: http.then(|| Plane::of(server)),
    }
}

#[track_caller]
fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|why| panic!("{why}: {value}"))
}

/// What a library call panicked with.
fn outcome_of<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .expect("a panic with a text")
    })
}

impl Way<'_> {
    #[track_caller]
    fn expect(answer: &crate::support::Answer, status: u16) {
        assert_eq!(answer.status, status, "{}", answer.text());
    }

    #[track_caller]
    fn reset(&self) {
        match &self.http {
            Some(plane) => Self::expect(&plane.send("POST", "/reset", ""), 204),
            None => self.mimic.reset(),
        }
    }

    #[track_caller]
    fn freeze(&self, at: &str) {
        match &self.http {
            Some(plane) => Self::expect(&plane.put("/clock", &json!({ "now": at })), 200),
            None => self.mimic.clock().freeze(at.parse().expect("RFC 3339")),
        }
    }

    #[track_caller]
    fn advance(&self, seconds: i64) {
        match &self.http {
            Some(plane) => {
                let body = json!({ "seconds": seconds });
                Self::expect(&plane.post("/clock/advance", &body), 200);
            }
            None => self.mimic.clock().advance(seconds),
        }
    }

    #[track_caller]
    fn release(&self) {
        match &self.http {
            Some(plane) => Self::expect(&plane.delete("/clock"), 204),
            None => self.mimic.clock().release(),
        }
    }

    /// Answers the rule's id.
    #[track_caller]
    fn add_fault(&self, rule: &Value) -> u64 {
        match &self.http {
            Some(plane) => {
                let answer = plane.post("/faults", rule);
                Self::expect(&answer, 201);
                answer.json()["id"].as_u64().expect("an id")
            }
            None => self.mimic.faults().add(read(rule)),
        }
    }

    #[track_caller]
    fn faults(&self) -> Value {
        match &self.http {
            Some(plane) => plane.read("/faults")["faults"].clone(),
            None => serde_json::to_value(self.mimic.faults().list()).expect("JSON"),
        }
    }

    /// Returns true if there was one.
    #[track_caller]
    fn remove_fault(&self, id: u64) -> bool {
        match &self.http {
            Some(plane) => found(&plane.delete(&format!("/faults/{id}"))),
            None => self.mimic.faults().remove(id),
        }
    }

    #[track_caller]
    fn clear_faults(&self) {
        match &self.http {
            Some(plane) => Self::expect(&plane.delete("/faults"), 204),
            None => self.mimic.faults().clear(),
        }
    }

    #[track_caller]
    fn requests(&self) -> Vec<Value> {
        match &self.http {
            Some(plane) => plane.list("/requests"),
            None => self
                .mimic
                .requests()
                .iter()
                .map(|exchange| serde_json::to_value(exchange).expect("JSON"))
                .collect(),
        }
    }

    /// Returns the value, or the message of the error.
    #[track_caller]
    fn wait(&self, filter: &Value, count: usize, seconds: f64) -> Result<usize, String> {
        let Some(plane) = &self.http else {
            let patience = Duration::from_secs_f64(seconds);
            return outcome_of(|| self.mimic.wait_for(&read(filter), count, patience).len());
        };
        let mut path = format!("/requests/wait?count={count}&timeout={seconds}");
        for (name, value) in filter.as_object().expect("a filter") {
            let text = value.as_str().map_or(value.to_string(), str::to_owned);
            path = format!("{path}&{name}={text}");
        }
        let answer = plane.get(&path);
        if answer.status == 200 {
            let came = answer.json()["requests"].as_array().expect("a list").len();
            return Ok(came);
        }
        Self::expect(&answer, 409);
        assert_eq!(answer.member("code"), "wait_ended");
        Err(answer.member("detail"))
    }

    #[track_caller]
    fn verify(&self, expectation: &Value) -> Result<(), String> {
        match &self.http {
            Some(plane) => {
                let answer = plane.post("/verify", expectation);
                if answer.status == 200 {
                    assert_eq!(answer.json(), json!({ "verified": true }));
                    return Ok(());
                }
                Self::expect(&answer, 409);
                Err(answer.member("detail"))
            }
            None => outcome_of(|| self.mimic.verify(&read(expectation))),
        }
    }

    /// Returns true if it replaced one.
    #[track_caller]
    fn put_client(&self, client: &Value) -> bool {
        match &self.http {
            Some(plane) => {
                let id = client["client_id"].as_str().expect("a name");
                let status = plane.put(&format!("/clients/{id}"), client).status;
                assert!(matches!(status, 200 | 201), "{status}");
                status == 200
            }
            None => self.mimic.put_client(read(client)),
        }
    }

    /// Returns true if it replaced one.
    #[track_caller]
    fn put_user(&self, user: &Value) -> bool {
        match &self.http {
            Some(plane) => {
                let sub = user["sub"].as_str().expect("a name");
                let status = plane.put(&format!("/users/{sub}"), user).status;
                assert!(matches!(status, 200 | 201), "{status}");
                status == 200
            }
            None => self.mimic.put_user(read(user)),
        }
    }

    /// Returns true if it replaced one.
    #[track_caller]
    fn put_refresh_token(&self, token: &Value) -> bool {
        match &self.http {
            Some(plane) => {
                let status = plane.put(&token_path(token), token).status;
                assert!(matches!(status, 200 | 201), "{status}");
                status == 200
            }
            None => self.mimic.put_refresh_token(read(token)),
        }
    }

    #[track_caller]
    fn remove_client(&self, id: &str) -> bool {
        match &self.http {
            Some(plane) => found(&plane.delete(&format!("/clients/{id}"))),
            None => self.mimic.remove_client(id),
        }
    }

    #[track_caller]
    fn remove_user(&self, sub: &str) -> bool {
        match &self.http {
            Some(plane) => found(&plane.delete(&format!("/users/{sub}"))),
            None => self.mimic.remove_user(sub),
        }
    }

    /// Answers the `kid` of the key that signs from now on.
    #[track_caller]
    fn rotate(&self, retire_after: Option<u32>) -> String {
        match (&self.http, retire_after) {
            (Some(plane), seconds) => {
                let body =
                    seconds.map_or_else(|| json!({}), |seconds| json!({ "retire_after": seconds }));
                let answer = plane.post("/keys/rotate", &body);
                Self::expect(&answer, 200);
                let signing = &answer.json()["keys"][0];
                assert_eq!(signing["signs"], true);
                signing["kid"].as_str().expect("a kid").to_owned()
            }
            (None, None) => self.mimic.keys().rotate(),
            (None, Some(seconds)) => {
                let overlap = Duration::from_secs(seconds.into());
                self.mimic.keys().rotate_and_retire_after(overlap)
            }
        }
    }

    /// The `kid`s that are published, the signing one first.
    #[track_caller]
    fn published(&self) -> Vec<String> {
        match &self.http {
            Some(plane) => plane
                .list("/keys")
                .iter()
                .filter(|key| key["published"] == true)
                .map(|key| key["kid"].as_str().expect("a kid").to_owned())
                .collect(),
            None => self.mimic.keys().published(),
        }
    }

    /// Answers the status that HTTP has for it, and what it says.
    #[track_caller]
    fn retire(&self, kid: &str) -> Result<(), String> {
        match &self.http {
            Some(plane) => {
                let answer = plane.delete(&format!("/keys/{kid}"));
                if answer.status == 204 {
                    return Ok(());
                }
                Err(answer.member("detail"))
            }
            None => outcome_of(|| self.mimic.keys().retire(kid)),
        }
    }

    /// One token, as JSON asks for it.
    #[track_caller]
    fn mint(&self, order: &Value) -> Result<String, String> {
        match &self.http {
            Some(plane) => {
                let answer = plane.post("/tokens", order);
                if answer.status == 200 {
                    return Ok(answer.member("token"));
                }
                Self::expect(&answer, 400);
                Err(answer.member("detail"))
            }
            None => outcome_of(|| self.mint_by_library(order)),
        }
    }

    #[track_caller]
    fn mint_by_library(&self, order: &Value) -> String {
        let text = |name: &str| order[name].as_str().map(str::to_owned);
        let mut mint = self.mimic.mint();
        if let Some(client_id) = text("client_id") {
            mint = mint.client(client_id);
        }
        if let Some(sub) = text("sub") {
            mint = mint.subject(sub);
        }
        if let Some(scope) = text("scope") {
            mint = mint.scope(scope);
        }
        if let Some(time) = order.get("auth_time") {
            mint = mint.auth_time(read::<FixtureTime>(time));
        }
        if let Some(grant_type) = order.get("grant_type") {
            mint = mint.grant_type(read::<GrantType>(grant_type));
        }
        let lifetime = |name: &str| order[name].as_u64().map(Duration::from_secs);
        if let Some(lifetime) = lifetime("access_token_lifetime") {
            mint = mint.access_token_lifetime(lifetime);
        }
        if let Some(lifetime) = lifetime("id_token_lifetime") {
            mint = mint.id_token_lifetime(lifetime);
        }
        if let Some(lifetime) = lifetime("refresh_token_lifetime") {
            mint = mint.refresh_token_lifetime(lifetime);
        }
        for (name, value) in order["claims"].as_object().into_iter().flatten() {
            mint = mint.claim(name, value.clone());
        }
        if let Some(defect) = order.get("defect") {
            mint = mint.defect(read::<Defect>(defect));
        }
        match order["kind"].as_str() {
            Some("access_token") => mint.access_token(),
            Some("refresh_token") => mint.refresh_token(),
            Some("id_token") => mint.id_token(),
            kind => panic!("a kind without a test: {kind:?}"),
        }
    }

    /// Answers how many rules it added.
    #[track_caller]
    fn play(&self, scenario: &str) -> Result<usize, String> {
        match &self.http {
            Some(plane) => {
                let answer = plane.send("POST", &format!("/scenarios/{scenario}"), "");
                if answer.status == 200 {
                    return Ok(answer.json()["faults"].as_array().expect("a list").len());
                }
                Self::expect(&answer, 404);
                Err(answer.member("detail"))
            }
            None => outcome_of(|| self.mimic.play(scenario).len()),
        }
    }
}

/// The path of a named refresh token.
fn token_path(token: &Value) -> String {
    let text = |name: &str| token[name].as_str().expect("a text");
    format!(
        "/clients/{}/refresh-tokens/{}",
        text("client_id"),
        text("token")
    )
}

/// Whether a DELETE found what it was to remove.
#[track_caller]
fn found(answer: &crate::support::Answer) -> bool {
    assert!(matches!(answer.status, 204 | 404), "{}", answer.text());
    answer.status == 204
}
