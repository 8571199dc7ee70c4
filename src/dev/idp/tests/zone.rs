//! The page of TXT records, and mails as HTML.

use super::*;

#[tokio::test]
async fn records_are_made_and_taken_away_on_the_page() {
    let fixture = Fixture::new().await;
    let page = format!("{}/dns", fixture.idp.origin());
    let (name, text) = ("_freehold.acme.example", "freehold-verification=<sample>");
    let send = async |fields: &[(&str, &str)]| fixture.http.post(&page).form(fields).send().await.unwrap();
    assert_eq!(send(&[("name", name), ("text", text)]).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(fixture.idp.shared.dns.records(), [(name.to_owned(), vec![text.to_owned()])]);
    let shown = fixture.http.get(&page).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains(name) && shown.contains("verification=&#60;sample&#62;"), "{shown}");
    assert_eq!(send(&[("name", name)]).await.status(), StatusCode::SEE_OTHER);
    assert!(fixture.idp.shared.dns.records().is_empty());
    for wrong in ["", "acme", "<b>.example", "a b.example"] {
        let refused = send(&[("name", wrong), ("text", text)]).await.status();
        assert_eq!(refused, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

#[tokio::test]
async fn a_mail_that_is_not_there_is_not_found() {
    let fixture = Fixture::new().await;
    for wrong in ["", "0", "1", "x", "18446744073709551616"] {
        let url = format!("{}/mail/{wrong}", fixture.idp.origin());
        assert_eq!(fixture.http.get(&url).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{wrong}");
    }
}
