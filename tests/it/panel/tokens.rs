//! The pages of tokens: minted, replaced and revoked there; each is shown once, and its end is told before.

use std::time::Duration;

use freehold::tokens::warn::warn;
use futures_util::future::join_all;

use super::apps::warnings;
use super::{Reads, hidden, shown_once};
use crate::harness::app::{Answer, Person, Tenant, TestApp, each_database};

const DAY: Duration = Duration::from_hours(24);
const NEW: &str = "/t/acme/tokens/new";

async fn acme(app: &TestApp) -> (Tenant, Person) {
    let ada = app.person("ada").await;
    let tenant = app.tenant_of(&ada, "acme").await;
    let bob = app.person("bob").await;
    bob.joins(&tenant, "member").await;
    (tenant, bob)
}

/// Mints a token that reads projects; the page that shows it.
async fn minted(person: &Person, name: &str, days: &str) -> Answer {
    let newest = hidden(&person.get(NEW).await.expect(200), "newest");
    let fields =
        [("name", name), ("scope", "projects:read"), ("lasts", "other"), ("days", days), ("newest", &newest)];
    person.post_form(NEW, &fields).await.expect(200)
}

/// The first address on the page that ends in this.
fn link(page: &Answer, end: &str) -> String {
    let text = page.text();
    let found =
        text.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|href| href.ends_with(end));
    found.expect("a link").to_owned()
}

#[tokio::test]
async fn a_token_is_minted_on_a_page_and_shown_once() {
    each_database(async |app| {
        let (_, bob) = acme(&app).await;
        bob.get("/t/acme/tokens").await.expect(200).has(&["No tokens yet", NEW]);
        let form = bob.get(NEW).await.expect(200);
        form.has(&["value=\"projects:read\"", "value=\"projects:update\"", "?with=read"]);
        // Nothing is ticked; what they do not hold, or no token can do, is not there.
        form.lacks(&["value=\"projects:read\" aria-label=\"Allow projects:read\" checked"]);
        form.lacks(&["audit:read", "tokens:create", "apps:secrets"]);
        let reading = bob.get(&format!("{NEW}?with=read")).await.expect(200);
        reading.has(&["aria-label=\"Allow projects:read\" checked"]);
        reading.lacks(&["aria-label=\"Allow projects:update\" checked"]);
        let newest = hidden(&form, "newest");
        let wrong = [("name", ""), ("lasts", "other"), ("days", "0"), ("newest", newest.as_str())];
        let wrong = bob.post_form(NEW, &wrong).await.expect(422);
        wrong.has(&["id=\"name-error\""]);
        let none = [("name", "Backup"), ("lasts", "30"), ("newest", newest.as_str())];
        bob.post_form(NEW, &none).await.expect(422).has(&["id=\"scopes-error\"", "value=\"Backup\""]);
        let fields = [
            ("name", "Backup"),
            ("scope", "projects:read"),
            ("scope", "members:read"),
            ("lasts", "30"),
            ("newest", newest.as_str()),
        ];
        let made = bob.post_form(NEW, &fields).await.expect(200);
        let token = shown_once(&made);
        assert_eq!(made.header("cache-control"), Some("no-store"));
        assert_eq!(made.header("set-cookie"), None);
        assert_eq!(made.text().matches(token.as_str()).count(), 1);
        bob.program(&token).get("/api/v1/me").await.expect(200);
        // The page reloaded makes no other, also after the one it made is revoked.
        bob.post_form(NEW, &fields).await.expect(409).has(&["You made a token since this page was shown."]);
        let list = bob.get("/t/acme/tokens").await.expect(200);
        list.has(&["Backup", "members:read", "projects:read", "just now", "Rotate…"]);
        let revoke = link(&list, "/revoke");
        bob.get(&revoke).await.expect(200).has(&["Revoke your token Backup?"]);
        assert_eq!(bob.post_form(&revoke, &[]).await.leads_to(), "/t/acme/tokens?done=token-revoked");
        bob.program(&token).get("/api/v1/me").await.problem(401, "invalid-token");
        bob.post_form(NEW, &fields).await.expect(409);
        assert_eq!(app.db_number("select count(*) from tokens").await, 1);
        for page in ["/t/acme/tokens", "/t/acme", "/account", NEW] {
            bob.get(page).await.expect(200).lacks(&[&token]);
        }
        for (table, rows) in app.db_dump(&[]).await {
            assert!(!rows.contains(&token), "{table}");
        }
        let wide = [("name", "Wide"), ("scope", "audit:read"), ("lasts", "30"), ("newest", &newest)];
        bob.post_form(NEW, &wide).await.expect(403);
    })
    .await;
}

#[tokio::test]
async fn a_token_is_replaced_on_a_page_by_its_owner_alone() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        let old = shown_once(&minted(&bob, "Backup", "30").await);
        let rotate = link(&bob.get("/account").await.expect(200), "/rotate");
        tenant.owner.get(&rotate).await.expect(404);
        tenant.owner.get("/t/acme/tokens").await.expect(200).has(&["Backup", "bob"]).lacks(&["Rotate…"]);
        let asked = bob.get(&rotate).await.expect(200);
        asked.has(&["Rotate Backup", "value=\"24\" selected"]);
        let newest = hidden(&asked, "newest");
        bob.post_form(&rotate, &[("overlap", "x"), ("newest", &newest)]).await.expect(422);
        let fields = [("overlap", "1"), ("newest", newest.as_str())];
        let made = bob.post_form(&rotate, &fields).await.expect(200);
        let new = shown_once(&made);
        made.has(&["The old one works for 1 hour more"]).lacks(&[&old]);
        bob.post_form(&rotate, &fields).await.expect(409);
        for text in [&old, &new] {
            bob.program(text).get("/api/v1/me").await.expect(200);
        }
        app.clock.advance(Duration::from_mins(61));
        bob.program(&old).get("/api/v1/me").await.problem(401, "invalid-token");
        bob.program(&new).get("/api/v1/me").await.expect(200);
        // What asks for a fresh sign-in leads to it, and back.
        let bob = app.person_with(bob.external.clone()).await;
        app.clock.advance(Duration::from_mins(11));
        let rotate = link(&bob.get("/t/acme/tokens").await, "/rotate");
        let back = |path: &str| format!("/login?return_to={}", path.replace('/', "%2F"));
        bob.get(&rotate).await.expect(403).has(&[&back(&rotate)]);
        bob.post_form(&rotate, &fields).await.expect(403).has(&[&back(&rotate)]);
        bob.get(NEW).await.expect(403).has(&[&back(NEW)]);
    })
    .await;
}

#[tokio::test]
async fn who_may_sees_everyones_tokens_on_a_page_and_others_their_own() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        minted(&bob, "Of bob", "60").await;
        minted(&tenant.owner, "Of ada", "5").await;
        let all = tenant.owner.get("/t/acme/tokens").await.expect(200);
        all.has(&["Of bob", "Of ada", "<span class=\"badge wait\">ends"]);
        let own = bob.get("/t/acme/tokens").await.expect(200);
        own.has(&["Of bob"]).lacks(&["Of ada", "<th scope=\"col\">Owner</th>"]);
        let of_bob = format!("/t/acme/tokens?owner={}", bob.id);
        tenant.owner.get(&of_bob).await.has(&["Of bob", "Of bob ·"]).lacks(&["Of ada"]);
        bob.get(&format!("/t/acme/tokens?owner={}", tenant.owner.id))
            .await
            .has(&["Of bob"])
            .lacks(&["Of ada"]);
        tenant.owner.get("/t/acme/tokens?unused=1").await.has(&["None of these"]);
        let theirs = link(&tenant.owner.get(&of_bob).await, "/revoke");
        let (adam, vic) = (app.person("adam").await, app.person("vic").await);
        adam.joins(&tenant, "admin").await;
        vic.joins(&tenant, "viewer").await;
        let above = tenant.owner.get(&format!("/t/acme/tokens?owner={}", tenant.owner.id)).await;
        adam.post_form(&link(&above, "/revoke"), &[]).await.expect(403);
        vic.post_form(&theirs, &[]).await.expect(404);
        vic.get(&theirs).await.expect(404);
        vic.get("/t/acme/tokens").await.expect(200).has(&["No tokens"]).lacks(&[NEW, "Of bob"]);
        vic.get(NEW).await.expect(403);
        adam.get(&theirs).await.expect(200).has(&["Revoke bob&#39;s token Of bob?"]);
        adam.post_form(&theirs, &[]).await.expect(303);
        bob.get("/t/acme/tokens").await.has(&["No tokens yet"]);
        tenant.owner.get("/t/acme").await.has(&["revoked a token:", "minted the token"]);
    })
    .await;
}

#[tokio::test]
async fn unused_tokens_are_marked_and_all_of_ones_own_are_on_the_account() {
    each_database(async |app| {
        let (_, bob) = acme(&app).await;
        app.tenant_of(&bob, "second").await;
        minted(&bob, "Forgotten", "90").await;
        let used = shown_once(&minted(&bob, "Used", "90").await);
        app.clock.advance(31 * DAY);
        bob.program(&used).get("/api/v1/me").await.expect(200);
        let bob = app.person_with(bob.external.clone()).await;
        let page = bob.get("/account").await.expect(200);
        page.has(&["Forgotten", "Used", "never used", "acme ·", "/t/second/tokens/new", NEW]);
        assert_eq!(page.text().matches(">Unused</span>").count(), 1);
        bob.get("/t/acme/tokens?unused=1").await.has(&["Forgotten"]).lacks(&[">Used<"]);
    })
    .await;
}

#[tokio::test]
async fn the_owner_is_told_once_that_a_token_ends() {
    each_database(async |app| {
        let (_, bob) = acme(&app).await;
        let token = shown_once(&minted(&bob, "Backup", "30").await);
        minted(&bob, "Short", "7").await;
        minted(&bob, "Replaced", "30").await;
        let rotate = link(&bob.get("/t/acme/tokens").await, "/rotate");
        let newest = hidden(&bob.get(&rotate).await, "newest");
        bob.post_form(&rotate, &[("overlap", "24"), ("newest", &newest)]).await.expect(200);
        warn(&warnings(&app)).await.unwrap();
        assert_eq!(app.db_number("select count(*) from outbox").await, 0, "who replaced it knows");
        app.clock.advance(24 * DAY);
        // As many nodes at once.
        let nodes = (0..8).map(|_| {
            let node = warnings(&app);
            tokio::spawn(async move { warn(&node).await.unwrap() })
        });
        let told: usize = join_all(nodes).await.into_iter().map(Result::unwrap).sum();
        assert_eq!(told, 2);
        warn(&warnings(&app)).await.unwrap();
        app.mail_is_sent().await;
        let mut mails = app.mails_to("bob", 2).await;
        mails.retain(|mail| !mail.contains("/invitations/"));
        let of_backup: Vec<&String> =
            mails.iter().filter(|mail| mail.contains("token Backup in acme")).collect();
        assert_eq!((mails.len(), of_backup.len()), (2, 1), "{mails:?}");
        assert!(of_backup[0].contains("https://id.example.test/account#tokens"), "{}", of_backup[0]);
        assert!(!of_backup[0].contains(&token) && !of_backup[0].contains("fhp_"), "{}", of_backup[0]);
        let told = "select count(*) from audit_events where action = 'token.warned'";
        assert_eq!(app.db_number(told).await, 2);
        let bob = app.person_with(bob.external.clone()).await;
        bob.get("/t/acme").await.expect(200).has(&["Your token Backup ends"]);
        bob.get("/account").await.has(&["<span class=\"badge wait\">ends"]);
    })
    .await;
}
