//! The roles on their page: what each allows, where it comes from, and who holds it.

use super::Reads as _;
use crate::harness::app::{Answer, each_database};

#[tokio::test]
async fn a_role_says_what_it_allows_and_through_which_role() {
    each_database(async |app| {
        let owner = app.person("olga").await;
        let acme = app.tenant_of(&owner, "acme").await;
        let viewer = app.person("vic").await;
        viewer.joins(&acme, "viewer").await;
        let page = viewer.get("/t/acme/roles").await.expect(200).text();
        let part = |key: &str| {
            let (_, rest) = page.split_once(&format!("<li id=\"role-{key}\">")).expect(key);
            rest.split("<li id=\"role-").next().unwrap()
        };
        let (seen, changed) = ("See who is a member, and with which roles.", "Change the roles of members.");
        assert!(part("viewer").contains(seen) && part("viewer").contains("Yours"), "{}", part("viewer"));
        assert!(
            !part("viewer").contains(changed) && !part("viewer").contains("inherited"),
            "{}",
            part("viewer")
        );
        assert!(part("admin").contains(&format!("{changed}</span>")), "its own: {}", part("admin"));
        assert!(part("admin").contains("inherited from Member"), "{}", part("admin"));
        assert!(
            part("owner").contains("1 member</a>") && !part("owner").contains("Yours"),
            "{}",
            part("owner")
        );
        assert!(part("member").contains("0 members</a>"), "{}", part("member"));
    })
    .await;
}

/// The hidden field that says which state of the role the form was made from.
fn revision(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text.split_once(r#"name="revision" value=""#).expect("a revision");
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_role_is_made_copied_changed_and_deleted() {
    each_database(async |app| {
        let owner = app.person("olga").await;
        let acme = app.tenant_of(&owner, "acme").await;
        owner.get("/t/acme/roles").await.expect(200).has(&["href=\"/t/acme/roles/new\""]);
        owner.get("/t/acme/roles/new").await.expect(200).has(&["New role", "value=\"audit:read\""]);
        let made = owner.post_form(
            "/t/acme/roles",
            &[
                ("name", "On call"),
                ("description", "Answers at night."),
                ("inherits", "viewer"),
                ("allow", "audit:read"),
                ("allow", "members:invite"),
                ("deny", "projects:read"),
            ],
        );
        assert_eq!(made.await.leads_to(), "/t/acme/roles/on-call?done=role-created");
        let role = owner.get("/t/acme/roles/on-call").await.expect(200);
        role.has(&["value=\"audit:read\" aria-label=\"Allow audit:read\" checked", "from Viewer"]);
        role.has(&["value=\"projects:read\" aria-label=\"Deny projects:read\" checked"]);
        let copy = owner.get("/t/acme/roles/new?copy=on-call").await.expect(200);
        copy.has(&["value=\"Copy of On call\"", "aria-label=\"Allow audit:read\" checked"]);

        let vic = app.person("vic").await;
        vic.joins(&acme, "on-call").await;
        let seen = revision(&role);
        let fields = [("name", "Watch"), ("allow", "members:invite"), ("revision", seen.as_str())];
        let saved = owner.post_form("/t/acme/roles/on-call", &fields).await;
        assert_eq!(saved.leads_to(), "/t/acme/roles/on-call?done=role-saved");
        let role = owner.get("/t/acme/roles/on-call").await.expect(200);
        role.has(&["value=\"Watch\""]).lacks(&["aria-label=\"Allow audit:read\" checked", "from Viewer"]);
        let stale = owner.post_form("/t/acme/roles/on-call", &fields).await.expect(412);
        stale.has(&["It was changed meanwhile."]);

        let asked = owner.get("/t/acme/roles/on-call/delete").await.expect(200);
        asked.has(&["1 member holds it."]).lacks(&["name=\"revision\"", "Delete the role</button>"]);
        let asked = owner.get("/t/acme/roles/on-call/delete?reassign_to=viewer").await.expect(200);
        let seen = revision(&asked);
        let no_heir = owner.post_form("/t/acme/roles/on-call/delete", &[("revision", &seen)]).await;
        no_heir.expect(409).has(&["1 member holds it."]);
        let fields = [("revision", seen.as_str()), ("reassign_to", "viewer")];
        let deleted = owner.post_form("/t/acme/roles/on-call/delete", &fields).await;
        assert_eq!(deleted.leads_to(), "/t/acme/roles?done=role-deleted");
        owner.get("/t/acme/roles/on-call").await.expect(404);
        let member = owner.get(&format!("/t/acme/members/{}", vic.id)).await.expect(200);
        member.has(&["value=\"viewer\" checked"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_role_stands_beside_its_field() {
    each_database(async |app| {
        let owner = app.person("olga").await;
        app.tenant_of(&owner, "acme").await;
        let fields = [("name", ""), ("description", "Kept"), ("allow", "audit:read"), ("inherits", "nobody")];
        let page = owner.post_form("/t/acme/roles", &fields).await.expect(422);
        page.has(&["id=\"name-error\"", "id=\"inherits-error\"", ">Kept</textarea>"]);
        page.has(&["aria-label=\"Allow audit:read\" checked"]);
        owner.post_form("/t/acme/roles", &[("name", "A"), ("admin", "1")]).await.expect(422);
    })
    .await;
}

#[tokio::test]
async fn nobody_writes_into_a_role_what_they_do_not_hold() {
    each_database(async |app| {
        let owner = app.person("olga").await;
        let acme = app.tenant_of(&owner, "acme").await;
        let (admin, viewer) = (app.person("adam").await, app.person("vic").await);
        admin.joins(&acme, "admin").await;
        viewer.joins(&acme, "viewer").await;
        let form = admin.get("/t/acme/roles/new").await.expect(200);
        form.has(&["aria-label=\"Allow tenant:delete\" disabled"]);
        form.lacks(&["aria-label=\"Allow members:invite\" disabled"]);
        let sly = [("name", "Sly"), ("allow", "tenant:delete")];
        admin.post_form("/t/acme/roles", &sly).await.expect(403);
        admin.post_form("/t/acme/roles", &[("name", "Sly"), ("inherits", "owner")]).await.expect(403);
        let system = admin.get("/t/acme/roles/viewer").await.expect(200);
        system.has(&["it cannot be changed", "/roles/new?copy=viewer"]).lacks(&["name=\"revision\""]);
        let page = viewer.get("/t/acme/roles/viewer").await.expect(200);
        page.lacks(&["name=\"revision\"", "/roles/new"]);
        viewer.get("/t/acme/roles/new").await.expect(403);
    })
    .await;
}
