//! ID tokens, right ones and, when scripted, forged ones. Called by Google's token endpoint. Put together by
//! hand, because a JWT library rightly refuses to write the forged ones.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::faults::Fault;
use super::keys::Key;
use crate::error::Result;

/// The compact form of `claims`, signed by `key` unless `fault` says otherwise.
pub(super) fn mint(key: &Key, mut claims: Map<String, Value>, fault: Option<&Fault>) -> Result<String> {
    if let Some(Fault::Claims(changes)) = fault {
        for (name, value) in changes {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
    }
    let (alg, kid) = match fault {
        Some(Fault::AlgNone) => ("none", key.id()),
        Some(Fault::HsPublicKey) => ("HS256", key.id()),
        Some(Fault::UnknownKid) => ("RS256", "unknown"),
        _ => ("RS256", key.id()),
    };
    let header = json!({ "alg": alg, "kid": kid, "typ": "JWT" });
    let message = format!("{}.{}", part(&header), part(&Value::Object(claims)));
    let signature = match fault {
        Some(Fault::AlgNone) => Vec::new(),
        Some(Fault::HsPublicKey) => {
            let secret = hmac::Key::new(hmac::HMAC_SHA256, key.public_pem()?.as_bytes());
            hmac::sign(&secret, message.as_bytes()).as_ref().to_vec()
        }
        Some(Fault::WrongKey) => Key::generate()?.sign(message.as_bytes())?,
        _ => key.sign(message.as_bytes())?,
    };
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
