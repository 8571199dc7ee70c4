//! Random bytes, secrets and what is stored in their place. Called by whoever needs one; must never fall back to a
//! weaker generator.

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `N` random bytes from the operating system.
///
/// # Panics
/// Never returns weak bytes: when the system's generator fails the process aborts the request by panicking.
#[must_use]
#[allow(clippy::expect_used, reason = "without randomness no secret may be made at all")]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system's random generator works");
    bytes
}

/// A secret for links, cookies and states: 43 base62 characters, 256 bits.
#[must_use]
pub fn secret_text() -> String {
    base62(random_bytes::<32>())
}

/// 32 bytes as 43 base62 characters, most significant first.
#[must_use]
pub fn base62(mut number: [u8; 32]) -> String {
    let mut digits = [b'0'; 43];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0_u32;
        for byte in &mut number {
            let value = (remainder << 8) | u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            remainder = value % 62;
        }
        *digit = BASE62.get(remainder as usize).copied().unwrap_or(b'0');
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

/// The SHA-256 of a secret: what is stored in its place.
#[must_use]
pub fn secret_hash(secret: &str) -> Vec<u8> {
    sha256(secret.as_bytes())
}

/// The SHA-256 of a message.
#[must_use]
pub fn sha256(message: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, message).as_ref().to_vec()
}
