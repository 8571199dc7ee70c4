//! What became of each address when several were invited at once: those that were not are given back to be mended.
//! Called by the page that invites; shown once, as it may hold links.

use askama::Template;
use axum::response::Response;

use crate::authz::{Grant, perm};
use crate::error::Result;
use crate::http::panel::invitations::{form_choices, is_mailed};
use crate::http::panel::inviting::Typed;
use crate::http::panel::page;
use crate::http::panel::parts::choices::Choice;
use crate::http::panel::parts::form::FormErrors;
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::view::View;
use crate::invitations::{Line, LineStatus, Report};

#[derive(Debug, Template)]
#[template(path = "pages/invited.html")]
pub(super) struct InvitedPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) mailed: bool,
    pub(super) invited: usize,
    pub(super) lines: Vec<Line>,
    /// The form again, for those that were not invited.
    pub(super) choices: Vec<Choice>,
    pub(super) email: String,
    pub(super) errors: FormErrors,
}

impl InvitedPage {
    /// What the page says first.
    fn lead(&self) -> String {
        match (self.invited, self.lines.len() - self.invited) {
            (1, 0) => "One address was invited.".to_owned(),
            (all, 0) => format!("All {all} addresses were invited."),
            (0, _) => "Nobody was invited.".to_owned(),
            (some, others) => {
                let were = if some == 1 { "was" } else { "were" };
                let others_were = if others == 1 { "was" } else { "were" };
                format!("{some} {were} invited, {others} {others_were} not.")
            }
        }
    }
}

/// What is worth another try: not who is a member or invited already.
fn mendable(line: &Line) -> bool {
    matches!(line.status, LineStatus::Invalid | LineStatus::OverLimit | LineStatus::Failed)
}

/// The page about what became of each.
pub(super) async fn report(
    app: &View,
    grant: &Grant<perm::MembersInvite>,
    told: Report,
    typed: &Typed,
) -> Result<Response> {
    let again: Vec<&str> =
        told.items.iter().filter(|line| mendable(line)).map(|line| line.email.as_str()).collect();
    Ok(page(&InvitedPage {
        frame: Frame::inside(app, grant, Section::Invitations).await?,
        path: format!("{}/invitations", path_of(grant)),
        mailed: is_mailed(app),
        invited: told.invited,
        email: again.join("\n"),
        choices: form_choices(app, grant, typed, &FormErrors::default()),
        errors: FormErrors::default(),
        lines: told.items,
    }))
}
