//! Ids have one spelling; secrets keep all their bits.

use super::*;

#[test]
fn an_id_has_one_spelling() {
    let id = UserId::new();
    assert_eq!(id.to_string().parse::<UserId>(), Ok(id));
    for other in [id.to_string().to_uppercase(), format!("{{{id}}}"), id.uuid().simple().to_string()] {
        assert_eq!(other.parse::<UserId>(), Err(NotAnId), "{other}");
    }
}

#[test]
fn base62_keeps_all_bits() {
    assert_eq!(base62([0; 32]), "0".repeat(43));
    let mut one = [0; 32];
    one[31] = 61;
    assert_eq!(base62(one), format!("{}z", "0".repeat(42)));
    assert_ne!(secret_text(), secret_text());
}
