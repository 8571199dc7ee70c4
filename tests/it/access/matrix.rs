//! Every route of the table × everyone. What is expected follows from what the route declares and what the policy
//! says, never from a list kept by hand: a new route is tested from the moment it is added.

use std::collections::HashSet;

use freehold::authz::TenantPolicy;
use freehold::http::access::Access;
use freehold::http::routes::{Area, RouteInfo};
use http::Method;

use super::callers::{CALLERS, Caller, Scene};
use super::described;
use crate::harness::app::{Answer, Backend, TestApp, each_database};

/// What is sent by an unsafe method and still changes nothing here, so that there is nothing to record.
const CHANGE_NOTHING: [(&str, &str); 11] = [
    ("/oauth/device_authorization", "a tool begins to wait; the answer it gets is what is recorded"),
    ("/device", "who typed a code; what they answer is recorded"),
    ("/oauth/introspect", "a question, which RFC 7662 sends as a form"),
    ("/account/appearance", "how pages look is kept in a cookie of the browser"),
    ("/api/v1/tenants/{tenant}/access/explain", "a question that needs a body"),
    ("/api/v1/tenants/{tenant}/roles/{role}/preview", "says what a change would do; its body is that change"),
    ("/api/v1/tenants/{tenant}/members/roles/preview", "the same of members"),
    ("/t/{tenant}/roles/{role}/preview", "the same as a page, which asks whether to do it"),
    ("/t/{tenant}/members/{user}/roles/preview", "the same"),
    ("/t/{tenant}/members/roles/preview", "the same"),
    ("/t/{tenant}/members/roles/choose", "a form for those who were selected, who may be many"),
];

fn changes_nothing(route: &RouteInfo) -> bool {
    CHANGE_NOTHING.iter().any(|(path, _)| *path == route.path)
}

/// What must come of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// 401, or the way to the sign-in page.
    SignIn,
    /// The answer of a tenant that is not there.
    NotFound,
    /// 403, and what is missing.
    Denied(&'static str),
    /// The handler runs.
    Allowed,
}

fn expected(route: &RouteInfo, caller: Caller, policy: &TenantPolicy, app: &TestApp) -> Expected {
    let name = match (route.access, caller) {
        (Access::Public(_), _) => return Expected::Allowed,
        (_, Caller::Anonymous) => return Expected::SignIn,
        (Access::SignedIn | Access::Caller, _) => return Expected::Allowed,
        (Access::Member | Access::PermissionOrMine(_), _) => {
            return if caller.role().is_some() { Expected::Allowed } else { Expected::NotFound };
        }
        (Access::Platform(name), _) => {
            return match caller.platform_role() {
                None => Expected::NotFound,
                Some(role) if role.allows().contains(&name) => Expected::Allowed,
                Some(_) => Expected::Denied(name),
            };
        }
        (Access::Permission(name) | Access::PermissionOrOwn(name), _) => name,
    };
    let Some(role) = caller.role() else { return Expected::NotFound };
    let permission = app.state.authz.catalogue().get(name).expect("a permission of the catalogue");
    let allowed = policy.granting(permission).any(|granting| granting.key == role);
    if allowed { Expected::Allowed } else { Expected::Denied(name) }
}

/// What calls leave behind: rows, and lines of the audit logs. Sessions move when they are used.
struct Traces {
    rows: Vec<(String, String)>,
    done: i64,
    denied: i64,
}

impl Traces {
    async fn of(app: &TestApp) -> Self {
        let count = async |outcome: &str| {
            app.db_number(&format!("select count(*) from audit_events where outcome = '{outcome}'")).await
        };
        let moving = [
            "audit_events",
            "audit_chains",
            "sessions",
            "session_records",
            "changes",
            "outbox",
            // What waits for an answer, which is recorded.
            "device_requests",
            "device_entries",
        ];
        Self { rows: app.db_dump(&moving).await, done: count("done").await, denied: count("denied").await }
    }

    #[track_caller]
    fn same_rows(&self, after: &Self, at: &str) {
        for ((table, before), (_, now)) in self.rows.iter().zip(&after.rows) {
            assert_eq!(before, now, "{at}: {table} changed");
        }
    }
}

/// Checks one call, from what it answers to what it leaves behind.
async fn check(app: &TestApp, route: &RouteInfo, scene: &Scene, expected: Expected, at: &str) -> Answer {
    let before = Traces::of(app).await;
    let answer = scene.call(app, route, &scene.tenant.slug).await;
    let after = Traces::of(app).await;
    described::fits(app.state.document.of(&app.state.routes, &app.state.authz), route, &answer, at);
    match expected {
        Expected::SignIn => is_sent_to_sign_in(route, &answer, at),
        Expected::NotFound => {
            assert_eq!(answer.status, 404, "{at}: {}", answer.text());
            let missing = scene.call(app, route, "tenant-none").await;
            assert_eq!(answer.without_request_id(), missing.without_request_id(), "{at}");
            let by_id = scene.call(app, route, &scene.tenant.id.to_string()).await;
            assert_eq!(answer.without_request_id(), by_id.without_request_id(), "{at}");
        }
        Expected::Denied(required) => is_denied(route, &answer, required, at),
        Expected::Allowed => is_allowed(route, &answer, at),
    }
    let done =
        expected == Expected::Allowed && (answer.status.is_success() || answer.status.is_redirection());
    let (changes, denials) = (after.done - before.done, after.denied - before.denied);
    if route.method.is_safe() {
        assert_eq!((changes, denials), (0, 0), "{at}: a GET leaves no line in the audit log");
    } else {
        let recorded = done && !changes_nothing(route);
        assert_eq!(changes, i64::from(recorded), "{at}: one line for what was done ({})", answer.status);
        let denied = matches!(expected, Expected::Denied(_));
        assert_eq!(denials, i64::from(denied), "{at}: one line for what was denied");
    }
    if expected != Expected::Allowed || changes_nothing(route) {
        before.same_rows(&after, at);
    }
    answer
}

fn is_sent_to_sign_in(route: &RouteInfo, answer: &Answer, at: &str) {
    if route.area == Area::Panel {
        assert_eq!(answer.status, 303, "{at}");
        assert!(answer.header("location").unwrap().starts_with("/login"), "{at}");
    } else {
        assert_eq!(answer.status, 401, "{at}");
        assert!(answer.header("www-authenticate").is_some(), "{at}");
    }
}

fn is_denied(route: &RouteInfo, answer: &Answer, required: &str, at: &str) {
    assert_eq!(answer.status, 403, "{at}: {}", answer.text());
    assert!(answer.text().contains(required), "{at}: it does not say what is missing");
    if route.area != Area::Panel {
        assert_eq!(answer.json()["required"], required, "{at}");
    }
}

fn is_allowed(route: &RouteInfo, answer: &Answer, at: &str) {
    let status = answer.status.as_u16();
    assert!(status < 500 && status != 401 && status != 403, "{at}: {}", answer.text());
    let lost = status == 404 && route.path.contains("{tenant}");
    assert!(!lost, "{at}: everything it names is there: {}", answer.text());
    let to_login = answer.header("location").is_some_and(|place| place.starts_with("/login?return_to"));
    assert!(!to_login, "{at}: it asks to sign in");
}

#[tokio::test]
async fn every_route_answers_everyone_as_the_policy_says() {
    every_route_answers_everyone(Backend::Sqlite).await;
}

#[tokio::test]
async fn every_route_answers_everyone_as_the_policy_says_on_postgres() {
    every_route_answers_everyone(Backend::Postgres).await;
}

/// Each caller has an application of their own: before and after every call all of its rows are compared.
async fn every_route_answers_everyone(backend: Backend) {
    let table = freehold::http::table();
    let mut done: HashSet<(Method, &'static str)> = HashSet::new();
    for caller in CALLERS {
        let app = TestApp::start(backend).await;
        let mut number = 0;
        let mut fresh = async |caller| {
            number += 1;
            Scene::set(&app, caller, number).await
        };
        let shared = fresh(caller).await;
        app.mail_is_sent().await;
        let policy = app.state.authz.policy(shared.tenant.id).await.unwrap().unwrap();
        for route in table.iter() {
            let expected = expected(route, caller, &policy, &app);
            let at = format!("{} {} by {caller:?}, expecting {expected:?}", route.method, route.path);
            // What succeeds uses its scene up.
            let uses_up = expected == Expected::Allowed && !route.method.is_safe();
            let own = if uses_up { Some(fresh(caller).await) } else { None };
            if let Some(own) = &own {
                own.prepare(&app, route).await;
            }
            let answer = check(&app, route, own.as_ref().unwrap_or(&shared), expected, &at).await;
            if expected == Expected::Allowed && (answer.status.is_success() || answer.status.is_redirection())
            {
                done.insert((route.method.clone(), route.path));
            }
        }
    }
    for route in table.iter().filter(|route| !route.method.is_safe()) {
        let succeeded = done.contains(&(route.method.clone(), route.path));
        assert!(succeeded, "{} {}: callers.rs must let someone do it", route.method, route.path);
    }
    for (path, why) in CHANGE_NOTHING {
        assert!(done.contains(&(Method::POST, path)), "the exception is of a route there is: {path}, {why}");
    }
}

#[tokio::test]
async fn what_concerns_oneself_needs_no_permission() {
    each_database(async |app| {
        let table = freehold::http::table();
        let own = table.iter().filter(|route| matches!(route.access, Access::PermissionOrOwn(_)));
        let callers = [Caller::Viewer, Caller::Member, Caller::Admin];
        for (number, (route, caller)) in
            own.flat_map(|route| callers.map(|caller| (route, caller))).enumerate()
        {
            let scene = Scene::set(&app, caller, number).await.about_the_caller();
            let at = format!("{} {} by {caller:?} about themselves", route.method, route.path);
            check(&app, route, &scene, Expected::Allowed, &at).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_head_is_judged_as_a_get() {
    each_database(async |app| {
        let table = freehold::http::table();
        for (number, caller) in [Caller::Anonymous, Caller::Outsider, Caller::Viewer].into_iter().enumerate()
        {
            let scene = Scene::set(&app, caller, number).await;
            for route in table.iter().filter(|route| route.method.is_safe()) {
                let path = scene.path(route, &scene.tenant.slug);
                let (get, head) = match &scene.caller {
                    None => {
                        let anyone = app.anonymous();
                        (anyone.get(&path).await, anyone.call(Method::HEAD, &path).send().await)
                    }
                    Some(person) => (person.get(&path).await, person.call(Method::HEAD, &path).send().await),
                };
                assert_eq!(get.status, head.status, "{path} by {caller:?}");
            }
        }
    })
    .await;
}
