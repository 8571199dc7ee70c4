//! Revoking a token: one's own, or anyone's by those who may. It says first whose it is and what stops.

use axum::response::{IntoResponse as _, Response};

use crate::authz::{Grant, Right, perm};
use crate::error::Result;
use crate::http::access::CanOrMine;
use crate::http::extract::{Form, Path};
use crate::http::panel::parts::confirm::Confirm;
use crate::http::panel::parts::form::FormErrors;
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::ids::TokenId;
use crate::tokens;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/tokens/{token}/revoke", "Ask before a token is revoked", ask)
        .post("/t/{tenant}/tokens/{token}/revoke", "Revoke a token", revoke)
}

async fn ask(who: CanOrMine<perm::TokensDelete>, app: View, Path(id): Path<TokenId>) -> Result<Response> {
    match who {
        CanOrMine::Can(grant) => question(&app, &grant, id).await,
        CanOrMine::Mine(grant) => question(&app, &grant, id).await,
    }
}

async fn revoke(
    who: CanOrMine<perm::TokensDelete>,
    app: View,
    Path(id): Path<TokenId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    let path = match who {
        CanOrMine::Can(grant) => {
            tokens::revoke(&app.authz, &grant, id).await?;
            path_of(&grant)
        }
        CanOrMine::Mine(grant) => {
            tokens::revoke_own(&app.authz, &grant, id).await?;
            path_of(&grant)
        }
    };
    Ok(Notice::TokenRevoked.at(&format!("{path}/tokens")).into_response())
}

async fn question<R: Right>(app: &View, grant: &Grant<R>, id: TokenId) -> Result<Response> {
    let token = tokens::find(&app.database, grant, id).await?;
    let whose = if token.owner.id == grant.subject().uuid() {
        "your token".to_owned()
    } else {
        format!("{}'s token", token.owner.name)
    };
    let used = match token.last_used_at {
        Some(_) => "What calls with it is refused from then on, at once and everywhere.",
        None => "It was never used.",
    };
    let path = format!("{}/tokens", path_of(grant));
    let question = Confirm {
        frame: Frame::inside(app, grant, Section::Tokens).await?,
        title: format!("Revoke {whose} {}?", token.name),
        text: format!("{used} It cannot be brought back."),
        action: format!("{path}/{id}/revoke"),
        button: "Revoke the token",
        revision: None,
        cancel: path,
        errors: FormErrors::default(),
    };
    Ok(question.answer(None))
}
