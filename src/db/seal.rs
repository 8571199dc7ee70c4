//! Encryption and authentication with keys derived from `FREEHOLD_SECRET`: what rests in the database but must
//! not be readable there (mail bodies), and what clients hold but must not be able to make (cursors).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::error::{Error, Result};
use crate::ids::random_bytes;

/// Seals and signs for one purpose; the purpose is part of every key, so nothing made for one opens for another.
#[derive(Clone)]
pub struct Sealer {
    secret: std::sync::Arc<[u8]>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(..)")
    }
}

impl Sealer {
    /// A sealer over the installation's secret.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self { secret: secret.into() }
    }

    /// Encrypts `text` for `purpose`: a random nonce, then the ciphertext and its tag.
    ///
    /// # Errors
    /// [`Error::Internal`] when the cipher refuses, which it does not.
    pub fn seal(&self, purpose: &'static str, text: &[u8]) -> Result<Vec<u8>> {
        let nonce = random_bytes::<12>();
        let mut sealed = text.to_vec();
        self.aead_key(purpose)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut sealed,
            )
            .map_err(|error| Error::internal("cannot seal", error))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what [`Sealer::seal`] made for the same purpose.
    ///
    /// # Errors
    /// [`Error::Internal`] when it was altered, or made with another secret or purpose.
    pub fn open(&self, purpose: &'static str, sealed: &[u8]) -> Result<Vec<u8>> {
        let (nonce, text) =
            sealed.split_first_chunk::<12>().ok_or(Error::Internal("sealed text is too short", None))?;
        let mut text = text.to_vec();
        let opened = self
            .aead_key(purpose)?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(purpose.as_bytes()), &mut text)
            .map_err(|error| {
                Error::internal("cannot open what was sealed; was FREEHOLD_SECRET changed?", error)
            })?;
        Ok(opened.to_vec())
    }

    /// An authentication code over `message`, base64url.
    #[must_use]
    pub fn sign(&self, purpose: &'static str, message: &[u8]) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.mac_key(purpose), message))
    }

    /// Whether `code` is [`Sealer::sign`]'s for the same purpose and message. Takes the same time either way.
    #[must_use]
    pub fn verify(&self, purpose: &'static str, message: &[u8], code: &str) -> bool {
        BASE64_URL_SAFE_NO_PAD
            .decode(code)
            .is_ok_and(|code| hmac::verify(&self.mac_key(purpose), message, &code).is_ok())
    }

    fn derive<L: hkdf::KeyType>(&self, purpose: &str, length: L) -> Option<[u8; 32]> {
        let mut key = [0_u8; 32];
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"freehold").extract(&self.secret);
        prk.expand(&[purpose.as_bytes()], length).ok()?.fill(&mut key).ok()?;
        Some(key)
    }

    fn aead_key(&self, purpose: &str) -> Result<LessSafeKey> {
        let key = self.derive(purpose, &AES_256_GCM).ok_or(Error::Internal("cannot derive a key", None))?;
        let key = UnboundKey::new(&AES_256_GCM, &key)
            .map_err(|error| Error::internal("cannot make a key", error))?;
        Ok(LessSafeKey::new(key))
    }

    fn mac_key(&self, purpose: &str) -> hmac::Key {
        // Cannot fail: HKDF-SHA256 gives 32 bytes for any purpose. An empty key would verify nothing it signed not.
        let key = self.derive(purpose, hkdf::HKDF_SHA256).unwrap_or_else(random_bytes);
        hmac::Key::new(hmac::HMAC_SHA256, &key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_text_opens_only_for_its_purpose_and_unaltered() {
        let sealer = Sealer::new(&[7; 32]);
        let mut text = sealer.seal("mail", b"hello").unwrap();
        assert_eq!(sealer.open("mail", &text).unwrap(), b"hello");
        assert!(sealer.open("other", &text).is_err());
        assert!(Sealer::new(&[8; 32]).open("mail", &text).is_err());
        *text.last_mut().unwrap() ^= 1;
        assert!(sealer.open("mail", &text).is_err());
    }

    #[test]
    fn a_signature_holds_for_its_message_and_purpose() {
        let sealer = Sealer::new(&[7; 32]);
        let code = sealer.sign("cursor", b"a");
        assert!(sealer.verify("cursor", b"a", &code));
        assert!(!sealer.verify("cursor", b"b", &code));
        assert!(!sealer.verify("form", b"a", &code));
    }
}
