//! What may be a slug and what may be a name.

use super::*;

#[test]
fn a_slug_is_words_of_letters_and_digits() {
    for good in ["abc", "acme-2", "a-b-c", "0aa"] {
        assert!(Slug::parse(good).is_some(), "{good}");
    }
    for bad in
        ["", "ab", "Acme", "-abc", "abc-", "a--b", "a_b", "a.b", "äbc", "a b", "a%2fb", &"a".repeat(41)]
    {
        assert!(Slug::parse(bad).is_none(), "{bad}");
    }
    for taken in ["api", "admin", "operator", "null"] {
        assert!(Slug::choose(taken, "/slug").is_err(), "{taken}");
    }
}

#[test]
fn a_slug_can_be_made_from_a_name() {
    assert_eq!(Slug::from_name("Café Größe & Co.").unwrap().as_str(), "cafe-gro-e-co");
    assert!(Slug::from_name("日本").is_none());
    assert!(Slug::from_name("Admin").is_none());
}

#[test]
fn a_paragraph_has_lines_and_hides_nothing() {
    let read = |text: &str| paragraph(text, 20, "/reason");
    assert_eq!(read(" one \r\n\n two\n").unwrap(), "one\n\ntwo");
    assert_eq!(read("").unwrap(), "");
    for bad in ["a\u{0}b", "a\rb", "a\u{202e}b", "a\u{2028}b", "a\tb", &"x".repeat(21)] {
        assert!(read(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn what_is_looked_for_is_as_names_are() {
    assert_eq!(searched(" Cafe\u{301}\u{0}\u{200b} "), "Café");
    assert_eq!(searched(&"x".repeat(200)).len(), 100);
}

#[test]
fn names_are_nfc_and_hide_nothing() {
    assert_eq!(Name::parse(" Cafe\u{301} ", "/name").unwrap().as_str(), "Café");
    for bad in ["", "  ", "a\u{0}b", "a\nb", "a\u{202e}b", "a\u{200b}b", "a\u{feff}b", &"x".repeat(81)] {
        assert!(Name::parse(bad, "/name").is_err(), "{bad:?}");
    }
    assert!(Name::parse("a, \"b\" # c", "/name").is_ok());
    assert_eq!(Name::salvage("a\u{202e}b\n").unwrap().as_str(), "ab");
}
