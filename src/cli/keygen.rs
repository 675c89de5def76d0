//! Making keys.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::cli::{Mistake, print};
use crate::keys::load;

/// Make a new RSA key and print it, for --keys
///
/// It is for tests, too: it goes to standard output as it is, without a passphrase.
///
/// Example: oauth-mimic keygen > signing.pem && oauth-mimic --keys signing.pem
#[derive(Debug, Args)]
pub(super) struct Keygen {
    /// The size of the modulus in bits
    #[arg(long, value_name = "BITS", default_value_t = 2048, value_parser = clap::value_parser!(u16).range(2048..=4096))]
    bits: u16,
    /// How the key is written
    #[arg(long, value_name = "FORMAT", default_value = "pem")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// PKCS#8
    Pem,
    /// RFC 7517
    Jwk,
}

impl Keygen {
    pub(super) fn run(self) -> Result<ExitCode, Mistake> {
        let key = load::generate(self.bits.into())?;
        print(match self.format {
            Format::Pem => key.to_pem()?.trim_end().to_owned(),
            Format::Jwk => key.to_jwk(),
        });
        Ok(ExitCode::SUCCESS)
    }
}
