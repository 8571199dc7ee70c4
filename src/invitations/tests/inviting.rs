//! Who may invite whom, how often, and what becomes of a link.

use super::*;

#[tokio::test]
async fn an_invitation_is_mailed_and_only_its_hash_is_kept() {
    let world = World::new().await;
    let issued = world.invite("grace@example.com", &["viewer"]).await;
    world.deliver().await;
    let mails = world.mails.list();
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, "grace@example.com"));
    assert!(mails[0].text.contains(&issued.link) && mails[0].html.contains(&issued.link));
    assert!(secret(&issued).len() >= 43);
    let mut on = world.deps.database.read().await.unwrap();
    let text = "select token_hash from invitations";
    let hash: Vec<u8> = sql!(&mut on, fetch_one, sqlx::query_scalar(text)).unwrap();
    assert_eq!(hash, crate::ids::secret_hash(secret(&issued)));
    assert!(!format!("{issued:?}").contains(secret(&issued)));
    let leaks = "select count(*) from audit_events where changes like '%/invitations/%'";
    assert_eq!(world.count(leaks).await, 0);
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let world = World::new().await;
    let grant = world.grant(world.tenant, world.owner).await.unwrap();
    let new = NewInvitation { expires_in_hours: Some(721), ..body("Ada <ada@example.com>", &[]) };
    let wrong = pointers(create(&world.deps, &grant, new).await);
    assert_eq!(wrong, ["/email", "/roles", "/expires_in_hours"]);
    for hours in [0, -1, i64::MIN, i64::MAX] {
        let new = NewInvitation { expires_in_hours: Some(hours), ..body("a@example.com", &["viewer"]) };
        assert_eq!(pointers(create(&world.deps, &grant, new).await), ["/expires_in_hours"]);
    }
    let wrong = world.invite_as(world.owner, "a@example.com", &["viewer", "nosuch", "Viewer"]).await;
    assert_eq!(pointers(wrong), ["/roles/1", "/roles/2"]);
    let unknown = r#"{"email":"a@example.com","roles":["viewer"],"status":"accepted"}"#;
    assert!(serde_json::from_str::<NewInvitation>(unknown).is_err());
    assert_eq!(world.count("select count(*) from invitations").await, 0);
    assert_eq!(world.count("select count(*) from outbox").await, 0);
}

#[tokio::test]
async fn viewer_cannot_invite() {
    let world = World::new().await;
    let viewer = world.db_user("Vera", &[]).await;
    world.db_member(world.tenant, viewer, "viewer", None).await;
    let result = world.invite_as(viewer, "grace@example.com", &["viewer"]).await;
    assert!(matches!(result, Err(Error::Forbidden(_))), "{result:?}");
}

#[tokio::test]
async fn nobody_offers_more_than_they_hold_for_good() {
    let world = World::new().await;
    let admin = world.db_user("Ada", &[]).await;
    world.db_member(world.tenant, admin, "admin", None).await;
    world.invite_as(admin, "grace@example.com", &["admin"]).await.unwrap();
    let Err(Error::Forbidden(denial)) = world.invite_as(admin, "grace@example.com", &["owner"]).await else {
        panic!("an admin offered ownership");
    };
    assert_eq!((denial.required.as_str(), denial.granted_by), ("tenant:delete", vec!["owner".to_owned()]));
    let acting = world.db_user("Tess", &[]).await;
    world.db_member(world.tenant, acting, "admin", Some(world.clock.now() + DAY)).await;
    let result = world.invite_as(acting, "grace@example.com", &["viewer"]).await;
    assert!(matches!(result, Err(Error::Forbidden(_))), "{result:?}");
}

#[tokio::test]
async fn a_grant_that_was_lost_meanwhile_does_not_invite() {
    let world = World::new().await;
    let admin = world.db_user("Ada", &[]).await;
    world.db_member(world.tenant, admin, "admin", None).await;
    let grant = world.grant(world.tenant, admin).await.unwrap();
    world.db_change("delete from members where tenant_id = $1 and user_id = $2", admin).await;
    let result = create(&world.deps, &grant, body("grace@example.com", &["viewer"])).await;
    assert!(matches!(result, Err(Error::NotFound)), "{result:?}");
}

#[tokio::test]
async fn a_known_and_an_unknown_address_get_the_same_answer() {
    let world = World::new().await;
    world.db_user("Grace", &["known@example.com"]).await;
    let known = world.invite("known@example.com", &["viewer"]).await.invitation;
    let unknown = world.invite("other@example.com", &["viewer"]).await.invitation;
    let same = Invitation { id: known.id, email: known.email.clone(), ..unknown };
    assert_eq!(known, same);
    // Members are seen by members anyway.
    assert!(
        conflict(world.invite_as(world.owner, "OWNER@example.com", &["viewer"]).await).contains("member")
    );
}

#[tokio::test]
async fn a_second_invitation_replaces_the_first() {
    let world = World::new().await;
    let first = world.invite("grace@example.com", &["admin"]).await;
    let second = world.invite("grace@example.com", &["viewer"]).await;
    assert_eq!(world.status(first.invitation.id).await, Status::Revoked);
    let grace = world.db_user("Grace", &["grace@example.com"]).await;
    assert!(conflict(world.accept_as(grace, &first).await).contains("replaced"));
    assert_eq!(world.accept_as(grace, &second).await.unwrap().tenant.roles, ["viewer"]);
}

#[tokio::test]
async fn sending_again_makes_a_new_link_and_the_old_one_dies() {
    let world = World::new().await;
    let first = world.invite("grace@example.com", &["viewer"]).await;
    world.clock.advance(DAY);
    let grant = world.grant(world.tenant, world.owner).await.unwrap();
    let second =
        resend(&world.deps, &grant, first.invitation.id, Some(&first.invitation.revision())).await.unwrap();
    assert_eq!(second.invitation.id, first.invitation.id);
    assert_eq!(second.invitation.expires_at, first.invitation.expires_at + DAY);
    let stale = resend(&world.deps, &grant, first.invitation.id, Some(&first.invitation.revision())).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    let grace = world.db_user("Grace", &["grace@example.com"]).await;
    assert!(conflict(world.accept_as(grace, &first).await).contains("replaced"));
    world.deliver().await;
    assert_eq!(world.mails.list().len(), 2);
    assert_eq!(all(&world, 10).await.0, [first.invitation.id]);
    world.accept_as(grace, &second).await.unwrap();
    assert!(conflict(resend(&world.deps, &grant, first.invitation.id, None).await).contains("accepted"));
}

#[tokio::test]
async fn a_withdrawn_invitation_is_dead() {
    let world = World::new().await;
    let issued = world.invite("grace@example.com", &["viewer"]).await;
    let id = issued.invitation.id;
    let grant = world.grant(world.tenant, world.owner).await.unwrap();
    assert!(matches!(revoke(&world.deps, &grant, id, Some("1-pending")).await, Err(Error::Stale)));
    revoke(&world.deps, &grant, id, None).await.unwrap();
    let grace = world.db_user("Grace", &["grace@example.com"]).await;
    assert!(conflict(world.accept_as(grace, &issued).await).contains("withdrawn"));
    assert!(conflict(revoke(&world.deps, &grant, id, None).await).contains("already"));
    let invite = world.grant(world.tenant, world.owner).await.unwrap();
    assert!(conflict(resend(&world.deps, &invite, id, None).await).contains("withdrawn"));
}

#[tokio::test]
async fn another_tenants_invitation_is_not_found() {
    let world = World::new().await;
    let issued = world.invite("grace@example.com", &["viewer"]).await;
    let (other, id) = (world.db_tenant("other").await, issued.invitation.id);
    world.db_member(other, world.owner, "owner", None).await;
    let read = world.grant(other, world.owner).await.unwrap();
    assert!(matches!(show(&world.deps, &read, id).await, Err(Error::NotFound)));
    let page = Page { limit: 10, after: None, status: None };
    assert!(list(&world.deps, &read, page).await.unwrap().items.is_empty());
    let delete = world.grant(other, world.owner).await.unwrap();
    assert!(matches!(revoke(&world.deps, &delete, id, None).await, Err(Error::NotFound)));
    let invite = world.grant(other, world.owner).await.unwrap();
    assert!(matches!(resend(&world.deps, &invite, id, None).await, Err(Error::NotFound)));
    assert_eq!(world.status(id).await, Status::Pending);
}

#[tokio::test]
async fn one_address_gets_only_so_many_mails_a_day_from_all_tenants_together() {
    let mut world = World::new().await;
    world.deps.limits.invitations_per_address = 3;
    let issued = world.invite("grace@example.com", &["viewer"]).await;
    world.clock.advance(Duration::from_hours(1));
    let grant = world.grant(world.tenant, world.owner).await.unwrap();
    resend(&world.deps, &grant, issued.invitation.id, None).await.unwrap();
    let other = world.db_tenant("other").await;
    world.db_member(other, world.owner, "owner", None).await;
    let elsewhere = world.grant(other, world.owner).await.unwrap();
    create(&world.deps, &elsewhere, body("grace@example.com", &["viewer"])).await.unwrap();
    let Err(Error::TooMany { retry_after, .. }) =
        create(&world.deps, &elsewhere, body("grace@example.com", &["viewer"])).await
    else {
        panic!("a fourth mail");
    };
    assert_eq!(retry_after, Duration::from_hours(23));
    assert!(matches!(
        resend(&world.deps, &grant, issued.invitation.id, None).await,
        Err(Error::TooMany { .. })
    ));
    world.invite("someone.else@example.com", &["viewer"]).await;
    // Refused means nothing changed: the invitation sent before is still good.
    assert_eq!(world.status(issued.invitation.id).await, Status::Pending);
    world.clock.advance(retry_after);
    create(&world.deps, &elsewhere, body("grace@example.com", &["viewer"])).await.unwrap();
}

#[tokio::test]
async fn a_tenant_has_only_so_many_open_invitations() {
    let mut world = World::new().await;
    world.deps.limits.open_invitations = 2;
    let first = world.invite("a@example.com", &["viewer"]).await;
    world.invite("b@example.com", &["viewer"]).await;
    assert!(conflict(world.invite_as(world.owner, "c@example.com", &["viewer"]).await).contains("open"));
    // One that is replaced or withdrawn makes room.
    world.invite("b@example.com", &["member"]).await;
    let grant = world.grant(world.tenant, world.owner).await.unwrap();
    revoke(&world.deps, &grant, first.invitation.id, None).await.unwrap();
    world.invite("c@example.com", &["viewer"]).await;
}

async fn all(world: &World, limit: u16) -> (Vec<InvitationId>, usize) {
    let grant = world.grant(world.tenant, world.owner).await.unwrap();
    let (mut ids, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let part = list(&world.deps, &grant, Page { limit, after, status: None }).await.unwrap();
        pages += 1;
        ids.extend(part.items.iter().map(|item| item.id));
        after = part.next;
        if after.is_none() {
            return (ids, pages);
        }
    }
}

#[tokio::test]
async fn invitations_are_listed_newest_first_in_pages() {
    let world = World::new().await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(world.invite(&format!("p{number}@example.com"), &["viewer", "admin"]).await.invitation);
    }
    made.reverse();
    let ids: Vec<InvitationId> = made.iter().map(|invitation| invitation.id).collect();
    assert_eq!(all(&world, 2).await, (ids.clone(), 3));
    assert_eq!(all(&world, 5).await, (ids, 1));
    let read = world.grant(world.tenant, world.owner).await.unwrap();
    let delete = world.grant(world.tenant, world.owner).await.unwrap();
    revoke(&world.deps, &delete, made[1].id, None).await.unwrap();
    let page = Page { limit: 10, after: None, status: Some(Status::Revoked) };
    let revoked = list(&world.deps, &read, page).await.unwrap().items;
    assert_eq!((revoked.len(), revoked[0].id), (1, made[1].id));
    let page = Page { status: Some(Status::Pending), ..page };
    let pending = list(&world.deps, &read, page).await.unwrap().items;
    assert_eq!(pending.len(), 4);
    assert_eq!(pending[0], made[0]);
    let json = serde_json::to_value(&pending[0]).unwrap();
    assert_eq!(json["roles"], serde_json::json!(["admin", "viewer"]));
    assert_eq!(json["invited_by"]["name"], "Olga");
    assert_eq!(json["status"], "pending");
}

#[tokio::test]
async fn tenants_that_invite_one_address_at_once_do_not_pass_its_limit() {
    let mut world = World::new().await;
    world.deps.limits.invitations_per_address = 3;
    let mut grants = Vec::new();
    for number in 0..8 {
        let tenant = world.db_tenant(&format!("tenant-{number}")).await;
        world.db_member(tenant, world.owner, "owner", None).await;
        grants.push(world.grant(tenant, world.owner).await.unwrap());
    }
    let attempts =
        grants.iter().map(|grant| create(&world.deps, grant, body("grace@example.com", &["viewer"])));
    let results = futures_util::future::join_all(attempts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
    assert!(results.iter().all(|result| matches!(result, Ok(_) | Err(Error::TooMany { .. }))));
    assert_eq!(world.count("select count(*) from outbox").await, 3);
}
