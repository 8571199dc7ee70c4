//! Signed tokens with every defect there can be, made by hand with the very key that signs.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::*;

const URL: &str = "https://id.example.test";
const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

struct Scene {
    pair: EcdsaKeyPair,
    private: EncodingKey,
    public: DecodingKey,
}

impl Scene {
    fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let private = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let public = DecodingKey::from_ec_components(&BASE64.encode(x), &BASE64.encode(y)).unwrap();
        Self { pair, private, public }
    }

    fn claims() -> AccessClaims {
        AccessClaims {
            iss: URL.to_owned(),
            sub: AppId::new(),
            aud: URL.to_owned(),
            client_id: "fhc_one".to_owned(),
            tenant: TenantId::new(),
            scope: "projects:read members:read".to_owned(),
            iat: NOW.seconds(),
            exp: NOW.seconds() + 3_600,
            jti: TokenId::new(),
        }
    }

    /// As a node would, whatever the token says.
    fn verdict(&self, token: &str) -> Option<AccessClaims> {
        key_name(token).ok()?;
        verify(token, &self.public, URL, NOW).ok()
    }

    /// Any header over any claims, with a good signature in its one spelling.
    fn by_hand(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        loop {
            let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
            let token = format!("{signed}.{}", BASE64.encode(signature.as_ref()));
            if has_one_spelling(&token) {
                return token;
            }
        }
    }
}

fn header() -> Value {
    json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k" })
}

#[test]
fn a_signed_token_is_believed_and_read_back() {
    let scene = Scene::new();
    let claims = Scene::claims();
    let token = sign(&claims, "k".to_owned(), &scene.private).unwrap();
    assert_eq!(key_name(&token).unwrap(), "k");
    assert_eq!(scene.verdict(&token), Some(claims.clone()));
    assert_eq!(claims.scopes().collect::<Vec<_>>(), ["projects:read", "members:read"]);
    let by_hand = scene.by_hand(&header(), &serde_json::to_value(&claims).unwrap());
    assert_eq!(scene.verdict(&by_hand), Some(claims), "the tests below sign as well as the program");
}

#[test]
fn a_token_with_one_wrong_claim_is_none() {
    let scene = Scene::new();
    let good = serde_json::to_value(Scene::claims()).unwrap();
    let now = NOW.seconds();
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let mut bad = vec![
        with("iss", json!("https://id.example.test/")),
        with("iss", json!("https://evil.example")),
        with("aud", json!("https://api.example.test")),
        with("aud", json!([URL])),
        with("aud", json!([URL, "https://evil.example"])),
        with("exp", json!(now)),
        with("exp", json!(now - 1)),
        with("exp", json!(i64::MAX)),
        with("exp", json!((now + 60).to_string())),
        with("exp", json!(1e300)),
        with("iat", json!(now + 61)),
        with("iat", json!(now - 1)),
        with("iat", json!(i64::MIN)),
        with("sub", json!("fhc_one")),
        with("sub", json!("")),
        with("tenant", json!(["one"])),
        with("scope", json!(["projects:read"])),
        with("jti", json!(7)),
    ];
    for name in ["iss", "sub", "aud", "client_id", "tenant", "scope", "iat", "exp", "jti"] {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        bad.push(claims);
    }
    for claims in bad {
        assert_eq!(scene.verdict(&scene.by_hand(&header(), &claims)), None, "{claims}");
    }
}

#[test]
fn a_token_of_another_kind_is_none() {
    let scene = Scene::new();
    let claims = serde_json::to_value(Scene::claims()).unwrap();
    for odd in [
        json!({ "alg": "ES256", "kid": "k" }),
        json!({ "alg": "ES256", "typ": "JWT", "kid": "k" }),
        json!({ "alg": "ES256", "typ": "AT+JWT", "kid": "k" }),
        json!({ "alg": "ES256", "typ": "application/at+jwt", "kid": "k" }),
        json!({ "alg": "ES256", "typ": "at+jwt" }),
        json!({ "alg": "none", "typ": "at+jwt", "kid": "k" }),
        json!({ "alg": "RS256", "typ": "at+jwt", "kid": "k" }),
        json!({ "alg": "ES384", "typ": "at+jwt", "kid": "k" }),
        json!({ "alg": "es256", "typ": "at+jwt", "kid": "k" }),
        json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k", "crit": ["exp"] }),
        json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k", "b64": false }),
    ] {
        assert_eq!(scene.verdict(&scene.by_hand(&odd, &claims)), None, "{odd}");
    }
    // The public key as a secret everybody knows: the oldest trick.
    let (x, y) = scene.pair.public_key().as_ref()[1..].split_at(32);
    for secret in [x, y, scene.pair.public_key().as_ref()] {
        let head = json!({ "alg": "HS256", "typ": "at+jwt", "kid": "k" });
        let signed = format!("{}.{}", BASE64.encode(head.to_string()), BASE64.encode(claims.to_string()));
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
        let code = BASE64.encode(aws_lc_rs::hmac::sign(&key, signed.as_bytes()));
        assert_eq!(scene.verdict(&format!("{signed}.{code}")), None);
        assert_eq!(scene.verdict(&format!("{signed}.")), None);
    }
    let other = Scene::new().by_hand(&header(), &claims);
    assert_eq!(scene.verdict(&other), None, "signed with another key");
}

#[test]
fn a_token_has_one_spelling() {
    let scene = Scene::new();
    let token = sign(&Scene::claims(), "k".to_owned(), &scene.private).unwrap();
    for place in 0..token.len() {
        for other in ['A', 'Q', '_', '.', '='] {
            let altered: String =
                token.chars().enumerate().map(|(at, own)| if at == place { other } else { own }).collect();
            assert_eq!(scene.verdict(&altered).is_some(), altered == token, "{place} {other}");
        }
    }
    for odd in
        [format!("{token}="), format!("{token}."), format!(" {token}"), format!("{token}.x"), String::new()]
    {
        assert_eq!(scene.verdict(&odd), None, "{odd}");
    }
    // The twin of a signature: the order less `s` in the place of `s`.
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let mut signature = BASE64.decode(signature).unwrap();
    let mut order = HALF_ORDER;
    let mut carry = 1_u16;
    for byte in order.iter_mut().rev() {
        let doubled = u16::from(*byte) * 2 + carry;
        *byte = u8::try_from(doubled & 0xff).unwrap();
        carry = doubled >> 8;
    }
    let mut borrow = 0_i16;
    for (at, byte) in order.iter().enumerate().rev() {
        let difference = i16::from(*byte) - i16::from(signature[32 + at]) - borrow;
        signature[32 + at] = u8::try_from(difference.rem_euclid(256)).unwrap();
        borrow = i16::from(difference < 0);
    }
    let twin = format!("{signed}.{}", BASE64.encode(&signature));
    let mut signature_only = Validation::new(Algorithm::ES256);
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    assert!(decode::<Value>(&twin, &scene.public, &signature_only).is_ok(), "it is a signature as good");
    assert_eq!(scene.verdict(&twin), None);
}

#[test]
fn a_token_that_is_too_long_is_not_read() {
    let scene = Scene::new();
    let long = AccessClaims { scope: "x".repeat(LONGEST), ..Scene::claims() };
    assert_eq!(scene.verdict(&sign(&long, "k".to_owned(), &scene.private).unwrap()), None);
}
