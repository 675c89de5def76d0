//! Checks of fixtures that their types cannot express, such as references between them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::json::invalid::Invalid;
use crate::oauth::authorization::{ResponseType, check_redirect_uri};
use crate::oauth::client::{AuthMethod, Client, GRANT_TYPES};
use crate::oauth::endpoint::Endpoint;
use crate::oauth::leniency::Leniency;
use crate::oauth::refusal::ErrorDialect;
use crate::oauth::user::{AutoLogin, User};
use crate::seed::fixtures::NamedRefreshToken;
use crate::seed::load::{built_in_profile, profile_from};
use crate::seed::{Draft, FixtureError, Inherited, Seed, Written};
use crate::shape::Profile;

impl Draft {
    /// Refuses a profile that is a path, because fixtures that were sent over HTTP must not make the server read files.
    pub(crate) fn forbid_files(&self) -> Result<(), FixtureError> {
        match &self.profile {
            Some(named) if built_in_profile(&named.value).is_none() => Err(named.error(
                "",
                format!(
                    "there is no built-in profile `{}`; use connect or standard",
                    named.value
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Checks everything and resolves the profile.
    pub(crate) fn check(self) -> Result<Seed, FixtureError> {
        let named = self.profile.clone().unwrap_or_else(|| Written {
            file: Arc::from("the default"),
            pointer: "/profile".to_owned(),
            value: "connect".to_owned(),
        });
        let profile = Arc::new(profile_from(&named)?);
        self.check_with(profile, None, None, Leniency::default(), AutoLogin::Off)
    }

    /// Checks the fixtures of a sandbox; settings that they omit are those of the server.
    pub(crate) fn check_within(self, server: &Inherited) -> Result<Seed, FixtureError> {
        let profile = match &self.profile {
            Some(named) => Arc::new(profile_from(named)?),
            None => Arc::clone(&server.profile),
        };
        self.check_with(
            profile,
            server.issuer.clone(),
            server.named_dialect,
            server.leniency,
            server.auto_login.clone(),
        )
    }

    fn check_with(
        self,
        profile: Arc<Profile>,
        issuer: Option<String>,
        named_dialect: Option<ErrorDialect>,
        leniency: Leniency,
        auto_login: AutoLogin,
    ) -> Result<Seed, FixtureError> {
        if let Some(issuer) = &self.issuer {
            check_issuer(&issuer.value).map_err(|problem| issuer.error("", problem))?;
        }
        let mut clients = HashMap::new();
        for client in &self.clients {
            self::client(&client.value).map_err(|why| client.invalid(why))?;
            let client_id = client.value.client_id.as_str();
            if let Some(first) = clients.insert(client_id, client) {
                let place = first.seen_from(client);
                let problem =
                    format!("`{client_id}` is registered already, at {place}; remove one");
                return Err(client.error("client_id", problem));
            }
        }
        let mut users = HashMap::new();
        for user in &self.users {
            self::user(&user.value).map_err(|why| user.invalid(why))?;
            let sub = user.value.sub.as_str();
            if let Some(first) = users.insert(sub, user) {
                let place = first.seen_from(user);
                let problem = format!("`{sub}` is defined already, at {place}; remove one");
                return Err(user.error("sub", problem));
            }
        }
        if let Some(written) = &self.auto_login
            && let AutoLogin::User(sub) = &written.value
            && !users.contains_key(sub.as_str())
        {
            return Err(written.error("", format!("there is no user `{sub}`; add it to `users`")));
        }
        let mut tokens = HashMap::new();
        for token in &self.refresh_tokens {
            let NamedRefreshToken {
                token: name,
                client_id,
                sub,
                ..
            } = &token.value;
            let client = clients.get(client_id.as_str()).map(|client| &client.value);
            let user = users.get(sub.as_str()).map(|user| &user.value);
            refresh_token(&token.value, client, user).map_err(|why| token.invalid(why))?;
            if let Some(first) = tokens.insert((name, client_id), token) {
                let place = first.seen_from(token);
                let problem = format!(
                    "`{name}` is defined already for client `{client_id}`, at {place}; remove one"
                );
                return Err(token.error("token", problem));
            }
        }
        let values = |written: Vec<Written<_>>| written.into_iter().map(|w| w.value).collect();
        let named_dialect = self
            .error_dialect
            .map(|dialect| dialect.value)
            .or(named_dialect);
        let error_dialect = named_dialect.unwrap_or(profile.error_dialect);
        let errors = profile
            .error_table(error_dialect)
            .map_err(|why| FixtureError::new(&profile.name, why.pointer, why.problem))?;
        Ok(Seed {
            issuer: self.issuer.map(|issuer| issuer.value).or(issuer),
            error_dialect,
            errors,
            leniency: self.leniency.union(leniency),
            auto_login: self.auto_login.map_or(auto_login, |written| written.value),
            named_dialect,
            profile,
            clients: values(self.clients),
            users: self.users.into_iter().map(|w| w.value).collect(),
            refresh_tokens: self.refresh_tokens.into_iter().map(|w| w.value).collect(),
        })
    }
}

/// An issuer is an http or https URL without query, fragment or userinfo (RFC 8414 §2), and does not end with `/`:
/// it is compared character by character.
pub(crate) fn check_issuer(issuer: &str) -> Result<(), String> {
    let rest = issuer
        .strip_prefix("https://")
        .or(issuer.strip_prefix("http://"));
    let host_and_path =
        rest.ok_or_else(|| format!("`{issuer}` must begin with https:// or http://"))?;
    let host = host_and_path.split('/').next().unwrap_or_default();
    if host.is_empty() {
        return Err(format!("`{issuer}` has no host; write one after the //"));
    }
    if host_and_path.contains(['?', '#', '@', '"', '\\', '<', '>'])
        || host_and_path
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || !c.is_ascii())
    {
        return Err(format!(
            "`{issuer}` must have no query, fragment, userinfo, space or non-ASCII character (RFC 8414 §2)"
        ));
    }
    if issuer.ends_with('/') {
        return Err(format!(
            "`{issuer}` ends with /; remove it, because clients compare issuers exactly"
        ));
    }
    Ok(())
}

pub(crate) fn user(user: &User) -> Result<(), Invalid> {
    if user.sub.is_empty() {
        return Err(Invalid::member("sub", "is empty; give the user a name"));
    }
    if user.username.as_ref().is_some_and(String::is_empty) {
        return Err(Invalid::member("username", "is empty; leave it out"));
    }
    let password = user.password.as_ref();
    if password.is_some_and(|password| password.reveal().is_empty()) {
        return Err(Invalid::member("password", "is empty; leave it out"));
    }
    Ok(())
}

/// Checks where a client may be redirected to, and what it may request there.
fn front_channel(client: &Client) -> Result<(), Invalid> {
    for (member, uris) in [
        ("redirect_uris", &client.redirect_uris),
        (
            "post_logout_redirect_uris",
            &client.post_logout_redirect_uris,
        ),
    ] {
        for (index, uri) in uris.iter().enumerate() {
            if let Err(why) = check_redirect_uri(uri) {
                let pointer = format!("/{member}/{index}");
                return Err(Invalid {
                    pointer,
                    problem: format!("`{uri}` cannot be a redirect URI: {why}"),
                });
            }
        }
    }
    if client.response_types.as_ref().is_some_and(Vec::is_empty) {
        return Err(Invalid::member(
            "response_types",
            "must name at least one response type; leave it out for `code`",
        ));
    }
    for (index, text) in client.response_types.iter().flatten().enumerate() {
        if ResponseType::parse(text).is_none() {
            let pointer = format!("/response_types/{index}");
            let problem =
                format!("`{text}` is not a response type; use names of code, id_token and token");
            return Err(Invalid { pointer, problem });
        }
    }
    if let Some(uri) = &client.backchannel_logout_uri
        && (!uri.starts_with("http://") || check_redirect_uri(uri).is_err())
    {
        let problem = format!(
            "`{uri}` must be an http URI without a fragment; the server sends no TLS requests"
        );
        return Err(Invalid::member("backchannel_logout_uri", problem));
    }
    if let Some(uri) = &client.frontchannel_logout_uri
        && (!uri.starts_with("http") || check_redirect_uri(uri).is_err())
    {
        let problem = format!("`{uri}` must be an http or https URI without a fragment");
        return Err(Invalid::member("frontchannel_logout_uri", problem));
    }
    Ok(())
}

pub(crate) fn client(client: &Client) -> Result<(), Invalid> {
    let Client {
        client_id,
        client_secret,
        token_endpoint_auth_method,
        ..
    } = client;
    let vschar =
        |text: &str| !text.is_empty() && text.chars().all(|c| matches!(c, '\x20'..='\x7E'));
    if !vschar(client_id) {
        return Err(Invalid::member(
            "client_id",
            "must be printable ASCII and not empty (RFC 6749 Appendix A.1)",
        ));
    }
    if let Some(secret) = client_secret {
        if secret.reveal().is_empty() {
            return Err(Invalid::member(
                "client_secret",
                "is empty; leave it out for a public client",
            ));
        }
        if !vschar(secret.reveal()) {
            return Err(Invalid::member(
                "client_secret",
                "must be printable ASCII (RFC 6749 Appendix A.2)",
            ));
        }
    }
    match (token_endpoint_auth_method, client_secret) {
        (Some(AuthMethod::None), Some(_)) => {
            return Err(Invalid::member(
                "token_endpoint_auth_method",
                "is none, but there is a client_secret; remove one",
            ));
        }
        (Some(AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost), None) => {
            return Err(Invalid::member(
                "token_endpoint_auth_method",
                "needs a client_secret; add one, or leave the method out",
            ));
        }
        _ => {}
    }
    if let Some(unknown) = client
        .grant_types
        .iter()
        .flatten()
        .find(|name| !GRANT_TYPES.contains(&name.as_str()))
    {
        let problem = format!(
            "`{unknown}` is not a registered grant type; there are {}",
            GRANT_TYPES.join(", ")
        );
        return Err(Invalid::member("grant_types", problem));
    }
    front_channel(client)?;
    for (member, seconds) in [
        ("access_token_lifetime", client.access_token_lifetime),
        ("id_token_lifetime", client.id_token_lifetime),
        ("refresh_token_lifetime", client.refresh_token_lifetime),
        (
            "refresh_token_absolute_lifetime",
            client.refresh_token_absolute_lifetime,
        ),
    ] {
        if seconds == Some(0) {
            return Err(Invalid::member(member, "must be at least 1 second"));
        }
    }
    for (member, audience) in [
        ("access_token_audience", &client.access_token_audience),
        ("id_token_audience", &client.id_token_audience),
    ] {
        if audience
            .as_ref()
            .is_some_and(|audience| audience.is_empty() || audience.iter().any(String::is_empty))
        {
            return Err(Invalid::member(
                member,
                "must name at least one audience, and none that is empty",
            ));
        }
    }
    if client
        .id_token_audience
        .as_ref()
        .is_some_and(|audience| !audience.contains(client_id))
    {
        return Err(Invalid::member(
            "id_token_audience",
            format!("must name the client, `{client_id}` (OpenID Connect Core §2)"),
        ));
    }
    Ok(())
}

/// Checks a named refresh token; its client and user must be registered.
pub(crate) fn refresh_token(
    token: &NamedRefreshToken,
    client: Option<&Client>,
    user: Option<&User>,
) -> Result<(), Invalid> {
    let NamedRefreshToken {
        token: name,
        client_id,
        sub,
        scope,
        auth_time,
        issued_at,
        expires_at,
        fault,
    } = token;
    if name.is_empty() || !name.chars().all(|c| matches!(c, '\x20'..='\x7E')) {
        return Err(Invalid::member(
            "token",
            "must be printable ASCII and not empty (RFC 6749 Appendix A.17)",
        ));
    }
    for (member, time) in [
        ("auth_time", Some(auth_time)),
        ("issued_at", issued_at.as_ref()),
        ("expires_at", expires_at.as_ref()),
    ] {
        if let Some(Err(why)) = time.map(|time| time.check()) {
            return Err(Invalid::member(member, why));
        }
    }
    if let Some(Err(why)) = fault.as_ref().map(|fault| fault.check_at(Endpoint::Token)) {
        return Err(why.within("fault"));
    }
    let Some(client) = client else {
        return Err(Invalid::member(
            "client_id",
            format!("there is no client `{client_id}`; add it to `clients`"),
        ));
    };
    if user.is_none() {
        return Err(Invalid::member(
            "sub",
            format!("there is no user `{sub}`; add it to `users`"),
        ));
    }
    if let Some(registered) = &client.scope {
        let beyond = scope.beyond(registered);
        if !beyond.is_empty() {
            let problem = format!(
                "`{beyond}` is not registered for client `{client_id}`; add it to the client's scope"
            );
            return Err(Invalid::member("scope", problem));
        }
    }
    Ok(())
}
