//! Every POST of the API with an `Idempotency-Key`: what it did once it does not do twice. A route is tested from the
//! moment it is added.

use freehold::http::routes::Area;
use http::Method;

use super::callers::{Caller, Scene};
use crate::harness::app::each_database;

/// What takes from the caller the right to be told of it again.
const LOSES_THE_RIGHT: &str = "/api/v1/tenants/{tenant}/transfer";
const DONE: &str = "select count(*) from audit_events where outcome = 'done'";

#[tokio::test]
async fn every_post_of_the_api_is_done_once_for_one_key() {
    each_database(async |app| {
        let table = freehold::http::table();
        let posts = table.iter().filter(|route| route.area == Area::Api && route.method == Method::POST);
        for (number, route) in posts.enumerate() {
            let mut answered = false;
            for (place, caller) in [Caller::Owner, Caller::Operator].into_iter().enumerate() {
                let scene = Scene::set(&app, caller, number * 2 + place).await;
                scene.prepare(&app, route).await;
                let before = app.db_number(DONE).await;
                let first = scene.call_keyed(route, "a-key").await;
                let done = app.db_number(DONE).await - before;
                let again = scene.call_keyed(route, "a-key").await;
                assert_eq!(app.db_number(DONE).await - before, done, "{}: it is done again", route.path);
                assert!(first.status.as_u16() < 500, "{}: {}", route.path, first.text());
                if first.status.is_success() && route.path == LOSES_THE_RIGHT {
                    answered = true;
                    again.problem(403, "forbidden");
                    break;
                }
                if first.status.is_success() {
                    answered = true;
                    assert_eq!((first.status, first.text()), (again.status, again.text()), "{}", route.path);
                    let replayed = again.header("idempotency-replayed").is_some();
                    assert_eq!(replayed, done > 0, "{}: what wrote is told again", route.path);
                    break;
                }
            }
            assert!(answered, "{}: nobody could do it", route.path);
        }
    })
    .await;
}
