//! Every form of the table without the token of its session: refused, and nothing changed.

use freehold::authz::platform::PlatformRole;
use freehold::http::extract::FORM_TOKEN;
use freehold::http::routes::Area;
use http::Method;

use super::callers::{Caller, Scene};
use crate::harness::app::each_database;

#[tokio::test]
async fn no_form_is_taken_without_its_token() {
    each_database(async |app| {
        let scene = Scene::set(&app, Caller::Owner, 0).await;
        let owner = scene.caller.as_ref().unwrap();
        owner.operates(PlatformRole::Operator).await;
        let other = app.person("other").await;
        app.mail_is_sent().await;
        let table = freehold::http::table();
        let forms = table.iter().filter(|route| route.area == Area::Panel && !route.method.is_safe());
        for route in forms {
            let path = scene.path(route, &scene.tenant.slug);
            let fields = scene.form(route).await;
            for token in [None, Some(String::new()), Some(other.form_token())] {
                let before = app.db_dump(&["sessions", "session_records"]).await;
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                form.extend_pairs(&fields).extend_pairs(token.iter().map(|token| (FORM_TOKEN, token)));
                let call = owner.call(Method::POST, &path);
                let call = call.header("content-type", "application/x-www-form-urlencoded");
                let answer = call.body(form.finish()).await;
                assert_eq!(answer.status, 403, "{path} with {token:?}: {}", answer.text());
                assert!(answer.text().contains("Cross-site request"), "{path}: {}", answer.text());
                assert_eq!(
                    before,
                    app.db_dump(&["sessions", "session_records"]).await,
                    "{path} with {token:?}"
                );
            }
        }
    })
    .await;
}
