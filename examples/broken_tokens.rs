//! A verifier meets every kind of broken token, one after the other, and must refuse each.
//!
//! `cargo run --example broken_tokens`

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "an example shows what it does, and stops when something is wrong"
)]

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use oauth_mimic::{Defect, TokenServer};
use serde_json::Value;

fn main() -> Result<(), ureq::Error> {
    let server = TokenServer::builder().profile("standard").start();
    let jwks: JwkSet = ureq::get(server.jwks_url())
        .call()?
        .body_mut()
        .read_json()?;
    let verifier = Verifier {
        jwks,
        issuer: server.issuer().to_owned(),
    };

    assert_eq!(verifier.verify(&server.mint().access_token()), Ok(()));
    for defect in [
        Defect::Expired,
        Defect::NotYetValid,
        Defect::WrongIssuer,
        Defect::WrongAudience,
        Defect::UnknownKid,
        Defect::ForeignKey,
        Defect::DamagedSignature,
        Defect::AlgNone,
        Defect::Hs256WithPublicKey,
    ] {
        let token = server.mint().defect(defect.clone()).access_token();
        let why = verifier.verify(&token).expect_err("a broken token");
        println!("{defect:?}: {why}");
    }
    Ok(())
}

/// A resource server, in a few lines.
struct Verifier {
    jwks: JwkSet,
    issuer: String,
}

impl Verifier {
    #[expect(
        clippy::disallowed_methods,
        reason = "this crate verifies in its own code; this example is a user of jsonwebtoken"
    )]
    fn verify(&self, token: &str) -> Result<(), String> {
        let header = jsonwebtoken::decode_header(token).map_err(|why| why.to_string())?;
        let kid = header.kid.ok_or("no kid")?;
        let jwk = self.jwks.find(&kid).ok_or("no such key")?;
        let key = DecodingKey::from_jwk(jwk).map_err(|why| why.to_string())?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&self.issuer]);
        // The audience of a client that names none is the issuer.
        validation.set_audience(&[&self.issuer]);
        validation.validate_nbf = true;
        decode::<Value>(token, &key, &validation)
            .map(|_| ())
            .map_err(|why| why.to_string())
    }
}
