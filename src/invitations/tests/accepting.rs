//! Who may accept, when, and what it does.

use super::*;

#[tokio::test]
async fn who_holds_the_address_becomes_a_member_with_the_roles_offered() {
    let world = World::new().await;
    let issued = world.invite("Grace@Example.com", &["viewer", "member"]).await;
    let view = find(&world.deps, secret(&issued)).await.unwrap().unwrap();
    assert_eq!((view.tenant.as_str(), view.inviter.as_str()), ("acme", "Olga"));
    assert_eq!((view.email.as_str(), view.status), ("grace@example.com", Status::Pending));
    assert_eq!(view.roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>(), ["member", "viewer"]);
    let grace = world.db_user("Grace", &["other@example.com", "grace@example.com"]).await;
    let accepted = world.accept_as(grace, &issued).await.unwrap();
    assert_eq!((accepted.tenant.id, accepted.tenant.slug.as_str()), (world.tenant, "acme"));
    assert_eq!(
        accepted.policy_version,
        world.deps.authz.policy(world.tenant).await.unwrap().map(|now| now.version)
    );
    assert!(accepted.policy_version.is_some());
    // At once, and as nothing more.
    assert!(world.grant::<crate::authz::perm::ProjectsCreate>(world.tenant, grace).await.is_ok());
    assert!(world.grant::<crate::authz::perm::MembersInvite>(world.tenant, grace).await.is_err());
    assert_eq!(world.principal(grace).await.user.tenants, [world.tenant]);
    assert_eq!(world.status(issued.invitation.id).await, Status::Accepted);
    let text = "select count(*) from audit_events where action = 'invitation.accepted'";
    assert_eq!(world.count(text).await, 1);
}

#[tokio::test]
async fn of_twenty_attempts_at_once_one_succeeds() {
    let world = World::new().await;
    let issued = world.invite("grace@example.com", &["viewer"]).await;
    // Half of them another account that holds the same address.
    let grace = world.db_user("Grace", &["grace@example.com"]).await;
    let again = world.db_user("Grace again", &["grace@example.com"]).await;
    let attempts =
        (0..20).map(|number| world.accept_as(if number % 2 == 0 { grace } else { again }, &issued));
    let results = futures_util::future::join_all(attempts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for result in results.into_iter().filter(Result::is_err) {
        conflict(result);
    }
    assert_eq!(world.count("select count(*) from members").await, 2);
    assert_eq!(world.count("select count(*) from role_assignments").await, 2);
    let text = "select count(*) from audit_events where action = 'invitation.accepted'";
    assert_eq!(world.count(text).await, 1);
}

#[tokio::test]
async fn an_invitation_ends_to_the_second() {
    let world = World::new().await;
    let grant = world.grant(world.tenant, world.owner).await.unwrap();
    let new = NewInvitation { expires_in_hours: Some(1), ..body("grace@example.com", &["viewer"]) };
    let one = create(&world.deps, &grant, new).await.unwrap();
    let grace = world.db_user("Grace", &["grace@example.com"]).await;
    world.clock.advance(Duration::from_hours(1));
    assert!(conflict(world.accept_as(grace, &one).await).contains("over"));
    assert_eq!(world.status(one.invitation.id).await, Status::Expired);
    let again = resend(&world.deps, &grant, one.invitation.id, None).await.unwrap();
    world.clock.advance(Duration::from_secs(3599));
    world.accept_as(grace, &again).await.unwrap();
}

#[tokio::test]
async fn only_the_address_invited_counts_and_only_verified() {
    let world = World::new().await;
    let issued = world.invite("grace@example.com", &["viewer"]).await;
    let mallory = world.db_user("Mallory", &["grace@example.com.evil.org", "xgrace@example.com"]).await;
    assert!(conflict(world.accept_as(mallory, &issued).await).contains("another address"));
    // The provider names this address for everyone here, but vouches for it for nobody.
    let unverified = world.invite("unverified@example.com", &["viewer"]).await;
    assert!(conflict(world.accept_as(mallory, &unverified).await).contains("another address"));
    assert_eq!(world.status(issued.invitation.id).await, Status::Pending);
}

#[tokio::test]
async fn a_link_that_was_never_sent_is_not_found() {
    let world = World::new().await;
    let issued = world.invite("grace@example.com", &["viewer"]).await;
    let grace = world.principal(world.db_user("Grace", &["grace@example.com"]).await).await;
    let almost = &secret(&issued)[1..];
    for wrong in ["", "0", almost, &secret(&issued).to_uppercase(), &format!("{} ", secret(&issued))] {
        assert!(matches!(accept(&world.deps, &grace, wrong).await, Err(Error::NotFound)), "{wrong:?}");
        assert_eq!(find(&world.deps, wrong).await.unwrap(), None);
    }
    assert_eq!(world.count("select count(*) from members").await, 1);
}

#[tokio::test]
async fn an_inviter_who_could_no_longer_offer_it_makes_it_void() {
    let world = World::new().await;
    let lost: [&'static str; 4] = [
        "delete from members where tenant_id = $1 and user_id = $2",
        "update role_assignments set role_id = (select id from roles where tenant_id = $1 and key = 'member') \
         where user_id = $2",
        "update role_assignments set expires_at = assigned_at + 5 where tenant_id = $1 and user_id = $2",
        "update users set disabled_at = 1 where id = $2 and $1 is not null",
    ];
    for (number, lost) in lost.into_iter().enumerate() {
        let inviter = world.db_user("Ian", &[]).await;
        world.db_member(world.tenant, inviter, "admin", None).await;
        let email = format!("grace{number}@example.com");
        let issued = world.invite_as(inviter, &email, &["viewer"]).await.unwrap();
        world.clock.advance(Duration::from_secs(1));
        world.db_change(lost, inviter).await;
        let grace = world.db_user("Grace", &[&email]).await;
        assert!(conflict(world.accept_as(grace, &issued).await).contains("no longer valid"), "{lost}");
        // Another who may can vouch for it by sending it again.
        let grant = world.grant(world.tenant, world.owner).await.unwrap();
        let again = resend(&world.deps, &grant, issued.invitation.id, None).await.unwrap();
        world.accept_as(grace, &again).await.unwrap();
    }
}

#[tokio::test]
async fn an_inviter_who_may_still_invite_but_not_that_far_makes_it_void() {
    let world = World::new().await;
    let admin = world.db_user("Ada", &[]).await;
    world.db_member(world.tenant, admin, "owner", None).await;
    let issued = world.invite_as(admin, "grace@example.com", &["owner"]).await.unwrap();
    let text = "update role_assignments set role_id = \
                (select id from roles where tenant_id = $1 and key = 'admin') where user_id = $2";
    world.db_change(text, admin).await;
    let grace = world.db_user("Grace", &["grace@example.com"]).await;
    assert!(conflict(world.accept_as(grace, &issued).await).contains("no longer valid"));
}

#[tokio::test]
async fn a_member_does_not_use_up_an_invitation() {
    let world = World::new().await;
    let issued = world.invite("grace@example.com", &["admin"]).await;
    let grace = world.db_user("Grace", &["grace@example.com"]).await;
    world.db_member(world.tenant, grace, "viewer", None).await;
    assert!(conflict(world.accept_as(grace, &issued).await).contains("member"));
    assert_eq!(world.status(issued.invitation.id).await, Status::Pending);
    assert_eq!(world.count("select count(*) from role_assignments").await, 2);
}

#[tokio::test]
async fn a_full_a_suspended_and_a_deleted_tenant_take_nobody() {
    let mut world = World::new().await;
    let issued = world.invite("grace@example.com", &["viewer"]).await;
    let grace = world.db_user("Grace", &["grace@example.com"]).await;
    world.deps.limits.members = 1;
    assert!(conflict(world.accept_as(grace, &issued).await).contains("members"));
    world.deps.limits.members = 2;
    for (gone, back) in [
        ("update tenants set status = 'suspended' where id = $1 and $2 is not null", "active"),
        ("update tenants set deleted_at = 1 where id = $1 and $2 is not null", "deleted"),
    ] {
        world.db_change(gone, grace).await;
        assert!(matches!(world.accept_as(grace, &issued).await, Err(Error::NotFound)), "{gone}");
        assert_eq!(find(&world.deps, secret(&issued)).await.unwrap(), None);
        if back == "active" {
            world
                .db_change("update tenants set status = 'active' where id = $1 and $2 is not null", grace)
                .await;
        }
    }
}

#[tokio::test]
async fn an_invitation_whose_roles_are_gone_is_void() {
    let world = World::new().await;
    let issued = world.invite("grace@example.com", &["viewer"]).await;
    world
        .db_change("delete from invitation_roles where tenant_id = $1 and $2 is not null", world.owner)
        .await;
    let grace = world.db_user("Grace", &["grace@example.com"]).await;
    assert!(conflict(world.accept_as(grace, &issued).await).contains("no longer valid"));
}
