//! Several addresses at once, and roles that end.

use super::*;

async fn several(world: &World, text: &str, roles: Vec<RoleAssignment>) -> Report {
    let grant = world.grant(world.tenant, world.owner).await.unwrap();
    let new = NewInvitations { emails: None, text: Some(text.to_owned()), roles, expires_in_hours: None };
    create_all(&world.deps, &grant, new).await.unwrap()
}

fn until(key: &str, end: Timestamp) -> RoleAssignment {
    RoleAssignment { key: key.to_owned(), expires_at: Some(end) }
}

fn statuses(report: &Report) -> Vec<(u32, LineStatus)> {
    report.items.iter().map(|line| (line.line, line.status)).collect()
}

#[tokio::test]
async fn a_bad_line_spoils_no_good_one() {
    let world = World::new().await;
    world.db_user("Known", &["known@example.com"]).await;
    world.invite("invited@example.com", &["viewer"]).await;
    let text = "new@example.com\nnot an address\nowner@example.com\ninvited@example.com\nNEW@example.com\n\
                Known <known@example.com>";
    let report = several(&world, text, body("", &["viewer"]).roles).await;
    assert_eq!(
        statuses(&report),
        [
            (1, LineStatus::Invited),
            (2, LineStatus::Invalid),
            (3, LineStatus::AlreadyMember),
            (4, LineStatus::AlreadyInvited),
            (5, LineStatus::Repeated),
            (6, LineStatus::Invited),
        ]
    );
    assert_eq!(report.invited, 2);
    // Whether someone has an account here is not told.
    let (new, known) = (&report.items[0], &report.items[5]);
    assert_eq!((new.status, &new.detail), (known.status, &known.detail));
    let created = "select count(*) from audit_events where action = 'invitation.created'";
    assert_eq!(world.count(created).await, 3);
    assert_eq!(world.count("select count(*) from outbox").await, 3);
    assert_eq!(world.count("select count(*) from invitations where revoked_at is not null").await, 0);
}

#[tokio::test]
async fn limits_hold_line_by_line() {
    let mut world = World::new().await;
    world.deps.limits.open_invitations = 2;
    let text = "a@example.com, b@example.com, c@example.com";
    let report = several(&world, text, body("", &["viewer"]).roles).await;
    assert_eq!(
        statuses(&report),
        [(1, LineStatus::Invited), (1, LineStatus::Invited), (1, LineStatus::OverLimit)]
    );
    let mut world = World::new().await;
    world.deps.limits.invitations_per_address = 1;
    let sent = world.invite("a@example.com", &["viewer"]).await;
    world.clock.advance(Duration::from_hours(1));
    let grant = world.grant(world.tenant, world.owner).await.unwrap();
    revoke(&world.deps, &grant, sent.invitation.id, None).await.unwrap();
    let report = several(&world, text, body("", &["viewer"]).roles).await;
    assert_eq!(report.items[0].status, LineStatus::OverLimit);
    assert_eq!(report.invited, 2);
}

#[tokio::test]
async fn what_concerns_all_lines_is_refused_before_any_is_sent() {
    let world = World::new().await;
    let admin = world.db_user("Ada", &[]).await;
    world.db_member(world.tenant, admin, "admin", None).await;
    let grant = world.grant(world.tenant, admin).await.unwrap();
    let new = |text: &str, roles: &[&str]| NewInvitations {
        emails: None,
        text: Some(text.to_owned()),
        roles: body("", roles).roles,
        expires_in_hours: None,
    };
    let two = "a@example.com, b@example.com";
    let above = create_all(&world.deps, &grant, new(two, &["owner"])).await;
    assert!(matches!(above, Err(Error::Forbidden(_))), "{above:?}");
    assert_eq!(pointers(create_all(&world.deps, &grant, new(two, &["nosuch"])).await), ["/roles/0"]);
    assert_eq!(pointers(create_all(&world.deps, &grant, new(" ", &[])).await), ["/text", "/roles"]);
    let many: Vec<String> = (0..201).map(|number| format!("p{number}@example.com")).collect();
    let many = many.join("\n");
    assert_eq!(pointers(create_all(&world.deps, &grant, new(&many, &["viewer"])).await), ["/text"]);
    let both = NewInvitations { emails: Some(vec!["a@example.com".to_owned()]), ..new(two, &["viewer"]) };
    assert_eq!(pointers(create_all(&world.deps, &grant, both).await), ["/emails"]);
    assert_eq!(world.count("select count(*) from invitations").await, 0);
}

#[tokio::test]
async fn a_role_is_held_until_the_end_that_was_offered() {
    let world = World::new().await;
    let grant = world.grant(world.tenant, world.owner).await.unwrap();
    let end = world.clock.now() + 2 * DAY;
    let mut roles = body("", &["viewer"]).roles;
    roles.push(until("admin", end));
    let new = NewInvitation { roles, ..body("grace@example.com", &[]) };
    let issued = create(&world.deps, &grant, new).await.unwrap();
    assert_eq!(issued.invitation.role_ends.get("admin"), Some(&end));
    assert_eq!(issued.invitation.role_ends.len(), 1);
    assert_eq!(issued.invitation.expires_at, end, "it ends with the first of its roles");
    let grace = world.db_user("Grace", &["grace@example.com"]).await;
    world.accept_as(grace, &issued).await.unwrap();
    assert!(world.grant::<crate::authz::perm::MembersInvite>(world.tenant, grace).await.is_ok());
    world.clock.advance(2 * DAY);
    assert!(world.grant::<crate::authz::perm::MembersInvite>(world.tenant, grace).await.is_err());
    assert!(world.grant::<crate::authz::perm::ProjectsRead>(world.tenant, grace).await.is_ok());
}

#[tokio::test]
async fn an_invitation_is_over_with_the_first_of_its_roles() {
    let world = World::new().await;
    let grant = world.grant(world.tenant, world.owner).await.unwrap();
    let hour = Duration::from_hours(1);
    let new = NewInvitation {
        roles: vec![until("viewer", world.clock.now() + hour)],
        ..body("grace@example.com", &[])
    };
    let issued = create(&world.deps, &grant, new).await.unwrap();
    let grace = world.db_user("Grace", &["grace@example.com"]).await;
    world.clock.advance(hour);
    assert!(conflict(world.accept_as(grace, &issued).await).contains("over"));
    let again = resend(&world.deps, &grant, issued.invitation.id, None).await;
    assert!(conflict(again).contains("over by now"));
    let past =
        NewInvitation { roles: vec![until("viewer", world.clock.now())], ..body("grace@example.com", &[]) };
    assert_eq!(pointers(create(&world.deps, &grant, past).await), ["/roles/0/expires_at"]);
}

#[tokio::test]
async fn who_holds_something_for_a_time_offers_it_for_no_longer() {
    let world = World::new().await;
    let acting = world.db_user("Tess", &[]).await;
    world.db_member(world.tenant, acting, "admin", Some(world.clock.now() + DAY)).await;
    let grant = world.grant(world.tenant, acting).await.unwrap();
    let new = |end| NewInvitation { roles: vec![until("viewer", end)], ..body("grace@example.com", &[]) };
    let longer = create(&world.deps, &grant, new(world.clock.now() + 2 * DAY)).await;
    assert!(matches!(longer, Err(Error::Forbidden(_))), "{longer:?}");
    let issued = create(&world.deps, &grant, new(world.clock.now() + DAY)).await.unwrap();
    let grace = world.db_user("Grace", &["grace@example.com"]).await;
    world.accept_as(grace, &issued).await.unwrap();
}
