//! Whether the whole log is as it was written, followed from its first event. Asked for, never done by itself: a long
//! log takes seconds, and a page that takes too long goes on where the one before ended.

use std::time::Duration;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::audit::{self, ChainVerdict, Mark};
use crate::authz::perm;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::Query;
use crate::http::pagination;
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::shown::thousands;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::watch::Places;

/// How long one answer follows a chain.
const LONGEST: Duration = Duration::from_secs(5);

/// How many chains are followed at once on a node.
static PLACES: Places = Places::new(2, 1);

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    /// How far an earlier page came.
    cursor: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/audit_chain.html")]
pub(in crate::http::panel) struct ChainPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) verdict: ChainVerdict,
    /// Where it goes on; none when the chain was followed to its end, or to where it breaks.
    pub(in crate::http::panel) next: Option<String>,
}

impl ChainPage {
    fn intact(&self) -> String {
        thousands(self.verdict.intact_up_to)
    }

    fn events(&self) -> String {
        thousands(self.verdict.events)
    }

    /// The first place where something is wrong.
    fn broken(&self) -> Option<String> {
        self.verdict.broken_at.map(thousands)
    }
}

pub(super) async fn check(
    who: Can<perm::AuditRead>,
    app: View,
    Query(from): Query<From>,
) -> Result<Response> {
    let grant = who.grant();
    let scope = format!("panel audit chain {}", grant.tenant());
    let mark: Option<Mark> = pagination::decode(&app.sealer, &scope, from.cursor.as_deref())?;
    let place = PLACES.take(grant.subject())?;
    let mut on = app.database.read().await?;
    let (verdict, mark) = audit::verify_on(&mut on, grant, mark, LONGEST).await?;
    drop((on, place));
    let path = path_of(grant);
    let next = match mark {
        Some(mark) => {
            let cursor = pagination::encode(&app.sealer, &scope, &mark)?;
            Some(format!("{path}/audit/chain?cursor={cursor}"))
        }
        None => None,
    };
    Ok(page(&ChainPage { frame: Frame::inside(&app, grant, Section::Audit).await?, path, verdict, next }))
}
