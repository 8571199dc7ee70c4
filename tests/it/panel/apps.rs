//! The pages of apps: registered, changed, stopped and ended there; a secret is shown once, to who is freshly signed
//! in, and nowhere again.

use std::time::Duration;

use freehold::apps::endings;
use freehold::tokens::warn::Warnings;
use futures_util::future::join_all;

use super::{Reads, hidden, shown_once};
use crate::harness::app::{Person, Tenant, TestApp, each_database};

const DAY: Duration = Duration::from_hours(24);

async fn acme(app: &TestApp) -> (Tenant, Person) {
    let ada = app.person("ada").await;
    let tenant = app.tenant_of(&ada, "acme").await;
    (tenant, ada)
}

/// The page of a new app.
async fn registered(ada: &Person, name: &str) -> String {
    let made = ada.post_form("/t/acme/apps", &[("name", name), ("role", "viewer")]).await;
    let (page, notice) = made.leads_to().split_once('?').unwrap();
    assert_eq!(notice, "done=app-created");
    page.to_owned()
}

pub(super) fn warnings(app: &TestApp) -> Warnings {
    Warnings {
        authz: app.state.authz.clone(),
        database: app.state.database.clone(),
        outbox: app.state.outbox.clone(),
        origin: app.state.config.origin(),
    }
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "the life of an app")]
async fn an_app_is_registered_changed_stopped_and_deleted_on_its_pages() {
    each_database(async |app| {
        let (_, ada) = acme(&app).await;
        ada.get("/t/acme/apps").await.expect(200).has(&["No apps yet", "/t/acme/apps/new"]);
        ada.get("/t/acme/apps/new").await.expect(200).has(&[
            "Register an app",
            "value=\"admin\"",
            "Opaque",
            "JWT",
        ]);
        let fields = [
            ("name", "Robot"),
            ("role", "viewer"),
            ("allowed_origins", "https://app.example.com\r\n\r\nhttps://b.example.com"),
            ("token_format", "jwt"),
        ];
        ada.post_form("/t/acme/apps", &[("name", "Robot"), ("revision", "1")]).await.expect(422);
        let made = ada.post_form("/t/acme/apps", &fields).await;
        let page = made.leads_to().split('?').next().unwrap().to_owned();
        let shown = ada.get(&format!("{page}?done=app-created")).await.expect(200);
        shown.has(&[
            "Make its secret next",
            "fhc_",
            "https://app.example.com\nhttps://b.example.com</textarea>",
            "value=\"jwt\" checked",
            "value=\"viewer\" checked",
        ]);
        ada.get("/t/acme/apps").await.expect(200).has(&["Robot", "0 of 2", "Not yet", "Viewer"]);
        let revision = hidden(&shown, "revision");
        let fields =
            [("name", "Crawler"), ("role", "member"), ("token_format", "opaque"), ("revision", &revision)];
        assert_eq!(ada.post_form(&page, &fields).await.leads_to(), format!("{page}?done=app-saved"));
        let shown = ada.get(&page).await.expect(200);
        shown.has(&["value=\"Crawler\"", "value=\"member\" checked"]).lacks(&["app.example.com</textarea>"]);
        let stale = ada.post_form(&page, &fields).await.expect(412);
        stale.has(&["It was changed meanwhile."]);
        // What is wrong stands beside its field, with what was typed.
        let revision = hidden(&shown, "revision");
        let wrong = [
            ("name", ""),
            ("role", "viewer"),
            ("allowed_origins", "http://x.example"),
            ("revision", &revision),
        ];
        let wrong = ada.post_form(&page, &wrong).await.expect(422);
        wrong.has(&["id=\"name-error\"", "http://x.example</textarea>"]);
        wrong.has(&["value=\"viewer\" checked"]).lacks(&["value=\"member\" checked"]);
        let wrong =
            [("name", "Robot"), ("allowed_origins", "http://x.example"), ("revision", revision.as_str())];
        ada.post_form(&page, &wrong)
            .await
            .expect(422)
            .has(&["id=\"allowed_origins-error\"", "value=\"Robot\""]);
        // Stopped for a while.
        let asked = ada.get(&format!("{page}/disable")).await.expect(200);
        asked.has(&["Disable Crawler?", "It has no secret, and so does every token it got"]);
        let done = ada.post_form(&format!("{page}/disable"), &[]).await;
        assert_eq!(done.leads_to(), format!("{page}?done=app-disabled"));
        ada.get(&page)
            .await
            .expect(200)
            .has(&["Disabled: its secrets and tokens are refused", ">Enable</button>"]);
        ada.get("/t/acme/apps").await.has(&["Disabled"]);
        let done = ada.post_form(&format!("{page}/enable"), &[]).await;
        assert_eq!(done.leads_to(), format!("{page}?done=app-enabled"));
        // Ended.
        let asked = ada.get(&format!("{page}/delete")).await.expect(200);
        let revision = hidden(&asked, "revision");
        let delete = format!("{page}/delete");
        let wrong = ada.post_form(&delete, &[("confirm", "Robot"), ("revision", &revision)]).await;
        wrong.expect(422).has(&["This is not its name."]);
        let done = ada.post_form(&delete, &[("confirm", "Crawler"), ("revision", &revision)]).await;
        assert_eq!(done.leads_to(), "/t/acme/apps?done=app-deleted");
        ada.get(&page).await.expect(404);
        ada.get("/t/acme").await.has(&["registered the app", "changed the app", "deleted the app"]);
    })
    .await;
}

#[tokio::test]
async fn a_role_of_an_app_may_have_an_end() {
    each_database(async |app| {
        let (_, ada) = acme(&app).await;
        let end = |days: u32| {
            let at = (app.clock.now() + DAY * days).to_string();
            at.get(..16).unwrap().to_owned()
        };
        let (soon, later) = (end(3), end(9));
        let fields = [("name", "Robot"), ("role", "viewer"), ("until-viewer", soon.as_str())];
        let made = ada.post_form("/t/acme/apps", &fields).await;
        let page = made.leads_to().split('?').next().unwrap().to_owned();
        let shown = ada.get(&page).await.expect(200);
        shown.has(&["value=\"viewer\" checked", &format!("value=\"{soon}\"")]);
        let revision = hidden(&shown, "revision");
        let change = async |until: &str| {
            let fields = [
                ("name", "Robot"),
                ("role", "viewer"),
                ("until-viewer", until),
                ("revision", revision.as_str()),
            ];
            ada.post_form(&page, &fields).await
        };
        change("tomorrow").await.expect(422).has(&["id=\"until-viewer-error\"", "Write the date and time"]);
        let past = change("2020-01-31T18:00").await.expect(422);
        past.has(&["id=\"until-viewer-error\"", "value=\"2020-01-31T18:00\""]);
        let gone =
            ada.post_form(&page, &[("name", "Robot"), ("until-nobody", ""), ("revision", &revision)]).await;
        gone.expect(412).has(&["It was changed meanwhile."]);
        assert_eq!(change(&later).await.leads_to(), format!("{page}?done=app-saved"));
        ada.get(&page).await.expect(200).has(&[&format!("value=\"{later}\"")]);
    })
    .await;
}

#[tokio::test]
async fn a_public_key_is_registered_and_removed_on_the_page_and_a_private_one_is_not_repeated() {
    each_database(async |app| {
        let (tenant, ada) = acme(&app).await;
        let page = registered(&ada, "Robot").await;
        let keys = format!("{page}/keys");
        let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"build"}"#;
        let wrong = ada.post_form(&keys, &[("jwk", "-----BEGIN PRIVATE KEY-----\nTk9UQUtFWQ")]).await;
        wrong.expect(422).has(&["id=\"jwk-error\"", "no JSON Web Key"]).lacks(&["Tk9UQUtFWQ"]);
        let private = jwk.replace("\"kid\"", "\"d\":\"c2VjcmV0\",\"kid\"");
        let private = ada.post_form(&keys, &[("jwk", &private)]).await.expect(422);
        private.has(&["This is a secret key."]).lacks(&["c2VjcmV0"]);
        let added = ada.post_form(&keys, &[("jwk", jwk)]).await;
        assert_eq!(added.leads_to(), format!("{page}?done=key-added"));
        ada.get(&page).await.expect(200).has(&["<code>build</code>", "EdDSA", "it proves itself by a key"]);
        ada.post_form(&keys, &[("jwk", jwk)]).await.expect(409).has(&["a key of this name"]);
        // Who only looks sees the key, and can neither add nor remove one.
        let vic = app.person("vic").await;
        vic.joins(&tenant, "viewer").await;
        vic.post_form(&keys, &[("jwk", jwk)]).await.expect(403);
        vic.post_form(&format!("{keys}/build/remove"), &[]).await.expect(403);
        let asked = ada.get(&format!("{keys}/build/remove")).await.expect(200);
        asked.has(&["Remove the key build of Robot?"]);
        ada.get(&format!("{keys}/other/remove")).await.expect(404);
        let removed = ada.post_form(&format!("{keys}/build/remove"), &[]).await;
        assert_eq!(removed.leads_to(), format!("{page}?done=key-removed"));
        ada.get(&page).await.expect(200).lacks(&["<code>build</code>"]);
        app.clock.advance(Duration::from_mins(11));
        ada.get(&page).await.expect(200).has(&["Registering a key asks for a sign-in"]);
        ada.post_form(&keys, &[("jwk", jwk)]).await.expect(403);
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_shown_once_and_is_nowhere_after() {
    each_database(async |app| {
        let (_, ada) = acme(&app).await;
        let page = registered(&ada, "Robot").await;
        let shown = ada.get(&page).await.expect(200);
        let revision = hidden(&shown, "revision");
        let secrets_page = format!("{page}/secrets");
        let fields = [("lasts", "other"), ("days", "10"), ("revision", revision.as_str())];
        let made = ada.post_form(&secrets_page, &fields).await.expect(200);
        let secret = shown_once(&made);
        assert!(secret.starts_with("fhs_"), "{secret}");
        assert_eq!(made.header("cache-control"), Some("no-store"));
        assert_eq!(made.header("set-cookie"), None);
        made.has(&[
            "data-copy=\"made\"",
            "curl --user fhc_",
            "https://id.example.test/oauth/token",
            "in 10 days",
        ]);
        assert_eq!(made.text().matches(secret.as_str()).count(), 1, "it is in no address and in no command");
        // The form is of a revision that is past: the page reloaded makes no other.
        let again = ada.post_form(&secrets_page, &fields).await.expect(412);
        again.has(&["It was changed meanwhile."]).lacks(&[&secret]);
        assert_eq!(app.db_number("select count(*) from app_secrets").await, 1);
        for page in [page.as_str(), "/t/acme/apps", "/t/acme", "/t/acme/audit", "/account"] {
            ada.get(page).await.expect(200).lacks(&[&secret]);
        }
        for (table, rows) in app.db_dump(&[]).await {
            assert!(!rows.contains(&secret), "{table}");
        }
        // Two at most, and each is revoked in a second step.
        let revision = hidden(&ada.get(&page).await, "revision");
        ada.post_form(&secrets_page, &[("lasts", "365"), ("revision", &revision)]).await.expect(200);
        ada.get(&page).await.has(&["Two work already."]).lacks(&["Make a secret</button>"]);
        let revision = hidden(&ada.get(&page).await, "revision");
        ada.post_form(&secrets_page, &[("lasts", "30"), ("revision", &revision)])
            .await
            .expect(409)
            .has(&["two secrets that work"]);
        let text = ada.get(&page).await.text();
        let (_, rest) = text.split_once(&format!("{page}/secrets/")).unwrap();
        let revoke = format!("{page}/secrets/{}", rest.split('"').next().unwrap());
        ada.get(&revoke).await.expect(200).has(&["Revoke the secret fhs_", "goes on with its other secret"]);
        assert_eq!(ada.post_form(&revoke, &[]).await.leads_to(), format!("{page}?done=secret-revoked"));
        ada.get(&revoke).await.expect(404);
        ada.get("/t/acme").await.has(&["made a secret for the app", "revoked a secret of the app"]);
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_made_by_who_is_freshly_signed_in() {
    each_database(async |app| {
        let (_, ada) = acme(&app).await;
        let page = registered(&ada, "Robot").await;
        let revision = hidden(&ada.get(&page).await, "revision");
        app.clock.advance(Duration::from_mins(11));
        let again = format!("/login?return_to={page}");
        ada.get(&page).await.expect(200).has(&[&again]).lacks(&["Make a secret</button>"]);
        let refused =
            ada.post_form(&format!("{page}/secrets"), &[("lasts", "30"), ("revision", &revision)]).await;
        refused.expect(403).has(&[&format!("/login?return_to={}", page.replace('/', "%2F"))]);
        let ada = app.person_with(ada.external.clone()).await;
        ada.get(&page).await.expect(200).has(&["Make a secret</button>"]);
        let wrong = [("lasts", "other"), ("days", "366"), ("revision", revision.as_str())];
        let wrong = ada.post_form(&format!("{page}/secrets"), &wrong).await.expect(422);
        wrong.has(&["id=\"days-error\"", "value=\"366\"", "value=\"other\" checked"]);
    })
    .await;
}

#[tokio::test]
async fn nobody_gives_an_app_what_they_may_not_give_and_viewers_see_none() {
    each_database(async |app| {
        let (tenant, ada) = acme(&app).await;
        let page = registered(&ada, "Robot").await;
        let (adam, vic) = (app.person("adam").await, app.person("vic").await);
        adam.joins(&tenant, "admin").await;
        vic.joins(&tenant, "viewer").await;
        let form = adam.get("/t/acme/apps/new").await.expect(200);
        form.has(&["value=\"owner\" disabled"]).lacks(&["value=\"member\" disabled"]);
        adam.post_form("/t/acme/apps", &[("name", "Sly"), ("role", "owner")]).await.expect(403);
        let revision = hidden(&adam.get(&page).await.expect(200), "revision");
        let sly = [("name", "Robot"), ("role", "owner"), ("revision", revision.as_str())];
        adam.post_form(&page, &sly).await.expect(403);
        // An app above them is not theirs to make secrets for.
        let above = ada.post_form("/t/acme/apps", &[("name", "Above"), ("role", "owner")]).await;
        let above = above.leads_to().split('?').next().unwrap().to_owned();
        let revision = hidden(&adam.get(&above).await.expect(200), "revision");
        adam.post_form(&format!("{above}/secrets"), &[("lasts", "30"), ("revision", &revision)])
            .await
            .expect(403);
        adam.post_form(&format!("{above}/disable"), &[]).await.expect(403);
        for path in ["/t/acme/apps", "/t/acme/apps/new", &page, &format!("{page}/delete")] {
            vic.get(path).await.expect(403);
        }
        vic.get("/t/acme").await.expect(200).lacks(&["/t/acme/apps", "/t/acme/tokens"]);
        vic.get("/t/acme/search?q=app").await.lacks(&["Register an app"]);
        ada.get("/t/acme/search?q=app").await.has(&["/t/acme/apps/new", "Register an app"]);
    })
    .await;
}

#[tokio::test]
async fn those_who_make_secrets_are_told_once_that_one_ends() {
    each_database(async |app| {
        let (tenant, ada) = acme(&app).await;
        let (adam, bob) = (app.person("adam").await, app.person("bob").await);
        adam.joins(&tenant, "admin").await;
        bob.joins(&tenant, "member").await;
        let page = registered(&ada, "Robot").await;
        let revision = hidden(&ada.get(&page).await, "revision");
        let made =
            ada.post_form(&format!("{page}/secrets"), &[("lasts", "30"), ("revision", &revision)]).await;
        let secret = shown_once(&made.expect(200));
        app.clock.advance(22 * DAY);
        endings::warn(&warnings(&app)).await.unwrap();
        assert_eq!(app.db_number("select count(*) from outbox").await, 0, "there is time");
        app.clock.advance(DAY + DAY);
        // However many nodes see it, and however often, it is told once.
        let nodes = (0..8).map(|_| {
            let node = warnings(&app);
            tokio::spawn(async move { endings::warn(&node).await.unwrap() })
        });
        let told: usize = join_all(nodes).await.into_iter().map(Result::unwrap).sum();
        assert_eq!(told, 1);
        endings::warn(&warnings(&app)).await.unwrap();
        app.mail_is_sent().await;
        for name in ["ada", "adam"] {
            let mut mails = app.mails_to(name, 1).await;
            mails.retain(|mail| !mail.contains("/invitations/"));
            assert_eq!(mails.len(), 1, "{mails:?}");
            assert!(mails[0].contains("A secret of the app Robot in acme ends at"), "{}", mails[0]);
            assert!(mails[0].contains(&format!("https://id.example.test{page}#secrets")), "{}", mails[0]);
            assert!(!mails[0].contains(&secret) && !mails[0].contains("fhs_"), "{}", mails[0]);
        }
        let to_bob = app.mailbox.list().into_iter().filter(|mail| mail.to.as_str() == "bob@example.com");
        assert!(to_bob.into_iter().all(|mail| !mail.text.contains("Robot")), "he can make none");
        let told = "select count(*) from audit_events where action = 'app_secret.warned'";
        assert_eq!(app.db_number(told).await, 1);
        let ada = app.person_with(ada.external.clone()).await;
        ada.get("/t/acme").await.has(&["A secret of the app Robot ends", &format!("{page}#secrets")]);
        ada.get("/t/acme/apps").await.has(&["<span class=\"badge wait\">next ends"]);
        ada.get("/t/acme/audit").await.has(&["told by mail that a secret ends of the app"]);
    })
    .await;
}
