//! Programs that call with a token.

use std::ops::Deref;
use std::time::Duration;

use freehold::db::{Actor, AuditEvent, Chain, Target};
use freehold::ids::{AppId, Subject, TokenId};
use freehold::tokens;
use freehold::tokens::format::Kind;

use super::{Browser, Person, Tenant, TestApp};

/// A program with a token.
#[derive(Clone)]
pub(crate) struct Program(Browser);

impl Deref for Program {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.0
    }
}

/// A token, and its id.
pub(crate) struct MintedToken {
    pub(crate) id: TokenId,
    pub(crate) text: String,
}

impl Browser {
    /// A program that calls with this token.
    pub(crate) fn program(&self, token: &str) -> Program {
        let (router, state) = (self.router.clone(), self.state.clone());
        Program(Self { router, state, session: None, bearer: Some(token.to_owned()) })
    }
}

impl Person {
    /// Registers an app of the tenant with these roles.
    pub(crate) async fn registers(&self, tenant: &Tenant, name: &str, roles: serde_json::Value) -> AppId {
        let new = serde_json::json!({ "name": name, "roles": roles });
        let made = self.post_json(&tenant.api("/apps"), new).await.expect(201).json();
        made["id"].as_str().unwrap().parse().unwrap()
    }

    /// Mints a token of theirs; they have just signed in.
    pub(crate) async fn mints(&self, tenant: &Tenant, scopes: &[&str]) -> Program {
        let new = serde_json::json!({ "name": "A program", "scopes": scopes });
        let minted = self.post_json(&tenant.api("/tokens"), new).await.expect(201).json();
        self.program(minted["token"].as_str().unwrap())
    }
}

impl TestApp {
    /// A personal token of theirs, made past the rules for minting.
    pub(crate) async fn db_token(&self, tenant: &Tenant, person: &Person, scopes: &str) -> MintedToken {
        self.db_token_of(tenant, person.id, scopes).await
    }

    /// A token of the app with this id, made past the token endpoint.
    pub(crate) async fn db_access_token(&self, tenant: &Tenant, app: &str, scopes: &str) -> MintedToken {
        self.db_token_of(tenant, app.parse::<AppId>().unwrap(), scopes).await
    }

    /// A token made past the rules for minting: a person's personal one, an app's access token.
    pub(crate) async fn db_token_of(
        &self,
        tenant: &Tenant,
        owner: impl Into<Subject>,
        scopes: &str,
    ) -> MintedToken {
        let owner = owner.into();
        let (kind, lasts) = match owner {
            Subject::User(_) => (Kind::Personal, Duration::from_hours(24)),
            Subject::App(_) => (Kind::Access, Duration::from_hours(1)),
        };
        let mut tx = self.state.database.write(Chain::Tenant(tenant.id)).await.unwrap();
        let expires_at = tx.at() + lasts;
        let scopes: Vec<&str> = scopes.split(' ').collect();
        let access =
            tokens::Access { tenant: tenant.id, owner, name: "Made by a test", scopes: &scopes, expires_at };
        let (id, minted) = tokens::issue(&mut tx, kind, &access).await.unwrap();
        let target = Target::new("token", id, "Made by a test");
        tx.commit(AuditEvent::done(Actor::system("test"), "token.created", target)).await.unwrap();
        MintedToken { id, text: minted.text }
    }
}
