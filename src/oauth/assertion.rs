//! Clients that prove who they are by signing it (RFC 7523, `private_key_jwt`). Called by `clients`; must never take an
//! assertion twice, nor one that was made for somebody else to take.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::{Deserialize, Deserializer};

use super::clients::{Client, Deps, is_client_id};
use super::jwk::PublicKey;
use super::refused::{Answer, Refused};
use super::store;
use crate::clock::Timestamp;

/// Longer ones are not read.
const LONGEST: usize = 8 * 1024;
const LONGEST_JTI: usize = 255;
/// How far ahead an assertion may end.
const LIFETIME: Duration = Duration::from_mins(5);
/// How far the client's clock may be from ours.
const SKEW: Duration = Duration::from_secs(30);
/// What an assertion may say it is, if anything.
const KINDS: [&str; 2] = ["jwt", "client-authentication+jwt"];

#[derive(Deserialize)]
struct Named {
    sub: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    #[serde(deserialize_with = "moment")]
    exp: Timestamp,
    #[serde(default, deserialize_with = "moment_if_any")]
    iat: Option<Timestamp>,
    #[serde(default, deserialize_with = "moment_if_any")]
    nbf: Option<Timestamp>,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// The app that signed `assertion`, once.
pub(super) async fn verify(deps: Deps<'_>, client_id: Option<&str>, assertion: &str) -> Answer<Client> {
    let (algorithm, kid) = header(assertion).ok_or(Refused::Client)?;
    let named = named(assertion).ok_or(Refused::Client)?;
    if client_id.is_some_and(|said| said != named) {
        return Err(Refused::Client);
    }
    let rows = store::keys_of_client(&mut deps.database.read().await?, &named).await?;
    let mut client = None;
    let mut claims = None;
    for row in rows {
        let key = PublicKey::stored(row.kid, &row.algorithm, &row.jwk)?;
        // The key decides what it is good for, whatever the header says.
        if key.algorithm == algorithm && kid.as_ref().is_none_or(|kid| *kid == key.kid) && claims.is_none() {
            claims = signed(assertion, &key);
            client = Some(Client { app: row.app_id, tenant: row.tenant_id });
        }
    }
    let (Some(client), Some(claims)) = (client, claims) else { return Err(Refused::Client) };
    let now = deps.database.clock().now();
    if !claims.hold(&named, deps.issuer.url(), now) {
        return Err(Refused::Client);
    }
    let mut on = deps.database.upkeep().await?;
    let first = store::use_assertion(&mut on, client.app, &claims.jti, claims.exp + SKEW).await? == 1;
    if first { Ok(client) } else { Err(Refused::Client) }
}

/// How the assertion says it is signed, and by which key if it says so.
fn header(assertion: &str) -> Option<(Algorithm, Option<String>)> {
    if assertion.len() > LONGEST {
        return None;
    }
    let header = decode_header(assertion).ok()?;
    let known = header.typ.is_none_or(|typ| KINDS.iter().any(|kind| typ.eq_ignore_ascii_case(kind)));
    (known && header.crit.is_none()).then_some((header.alg, header.kid))
}

/// Who the assertion says signed it: where to look for keys, and nothing more yet.
fn named(assertion: &str) -> Option<String> {
    let claims = BASE64.decode(assertion.split('.').nth(1)?).ok()?;
    let named = serde_json::from_slice::<Named>(&claims).ok()?.sub;
    is_client_id(&named).then_some(named)
}

/// What the assertion says, if the key signed it.
fn signed(assertion: &str, key: &PublicKey) -> Option<Claims> {
    // The crate checks the signature; the claims are checked below, against our own clock.
    let mut signature_only = Validation::new(key.algorithm);
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    decode::<Claims>(assertion, &key.decoding, &signature_only).ok().map(|token| token.claims)
}

impl Claims {
    fn hold(&self, client_id: &str, issuer: &str, now: Timestamp) -> bool {
        let jti = (1..=LONGEST_JTI).contains(&self.jti.len())
            && self.jti.bytes().all(|byte| byte.is_ascii_graphic());
        self.iss == client_id
            && self.sub == client_id
            && self.is_for(issuer)
            && self.exp > now
            && self.exp <= now + LIFETIME + SKEW
            && self.iat.is_none_or(|iat| iat <= now + SKEW && iat < self.exp)
            && self.nbf.is_none_or(|nbf| nbf <= now + SKEW)
            && jti
    }

    /// Whether it is meant for this installation and nobody besides: who else it names could pass it on.
    fn is_for(&self, issuer: &str) -> bool {
        let ours = |audience: &String| {
            let path = audience.strip_prefix(issuer);
            path.is_some_and(|path| {
                ["", "/oauth/token", "/oauth/introspect", "/oauth/revoke"].contains(&path)
            })
        };
        match &self.aud {
            Audience::One(one) => ours(one),
            Audience::Many(many) => !many.is_empty() && many.iter().all(ours),
        }
    }
}

/// A number of seconds, whole or not (RFC 7519 section 2).
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let since_epoch = Duration::try_from_secs_f64(f64::deserialize(deserializer)?);
    Ok(Timestamp::from_micros(0) + since_epoch.map_err(serde::de::Error::custom)?)
}

fn moment_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    moment(deserializer).map(Some)
}
