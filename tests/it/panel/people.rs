//! What a page offers each role: what they may do, and nothing they may not.

use super::Reads as _;
use crate::harness::app::{Person, Tenant, TestApp, each_database};

struct Company {
    tenant: Tenant,
    admin: Person,
    member: Person,
    viewer: Person,
}

async fn company(app: &TestApp) -> Company {
    let owner = app.person("olga").await;
    let tenant = app.tenant_of(&owner, "acme").await;
    let (admin, member, viewer) =
        (app.person("adam").await, app.person("mia").await, app.person("vic").await);
    for (person, role) in [(&admin, "admin"), (&member, "member"), (&viewer, "viewer")] {
        person.joins(&tenant, role).await;
    }
    Company { tenant, admin, member, viewer }
}

#[tokio::test]
async fn only_who_may_invite_is_offered_to() {
    each_database(async |app| {
        let company = company(&app).await;
        for person in [&company.tenant.owner, &company.admin] {
            person.get("/t/acme").await.expect(200).has(&["Invite someone", "/t/acme/invitations", "Lately"]);
            person.get("/t/acme/members").await.expect(200).has(&["Invite someone", ">Manage</a>"]);
            person.get("/t/acme/invitations").await.expect(200).has(&["Send the invitation"]);
            person.get("/t/acme/settings").await.expect(200).has(&["Save the settings"]);
        }
        for person in [&company.member, &company.viewer] {
            person.get("/t/acme").await.expect(200).lacks(&[
                "Invite",
                "/t/acme/invitations",
                "Lately",
                "/settings",
            ]);
            person
                .get("/t/acme/members")
                .await
                .expect(200)
                .has(&[">See</a>"])
                .lacks(&["Invite", ">Manage</a>"]);
            person.get("/t/acme/invitations").await.expect(403).has(&[
                "invitations:read",
                "Owner",
                "Admin",
                "olga",
            ]);
            let settings = person.get("/t/acme/settings").await.expect(200);
            settings.lacks(&["Save the settings", "Delete this tenant", "name=\"slug\""]);
        }
        company.tenant.owner.get("/t/acme/settings").await.has(&["Delete this tenant"]);
        company.admin.get("/t/acme/settings").await.lacks(&["Delete this tenant"]);
    })
    .await;
}

#[tokio::test]
async fn a_member_is_changed_only_by_who_may() {
    each_database(async |app| {
        let company = company(&app).await;
        let page = |person: &Person| format!("/t/acme/members/{}", person.id);
        let (owner, admin) = (&company.tenant.owner, &company.admin);
        for person in [owner, admin] {
            person.get(&page(&company.viewer)).await.has(&["Save the roles", "Remove…"]);
        }
        admin
            .get(&page(owner))
            .await
            .has(&["You cannot change these roles."])
            .lacks(&["Save the roles", "Remove…"]);
        // An admin cannot make owners.
        admin.get(&page(&company.viewer)).await.has(&["value=\"owner\" disabled", "more than you hold"]);
        for person in [&company.member, &company.viewer] {
            let seen = person.get(&page(admin)).await.expect(200);
            seen.has(&["You cannot change these roles."]).lacks(&[
                "Save the roles",
                "Remove…",
                "<form method=\"post\" action=\"/t/",
            ]);
            person.get(&page(person)).await.has(&["Leave…"]).lacks(&["Save the roles"]);
        }
    })
    .await;
}

#[tokio::test]
async fn someone_leaves_and_sees_it_no_more() {
    each_database(async |app| {
        let company = company(&app).await;
        let (viewer, owner) = (&company.viewer, &company.tenant.owner);
        viewer.get("/tenants").await.has(&["/t/acme"]);
        let leave = format!("/t/acme/members/{}/remove", viewer.id);
        viewer.get(&leave).await.expect(200).has(&["Leave acme?", "a new invitation"]);
        assert_eq!(viewer.post_form(&leave, &[]).await.leads_to(), "/tenants?done=left");
        viewer.get("/tenants?done=left").await.has(&["You left the tenant."]).lacks(&["/t/acme"]);
        viewer.get("/t/acme").await.expect(404);
        let last = format!("/t/acme/members/{}/remove", owner.id);
        owner.post_form(&last, &[]).await.expect(409).has(&["role=\"alert\"", "Leave acme?"]);
        owner.get("/t/acme/members").await.has(&["3 people"]);
    })
    .await;
}

#[tokio::test]
async fn the_start_leads_to_where_one_was() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        assert_eq!(ada.get("/").await.leads_to(), "/tenants");
        app.tenant_of(&ada, "acme").await;
        assert_eq!(ada.get("/").await.leads_to(), "/t/acme", "the only one");
        app.tenant_of(&ada, "blue").await;
        assert_eq!(ada.get("/").await.leads_to(), "/tenants");
    })
    .await;
}
