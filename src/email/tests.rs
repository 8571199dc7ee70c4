//! What is an address, and the one spelling it has.

use super::*;

#[test]
fn an_address_has_one_spelling() {
    let address: EmailAddress = "Ada.Love+x@Mail.Example.COM".parse().unwrap();
    assert_eq!(address.as_str(), "ada.love+x@mail.example.com");
    assert_eq!(address.domain(), "mail.example.com");
    assert_eq!(address, "ada.love+x@mail.example.com".parse().unwrap());
    assert_eq!(serde_json::to_string(&address).unwrap(), "\"ada.love+x@mail.example.com\"");
}

#[test]
fn ordinary_addresses_are_read() {
    let longest = format!("{}@{}.example.com", "a".repeat(64), "b".repeat(63));
    for good in ["a@b.co", "o'neil@example.com", "1@1.xn--p1ai", "x_y=z@a-b.example", &longest] {
        assert_eq!(good.parse::<EmailAddress>().unwrap().as_str(), good);
    }
}

#[test]
fn anything_else_is_refused() {
    let long_local = format!("{}@example.com", "a".repeat(65));
    let long_label = format!("a@{}.com", "b".repeat(64));
    let long = format!("a@{}com", "abcdefghi.".repeat(26));
    let bad = [
        "",
        "@",
        "a",
        "a@",
        "@example.com",
        "a@b",
        "a@localhost",
        "a@b@example.com",
        "a b@example.com",
        " a@example.com",
        "a@example.com ",
        "a@example.com\n",
        "a@example.com\0",
        "a\r\n@example.com",
        "\"a\"@example.com",
        "a(x)@example.com",
        "a@example.com(x)",
        "Ada <a@example.com>",
        "a,b@example.com",
        "a@example.com,b@example.com",
        ".a@example.com",
        "a.@example.com",
        "a..b@example.com",
        "a@.example.com",
        "a@example.com.",
        "a@example..com",
        "a@-example.com",
        "a@example-.com",
        "a@exam_ple.com",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "ä@example.com",
        "a@exämple.com",
        "a@example.com\u{200b}",
        "a@\u{ff45}xample.com",
        "a;b@example.com",
        "a:b@example.com",
        "a\\@example.com",
        &long_local,
        &long_label,
        &long,
    ];
    for text in bad {
        assert_eq!(text.parse::<EmailAddress>(), Err(NotAnAddress), "{text:?}");
    }
}
