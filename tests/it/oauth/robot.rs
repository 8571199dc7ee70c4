//! An app as OAuth clients are: with a client id, a secret, and forms. Used by the tests of the endpoints.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use freehold::ids::AppId;
use http::Method;
use serde_json::{Value, json};

use crate::harness::app::{Answer, Tenant, TestApp};

/// An app, and what it knows.
pub(super) struct Robot<'a> {
    pub(super) app: &'a TestApp,
    pub(super) tenant: Tenant,
    pub(super) id: AppId,
    pub(super) client_id: String,
    pub(super) secret: String,
}

/// A tenant of a new person.
pub(super) async fn tenant(app: &TestApp, slug: &str) -> Tenant {
    let owner = app.person(&format!("owner-of-{slug}")).await;
    app.tenant_of(&owner, slug).await
}

impl<'a> Robot<'a> {
    /// A new app of the tenant that holds these roles and has a secret.
    pub(super) async fn of(app: &'a TestApp, tenant: &Tenant, roles: &[&str], format: &str) -> Self {
        let new = json!({ "name": "Robot", "roles": roles, "token_format": format });
        let made = tenant.owner.post_json(&tenant.api("/apps"), new).await.expect(201).json();
        let id = made["id"].as_str().unwrap();
        let secrets = tenant.api(&format!("/apps/{id}/secrets"));
        let secret = tenant.owner.post_json(&secrets, json!({})).await.expect(201).json();
        Self {
            app,
            tenant: tenant.clone(),
            id: id.parse().unwrap(),
            client_id: made["client_id"].as_str().unwrap().to_owned(),
            secret: secret["secret"].as_str().unwrap().to_owned(),
        }
    }

    /// Where the API has the app, with `below` after it.
    pub(super) fn path(&self, below: &str) -> String {
        self.tenant.api(&format!("/apps/{}{below}", self.id))
    }

    /// Changes the app, as the tenant's owner.
    pub(super) async fn is(&self, change: Value) {
        self.tenant.owner.patch(&self.path(""), change).await.expect(200);
    }

    pub(super) fn basic(&self) -> String {
        basic(&self.client_id, &self.secret)
    }

    /// Sends a form to an endpoint, with the secret in a Basic header.
    pub(super) async fn sends(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        form(self.app, path, Some(&self.basic()), fields).await
    }

    /// Asks for a token, with these fields besides the grant.
    pub(super) async fn asks(&self, fields: &[(&str, &str)]) -> Answer {
        let all: Vec<(&str, &str)> =
            [("grant_type", "client_credentials")].iter().chain(fields).copied().collect();
        self.sends("/oauth/token", &all).await
    }

    /// A token for this scope.
    pub(super) async fn token(&self, scope: &str) -> String {
        let issued = self.asks(&[("scope", scope)]).await.expect(200).json();
        issued["access_token"].as_str().unwrap().to_owned()
    }

    /// What the API answers whoever bears the token.
    pub(super) async fn calls(&self, token: &str, path: &str) -> Answer {
        self.tenant.owner.program(token).get(path).await
    }
}

/// A Basic header's value.
pub(super) fn basic(client_id: &str, secret: &str) -> String {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", encoded(client_id), encoded(secret))))
}

/// Sends a form, perhaps with an Authorization header.
pub(super) async fn form(
    app: &TestApp,
    path: &str,
    authorization: Option<&str>,
    fields: &[(&str, &str)],
) -> Answer {
    let mut call = app.anonymous().call(Method::POST, path);
    if let Some(value) = authorization {
        call = call.header("authorization", value);
    }
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    call.header("content-type", "application/x-www-form-urlencoded").body(form.finish()).await
}

/// Holds that the answer is this error, as RFC 6749 tells it.
#[track_caller]
pub(super) fn refused(answer: Answer, status: u16, code: &str) -> Answer {
    let answer = answer.expect(status);
    assert_eq!(answer.json()["error"], code, "{}", answer.text());
    assert!(answer.json()["error_description"].is_string(), "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    let challenge = (status == 401 && code == "invalid_client").then_some("Basic realm=\"freehold\"");
    if code == "invalid_client" {
        assert_eq!(answer.header("www-authenticate"), challenge);
    }
    answer
}
