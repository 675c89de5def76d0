//! The words of the pages, in the languages that `ui_locales` can ask for (OpenID Connect Core §3.1.2.1).

/// A language of the pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    English,
    French,
}

impl Language {
    /// Every language, in the order of the metadata.
    pub(crate) const ALL: &'static [Self] = &[Self::English, Self::French];

    /// Returns the language tag (RFC 5646 §2.1).
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// Returns the first language of `ui_locales` that the pages have, or English. `fr-CA` is French.
    pub(crate) fn of(ui_locales: Option<&str>) -> Self {
        let mut tags = ui_locales.unwrap_or_default().split_ascii_whitespace();
        let known = |tag: &str| {
            let primary = tag.split(['-', '_']).next().unwrap_or_default();
            let named = |language: &&Self| language.tag().eq_ignore_ascii_case(primary);
            Self::ALL.iter().find(named).copied()
        };
        tags.find_map(known).unwrap_or_default()
    }

    pub(super) const fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::French => &FRENCH,
        }
    }
}

/// The words of one language.
pub(super) struct Words {
    pub(super) mock: &'static str,
    pub(super) log_in: &'static str,
    pub(super) client_asks: &'static str,
    pub(super) scope: &'static str,
    pub(super) choose_user: &'static str,
    pub(super) with_password: &'static str,
    pub(super) username: &'static str,
    pub(super) password: &'static str,
    pub(super) new_user: &'static str,
    pub(super) new_sub: &'static str,
    pub(super) new_claims: &'static str,
    pub(super) deny: &'static str,
    pub(super) consent: &'static str,
    pub(super) logged_in_as: &'static str,
    pub(super) allow: &'static str,
    pub(super) login_failed: &'static str,
    pub(super) error: &'static str,
    pub(super) error_code: &'static str,
    pub(super) reason: &'static str,
    pub(super) refusal: &'static str,
    pub(super) remedy: &'static str,
    pub(super) go_on: &'static str,
    pub(super) sending: &'static str,
    pub(super) log_out: &'static str,
    pub(super) log_out_question: &'static str,
    pub(super) stay: &'static str,
    pub(super) logged_out: &'static str,
    pub(super) logged_out_text: &'static str,
    pub(super) still_logged_in: &'static str,
    pub(super) no_session: &'static str,
}

const ENGLISH: Words = Words {
    mock: "This is oauth-mimic, a mock provider for tests. Do not enter a real password.",
    log_in: "Log in",
    client_asks: "asks you to log in.",
    scope: "Requested scope",
    choose_user: "Choose a user",
    with_password: "With a user name and a password",
    username: "User name",
    password: "Password",
    new_user: "Log in as a new user",
    new_sub: "Identifier (sub)",
    new_claims: "Claims, as a JSON object",
    deny: "Deny",
    consent: "Allow access",
    logged_in_as: "You are logged in as",
    allow: "Allow",
    login_failed: "The user name or the password is wrong.",
    error: "The request cannot be answered",
    error_code: "Error code",
    reason: "Reason",
    refusal: "Name of the refusal",
    remedy: "Remedy",
    go_on: "Continue",
    sending: "Back to the client",
    log_out: "Log out",
    log_out_question: "Do you want to log out?",
    stay: "Stay logged in",
    logged_out: "You are logged out",
    logged_out_text: "The session and its refresh tokens are ended.",
    still_logged_in: "You are still logged in",
    no_session: "No user was logged in.",
};

const FRENCH: Words = Words {
    mock: "Ceci est oauth-mimic, un faux fournisseur pour les tests. N'entrez pas de vrai mot de passe.",
    log_in: "Se connecter",
    client_asks: "vous demande de vous connecter.",
    scope: "Portée demandée",
    choose_user: "Choisir un utilisateur",
    with_password: "Avec un nom d'utilisateur et un mot de passe",
    username: "Nom d'utilisateur",
    password: "Mot de passe",
    new_user: "Se connecter comme nouvel utilisateur",
    new_sub: "Identifiant (sub)",
    new_claims: "Attributs, sous forme d'objet JSON",
    deny: "Refuser",
    consent: "Autoriser l'accès",
    logged_in_as: "Vous êtes connecté en tant que",
    allow: "Autoriser",
    login_failed: "Le nom d'utilisateur ou le mot de passe est incorrect.",
    error: "Impossible de répondre à la demande",
    error_code: "Code d'erreur",
    reason: "Raison",
    refusal: "Nom du refus",
    remedy: "Remède",
    go_on: "Continuer",
    sending: "Retour au client",
    log_out: "Se déconnecter",
    log_out_question: "Voulez-vous vous déconnecter ?",
    stay: "Rester connecté",
    logged_out: "Vous êtes déconnecté",
    logged_out_text: "La session et ses jetons d'actualisation sont terminés.",
    still_logged_in: "Vous êtes toujours connecté",
    no_session: "Aucun utilisateur n'était connecté.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_language_of_ui_locales_is_used() {
        for (asked, tag) in [
            (None, "en"),
            (Some(""), "en"),
            (Some("de fr-CA en"), "fr"),
            (Some("EN_us fr"), "en"),
            (Some("x-klingon"), "en"),
        ] {
            assert_eq!(Language::of(asked).tag(), tag, "{asked:?}");
        }
    }
}
