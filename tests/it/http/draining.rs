//! Going down in order: not ready first, then no new connections, and what is under way ends well.

use std::sync::atomic::Ordering;
use std::time::Duration;

use freehold::http::access::{Public, reason};
use freehold::http::routes::{Area, Routes};
use http::StatusCode;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::raw::{get, request, send};
use crate::harness::browserless::{Site, Store};
use crate::harness::until;

#[tokio::test]
async fn a_draining_node_is_not_ready_but_goes_on_answering() {
    let site = Site::start(Store::sqlite().await).await;
    assert_eq!(get(site.address, "/readyz").await.status, 200);
    site.app.state.draining.store(true, Ordering::Release);
    assert_eq!(get(site.address, "/readyz").await.status, 503);
    assert_eq!(get(site.address, "/healthz").await.status, 200);
    assert_eq!(get(site.address, "/login").await.status, 200);
}

static UNDER_WAY: Semaphore = Semaphore::const_new(0);
static MAY_END: Semaphore = Semaphore::const_new(0);

async fn slow(_: Public<reason::Health>) -> &'static str {
    UNDER_WAY.add_permits(1);
    let _permit = MAY_END.acquire().await;
    "done\n"
}

#[tokio::test]
async fn what_is_under_way_ends_well_and_nothing_new_begins() {
    let plan = Site::on(Store::sqlite().await).router(|app| {
        let routes = Routes::new(Area::Service).get("/healthz", "Wait", slow).finish().0;
        freehold::http::around(routes, app)
    });
    let mut site = plan.start().await;
    let address = site.address;
    let asked = tokio::spawn(send(address, request("GET", "/healthz", address, &[])));
    let _under_way = UNDER_WAY.acquire().await.unwrap();
    let idle = TcpStream::connect(address).await.unwrap();
    let drained = tokio::spawn(async move { site.drain().await });
    let closed = until(Duration::from_secs(5), async || TcpStream::connect(address).await.err());
    assert!(closed.await.is_some(), "no new connections");
    assert!(!drained.is_finished(), "it waits for the request");
    MAY_END.add_permits(1);
    let answer = asked.await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK.as_u16(), "done\n"));
    let ended = tokio::time::timeout(Duration::from_secs(5), drained).await;
    ended.expect("idle connections do not hold it up").unwrap();
    drop(idle);
}
