//! A key pair for ES256. Called when a key is made and when one is read back; the private half leaves this file only
//! sealed, or as something that signs.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;

use crate::db::Sealer;
use crate::error::{Error, Result};
use crate::oauth::jwk::{PublicKey, thumbprint};

/// What the private halves are sealed for.
const PURPOSE: &str = "signing key";

/// A new key: its public half, and its private half sealed.
pub(super) struct NewKey {
    pub(super) public: PublicKey,
    pub(super) sealed: Vec<u8>,
}

impl NewKey {
    pub(super) fn make(sealer: &Sealer) -> Result<Self> {
        let failed = |error| Error::internal("no signing key could be made", error);
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
        let point = pair.public_key().as_ref();
        // SEC 1: a byte that says "uncompressed", then the two coordinates.
        let (x, y) = point
            .split_first()
            .and_then(|(_, coordinates)| coordinates.split_at_checked(32))
            .ok_or(Error::Internal("a signing key has no public half", None))?;
        let members = json!({ "crv": "P-256", "kty": "EC", "x": BASE64.encode(x), "y": BASE64.encode(y) });
        let public = PublicKey::new(thumbprint(&members), Algorithm::ES256, members)?;
        let private = pair.to_pkcs8v1().map_err(failed)?;
        Ok(Self { public, sealed: sealer.seal(PURPOSE, private.as_ref())? })
    }
}

/// The private half, ready to sign.
pub(super) fn open(sealer: &Sealer, private: &[u8]) -> Result<EncodingKey> {
    Ok(EncodingKey::from_ec_der(&sealer.open(PURPOSE, private)?))
}
