//! What Redis forgets or remembers wrongly opens no session that was ended.

use fred::prelude::{Builder, ClientLike, Config, KeysInterface};
use http::Method;

use crate::harness::services::Redis;

use super::client::Client;
use super::installation::Installation;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_ended_stays_ended_when_redis_is_flushed_and_restored() {
    let redis = Redis::private().await;
    let url = redis.url();
    let installation = Installation::over_shared_postgres().await.with("REDIS_URL", &url);
    let (mut a, mut b) = tokio::join!(installation.node(), installation.node());
    let store = Builder::from_config(Config::from_url(&url).unwrap()).build().unwrap();
    store.init().await.unwrap();

    let (keeper, ended, left) =
        (Client::of(&installation), Client::of(&installation), Client::of(&installation));
    for client in [&keeper, &ended, &left] {
        client.sign_in(&a, "google", "ada").await;
        client.get(&b, "/api/v1/me").await.expect(200);
    }
    let mut dump: Vec<(String, Vec<u8>)> = Vec::new();
    for client in [&keeper, &ended, &left] {
        let cookie = client.cookie();
        dump.push((cookie.clone(), store.get(&cookie).await.unwrap()));
    }
    left.sign_out(&a).await;
    left.set_cookie(&dump[2].0);
    keeper.send(&a, Method::DELETE, "/api/v1/me/sessions", None).await.expect(204);

    // Flushed: nobody is signed in once the nodes have asked again, and nobody meets an error of ours.
    assert_eq!(redis.command("FLUSHALL").unwrap(), "+OK");
    keeper.wait_for(&a, "/api/v1/me", 401).await;
    keeper.wait_for(&b, "/api/v1/me", 401).await;

    // Restored from before: what was ended stays so on nodes that know, and on nodes that start from nothing.
    for (key, value) in &dump {
        store.set::<(), _, _>(key, value.as_slice(), None, None, false).await.unwrap();
    }
    for restarted in [false, true] {
        if restarted {
            a.program.kill();
            b.program.kill();
            (a, b) = tokio::join!(installation.node(), installation.node());
        }
        for node in [&a, &b] {
            keeper.get(node, "/api/v1/me").await.expect(200);
            ended.get(node, "/api/v1/me").await.expect(401);
            left.get(node, "/api/v1/me").await.expect(401);
        }
    }
    assert_eq!(redis.command("FLUSHALL").unwrap(), "+OK");
    ended.sign_in(&b, "google", "ada").await;
    ended.get(&a, "/api/v1/me").await.expect(200);
}
