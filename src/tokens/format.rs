//! What tokens and secrets look like: a prefix that says what it is, 32 random bytes, and a checksum by which a
//! mistyped or cut one is known without asking anybody. Made here and nowhere else; must never be stored as it is.

use crate::ids::{base62, random_bytes, secret_hash};

/// What a secret text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A personal token, `fhp_`.
    Personal,
    /// An access token of an app, `fha_`.
    Access,
    /// A secret by which an app asks for access tokens, `fhs_`.
    Secret,
}

/// Characters of the random part.
const BODY: usize = 43;
/// Characters of the checksum.
const CHECK: usize = 6;
/// How much of a secret is kept to recognise it by: what it is, and four characters.
const SHOWN: usize = 8;

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Personal, Self::Access, Self::Secret];

    /// By what its texts begin.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Personal => "fhp_",
            Self::Access => "fha_",
            Self::Secret => "fhs_",
        }
    }
}

/// A new secret text: to be shown once, and kept as its hash.
pub struct Minted {
    /// The text itself.
    pub text: String,
    /// Its SHA-256, which is kept.
    pub hash: Vec<u8>,
    /// Its beginning, by which people recognise it.
    pub prefix: String,
}

impl std::fmt::Debug for Minted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Minted({}…)", self.prefix)
    }
}

/// Makes a new one: 256 random bits.
#[must_use]
pub fn mint(kind: Kind) -> Minted {
    let text = assemble(kind, random_bytes::<32>());
    Minted { hash: secret_hash(&text), prefix: text.chars().take(SHOWN).collect(), text }
}

fn assemble(kind: Kind, bytes: [u8; 32]) -> String {
    let body = format!("{}{}", kind.prefix(), base62(bytes));
    let check = checksum(&body);
    body + check.as_str()
}

/// The CRC32 of `text`, as six characters.
fn checksum(text: &str) -> String {
    let mut bytes = [0; 32];
    if let Some(end) = bytes.last_chunk_mut() {
        *end = crc32fast::hash(text.as_bytes()).to_be_bytes();
    }
    base62(bytes).split_off(BODY - CHECK)
}

/// What `text` is, if it is well-formed and its checksum fits.
#[must_use]
pub fn parse(text: &str) -> Option<Kind> {
    let kind = Kind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))?;
    let (body, check) = text.split_at_checked(kind.prefix().len() + BODY)?;
    let plain = text.bytes().skip(kind.prefix().len()).all(|byte| byte.is_ascii_alphanumeric());
    (plain && check.len() == CHECK && checksum(body) == check).then_some(kind)
}

/// By what a bearer token is looked up; none for what cannot be one.
#[must_use]
pub fn bearer_hash(text: &str) -> Option<[u8; 32]> {
    match parse(text)? {
        Kind::Personal | Kind::Access => secret_hash(text).try_into().ok(),
        Kind::Secret => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_what_it_is_and_is_never_the_same() {
        for kind in Kind::ALL {
            let (one, other) = (mint(kind), mint(kind));
            assert_eq!(parse(&one.text), Some(kind));
            assert_eq!(one.text.len(), 4 + BODY + CHECK);
            assert_ne!(one.text, other.text);
            assert!(one.text.starts_with(&one.prefix) && one.prefix.starts_with(kind.prefix()));
            assert!(!format!("{one:?}").contains(&one.text), "a secret is not printed");
        }
    }

    #[test]
    fn a_token_with_one_other_character_is_none() {
        let text = mint(Kind::Personal).text;
        for place in 0..text.len() {
            for other in ['A', 'z', '7', '_', ' '] {
                let altered: String =
                    text.chars().enumerate().map(|(at, own)| if at == place { other } else { own }).collect();
                assert_eq!(parse(&altered).is_some(), altered == text, "{altered}");
            }
        }
    }

    #[test]
    fn only_tokens_are_bearer_tokens() {
        assert!(bearer_hash(&mint(Kind::Personal).text).is_some());
        assert!(bearer_hash(&mint(Kind::Access).text).is_some());
        assert!(bearer_hash(&mint(Kind::Secret).text).is_none(), "a secret opens nothing by itself");
        assert!(bearer_hash("").is_none() && bearer_hash("fhp_").is_none() && bearer_hash("fhp_é").is_none());
    }
}
