//! The two codes of a request. One is a secret for the tool to keep, the other short enough to be typed: letters that are
//! neither mistaken for one another nor spell words. Must never be stored as they are.

use crate::db::Sealer;
use crate::ids::{random_bytes, secret_hash, secret_text};

/// RFC 8628 section 6.1: twenty consonants.
const LETTERS: [char; 20] =
    ['B', 'C', 'D', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Z'];
const LENGTH: usize = 8;
const PURPOSE: &str = "device user code";

/// A new code for the tool: 256 random bits.
pub(super) fn device() -> String {
    secret_text()
}

/// What is kept of a tool's code.
pub(super) fn device_hash(code: &str) -> Vec<u8> {
    secret_hash(code)
}

/// A new code for people, as in `BCDF-GHJK`: 34 bits.
pub(super) fn user() -> String {
    let mut letters = String::with_capacity(LENGTH + 1);
    while letters.len() <= LENGTH {
        if letters.len() == LENGTH / 2 {
            letters.push('-');
        }
        // Bytes above the last whole round would make the first letters likelier.
        let byte = usize::from(random_bytes::<1>()[0]);
        let fair = byte < 256 - 256 % LETTERS.len();
        letters.extend(LETTERS.get(byte % LETTERS.len()).filter(|_| fair));
    }
    letters
}

/// What is kept of a code that was typed, in whichever case and with whatever between; none for what cannot be one.
pub(super) fn user_hash(sealer: &Sealer, typed: &str) -> Option<String> {
    let letters: String =
        typed.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect();
    let fits = typed.len() <= 4 * LENGTH
        && letters.len() == LENGTH
        && letters.chars().all(|letter| LETTERS.contains(&letter));
    fits.then(|| sealer.sign(PURPOSE, letters.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_code_is_read_as_people_type_it() {
        let sealer = Sealer::new(&[7; 32]);
        let stored = user_hash(&sealer, "BCDF-GHJK").unwrap();
        for typed in ["bcdf-ghjk", "BCDFGHJK", " bcdf ghjk ", "B-C-D-F-G-H-J-K"] {
            assert_eq!(user_hash(&sealer, typed).as_ref(), Some(&stored), "{typed}");
        }
        for typed in ["", "BCDF-GHJ", "BCDF-GHJKL", "ACDF-GHJK", "BCDF-GHJ1", "é".repeat(40).as_str()] {
            assert_eq!(user_hash(&sealer, typed), None, "{typed}");
        }
        assert_ne!(user_hash(&Sealer::new(&[8; 32]), "BCDF-GHJK").unwrap(), stored);
    }

    #[test]
    fn every_letter_of_user_codes_is_as_likely() {
        let mut seen = std::collections::HashMap::new();
        for _ in 0..2_000 {
            let code = user();
            assert_eq!((code.len(), code.chars().nth(4)), (9, Some('-')));
            for letter in code.chars().filter(|letter| *letter != '-') {
                *seen.entry(letter).or_insert(0_u32) += 1;
            }
        }
        assert_eq!(seen.len(), LETTERS.len());
        // 800 of each are expected; a letter that came up by the remainder as well would show.
        assert!(seen.values().all(|count| (600..1_000).contains(count)), "{seen:?}");
    }
}
