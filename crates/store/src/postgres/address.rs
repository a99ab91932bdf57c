//! Where a server is, and whether the way there is sealed. In: `postgres://...`. Out: connections. With
//! `sslmode=require` (or `verify-full`) a connection is encrypted and the server shows a certificate for its name, of a
//! public authority or of the file that `sslrootcert` names; with any other it is plain.
//! Never here: what is said on a connection, a sealed connection whose other end is not known.

use std::io;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// What a sealed connection is read through.
type Sealed = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// A server's address.
#[derive(Clone)]
pub struct Address {
    /// What to say at the start.
    pub config: Config,
    /// Asked only where the address wants a sealed connection.
    pub tls: MakeRustlsConnect,
}

/// Why an address is none.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// It cannot be read.
    #[error(transparent)]
    Url(#[from] tokio_postgres::Error),
    /// The certificates it names cannot be used.
    #[error("sslrootcert={path}: {why}")]
    Roots {
        /// The file.
        path: String,
        /// Why.
        why: io::Error,
    },
    /// A file to check a certificate with, and nothing that asks for one.
    #[error("sslrootcert needs sslmode=require: without it the connection is not encrypted")]
    Plain,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is none, or names certificates that cannot be used.
    pub fn read(url: &str) -> Result<Self, AddressError> {
        let (url, roots) = take_roots(url);
        let mut config: Config = url.parse()?;
        let sealed = config.get_ssl_mode() == SslMode::Require;
        if !sealed {
            // A server that offers TLS with a certificate that nobody can check is the usual one: plain means plain.
            config.ssl_mode(SslMode::Disable);
        }
        let trusted = match roots {
            Some(_) if !sealed => return Err(AddressError::Plain),
            Some(path) => named_roots(&path).map_err(|why| AddressError::Roots { path, why })?,
            None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() },
        };
        let tls = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }

    /// Connects.
    ///
    /// # Errors
    /// What the server or the way there says.
    pub async fn connect(&self) -> Result<(Client, Connection<Socket, Sealed>), tokio_postgres::Error> {
        #[expect(clippy::disallowed_methods, reason = "the home of connections to the server")]
        self.config.connect(self.tls.clone()).await
    }
}

/// Takes out what only this room understands: `sslrootcert`, and `verify-full`, which is what `require` means here.
fn take_roots(url: &str) -> (String, Option<String>) {
    let Some((before, query)) = url.split_once('?') else { return (url.to_owned(), None) };
    let mut roots = None;
    let mut kept = Vec::new();
    for part in query.split('&') {
        match part.split_once('=') {
            Some(("sslrootcert", path)) => roots = Some(path.to_owned()),
            Some(("sslmode", "verify-full")) => kept.push("sslmode=require"),
            _ => kept.push(part),
        }
    }
    let mark = if kept.is_empty() { "" } else { "?" };
    (format!("{before}{mark}{}", kept.join("&")), roots)
}

fn named_roots(path: &str) -> io::Result<RootCertStore> {
    let odd = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let text = std::fs::read(path)?;
    let mut roots = RootCertStore::empty();
    for found in CertificateDer::pem_slice_iter(&text) {
        let found = found.map_err(|why| odd(why.to_string()))?;
        roots.add(found).map_err(|why| odd(why.to_string()))?;
    }
    if roots.is_empty() { Err(odd("it holds no certificate".to_owned())) } else { Ok(roots) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_how_its_way_is_sealed() {
        let mode = |url: &str| Address::read(url).map(|a| a.config.get_ssl_mode()).map_err(|e| e.to_string());
        assert_eq!(mode("postgres://u@h/d"), Ok(SslMode::Disable));
        assert_eq!(mode("postgres://u@h/d?sslmode=prefer"), Ok(SslMode::Disable));
        assert_eq!(mode("postgres://u@h/d?sslmode=require&application_name=x"), Ok(SslMode::Require));
        assert_eq!(mode("postgres://u@h/d?sslmode=verify-full"), Ok(SslMode::Require));
        let lone = mode("postgres://u@h/d?sslrootcert=/x").unwrap_err();
        assert!(lone.contains("sslmode=require"), "{lone}");
        let missing = mode("postgres://u@h/d?sslrootcert=/no/such/file&sslmode=require").unwrap_err();
        assert!(missing.contains("/no/such/file"), "{missing}");
        assert!(mode("postgres://u@h/d?sslmode=perhaps").is_err());
    }
}
