//! The domains of a tenant: which there are, the record that proves each, who may join by it.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{Grant, perm};
use crate::clock::Timestamp;
use crate::domains::{self, Domain, DomainChange, DomainStatus, Joining, NewDomain};
use crate::email::DomainName;
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path, Query};
use crate::http::panel::parts::confirm::Confirm;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::roles::guards::{self, Holding};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/settings/domains", "The domains of a tenant", show)
        .post("/t/{tenant}/settings/domains", "Add a domain", add)
        .post("/t/{tenant}/settings/domains/{domain}", "Say who may join by a domain", change)
        .post("/t/{tenant}/settings/domains/{domain}/verify", "Look for a domain's record", verify)
        .get("/t/{tenant}/settings/domains/{domain}/remove", "Ask before a domain is removed", ask)
        .post("/t/{tenant}/settings/domains/{domain}/remove", "Remove a domain", remove)
}

type MayUpdate = Grant<perm::TenantUpdate>;

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/domains.html")]
pub(super) struct DomainsPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) domains: Vec<Card>,
    /// What was typed into the form that adds one, and what was wrong with it.
    pub(super) domain: String,
    pub(super) errors: FormErrors,
}

/// A domain on the page.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) name: String,
    pub(super) record: (String, String),
    pub(super) verified: Option<Moment>,
    pub(super) checked: Option<Moment>,
    pub(super) joining: Joining,
    pub(super) revision: i64,
    /// The roles that joining may give.
    pub(super) roles: Vec<RoleChoice>,
    /// Why what was just asked for was not done.
    pub(super) refused: Option<String>,
}

/// A role that joining may give.
#[derive(Debug, Clone)]
pub(super) struct RoleChoice {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) chosen: bool,
    /// Whether the reader cannot give it.
    pub(super) beyond: bool,
}

impl Card {
    /// Who may join: the word, whether it is so, what it is called, what it means.
    fn ways(&self) -> [(&'static str, bool, &'static str, &'static str); 3] {
        [
            (Joining::Off, "Nobody", "People there need an invitation, as everyone does."),
            (Joining::Ask, "Who asks", "They ask, and someone who may invite lets them in or declines."),
            (Joining::Open, "Everyone there", "They become members at once. Whom you removed has to ask."),
        ]
        .map(|(way, name, text)| (way.as_str(), way == self.joining, name, text))
    }
}

async fn show(who: Can<perm::TenantUpdate>, app: View, Query(query): Query<Shown>) -> Result<Response> {
    let mut shown = domains_page(&app, who.grant(), None).await?;
    shown.frame = shown.frame.telling(query.done.as_deref());
    Ok(page(&shown))
}

async fn add(who: Can<perm::TenantUpdate>, app: View, form: Form) -> Result<Response> {
    form.only(&["domain"])?;
    let new = NewDomain { domain: form.text("domain")?.to_owned() };
    match domains::add(&app.domains(), who.grant(), &new).await {
        Ok(_) => Ok(back(who.grant(), Notice::DomainAdded)),
        Err(error) => {
            let rejected = Rejected::from(error, &["domain"])?;
            let mut shown = domains_page(&app, who.grant(), None).await?;
            (shown.domain, shown.errors) = (new.domain, form::errors(Some(&rejected)));
            Ok(rejected.answer(page(&shown)))
        }
    }
}

async fn change(
    who: Can<perm::TenantUpdate>,
    app: View,
    Path(domain): Path<DomainName>,
    form: Form,
) -> Result<Response> {
    form.only(&["joining", "role", "revision"])?;
    let revision = form.revision()?;
    let role = Some(form.text("role")?).filter(|role| !role.is_empty()).map(str::to_owned);
    let joining = Some(Joining::read(form.text("joining")?));
    let wanted = DomainChange { joining, role };
    match domains::change(&app.domains(), who.grant(), &domain, &wanted, Some(revision)).await {
        Ok(_) => Ok(back(who.grant(), Notice::DomainSaved)),
        Err(error) => refused(&app, who.grant(), &domain, error).await,
    }
}

async fn verify(
    who: Can<perm::TenantUpdate>,
    app: View,
    Path(domain): Path<DomainName>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    match domains::verify(&app.domains(), who.grant(), &domain).await {
        Ok((domain, _)) if domain.status == DomainStatus::Verified => {
            Ok(back(who.grant(), Notice::DomainVerified))
        }
        Ok(_) => Ok(back(who.grant(), Notice::DomainLapsed)),
        Err(error) => refused(&app, who.grant(), &domain, error).await,
    }
}

async fn ask(who: Can<perm::TenantUpdate>, app: View, Path(domain): Path<DomainName>) -> Result<Response> {
    Ok(question(&app, who.grant(), &domain).await?.answer(None))
}

async fn remove(
    who: Can<perm::TenantUpdate>,
    app: View,
    Path(domain): Path<DomainName>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    match domains::remove(&app.domains(), who.grant(), &domain, None).await {
        Ok(_) => Ok(back(who.grant(), Notice::DomainRemoved)),
        Err(error) => {
            let rejected = Rejected::from(error, &[])?;
            Ok(question(&app, who.grant(), &domain).await?.answer(Some(&rejected)))
        }
    }
}

async fn question(app: &View, grant: &MayUpdate, name: &DomainName) -> Result<Confirm> {
    domains::show(&app.domains(), grant, name).await?;
    let path = format!("{}/settings/domains", path_of(grant));
    Ok(Confirm {
        frame: Frame::inside(app, grant, Section::Settings).await?,
        title: format!("Remove {name}?"),
        text: "Nobody joins by it any more, and who asked to is not shown. Members stay. To have it back you prove it anew."
            .to_owned(),
        action: format!("{path}/{name}/remove"),
        revision: None,
        button: "Remove the domain",
        cancel: path,
        errors: FormErrors::default(),
    })
}

fn back(grant: &MayUpdate, notice: Notice) -> Response {
    notice.at(&format!("{}/settings/domains", path_of(grant))).into_response()
}

/// The page again, with why nothing was done beside the domain it is about.
async fn refused(app: &View, grant: &MayUpdate, name: &DomainName, error: Error) -> Result<Response> {
    let rejected = Rejected::from(error, &[])?;
    let why = rejected.errors.top().unwrap_or_default().to_owned();
    Ok(rejected.answer(page(&domains_page(app, grant, Some((name, why))).await?)))
}

async fn domains_page(
    app: &View,
    grant: &MayUpdate,
    refused: Option<(&DomainName, String)>,
) -> Result<DomainsPage> {
    let now = app.database.clock().now();
    let card = |domain: Domain| {
        let refused = refused.as_ref().filter(|(name, _)| **name == domain.domain);
        card(grant, domain, refused.map(|(_, why)| why.clone()), now)
    };
    Ok(DomainsPage {
        frame: Frame::inside(app, grant, Section::Settings).await?,
        path: format!("{}/settings", path_of(grant)),
        domains: domains::list(&app.domains(), grant).await?.into_iter().map(card).collect(),
        domain: String::new(),
        errors: FormErrors::default(),
    })
}

fn card(grant: &MayUpdate, domain: Domain, refused: Option<String>, now: Timestamp) -> Card {
    let (policy, actor) = (grant.policy(), Holding::of(grant.standing()));
    let owner = guards::owner_role(policy);
    let roles = policy.roles.iter().filter(|role| Some(role.id) != owner).map(|role| RoleChoice {
        chosen: domain.role.as_ref() == Some(&role.key),
        beyond: guards::may_grant(actor, role, None, now).is_err(),
        key: role.key.clone(),
        name: role.name.clone(),
    });
    Card {
        roles: roles.collect(),
        name: domain.domain.to_string(),
        record: (domain.record.name, domain.record.value),
        verified: domain.verified_at.map(|at| Moment::new(at, now)),
        checked: domain.checked_at.map(|at| Moment::new(at, now)),
        joining: domain.joining,
        revision: domain.revision,
        refused,
    }
}
