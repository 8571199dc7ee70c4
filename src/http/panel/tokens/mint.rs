//! Minting a personal token, and replacing one. The answer to either form is the page that shows the token; the form
//! knows the newest token its reader had, so that sending it again makes no other.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::TokenRow;
use crate::authz::{Grant, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path, Query};
use crate::http::panel::page;
use crate::http::panel::parts::form::{self, FormErrors, Rejected, renamed};
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::lasts::Lasts;
use crate::http::panel::parts::made::MadePage;
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::ids::TokenId;
use crate::tokens::{self, NewToken, NewlyMinted, Room, Rotation};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/tokens/new", "Begin a personal token", begin)
        .post("/t/{tenant}/tokens/new", "Mint a personal token, and show it once", mint)
        .get("/t/{tenant}/tokens/{token}/rotate", "Ask how a token is to be replaced", ask)
        .post("/t/{tenant}/tokens/{token}/rotate", "Replace a token, and show the new one once", rotate)
}

/// The fields of the form, as problems name them.
const FIELDS: [&str; 3] = ["name", "scopes", "days"];
/// For how long the old token can work beside the new one: the hours, and in words.
const OVERLAPS: [(&str, &str); 4] =
    [("0", "No longer: it ends at once"), ("1", "1 hour"), ("24", "1 day"), ("168", "7 days")];

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Begun {
    /// `read`: begin with all that only reads.
    with: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/token_new.html")]
pub(in crate::http::panel) struct MintPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) groups: Vec<Scopes>,
    pub(in crate::http::panel) lasts: Lasts,
    /// Whether it began with what only reads.
    pub(in crate::http::panel) reading: bool,
    pub(in crate::http::panel) newest: String,
    pub(in crate::http::panel) errors: FormErrors,
}

/// Scopes about the same thing.
#[derive(Debug)]
pub(in crate::http::panel) struct Scopes {
    /// What they are about, such as `members`.
    pub(in crate::http::panel) noun: String,
    pub(in crate::http::panel) rows: Vec<ScopeRow>,
}

/// A scope one may give.
#[derive(Debug)]
pub(in crate::http::panel) struct ScopeRow {
    pub(in crate::http::panel) name: String,
    /// What it allows, in a sentence.
    pub(in crate::http::panel) sentence: String,
    pub(in crate::http::panel) ticked: bool,
}

#[derive(Debug, Template)]
#[template(path = "pages/token_rotate.html")]
pub(in crate::http::panel) struct RotatePage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) token: TokenRow,
    /// Scopes of the old one that the new one will not have, because its owner does not hold them any more.
    pub(in crate::http::panel) lost: Vec<String>,
    /// For how long the old one is to work: the hours, in words, whether it is chosen.
    pub(in crate::http::panel) overlaps: Vec<(&'static str, &'static str, bool)>,
    pub(in crate::http::panel) newest: String,
    pub(in crate::http::panel) errors: FormErrors,
}

type MayMint = Grant<perm::TokensCreate>;

async fn begin(who: Can<perm::TokensCreate>, app: View, Query(begun): Query<Begun>) -> Result<Response> {
    let grant = who.grant();
    grant.principal().require_fresh(app.database.clock().now())?;
    let reading = begun.with.as_deref() == Some("read");
    let ticked = |name: &str| reading && name.ends_with(":read");
    let mut shown = mint_page(&app, grant, ticked, None).await?;
    shown.reading = reading;
    Ok(page(&shown))
}

async fn mint(who: Can<perm::TokensCreate>, app: View, form: Form) -> Result<Response> {
    form.only(&[&Lasts::FIELDS[..], &["name", "scope", "newest"]].concat())?;
    let (grant, lasts, room) = (who.grant(), Lasts::of(&form)?, room(&app, &form)?);
    let new = NewToken {
        name: form.text("name")?.to_owned(),
        scopes: form.list("scope"),
        expires_in_days: Some(lasts.in_days()),
    };
    match tokens::mint(&app.authz, grant, &new, room).await {
        Ok((made, _)) => shown_once(&app, grant, made, String::new()).await,
        Err(error) => {
            let rejected = Rejected::from(renamed(error, "/expires_in_days", "/days"), &FIELDS)?;
            let scopes: BTreeSet<String> = new.scopes.into_iter().collect();
            let mut shown = mint_page(&app, grant, |name| scopes.contains(name), Some(&rejected)).await?;
            (shown.name, shown.lasts) = (new.name, lasts);
            Ok(rejected.answer(page(&shown)))
        }
    }
}

async fn ask(who: Can<perm::TokensCreate>, app: View, Path(id): Path<TokenId>) -> Result<Response> {
    who.grant().principal().require_fresh(app.database.clock().now())?;
    Ok(page(&rotate_page(&app, who.grant(), id, "24", None).await?))
}

async fn rotate(
    who: Can<perm::TokensCreate>,
    app: View,
    Path(id): Path<TokenId>,
    form: Form,
) -> Result<Response> {
    form.only(&["overlap", "newest"])?;
    let (grant, room, overlap) = (who.grant(), room(&app, &form)?, form.text("overlap")?);
    let how = Rotation { overlap_hours: Some(overlap.parse().unwrap_or(u16::MAX)) };
    match tokens::rotate(&app.authz, grant, id, (&how, room)).await {
        Ok((made, _)) => {
            let kept =
                OVERLAPS.iter().find(|(hours, _)| *hours == overlap).filter(|(hours, _)| *hours != "0");
            let note = match kept {
                Some((_, words)) => format!(
                    "The old one works for {words} more, so that you can give your programs this one."
                ),
                None => "The old one works no more.".to_owned(),
            };
            shown_once(&app, grant, made, note).await
        }
        Err(error) => {
            let rejected = Rejected::from(renamed(error, "/overlap_hours", "/overlap"), &["overlap"])?;
            let shown = rotate_page(&app, grant, id, overlap, Some(&rejected)).await?;
            Ok(rejected.answer(page(&shown)))
        }
    }
}

/// What the form knows of the tokens there were when it was shown.
fn room(app: &View, form: &Form) -> Result<Room> {
    let newest = form.text("newest")?.parse::<TokenId>();
    let newest = newest.map_err(|_id| Error::Malformed("the newest token is no id".into()))?;
    Ok(Room { most: app.config.limits.tokens_per_member, newest: Some(newest) })
}

async fn shown_once(app: &View, grant: &MayMint, made: NewlyMinted, note: String) -> Result<Response> {
    Ok(page(&MadePage {
        frame: Frame::inside(app, grant, Section::Tokens).await?,
        title: format!("Your token {}", made.kept.name),
        note,
        command: format!(
            "read -rs TOKEN && curl --header \"Authorization: Bearer $TOKEN\" {}/api/v1/me",
            app.config.origin()
        ),
        tries: "Ask who you are by it. The shell waits for you to paste the token, and does not remember it.",
        secret: made.token,
        client_id: None,
        ends: Moment::new(made.kept.expires_at, app.database.clock().now()),
        back: format!("{}/tokens", path_of(grant)),
    }))
}

async fn mint_page(
    app: &View,
    grant: &MayMint,
    ticked: impl Fn(&str) -> bool,
    rejected: Option<&Rejected>,
) -> Result<MintPage> {
    let catalogue = app.authz.catalogue();
    let may = tokens::carried(catalogue, grant.effective());
    let mut groups: Vec<Scopes> = Vec::new();
    for (_, info) in catalogue.iter().filter(|(id, _)| may.contains(*id)) {
        let row = ScopeRow {
            ticked: ticked(&info.name),
            name: info.name.clone(),
            sentence: info.description.clone(),
        };
        let noun = info.noun_verb().0;
        match groups.iter_mut().find(|group| group.noun == noun) {
            Some(group) => group.rows.push(row),
            None => groups.push(Scopes { noun: noun.to_owned(), rows: vec![row] }),
        }
    }
    Ok(MintPage {
        frame: Frame::inside(app, grant, Section::Tokens).await?,
        path: path_of(grant),
        name: String::new(),
        groups,
        lasts: Lasts::default(),
        reading: false,
        newest: tokens::newest(&app.database, grant).await?.to_string(),
        errors: form::errors(rejected),
    })
}

async fn rotate_page(
    app: &View,
    grant: &MayMint,
    id: TokenId,
    overlap: &str,
    rejected: Option<&Rejected>,
) -> Result<RotatePage> {
    let (token, now) = (tokens::find(&app.database, grant, id).await?, app.database.clock().now());
    if token.owner.id != grant.subject().uuid() {
        return Err(Error::NotFound);
    }
    let may = tokens::carried(app.authz.catalogue(), grant.effective());
    let held = |name: &&String| app.authz.catalogue().get(name).is_some_and(|id| may.contains(id));
    Ok(RotatePage {
        frame: Frame::inside(app, grant, Section::Tokens).await?,
        path: path_of(grant),
        lost: token.scopes.iter().filter(|name| !held(name)).cloned().collect(),
        token: TokenRow::new(grant, token, now),
        overlaps: OVERLAPS.map(|(hours, words)| (hours, words, hours == overlap)).into(),
        newest: tokens::newest(&app.database, grant).await?.to_string(),
        errors: form::errors(rejected),
    })
}
