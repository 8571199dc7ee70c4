//! Names are text wherever they stand, whatever they look like.

use super::Reads as _;
use crate::harness::app::{Answer, Person, TestApp, each_database};

const NAME: &str = r#"<script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;"#;

#[track_caller]
fn is_escaped(page: &Answer, at: &str) {
    let ours = "<script type=\"module\" src=\"/assets/freehold-";
    let text = page.text().replacen(ours, "", 1);
    for raw in ["<script", "<img src=x", "\"'>", "&amp;"] {
        assert!(!text.contains(raw), "{at} has {raw}: {text}");
    }
    assert!(text.contains("&#60;script&#62;alert(1)"), "{at} shows the name: {text}");
}

async fn someone_called(app: &TestApp, name: &str, plain: &str) -> Person {
    let person = app.person(plain).await;
    let mut external = person.external;
    external.subject = format!("{plain}-named");
    external.email = Some(format!("{plain}-named@example.com").parse().unwrap());
    external.verified_emails = external.email.iter().cloned().collect();
    external.name = Some(name.to_owned());
    app.person_with(external).await
}

#[tokio::test]
async fn a_name_is_never_markup() {
    each_database(async |app| {
        let (ada, vic) = (someone_called(&app, NAME, "ada").await, someone_called(&app, NAME, "vic").await);
        let made = ada.post_form("/tenants", &[("name", NAME), ("slug", "acme")]).await;
        assert_eq!(made.leads_to(), "/t/acme?done=tenant-created");
        let id = app.db_number("select count(*) from tenants").await;
        assert_eq!(id, 1);
        let invited =
            ada.post_form("/t/acme/invitations", &[("email", "vic-named@example.com"), ("role", "viewer")]);
        assert_eq!(invited.await.leads_to(), "/t/acme/invitations?done=invitation-sent");
        let link = format!("/invitations/{}", app.invitation_secret("vic-named", 1).await);
        is_escaped(&app.anonymous().get(&link).await.expect(200), &link);
        is_escaped(&vic.get(&link).await.expect(200), &link);
        is_escaped(&ada.get(&link).await.expect(200), "the link, opened by someone else");
        assert_eq!(vic.post_form(&link, &[]).await.leads_to(), "/t/acme?done=joined");

        let (of_ada, of_vic) = (format!("/t/acme/members/{}", ada.id), format!("/t/acme/members/{}", vic.id));
        let (leave, remove) = (format!("{of_ada}/remove"), format!("{of_vic}/remove"));
        let pages =
            ["/tenants", "/account", "/t/acme", "/t/acme/members", "/t/acme/invitations", "/t/acme/roles"];
        for path in pages.into_iter().chain(["/t/acme/settings", &of_ada, &of_vic, &leave, &remove]) {
            is_escaped(&ada.get(path).await.expect(200), path);
        }
        is_escaped(&vic.get(&leave).await.expect(403), "a denial that names who can help");
        is_escaped(&ada.post_form(&leave, &[]).await.expect(409), "a form that was not accepted");
    })
    .await;
}

#[tokio::test]
async fn what_was_typed_comes_back_as_text() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        app.tenant_of(&ada, "acme").await;
        let forms: [(&str, &[(&str, &str)]); 3] = [
            ("/tenants", &[("name", NAME), ("slug", NAME)]),
            ("/t/acme/invitations", &[("email", NAME), ("role", NAME)]),
            ("/t/acme/settings", &[("name", NAME), ("slug", NAME), ("revision", "1")]),
        ];
        for (path, fields) in forms {
            is_escaped(&ada.post_form(path, fields).await.expect(422), path);
        }
        let path =
            format!("/t/acme/members?search={}", NAME.replace('&', "%26").replace(['<', '>', '"', ' '], "+"));
        ada.get(&path).await.expect(200).lacks(&["<script>", "onerror=alert(2)>"]);
        let path = "/t/acme?done=%3Cscript%3E";
        ada.get(path).await.expect(200).lacks(&["<script>", "%3Cscript", "data-flash"]);
    })
    .await;
}
