//! A tenant with someone in every role, and what stands in the place of each path parameter and body. A route that
//! needs something not named here fails the matrix until it is named.

use std::collections::HashMap;

use freehold::authz::platform::PlatformRole;
use freehold::http::routes::{Area, RouteInfo};
use serde_json::{Value, json};

use crate::harness::app::program::Program;
use crate::harness::app::{Answer, Person, Tenant, TestApp};

/// The roles of a tenant, those of the platform, and two who hold none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    Anonymous,
    Outsider,
    Viewer,
    Member,
    Admin,
    Owner,
    Operator,
    Support,
}

pub(super) const CALLERS: [Caller; 8] = [
    Caller::Anonymous,
    Caller::Outsider,
    Caller::Viewer,
    Caller::Member,
    Caller::Admin,
    Caller::Owner,
    Caller::Operator,
    Caller::Support,
];

impl Caller {
    /// The role on the installation, for those who operate it.
    pub(super) fn platform_role(self) -> Option<PlatformRole> {
        match self {
            Self::Operator => Some(PlatformRole::Operator),
            Self::Support => Some(PlatformRole::Support),
            Self::Anonymous | Self::Outsider | Self::Viewer | Self::Member | Self::Admin | Self::Owner => {
                None
            }
        }
    }

    /// The key of the role, for members.
    pub(super) fn role(self) -> Option<&'static str> {
        match self {
            Self::Anonymous | Self::Outsider | Self::Operator | Self::Support => None,
            Self::Viewer => Some("viewer"),
            Self::Member => Some("member"),
            Self::Admin => Some("admin"),
            Self::Owner => Some("owner"),
        }
    }
}

/// A public key (RFC 8037 appendix A).
const ED25519: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// One tenant, one caller, and what they may act upon.
pub(super) struct Scene {
    pub(super) tenant: Tenant,
    pub(super) caller: Option<Person>,
    parameters: HashMap<&'static str, String>,
}

impl Scene {
    /// A new scene; `number` makes its names its own.
    #[allow(
        clippy::cognitive_complexity,
        clippy::too_many_lines,
        reason = "everything there is, one after the other"
    )]
    pub(super) async fn set(app: &TestApp, caller: Caller, number: usize) -> Self {
        let owner = app.person(&format!("owner-{number}")).await;
        let tenant = app.tenant_of(&owner, &format!("tenant-{number:04}")).await;
        let victim = app.person(&format!("victim-{number}")).await;
        victim.joins(&tenant, "viewer").await;
        let person = match caller {
            Caller::Anonymous => None,
            Caller::Outsider => Some(app.person(&format!("outsider-{number}")).await),
            Caller::Owner => Some(owner.clone()),
            Caller::Operator | Caller::Support => {
                let person = app.person(&format!("caller-{number}")).await;
                person.operates(caller.platform_role().unwrap()).await;
                Some(person)
            }
            Caller::Viewer | Caller::Member | Caller::Admin => {
                let person = app.person(&format!("caller-{number}")).await;
                person.joins(&tenant, caller.role().unwrap()).await;
                Some(person)
            }
        };
        let invited = json!({ "email": format!("invited-{number}@example.com"), "roles": ["viewer"] });
        let invitation = owner.post_json(&tenant.api("/invitations"), invited).await.expect(201).json();
        let own_role = json!({ "name": "Custom", "permissions": ["projects:read"] });
        let role = owner.post_json(&tenant.api("/roles"), own_role).await.expect(201).json();
        let project = json!({ "name": "Apollo" });
        let project = owner.post_json(&tenant.api("/projects"), project).await.expect(201).json();
        let made = owner.get(&tenant.api("/audit-events?action=role.created")).await.expect(200).json();
        let event = made["items"][0]["id"].as_str().unwrap().to_owned();
        let asking = async |person: &Person| {
            let asked = json!({ "role": "custom", "reason": "It is needed." });
            person.post_json(&tenant.api("/role-requests"), asked).await.expect(201).json()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let request = asking(&victim).await;
        let own_request = match &person {
            Some(person) if caller.role().is_some() => asking(person).await,
            _ => request.clone(),
        };
        let own = |list: &Value| list["items"][0]["id"].as_str().map(str::to_owned).unwrap_or_default();
        // Somebody else's, for someone who is not signed in.
        let (mut session, mut identity) =
            (tenant.owner.session.handle.to_string(), tenant.owner.session.identity.to_string());
        if let Some(person) = &person {
            person.links_github().await;
            session = own(&person.get("/api/v1/me/sessions").await.json());
            identity = linked(&person.get("/api/v1/me/identities").await.json());
        }
        let elsewhere = app.tenant_of(&victim, &format!("elsewhere-{number:04}")).await;
        let token = person.as_ref().unwrap_or(&owner).is_invited(&elsewhere, "viewer").await;
        let gone = deleted(app, person.as_ref().unwrap_or(&owner), number).await;
        let domain = format!("d-{number}.example");
        let added = owner.post_json(&tenant.api("/domains"), json!({ "domain": domain })).await.expect(201);
        app.prove(&added.json());
        db_joining(app, (&tenant, &elsewhere), person.as_ref().unwrap_or(&owner), number).await;
        let new_app = json!({ "name": "Robot", "roles": ["viewer"] });
        let machine = owner.post_json(&tenant.api("/apps"), new_app).await.expect(201).json();
        let machine = machine["id"].as_str().unwrap().to_owned();
        let made = owner.post_json(&tenant.api(&format!("/apps/{machine}/secrets")), json!({})).await;
        let made = made.expect(201).json();
        let secret = made["id"].as_str().unwrap().to_owned();
        let client = ["client_id", "secret"].map(|field| made[field].as_str().unwrap().to_owned());
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "one", "x": ED25519 });
        owner.post_json(&tenant.api(&format!("/apps/{machine}/keys")), key).await.expect(201);
        let access_token = app.db_access_token(&tenant, &machine, "projects:read").await.text;
        let reader_token = app.db_token(&tenant, &owner, "tokens:read").await.text;
        let own_token = person.as_ref().filter(|_| caller.role().is_some()).unwrap_or(&victim);
        let own_token = app.db_token(&tenant, own_token, "projects:read").await;
        let answering = person.as_ref().filter(|_| caller.role().is_some()).unwrap_or(&owner);
        let (device, user_code) = waiting_tool(app, &client[0], answering).await;
        let parameters = HashMap::from([
            ("device", device),
            ("user code", user_code),
            ("app", machine),
            ("secret", secret),
            ("key", "one".to_owned()),
            ("client id", client[0].clone()),
            ("client secret", client[1].clone()),
            ("access token", access_token),
            ("reader token", reader_token),
            ("own token", own_token.id.to_string()),
            ("gone", gone),
            ("domain", domain),
            ("join_request", tenant.id.to_string()),
            ("joinable", elsewhere.id.to_string()),
            ("tenant", tenant.slug.clone()),
            ("user", victim.id.to_string()),
            ("invitation", invitation["id"].as_str().unwrap().to_owned()),
            ("role", role["key"].as_str().unwrap().to_owned()),
            ("project", project["id"].as_str().unwrap().to_owned()),
            ("event", event),
            ("request", request),
            ("own request", own_request),
            ("session", session),
            ("identity", identity),
            ("provider", "google".to_owned()),
            ("token", token),
            ("slug", "forbidden".to_owned()),
            ("tag", "members".to_owned()),
            ("file", "none.css".to_owned()),
            ("sample", "none".to_owned()),
        ]);
        Self { tenant, caller: person, parameters }
    }

    /// Brings what the route undoes about first.
    pub(super) async fn prepare(&self, app: &TestApp, route: &RouteInfo) {
        if route.path == "/t/{tenant}/apps/{app}/enable" {
            let path = self.tenant.api(&format!("/apps/{}", self.parameters["app"]));
            self.tenant.owner.patch(&path, json!({ "enabled": false })).await.expect(200);
        }
        let Some(verb) = route.path.rsplit('/').next().filter(|_| route.path.contains("/operator/")) else {
            return;
        };
        let because = || json!({ "reason": "To undo it." });
        let path = match verb {
            "resume" => format!("/api/v1/operator/tenants/{}/suspend", self.tenant.id),
            "enable" => format!("/api/v1/operator/users/{}/disable", self.parameters["user"]),
            _ => return,
        };
        let root = app.person(&format!("root-{}", self.tenant.slug)).await;
        root.operates(PlatformRole::Operator).await;
        root.post_json(&path, because()).await.expect(200);
    }

    /// The same scene, with the caller as the one who is acted upon.
    pub(super) fn about_the_caller(mut self) -> Self {
        let own = self.caller.as_ref().expect("somebody").id.to_string();
        self.parameters.insert("user", own);
        self
    }

    /// The route's path, filled in; `tenant` in the tenant's place.
    pub(super) fn path(&self, route: &RouteInfo, tenant: &str) -> String {
        let fill = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            None => segment.to_owned(),
            Some("tenant") if route.path.ends_with("/restore") => self.parameters["gone"].clone(),
            Some("tenant") => tenant.to_owned(),
            Some(name) => {
                // One's own is seen and withdrawn; somebody else's is answered.
                let answers = ["/approve", "/decline"].iter().any(|end| route.path.ends_with(end));
                let name = if name == "request" && !answers { "own request" } else { name };
                let name =
                    if name == "token" && route.path.contains("/tokens/") { "own token" } else { name };
                let value = self.parameters.get(name);
                value
                    .unwrap_or_else(|| panic!("{}: say in callers.rs what {{{name}}} is", route.path))
                    .clone()
            }
        };
        route.path.split('/').map(fill).collect::<Vec<_>>().join("/")
    }

    /// Calls the route as the caller, with a body it can use.
    pub(super) async fn call(&self, app: &TestApp, route: &RouteInfo, tenant: &str) -> Answer {
        let path = self.path(route, tenant);
        if route.path.starts_with("/oauth/") {
            return self.call_as_client(app, &path).await;
        }
        match (&self.caller, route.area, route.method.is_safe()) {
            (None, _, true) => app.anonymous().get(&path).await,
            (None, _, false) => {
                app.anonymous().call(route.method.clone(), &path).json(self.body(route)).await
            }
            (Some(person), _, true) => person.get(&path).await,
            (Some(person), Area::Panel, false) => {
                let fields = self.form(route).await;
                let fields: Vec<(&str, &str)> =
                    fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                person.post_form(&path, &fields).await
            }
            (Some(person), _, false) => person.call(route.method.clone(), &path).json(self.body(route)).await,
        }
    }

    /// Calls the route with a token, and a body it can use.
    pub(super) async fn call_with(&self, program: &Program, route: &RouteInfo, tenant: &str) -> Answer {
        let path = self.path(route, tenant);
        if route.method.is_safe() {
            return program.get(&path).await;
        }
        program.call(route.method.clone(), &path).json(self.body(route)).await
    }

    /// Calls a route of the API as the caller, with a key.
    pub(super) async fn call_keyed(&self, route: &RouteInfo, key: &str) -> Answer {
        let person = self.caller.as_ref().expect("somebody");
        let call = person.call(route.method.clone(), &self.path(route, &self.tenant.slug));
        call.header("idempotency-key", key).json(self.body(route)).await
    }

    /// Calls an OAuth endpoint: whoever has the credential, whatever else they are.
    async fn call_as_client(&self, app: &TestApp, path: &str) -> Answer {
        let given = |name: &str| self.parameters[name].as_str();
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials").append_pair("token", given("access token"));
        form.append_pair("scope", "projects:read");
        let mut call = app.anonymous().call(http::Method::POST, path);
        if path == "/oauth/introspect" {
            call = call.header("authorization", format!("Bearer {}", given("reader token")));
        } else {
            form.append_pair("client_id", given("client id"));
            form.append_pair("client_secret", given("client secret"));
        }
        call.header("content-type", "application/x-www-form-urlencoded").body(form.finish()).await
    }

    /// A body the route can use.
    fn body(&self, route: &RouteInfo) -> Value {
        match (route.method.as_str(), route.path.trim_start_matches("/api/v1")) {
            ("PATCH", "/me" | "/tenants/{tenant}" | "/tenants/{tenant}/apps/{app}")
            | ("POST", "/tenants" | "/tenants/{tenant}/projects") => json!({ "name": "New" }),
            ("POST", "/tenants/{tenant}/members/roles" | "/tenants/{tenant}/members/roles/preview") => {
                json!({ "users": [self.parameters["user"]], "add": ["member"] })
            }
            ("PUT", "/tenants/{tenant}/members/{user}/roles") => json!({ "roles": ["viewer", "member"] }),
            ("POST", "/tenants/{tenant}/invitations") => {
                json!({ "email": "new@example.com", "roles": ["viewer"] })
            }
            ("POST", "/tenants/{tenant}/apps/{app}/keys") => {
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": "two", "x": ED25519 })
            }
            ("POST", "/tenants/{tenant}/apps") => json!({ "name": "New", "roles": ["viewer"] }),
            ("POST", "/tenants/{tenant}/tokens") => json!({ "name": "New", "scopes": ["projects:read"] }),
            ("POST", "/tenants/{tenant}/role-requests") => {
                json!({ "role": "admin", "reason": "It is needed." })
            }
            ("POST", "/tenants/{tenant}/invitations/batch") => {
                json!({ "emails": ["new@example.com"], "roles": ["viewer"] })
            }
            ("POST", "/tenants/{tenant}/domains") => json!({ "domain": "new.example" }),
            ("PATCH", "/tenants/{tenant}/domains/{domain}") => json!({ "role": "viewer" }),
            ("POST", "/tenants/{tenant}/roles") => json!({ "name": "New", "permissions": ["projects:read"] }),
            ("PATCH", "/tenants/{tenant}/roles/{role}")
            | ("POST", "/tenants/{tenant}/roles/{role}/preview") => {
                json!({ "permissions": ["projects:update"] })
            }
            ("PATCH", "/tenants/{tenant}/projects/{project}") => json!({ "archived": true }),
            ("POST", "/tenants/{tenant}/access/explain") => json!({
                "subject": { "type": "user", "id": self.parameters["user"] }, "permission": "members:read"
            }),
            ("POST", "/operator/tenants/{tenant}/suspend" | "/operator/users/{user}/disable") => {
                json!({ "reason": "A test of it." })
            }
            ("POST", "/tenants/{tenant}/transfer") => json!({ "to": self.parameters["user"] }),
            ("POST", "/invitations/accept") => json!({ "token": self.parameters["token"] }),
            _ => json!({}),
        }
    }

    /// A form's fields the route can use.
    #[allow(clippy::too_many_lines, reason = "a table: a line for each form")]
    pub(super) async fn form(&self, route: &RouteInfo) -> Vec<(&'static str, String)> {
        let text = str::to_owned;
        match route.path {
            "/tenants" | "/account" | "/t/{tenant}/projects" => vec![("name", text("New"))],
            "/device" => vec![("user_code", self.parameters["user code"].clone())],
            "/t/{tenant}/device/{device}/approve" => vec![("scopes", text("projects:read"))],
            "/account/appearance" => vec![("theme", text("dark"))],
            "/account/identities/link" => vec![("provider", text("github"))],
            "/t/{tenant}/members/roles/choose" => vec![("user", self.parameters["user"].clone())],
            "/t/{tenant}/members/roles" | "/t/{tenant}/members/roles/preview" => {
                vec![("user", self.parameters["user"].clone()), ("deal-member", text("give"))]
            }
            "/t/{tenant}/members/{user}/roles" | "/t/{tenant}/members/{user}/roles/preview" => vec![
                ("role", text("viewer")),
                ("role", text("member")),
                ("revision", self.revision(&format!("/members/{}", self.parameters["user"])).await),
            ],
            "/t/{tenant}/invitations" => vec![("email", text("new@example.com")), ("role", text("viewer"))],
            "/t/{tenant}/settings/domains" => vec![("domain", text("new.example"))],
            "/t/{tenant}/settings/domains/{domain}" => {
                vec![("joining", text("off")), ("role", text("viewer")), ("revision", text("1"))]
            }
            "/t/{tenant}/roles" => vec![("name", text("New")), ("allow", text("projects:read"))],
            "/t/{tenant}/roles/{role}" | "/t/{tenant}/roles/{role}/preview" => vec![
                ("name", text("New")),
                ("allow", text("projects:update")),
                ("revision", self.revision(&format!("/roles/{}", self.parameters["role"])).await),
            ],
            "/t/{tenant}/roles/{role}/delete" => {
                vec![("revision", self.revision(&format!("/roles/{}", self.parameters["role"])).await)]
            }
            "/t/{tenant}/projects/{project}" => vec![("name", text("New")), ("revision", text("1"))],
            "/t/{tenant}/projects/{project}/archive" => {
                vec![("archived", text("true")), ("revision", text("1"))]
            }
            "/t/{tenant}/projects/{project}/delete" => vec![("revision", text("1"))],
            "/t/{tenant}/apps" => vec![("name", text("New")), ("role", text("viewer"))],
            "/t/{tenant}/apps/{app}" => vec![
                ("name", text("New")),
                ("role", text("viewer")),
                ("revision", self.revision(&format!("/apps/{}", self.parameters["app"])).await),
            ],
            "/t/{tenant}/apps/{app}/secrets" => vec![
                ("lasts", text("30")),
                ("revision", self.revision(&format!("/apps/{}", self.parameters["app"])).await),
            ],
            "/t/{tenant}/apps/{app}/keys" => {
                let key = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "two", "x": ED25519 });
                vec![("jwk", key.to_string())]
            }
            "/t/{tenant}/apps/{app}/delete" => vec![
                ("confirm", text("Robot")),
                ("revision", self.revision(&format!("/apps/{}", self.parameters["app"])).await),
            ],
            "/t/{tenant}/tokens/new" => vec![
                ("name", text("New")),
                ("scope", text("projects:read")),
                ("lasts", text("30")),
                ("newest", self.parameters["own token"].clone()),
            ],
            "/t/{tenant}/tokens/{token}/rotate" => {
                vec![("overlap", text("24")), ("newest", self.parameters["own token"].clone())]
            }
            "/t/{tenant}/requests" => {
                vec![("role", text("admin")), ("hours", text("8")), ("reason", text("It is needed."))]
            }
            "/t/{tenant}/requests/{request}/approve" | "/t/{tenant}/requests/{request}/decline" => {
                vec![("revision", self.revision(&format!("/requests/{}", self.parameters["request"])).await)]
            }
            "/t/{tenant}/settings" => vec![
                ("name", text("New")),
                ("slug", self.tenant.slug.clone()),
                ("revision", self.revision("/settings").await),
            ],
            "/t/{tenant}/settings/retention" => {
                vec![("audit_retention_days", text("90")), ("revision", self.revision("/settings").await)]
            }
            "/operator/tenants/{tenant}/suspend" | "/operator/users/{user}/disable" => {
                vec![("reason", text("A test of it."))]
            }
            "/t/{tenant}/settings/transfer" => {
                vec![("to", self.parameters["user"].clone()), ("confirm", self.tenant.slug.clone())]
            }
            "/t/{tenant}/settings/delete" => vec![("confirm", self.tenant.slug.clone())],
            _ => Vec::new(),
        }
    }

    /// The revision in the form of one of the tenant's pages.
    async fn revision(&self, below: &str) -> String {
        let page = self.tenant.owner.get(&format!("/t/{}{below}", self.tenant.slug)).await.expect(200).text();
        let (_, rest) = page.split_once(r#"name="revision" value=""#).expect("a revision");
        rest.split('"').next().unwrap().to_owned()
    }
}

/// Someone who asks to join `tenant`, their request called by the tenant's own id; and an address of `person` by which
/// they may join `elsewhere`.
async fn db_joining(app: &TestApp, (tenant, elsewhere): (&Tenant, &Tenant), person: &Person, number: usize) {
    app.person(&format!("asker-{number}")).await;
    let now = app.clock.now().micros();
    for (slug, domain, joining) in [(&tenant.slug, "asks", "ask"), (&elsewhere.slug, "join", "open")] {
        let domain = format!("{domain}-{number}.example");
        app.db_execute(&format!(
            "insert into domains (tenant_id, name, token, verified_at, checked_at, joining, created_at) \
             select id, '{domain}', 'sample', {now}, {now}, '{joining}', {now} from tenants where slug = '{slug}'"
        ))
        .await;
        app.db_execute(&format!(
            "insert into domain_roles (tenant_id, domain, role_id) select d.tenant_id, d.name, r.id from domains d \
             join roles r on r.tenant_id = d.tenant_id where d.name = '{domain}' and r.key = 'viewer'"
        ))
        .await;
    }
    app.db_execute(&format!(
        "insert into join_requests (id, tenant_id, user_id, domain, email, created_at) \
         select t.id, t.id, i.user_id, 'asks-{number}.example', e.email, {now} from tenants t, identity_emails e \
         join identities i on i.id = e.identity_id \
         where t.slug = '{}' and e.email = 'asker-{number}@example.com'",
        tenant.slug
    ))
    .await;
    app.db_execute(&format!(
        "insert into identity_emails (identity_id, email) select identity_id, 'they@join-{number}.example' \
         from identity_emails where email = '{}'",
        person.external.email.as_ref().unwrap()
    ))
    .await;
}

/// A tool that waits for this person's answer: the request's id, and the code they typed.
async fn waiting_tool(app: &TestApp, client_id: &str, person: &Person) -> (String, String) {
    let call = app.anonymous().call(http::Method::POST, "/oauth/device_authorization");
    let call = call.header("content-type", "application/x-www-form-urlencoded");
    let started = call.body(format!("client_id={client_id}&scope=projects:read")).await.expect(200).json();
    let code = started["user_code"].as_str().unwrap().to_owned();
    let found = person.post_form("/device", &[("user_code", &code)]).await.expect(303);
    let id = found.header("location").unwrap().rsplit('/').next().unwrap().to_owned();
    (id, code)
}

/// The id of a tenant that `person` owned and deleted.
async fn deleted(app: &TestApp, person: &Person, number: usize) -> String {
    let gone = app.tenant_of(person, &format!("gone-{number:04}")).await;
    person.delete(&gone.api("")).await.expect(204);
    gone.id.to_string()
}

/// The identity that was linked, which is not the one in use.
fn linked(list: &Value) -> String {
    let linked = list["items"].as_array().unwrap().iter().find(|identity| identity["provider"] == "github");
    linked.expect("it was linked")["id"].as_str().unwrap().to_owned()
}
