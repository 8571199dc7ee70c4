//! A command-line tool: it names itself by an app's client id, waits, and asks again. Used by the tests of this folder.

use http::Method;
use serde_json::{Value, json};

use crate::harness::app::{Answer, Person, Tenant, TestApp};

pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A tool of a tenant.
pub(super) struct Tool<'a> {
    pub(super) app: &'a TestApp,
    pub(super) client_id: String,
    /// Where the API has its app.
    pub(super) path: String,
}

/// A tool that waits.
pub(super) struct Waiting {
    pub(super) device_code: String,
    pub(super) user_code: String,
    pub(super) started: Value,
}

impl<'a> Tool<'a> {
    pub(super) async fn of(app: &'a TestApp, tenant: &Tenant) -> Self {
        let new = json!({ "name": "Deploy tool", "roles": [] });
        let made = tenant.owner.post_json(&tenant.api("/apps"), new).await.expect(201).json();
        let client_id = made["client_id"].as_str().unwrap().to_owned();
        Self { app, client_id, path: tenant.api(&format!("/apps/{}", made["id"].as_str().unwrap())) }
    }

    /// Sends a form to an endpoint, with the client id.
    pub(super) async fn sends(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", &self.client_id).extend_pairs(fields);
        let call = self.app.anonymous().call(Method::POST, path);
        call.header("content-type", "application/x-www-form-urlencoded").body(form.finish()).await
    }

    /// Asks to be let in.
    pub(super) async fn asks_for(&self, scope: &str) -> Answer {
        self.sends("/oauth/device_authorization", &[("scope", scope)]).await
    }

    /// Asks to be let in, and waits.
    pub(super) async fn waits_for(&self, scope: &str) -> Waiting {
        let started = self.asks_for(scope).await.expect(200).json();
        let text = |name: &str| started[name].as_str().unwrap().to_owned();
        Waiting { device_code: text("device_code"), user_code: text("user_code"), started }
    }

    /// Asks whether it was let in.
    pub(super) async fn fetches(&self, waiting: &Waiting) -> Answer {
        let fields = [("grant_type", GRANT), ("device_code", waiting.device_code.as_str())];
        self.sends("/oauth/token", &fields).await
    }

    /// Is told this error.
    #[track_caller]
    pub(super) fn is_told(answer: &Answer, code: &str) {
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]),
            (400, &json!(code)),
            "{}",
            answer.text()
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

impl Waiting {
    /// The page on which this person answers, after they typed the code.
    pub(super) async fn entered_by(&self, person: &Person) -> String {
        let found = person.post_form("/device", &[("user_code", &self.user_code)]).await.expect(303);
        found.header("location").unwrap().to_owned()
    }

    /// The person lets the tool in, for these scopes.
    pub(super) async fn approved_by(&self, person: &Person, scopes: &str) -> Answer {
        let page = self.entered_by(person).await;
        person.post_form(&format!("{page}/approve"), &[("scopes", scopes)]).await
    }
}

/// A tenant, a member with this role, and a tool.
pub(super) async fn scene<'a>(app: &'a TestApp, role: &str) -> (Tenant, Person, Tool<'a>) {
    let ada = app.person("ada").await;
    let tenant = app.tenant_of(&ada, "acme").await;
    let person = app.person("bob").await;
    person.joins(&tenant, role).await;
    let tool = Tool::of(app, &tenant).await;
    (tenant, person, tool)
}
