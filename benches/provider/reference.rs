//! The least that an actix-web server does for a refresh: it reads the form, signs three tokens, and answers.

use actix_web::http::header;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use aws_lc_rs::rsa::KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::child::Server;

/// The argument that turns this program into this server.
pub(crate) const REFERENCE: &str = "three-signatures";

/// Starts it as a process of its own. It answers each request with the bytes of `answer`, and signs its tokens each time.
pub(crate) fn start(answer: &[u8]) -> Server {
    let answer = std::str::from_utf8(answer).expect("JSON");
    Server::this_program(&[REFERENCE, answer])
}

/// Serves until the process is killed.
pub(crate) fn serve(answer: &str) {
    let answer = Data::new(Answer::of(answer));
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::clone(&answer))
                .route("/connect/oauth/token", web::post().to(refreshed))
        })
        .workers(1)
        .bind(("127.0.0.1", 0))
        .expect("a free port");
        println!("listening on http://{}", server.addrs()[0]);
        server.run().await.expect("a server");
    });
}

async fn refreshed(form: Bytes, answer: Data<Answer>) -> HttpResponse {
    std::hint::black_box(form);
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((header::ACCESS_CONTROL_EXPOSE_HEADERS, "*"))
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(answer.signed())
}

/// An answer whose signatures are made anew: those of RS256 are always the same.
struct Answer {
    key: KeyPair,
    /// What is before each token, and what its signature is over.
    tokens: Vec<(String, String)>,
    /// What is after the last token.
    end: String,
    length: usize,
}

impl Answer {
    fn of(answer: &str) -> Self {
        let mut tokens = Vec::new();
        let mut rest = answer;
        for input in signing_inputs(answer.as_bytes()) {
            let (before, after) = rest.split_once(&input).expect("the token");
            let signature = after.find('"').expect("the end of the token");
            tokens.push((before.to_owned(), input));
            rest = &after[signature..];
        }
        Self {
            key: signing_key(),
            tokens,
            end: rest.to_owned(),
            length: answer.len(),
        }
    }

    fn signed(&self) -> String {
        let mut body = String::with_capacity(self.length);
        for (before, input) in &self.tokens {
            body.push_str(before);
            body.push_str(input);
            body.push('.');
            URL_SAFE_NO_PAD.encode_string(sign(&self.key, input), &mut body);
        }
        body.push_str(&self.end);
        body
    }
}

/// What the three signatures of a token response are over.
pub(crate) fn signing_inputs(answer: &[u8]) -> [String; 3] {
    ["access_token", "refresh_token", "id_token"]
        .map(|name| signing_input(&crate::client::member(answer, name)))
}

/// What the signature of a token is over.
pub(crate) fn signing_input(token: &str) -> String {
    let (input, _) = token.rsplit_once('.').expect("a signed token");
    input.to_owned()
}

/// The signature that the server makes for a token.
pub(crate) fn sign(key: &KeyPair, input: &str) -> [u8; 256] {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::RSA_PKCS1_SHA256;

    let mut signature = [0; 256];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        input.as_bytes(),
        &mut signature,
    )
    .expect("a signature");
    signature
}

/// The key that the server signs with.
pub(crate) fn signing_key() -> KeyPair {
    let pem = include_str!("../../keys/signing.pem");
    let base64: String = pem
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let der = STANDARD.decode(base64).expect("base64");
    KeyPair::from_pkcs8(&der).expect("an RSA key")
}
