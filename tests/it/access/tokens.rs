//! Every route of the API × every kind of token × what it carries × the role of whose it is. What is expected follows
//! from what the route declares and what the policy says: a new route is tested from the moment it is added.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use freehold::authz::TenantPolicy;
use freehold::authz::platform::PlatformRole;
use freehold::http::access::Access;
use freehold::http::routes::{Area, RouteInfo};
use freehold::ids::{Subject, TokenId};
use freehold::oauth::AccessClaims;
use http::Method;
use serde_json::{Value, json};

use super::callers::{Caller, Scene};
use crate::harness::app::program::Program;
use crate::harness::app::{Answer, Person, Tenant, TestApp, each_database};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// A person's own.
    Personal,
    /// An app's, looked up.
    Access,
    /// An app's, signed: not looked up anywhere.
    Signed,
}

const KINDS: [Kind; 3] = [Kind::Personal, Kind::Access, Kind::Signed];

/// What a token carries, by the route it is tried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carries {
    /// What the route asks for, and nothing else.
    Right,
    /// Everything else.
    Others,
    /// Everything.
    All,
}

/// What must come of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// The answer of something that is not there.
    NotFound,
    /// 403: no token may do this.
    SessionRequired,
    /// 403: this token does not carry it.
    InsufficientScope(&'static str),
    /// 403: the roles of its owner do not allow it.
    Forbidden(&'static str),
    /// The handler runs.
    Runs,
}

fn permission(route: &RouteInfo) -> Option<&'static str> {
    match route.access {
        Access::Permission(name) | Access::PermissionOrOwn(name) | Access::PermissionOrMine(name) => {
            Some(name)
        }
        Access::Public(_) | Access::Caller | Access::SignedIn | Access::Member | Access::Platform(_) => None,
    }
}

/// The permissions that tokens may carry.
fn carried(app: &TestApp) -> Vec<String> {
    let all = app.state.authz.catalogue().iter().filter(|(_, info)| !info.session_only);
    all.map(|(_, info)| info.name.clone()).collect()
}

fn scopes(all: &[String], route: &RouteInfo, carries: Carries) -> String {
    let asked = permission(route).unwrap_or_default();
    let wanted = |name: &&String| match carries {
        Carries::Right => *name == asked,
        Carries::Others => *name != asked,
        Carries::All => true,
    };
    let some: Vec<&str> = all.iter().filter(wanted).map(String::as_str).collect();
    if some.is_empty() { "projects:read".to_owned() } else { some.join(" ") }
}

fn expected(
    app: &TestApp,
    policy: &TenantPolicy,
    route: &RouteInfo,
    (role, carries): (&str, Carries),
) -> Expected {
    let name = match route.access {
        Access::Public(_) | Access::Caller => return Expected::Runs,
        Access::SignedIn | Access::Member => return Expected::SessionRequired,
        // A token is of a tenant; the installation is none.
        Access::Platform(_) => return Expected::NotFound,
        Access::Permission(name) | Access::PermissionOrOwn(name) | Access::PermissionOrMine(name) => name,
    };
    let catalogue = app.state.authz.catalogue();
    let id = catalogue.get(name).expect("a permission of the catalogue");
    if catalogue.info(id).session_only {
        Expected::SessionRequired
    } else if carries == Carries::Others {
        Expected::InsufficientScope(name)
    } else if policy.granting(id).any(|granting| granting.key == role) {
        Expected::Runs
    } else {
        Expected::Forbidden(name)
    }
}

#[track_caller]
fn check(route: &RouteInfo, answer: &Answer, expected: Expected, at: &str) {
    let status = answer.status.as_u16();
    let said = if status == 403 { answer.json() } else { Value::Null };
    let slug = said["type"].as_str().unwrap_or_default().trim_start_matches("/problems/");
    let required = said["required"].as_str().unwrap_or_default();
    match expected {
        Expected::NotFound => assert_eq!(status, 404, "{at}: {}", answer.text()),
        Expected::SessionRequired => assert_eq!((status, slug), (403, "session-required"), "{at}"),
        Expected::InsufficientScope(name) => {
            assert_eq!((status, slug, required), (403, "insufficient-scope", name), "{at}");
            assert!(answer.header("www-authenticate").unwrap().contains("insufficient_scope"), "{at}");
        }
        Expected::Forbidden(name) => assert_eq!((status, slug, required), (403, "forbidden", name), "{at}"),
        Expected::Runs => {
            assert!(status < 500 && status != 401, "{at}: {}", answer.text());
            // What it may do once it runs is another question, by the rules for giving and taking.
            let turned = status == 403 && Some(required) == permission(route);
            assert!(!turned && slug != "session-required", "{at}: {}", answer.text());
            let lost = status == 404 && route.path.contains("{tenant}");
            assert!(!lost, "{at}: everything it names is there: {}", answer.text());
        }
    }
}

/// Whose tokens are tried in a scene: the caller, and an app with the caller's role.
async fn owners(scene: &Scene, role: &str) -> HashMap<Kind, Subject> {
    let robot = scene.tenant.owner.registers(&scene.tenant, "Caller", json!([role])).await;
    let person = scene.caller.as_ref().expect("somebody").id;
    let (person, robot) = (Subject::User(person), Subject::App(robot));
    HashMap::from([(Kind::Personal, person), (Kind::Access, robot), (Kind::Signed, robot)])
}

/// A program with a token of this kind, made past the rules for minting.
async fn bears(app: &TestApp, tenant: &Tenant, (kind, owner): (Kind, Subject), scopes: &str) -> Program {
    let (Kind::Signed, Subject::App(robot)) = (kind, owner) else {
        return tenant.owner.program(&app.db_token_of(tenant, owner, scopes).await.text);
    };
    let (issuer, now) = (&app.state.issuer, app.clock.now().seconds());
    let claims = AccessClaims {
        iss: issuer.url().to_owned(),
        sub: robot,
        aud: issuer.url().to_owned(),
        client_id: "fhc_test".to_owned(),
        tenant: tenant.id,
        scope: scopes.to_owned(),
        iat: now,
        exp: now + 3_600,
        jti: TokenId::new(),
    };
    tenant.owner.program(&issuer.sign(&claims).await.unwrap())
}

#[tokio::test]
async fn every_route_answers_every_token_as_roles_and_scopes_say() {
    each_database(async |app| {
        let table = freehold::http::table();
        let routes: Vec<&RouteInfo> = table.iter().filter(|route| route.path.starts_with("/api/")).collect();
        let (all, mut number, mut done) = (carried(&app), 0, HashSet::new());
        for caller in [Caller::Viewer, Caller::Member, Caller::Admin, Caller::Owner] {
            let role = caller.role().unwrap();
            number += 1;
            let shared = Scene::set(&app, caller, number).await;
            let policy = app.state.authz.policy(shared.tenant.id).await.unwrap().unwrap();
            let owners_of_tokens = owners(&shared, role).await;
            for (turn, kind) in KINDS.into_iter().enumerate() {
                let mut programs: HashMap<String, Program> = HashMap::new();
                for carries in [Carries::Right, Carries::Others, Carries::All] {
                    for (place, route) in routes.iter().enumerate() {
                        let expected = expected(&app, &policy, route, (role, carries));
                        let (method, path) = (&route.method, route.path);
                        let at =
                            format!("{method} {path}: {kind:?} of {role} with {carries:?}, {expected:?}");
                        let scopes = scopes(&all, route, carries);
                        if expected == Expected::Runs && !method.is_safe() {
                            // What succeeds uses its scene up: a third of the routes by each kind, once.
                            if place % KINDS.len() != turn || !done.insert((method.clone(), path)) {
                                continue;
                            }
                            number += 1;
                            let own = Scene::set(&app, caller, number).await;
                            let owner = owners(&own, role).await[&kind];
                            let program = bears(&app, &own.tenant, (kind, owner), &scopes).await;
                            let answer = own.call_with(&program, route, &own.tenant.slug).await;
                            check(route, &answer, expected, &at);
                            continue;
                        }
                        if !programs.contains_key(&scopes) {
                            let owner = (kind, owners_of_tokens[&kind]);
                            let made = bears(&app, &shared.tenant, owner, &scopes).await;
                            programs.insert(scopes.clone(), made);
                        }
                        let answer = shared.call_with(&programs[&scopes], route, &shared.tenant.slug).await;
                        check(route, &answer, expected, &at);
                    }
                }
            }
        }
        let catalogue = app.state.authz.catalogue();
        for route in routes.iter().filter(|route| !route.method.is_safe()) {
            let id = permission(route).and_then(|name| catalogue.get(name));
            let for_tokens = id.is_some_and(|id| !catalogue.info(id).session_only);
            let tried = done.contains(&(route.method.clone(), route.path));
            assert_eq!(tried, for_tokens, "{} {}: some token may do it", route.method, route.path);
        }
    })
    .await;
}

#[tokio::test]
async fn no_route_of_another_tenant_is_there_for_a_token() {
    each_database(async |app| {
        let table = freehold::http::table();
        let scene = Scene::set(&app, Caller::Owner, 1).await;
        let (there, all) = (scene.tenant.clone(), carried(&app).join(" "));
        // The person owns both; the token is of one.
        let here = app.tenant_of(&there.owner, "here").await;
        let robot = Subject::App(here.owner.registers(&here, "Robot", json!(["owner"])).await);
        let person = Subject::User(here.owner.id);
        for owner in [(Kind::Personal, person), (Kind::Access, robot), (Kind::Signed, robot)] {
            let program = bears(&app, &here, owner, &all).await;
            program.get(&here.api("")).await.expect(200);
            let of_tenants = |route: &&RouteInfo| {
                route.path.starts_with("/api/")
                    && (permission(route).is_some() || route.access == Access::Member)
            };
            for route in table.iter().filter(of_tenants) {
                let at = format!("{} {} by {owner:?}", route.method, route.path);
                let missing = scene.call_with(&program, route, "tenant-none").await.without_request_id();
                assert_eq!(missing.0, 404, "{at}");
                for name in [there.slug.clone(), there.id.to_string()] {
                    let answer = scene.call_with(&program, route, &name).await;
                    assert_eq!(answer.without_request_id(), missing, "{at}");
                }
            }
        }
        // Nor by a slug that the other tenant gave up.
        there.owner.patch(&there.api(""), json!({ "slug": "moved-away" })).await.expect(200);
        let program = bears(&app, &here, (Kind::Personal, person), &all).await;
        program.get(&format!("/api/v1/tenants/{}", there.slug)).await.problem(404, "not-found");
    })
    .await;
}

#[tokio::test]
async fn no_page_opens_for_a_token() {
    each_database(async |app| {
        let scene = Scene::set(&app, Caller::Owner, 1).await;
        let owner = scene.caller.as_ref().unwrap().id;
        let owner = (Kind::Personal, owner.into());
        let program = bears(&app, &scene.tenant, owner, &carried(&app).join(" ")).await;
        let before = app.db_dump(&["changes", "outbox", "sessions", "session_records"]).await;
        let pages =
            |route: &&RouteInfo| route.area == Area::Panel && !matches!(route.access, Access::Public(_));
        for route in freehold::http::table().iter().filter(pages) {
            let answer = scene.call_with(&program, route, &scene.tenant.slug).await;
            let to_sign_in = answer.header("location").is_some_and(|place| place.starts_with("/login"));
            let at = format!("{} {}: {}", route.method, route.path, answer.status);
            assert!(to_sign_in || [401, 404].contains(&answer.status.as_u16()), "{at}");
        }
        assert!(before == app.db_dump(&["changes", "outbox", "sessions", "session_records"]).await);
    })
    .await;
}

/// Ada owns Acme; a person and an app there hold `role`, each with a token that carries all.
async fn both(app: &TestApp, role: &str) -> (Tenant, Person, [(Subject, Program); 2]) {
    let ada = app.person("ada").await;
    let acme = app.tenant_of(&ada, "acme").await;
    let bob = app.person("bob").await;
    bob.joins(&acme, role).await;
    let robot = ada.registers(&acme, "Robot", json!([role])).await;
    let all = carried(app).join(" ");
    let (person, robot) = (Subject::User(bob.id), Subject::App(robot));
    let of_bob = bears(app, &acme, (Kind::Personal, person), &all).await;
    let of_robot = bears(app, &acme, (Kind::Access, robot), &all).await;
    (acme, bob, [(person, of_bob), (robot, of_robot)])
}

#[tokio::test]
async fn scopes_that_no_token_may_carry_give_nothing_however_they_came_there() {
    each_database(async |app| {
        let (acme, _, [(person, _), (robot, _)]) = both(&app, "owner").await;
        for owner in [(Kind::Personal, person), (Kind::Access, robot), (Kind::Signed, robot)] {
            let scopes = "tenant:delete tenant:transfer tokens:create apps:secrets * tenant:* nothing:real";
            let sly = bears(&app, &acme, owner, scopes).await;
            assert_eq!(sly.get("/api/v1/me").await.expect(200).json()["scopes"], json!([]));
            sly.delete(&acme.api("")).await.problem(403, "session-required");
            let new = json!({ "name": "More", "scopes": ["projects:read"] });
            sly.post_json(&acme.api("/tokens"), new).await.problem(403, "session-required");
            sly.get(&acme.api("")).await.problem(403, "insufficient-scope");
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_makes_nothing_wider_or_longer_than_itself() {
    each_database(async |app| {
        let (acme, bob, [(person, of_bob), (robot, of_robot)]) = both(&app, "admin").await;
        let signed = bears(&app, &acme, (Kind::Signed, robot), &carried(&app).join(" ")).await;
        let owners = [(person, of_bob), (robot, of_robot), (robot, signed)];
        let end = (app.clock.now() + Duration::from_hours(2)).to_string();
        for (owner, program) in owners {
            let other = app.db_token_of(&acme, owner, "projects:read").await;
            let new = json!({ "name": "More", "scopes": ["projects:read"], "expires_in_days": 365 });
            let no_session = async |path: &str, body: Value| {
                program.post_json(&acme.api(path), body).await.problem(403, "session-required");
            };
            no_session("/tokens", new).await;
            no_session(&format!("/tokens/{}/rotate", other.id), json!({})).await;
            let other = acme.owner.registers(&acme, "Other", json!(["viewer"])).await;
            no_session(&format!("/apps/{other}/secrets"), json!({})).await;
            no_session("/role-requests", json!({ "role": "owner", "reason": "Please." })).await;
            // By no way round does it give a role above its own, to itself or others.
            let refused = async |method: Method, path: &str, body: Value| {
                program.call(method, &acme.api(path)).json(body).await.problem(403, "forbidden");
            };
            let roles = match owner {
                Subject::User(user) => format!("/members/{user}/roles"),
                Subject::App(_) => format!("/members/{}/roles", bob.id),
            };
            refused(Method::PUT, &roles, json!({ "roles": ["owner"] })).await;
            refused(Method::POST, "/apps", json!({ "name": "A", "roles": ["owner"] })).await;
            refused(Method::POST, "/apps", json!({ "name": "A", "roles": ["admin"] })).await;
            refused(Method::PATCH, &format!("/apps/{other}"), json!({ "roles": ["admin"] })).await;
            if let Subject::App(own) = owner {
                refused(Method::PATCH, &format!("/apps/{own}"), json!({ "roles": ["owner"] })).await;
            }
            let invited = json!({ "email": "more@example.com", "roles": ["admin"] });
            refused(Method::POST, "/invitations", invited).await;
            for permission in ["apps:secrets", "tenant:transfer", "tenant:delete"] {
                let role = json!({ "name": "Wide", "permissions": [permission] });
                refused(Method::POST, "/roles", role).await;
            }
        }
        // Nor for longer than its owner holds it.
        let short = json!([{ "key": "admin", "expires_at": end }]);
        let robot = acme.owner.registers(&acme, "Short", short.clone()).await;
        let all = carried(&app).join(" ");
        let program = bears(&app, &acme, (Kind::Access, robot.into()), &all).await;
        let made = json!({ "name": "A", "roles": ["viewer"] });
        program.post_json(&acme.api("/apps"), made).await.problem(403, "forbidden");
        let made = json!({ "name": "A", "roles": [{ "key": "viewer", "expires_at": end }] });
        program.post_json(&acme.api("/apps"), made).await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn what_ends_a_token_ends_it_at_once_whichever_it_is() {
    each_database(async |app| {
        let (acme, bob, [(_, of_bob), (robot, of_robot)]) = both(&app, "admin").await;
        let path = acme.api(&format!("/apps/{}", robot.uuid()));
        // Demoted: the right is gone, the token lives.
        for (program, way) in [
            (&of_bob, (Method::PUT, acme.api(&format!("/members/{}/roles", bob.id)))),
            (&of_robot, (Method::PATCH, path.clone())),
        ] {
            program.get(&acme.api("/audit-events")).await.expect(200);
            let (method, path) = way;
            acme.owner.call(method, &path).json(json!({ "roles": ["viewer"] })).await.expect(200);
            let denied = program.get(&acme.api("/audit-events")).await.problem(403, "forbidden");
            assert_eq!(denied.json()["required"], "audit:read");
            program.get(&acme.api("/members")).await.expect(200);
        }
        // Disabled, and enabled again: what was not revoked works again, and no sooner.
        acme.owner.patch(&path, json!({ "enabled": false })).await.expect(200);
        of_robot.get(&acme.api("/members")).await.problem(401, "invalid-token");
        of_robot.get("/api/v1/me").await.problem(401, "invalid-token");
        let standing = app.state.authz.standing(acme.id, robot).await.unwrap();
        assert!(standing.is_none(), "while it is disabled, nothing decides that it may do anything");
        of_bob.get("/api/v1/me").await.expect(200);
        acme.owner.patch(&path, json!({ "enabled": true })).await.expect(200);
        of_robot.get(&acme.api("/members")).await.expect(200);
        let operator = app.person("operator").await;
        operator.operates(PlatformRole::Operator).await;
        let person = format!("/api/v1/operator/users/{}", bob.id);
        operator.post_json(&format!("{person}/disable"), json!({ "reason": "A test." })).await.expect(200);
        of_bob.get(&acme.api("/members")).await.problem(401, "invalid-token");
        of_robot.get(&acme.api("/members")).await.expect(200);
        operator.post_json(&format!("{person}/enable"), json!({ "reason": "A test." })).await.expect(200);
        of_bob.get(&acme.api("/members")).await.expect(200);
        // Revoked, each by itself.
        for owner in [Subject::User(bob.id), robot] {
            let (one, two) = (
                app.db_token_of(&acme, owner, "tenant:read").await,
                app.db_token_of(&acme, owner, "tenant:read").await,
            );
            let (first, second) = (acme.owner.program(&one.text), acme.owner.program(&two.text));
            first.get(&acme.api("")).await.expect(200);
            acme.owner.delete(&acme.api(&format!("/tokens/{}", one.id))).await.expect(204);
            first.get(&acme.api("")).await.problem(401, "invalid-token");
            second.get(&acme.api("")).await.expect(200);
        }
        // Over: to the second.
        let short = acme.owner.program(&app.db_token_of(&acme, robot, "tenant:read").await.text);
        app.clock.advance(Duration::from_hours(1) - Duration::from_secs(1));
        short.get(&acme.api("")).await.expect(200);
        app.clock.advance(Duration::from_secs(1));
        short.get(&acme.api("")).await.problem(401, "invalid-token");
        // Gone, with all who held it.
        let fresh = acme.owner.program(&app.db_token_of(&acme, robot, "tenant:read").await.text);
        fresh.get(&acme.api("")).await.expect(200);
        acme.owner.delete(&path).await.expect(204);
        fresh.get(&acme.api("")).await.problem(401, "invalid-token");
        acme.owner.delete(&acme.api(&format!("/members/{}", bob.id))).await.expect(204);
        of_bob.get("/api/v1/me").await.problem(401, "invalid-token");
    })
    .await;
}
