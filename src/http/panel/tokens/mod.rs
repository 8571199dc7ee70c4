//! The tokens that work in a tenant: everyone's for those who may see them, one's own for everyone else.

pub(super) mod end;
pub(super) mod mint;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use crate::authz::{Grant, Right, perm};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::CanOrMine;
use crate::http::extract::Query;
use crate::http::pagination::{self, address};
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::{Subject, UserId};
use crate::tokens::{self, Filter, SOON, Token};

/// How many are on a page.
const SHOWN: u32 = 50;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/tokens", "The tokens that work in a tenant, or one's own", list)
        .and(mint::routes())
        .and(end::routes())
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Of this user or app alone, by id.
    owner: Option<Uuid>,
    /// Anything: only those never used, or not for 30 days.
    unused: Option<String>,
    /// Where to go on.
    cursor: Option<String>,
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/tokens.html")]
pub(super) struct TokensPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) tokens: Vec<TokenRow>,
    /// Whose are shown, when it is one's alone: their id and name.
    pub(super) owner: Option<(String, String)>,
    pub(super) unused: bool,
    /// Whether everyone's are shown.
    pub(super) all: bool,
    pub(super) own: String,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
    pub(super) may_mint: bool,
}

impl TokensPage {
    /// What one may ask for: the label, the address, whether it is what is shown.
    fn views(&self) -> Vec<(&'static str, String, bool)> {
        let here = format!("{}/tokens", self.path);
        let owner = self.owner.as_ref().map(|(id, _)| id.as_str());
        let own = owner == Some(self.own.as_str());
        let view = |label, owner: Option<&str>, unused: bool, current| {
            (label, address(&here, [("owner", owner), ("unused", unused.then_some("1"))]), current)
        };
        let mut views = vec![view("All", None, false, owner.is_none() && !self.unused)];
        if self.all {
            views.push(view("Yours", Some(&self.own), false, own && !self.unused));
        }
        views.push(view("Unused", owner, true, self.unused));
        views
    }

    fn filtered(&self) -> bool {
        self.unused || self.owner.is_some() || self.first.is_some()
    }
}

/// A token in a list: what is known of it, not what it is.
#[allow(
    clippy::struct_excessive_bools,
    reason = "what is to be marked, and what the reader may do, each by itself"
)]
#[derive(Debug)]
pub(super) struct TokenRow {
    /// Where it is rotated and revoked.
    pub(super) path: String,
    pub(super) name: String,
    pub(super) prefix: String,
    pub(super) scopes: Vec<String>,
    /// Whose it is: their id and name.
    pub(super) owner: (String, String),
    pub(super) of_app: bool,
    /// Whether it is the reader's.
    pub(super) own: bool,
    pub(super) made: Moment,
    pub(super) ends: Moment,
    pub(super) soon: bool,
    pub(super) used: Option<Moment>,
    pub(super) from: Option<String>,
    pub(super) unused: bool,
    pub(super) may_rotate: bool,
    pub(super) may_revoke: bool,
}

impl TokenRow {
    /// `token` as the grant's holder sees it.
    pub(super) fn new<P>(grant: &Grant<P>, token: Token, now: Timestamp) -> Self {
        let own = token.owner.id == grant.subject().uuid();
        Self {
            may_rotate: own && grant.can::<perm::TokensCreate>(),
            may_revoke: own || grant.can::<perm::TokensDelete>(),
            own,
            ..Self::of(&path_of(grant), token, now)
        }
    }

    /// `token` of the tenant at `path`, as its owner sees it who may still mint there.
    pub(super) fn of(path: &str, token: Token, now: Timestamp) -> Self {
        Self {
            path: format!("{path}/tokens/{}", token.id),
            name: token.name,
            prefix: token.prefix,
            scopes: token.scopes,
            owner: (token.owner.id.to_string(), token.owner.name),
            of_app: token.owner.kind == "app",
            own: true,
            made: Moment::new(token.created_at, now),
            ends: Moment::new(token.expires_at, now),
            soon: token.expires_at <= now + SOON,
            used: token.last_used_at.map(|at| Moment::new(at, now)),
            from: token.last_used_from,
            unused: token.unused,
            may_rotate: true,
            may_revoke: true,
        }
    }

    /// How much it may carry, in words.
    pub(super) fn count(&self) -> String {
        if let [only] = self.scopes.as_slice() {
            only.clone()
        } else {
            format!("{} scopes", self.scopes.len())
        }
    }
}

async fn list(who: CanOrMine<perm::TokensRead>, app: View, Query(wanted): Query<Wanted>) -> Result<Response> {
    match who {
        CanOrMine::Can(grant) => listed(&app, &grant, wanted).await,
        CanOrMine::Mine(grant) => listed(&app, &grant, wanted).await,
    }
}

async fn listed<R: Right>(app: &View, grant: &Grant<R>, wanted: Wanted) -> Result<Response> {
    app.token_uses.write(&app.database).await?;
    let (now, path, all) = (app.database.clock().now(), path_of(grant), grant.can::<perm::TokensRead>());
    let (owner, unused) = (wanted.owner.filter(|_| all), wanted.unused.is_some_and(|word| !word.is_empty()));
    let whose = if all { owner } else { Some(grant.subject().uuid()) };
    let whose_text = whose.map(|id| id.to_string());
    let scope =
        format!("panel tokens {} {} {unused}", grant.tenant(), whose_text.as_deref().unwrap_or("all"));
    let after = pagination::decode(&app.sealer, &scope, wanted.cursor.as_deref())?;
    // An id is one thing's alone, so it does not matter of which kind it is said to be.
    let filter = Filter { owner: owner.map(|owner| Subject::User(UserId::from_uuid(owner))), unused };
    let (found, more) = tokens::list(&app.database, grant, filter, (after, SHOWN)).await?;
    let last = found.last().filter(|_| more).map(|last| last.id);
    let next = last.map(|last| pagination::encode(&app.sealer, &scope, &last)).transpose()?;
    let named = found.first().map_or_else(|| "this owner".to_owned(), |token| token.owner.name.clone());
    let owner = owner.map(|owner| (owner.to_string(), named));
    let here = format!("{path}/tokens");
    let part = |cursor: Option<&str>| {
        let owner = owner.as_ref().map(|(id, _)| id.as_str());
        address(&here, [("owner", owner), ("unused", unused.then_some("1")), ("cursor", cursor)])
    };
    Ok(page(&TokensPage {
        frame: Frame::inside(app, grant, Section::Tokens).await?.telling(wanted.done.as_deref()),
        tokens: found.into_iter().map(|token| TokenRow::new(grant, token, now)).collect(),
        first: after.map(|_| part(None)),
        next: next.map(|next| part(Some(&next))),
        path,
        owner,
        unused,
        all,
        own: grant.subject().uuid().to_string(),
        may_mint: grant.can::<perm::TokensCreate>(),
    }))
}
