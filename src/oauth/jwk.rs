//! Public keys as JSON (RFC 7517). Called where apps register theirs, where assertions are checked, and by the keys of
//! this installation; must never keep or repeat a private member, nor take a key for an algorithm of its owner's choice.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, DecodingKey};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::error::{Error, Result};

/// The algorithms that clients may sign with, as JOSE writes them.
pub const ALGORITHMS: [&str; 4] = ["ES256", "EdDSA", "PS256", "RS256"];
/// Moduli that are safe, and still checked quickly.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=512;
/// 65537, as everybody uses it.
const RSA_EXPONENT: [u8; 3] = [1, 0, 1];
const LONGEST_KID: usize = 64;

/// A public key, as a JSON Web Key.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicJwk {
    /// `EC` (with `crv` `P-256`), `OKP` (with `crv` `Ed25519`) or `RSA` (2048 to 4096 bits, exponent 65537).
    kty: String,
    /// What assertions call it: up to 64 letters, digits, `-`, `_`, `.` and `~`. Its thumbprint (RFC 7638) when absent.
    kid: Option<String>,
    /// `ES256`, `EdDSA`, `RS256` or `PS256`: the only one it is good for. An RSA key without it is for `RS256`.
    alg: Option<String>,
    /// `sig`, if anything.
    #[serde(rename = "use")]
    purpose: Option<String>,
    /// `["verify"]`, if anything.
    key_ops: Option<Vec<String>>,
    /// The curve.
    #[schemars(example = &"P-256")]
    crv: Option<String>,
    /// First coordinate, base64url.
    #[schemars(example = &"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4")]
    x: Option<String>,
    /// Second coordinate, base64url.
    #[schemars(example = &"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM")]
    y: Option<String>,
    /// Modulus, base64url.
    n: Option<String>,
    /// Exponent, base64url.
    e: Option<String>,
    /// Only a secret key has it. Read to say so; never kept.
    #[schemars(skip)]
    d: Option<IgnoredAny>,
    /// The same, of symmetric keys.
    #[schemars(skip)]
    k: Option<IgnoredAny>,
}

/// A public key that was checked, good for one algorithm.
#[derive(Debug, Clone)]
pub struct PublicKey {
    /// What it is called.
    pub kid: String,
    /// What it is good for.
    pub algorithm: Algorithm,
    /// The key with its name, algorithm and use.
    pub jwk: Value,
    /// The key as signatures are checked with.
    pub decoding: DecodingKey,
}

impl PublicJwk {
    /// The key, if it is one that assertions may be checked with.
    ///
    /// # Errors
    /// [`Error::Invalid`] by field.
    pub fn check(&self) -> Result<PublicKey> {
        if self.d.is_some() || self.k.is_some() {
            let field = if self.d.is_some() { "/d" } else { "/k" };
            let text =
                "This is a secret key. Send its public half only, and make a new one: this one was sent.";
            return Err(Error::invalid(field, "private", text));
        }
        if self.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return Err(Error::invalid("/use", "use", "The key must be for signatures: `sig`."));
        }
        if self.key_ops.as_ref().is_some_and(|ops| ops.iter().any(|op| op != "verify")) {
            return Err(Error::invalid("/key_ops", "use", "A public key for signatures only verifies."));
        }
        let (algorithm, members) = self.material()?;
        let kid = match &self.kid {
            Some(kid) if is_kid(kid) => kid.clone(),
            Some(_) => {
                let text = "Use up to 64 letters, digits, `-`, `_`, `.` and `~`.";
                return Err(Error::invalid("/kid", "kid", text));
            }
            None => thumbprint(&members),
        };
        PublicKey::new(kid, algorithm, members)
    }

    /// What makes the key, in its one spelling, and what it is good for.
    fn material(&self) -> Result<(Algorithm, Value)> {
        let alg = self.alg.as_deref();
        let only = |name: &str, algorithm: Algorithm| match alg {
            None => Ok(algorithm),
            Some(given) if given == name => Ok(algorithm),
            Some(_) => Err(Error::invalid("/alg", "alg", format!("This key is good for {name} only."))),
        };
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("EC", Some("P-256")) => {
                let (x, y) =
                    (exactly::<32>("/x", self.x.as_deref())?, exactly::<32>("/y", self.y.as_deref())?);
                let point = [&[4][..], &x, &y].concat();
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_not_on_the_curve| {
                    Error::invalid("/x", "key", "This is no point of the curve.")
                })?;
                let members =
                    json!({ "crv": "P-256", "kty": "EC", "x": BASE64.encode(x), "y": BASE64.encode(y) });
                Ok((only("ES256", Algorithm::ES256)?, members))
            }
            ("OKP", Some("Ed25519")) => {
                let x = exactly::<32>("/x", self.x.as_deref())?;
                ParsedPublicKey::new(&ED25519, x).map_err(|_not_on_the_curve| {
                    Error::invalid("/x", "key", "This is no point of the curve.")
                })?;
                let members = json!({ "crv": "Ed25519", "kty": "OKP", "x": BASE64.encode(x) });
                Ok((only("EdDSA", Algorithm::EdDSA)?, members))
            }
            ("RSA", None) => {
                let (n, e) = (bytes("/n", self.n.as_deref())?, bytes("/e", self.e.as_deref())?);
                if n.first().is_none_or(|first| *first < 0x80) || !RSA_BYTES.contains(&n.len()) {
                    let text = "The modulus must have 2048 to 4096 bits, and no zeros before it.";
                    return Err(Error::invalid("/n", "key", text));
                }
                if e != RSA_EXPONENT {
                    return Err(Error::invalid("/e", "key", "The exponent must be 65537 (`AQAB`)."));
                }
                let members = json!({ "e": BASE64.encode(e), "kty": "RSA", "n": BASE64.encode(n) });
                let algorithm = match alg {
                    None | Some("RS256") => Algorithm::RS256,
                    Some("PS256") => Algorithm::PS256,
                    Some(_) => return Err(Error::invalid("/alg", "alg", "Use RS256 or PS256.")),
                };
                Ok((algorithm, members))
            }
            ("EC" | "OKP", _) => Err(Error::invalid("/crv", "crv", "Use P-256 with EC, Ed25519 with OKP.")),
            ("RSA", Some(_)) => Err(Error::invalid("/crv", "crv", "An RSA key has no curve.")),
            _ => Err(Error::invalid("/kty", "kty", "Use EC, OKP or RSA.")),
        }
    }
}

impl PublicKey {
    /// The key of these members, which were checked or made here.
    pub(super) fn new(kid: String, algorithm: Algorithm, members: Value) -> Result<Self> {
        let mut jwk = members;
        if let Some(fields) = jwk.as_object_mut() {
            fields.insert("kid".to_owned(), json!(kid));
            fields.insert("alg".to_owned(), json!(name(algorithm)));
            fields.insert("use".to_owned(), json!("sig"));
        }
        let decoding = decoding(&jwk).ok_or(Error::Internal("a checked key cannot be used", None))?;
        Ok(Self { kid, algorithm, jwk, decoding })
    }

    /// A key as [`PublicKey::jwk`] was stored.
    pub(super) fn stored(kid: String, algorithm: &str, jwk: &str) -> Result<Self> {
        let unreadable = || Error::Internal("a stored key cannot be read", None);
        let algorithm: Algorithm = algorithm.parse().map_err(|_unknown| unreadable())?;
        let jwk: Value = serde_json::from_str(jwk).map_err(|_not_json| unreadable())?;
        let decoding = decoding(&jwk).ok_or_else(unreadable)?;
        Ok(Self { kid, algorithm, jwk, decoding })
    }
}

fn decoding(jwk: &Value) -> Option<DecodingKey> {
    let member = |name: &str| jwk.get(name).and_then(Value::as_str);
    match member("kty")? {
        "EC" => DecodingKey::from_ec_components(member("x")?, member("y")?).ok(),
        "OKP" => DecodingKey::from_ed_components(member("x")?).ok(),
        "RSA" => DecodingKey::from_rsa_components(member("n")?, member("e")?).ok(),
        _ => None,
    }
}

/// The algorithm as JOSE writes it.
pub(super) fn name(algorithm: Algorithm) -> String {
    format!("{algorithm:?}")
}

/// RFC 7638, over the members that make the key. These are in the order of their names, as that asks.
pub(super) fn thumbprint(members: &Value) -> String {
    BASE64.encode(digest(&SHA256, members.to_string().as_bytes()))
}

/// Whether `text` may name a key: it stands in paths and logs.
#[must_use]
pub fn is_kid(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    (1..=LONGEST_KID).contains(&text.len()) && text.bytes().all(plain) && ![".", ".."].contains(&text)
}

fn bytes(field: &'static str, text: Option<&str>) -> Result<Vec<u8>> {
    let text =
        text.ok_or_else(|| Error::invalid(field, "required", "A key of this kind has this member."))?;
    BASE64
        .decode(text)
        .map_err(|_error| Error::invalid(field, "base64", "Write it in base64url, without `=`."))
}

fn exactly<const N: usize>(field: &'static str, text: Option<&str>) -> Result<[u8; N]> {
    bytes(field, text)?
        .try_into()
        .map_err(|_length: Vec<u8>| Error::invalid(field, "key", format!("It must have {N} bytes.")))
}
