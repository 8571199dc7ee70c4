//! Sizes and times a request may have, and that nothing unreadable is our fault.

use std::time::{Duration, Instant};

use freehold::login::Provider::Google;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::raw::{RawAnswer, get, read_to_end, request, send};
use crate::harness::browserless::{Site, Store};

#[tokio::test]
async fn headers_over_sixteen_kilobytes_are_refused() {
    let site = Site::start(Store::sqlite().await).await;
    let with =
        |size: usize| request("GET", "/login", site.address, &[format!("x-padding: {}", "x".repeat(size))]);
    assert_eq!(send(site.address, with(15_000)).await.status, 200);
    for size in [17_000, 31_000, 33_000, 100_000, 400_000] {
        assert_eq!(send(site.address, with(size)).await.status, 431, "{size}");
    }
    let many: Vec<String> = (0..2_000).map(|number| format!("x-{number}: {number}")).collect();
    assert_eq!(send(site.address, request("GET", "/login", site.address, &many)).await.status, 431);
}

#[tokio::test]
async fn addresses_over_eight_kilobytes_are_refused() {
    let site = Site::start(Store::sqlite().await).await;
    assert_ne!(get(site.address, &format!("/login?return_to=/{}", "x".repeat(8_000))).await.status, 414);
    for size in [8_200, 16_000, 31_000] {
        assert_eq!(
            get(site.address, &format!("/login?return_to=/{}", "x".repeat(size))).await.status,
            414,
            "{size}"
        );
        assert_eq!(get(site.address, &format!("/{}", "x".repeat(size))).await.status, 414, "{size}");
    }
}

/// Someone signed in, who speaks in bytes.
async fn cookie(site: &Site) -> String {
    let visitor = site.visitor();
    visitor.signs_in(Google, "ada").await;
    format!("cookie: freehold={}", visitor.session().unwrap())
}

async fn patch(site: &Site, cookie: &str, headers: &str, body: &str) -> RawAnswer {
    let (host, origin) = (site.address, &site.origin);
    let head = format!(
        "PATCH /api/v1/me HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\nconnection: close\r\n{cookie}\r\n\
         content-type: application/json\r\n{headers}\r\n\r\n"
    );
    send(site.address, head + body).await
}

fn name_of(size: usize) -> String {
    format!("{{\"name\": \"{}\"}}", "x".repeat(size))
}

#[tokio::test]
async fn bodies_over_256_kilobytes_are_refused() {
    let site = Site::start(Store::sqlite().await).await;
    let cookie = cookie(&site).await;
    let length = |body: &str| format!("content-length: {}", body.len());
    for (size, expected) in [(50, 200), (200_000, 422), (256 * 1024, 413), (2_000_000, 413)] {
        let body = name_of(size);
        assert_eq!(patch(&site, &cookie, &length(&body), &body).await.status, expected, "{size}");
        let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        let answer = patch(&site, &cookie, "transfer-encoding: chunked", &chunked).await;
        assert_eq!(answer.status, expected, "chunked {size}");
    }
}

#[tokio::test]
async fn a_body_whose_length_is_told_twice_is_refused() {
    let site = Site::start(Store::sqlite().await).await;
    let cookie = cookie(&site).await;
    let body = name_of(5);
    for headers in [
        format!("content-length: {}\r\ncontent-length: 3", body.len()),
        format!("content-length: {}, 3", body.len()),
        "content-length: -1".to_owned(),
        "content-length: +16".to_owned(),
        "content-length: 0x10".to_owned(),
        "transfer-encoding: chunked\r\ntransfer-encoding: identity".to_owned(),
        "transfer-encoding: xchunked".to_owned(),
    ] {
        assert_eq!(patch(&site, &cookie, &headers, &body).await.status, 400, "{headers}");
    }
}

#[tokio::test]
async fn compressed_bodies_and_other_types_are_refused() {
    let site = Site::start(Store::sqlite().await).await;
    let cookie = cookie(&site).await;
    let body = name_of(5);
    for encoding in ["gzip", "br", "deflate", "identity", "x"] {
        let headers = format!("content-length: {}\r\ncontent-encoding: {encoding}", body.len());
        assert_eq!(patch(&site, &cookie, &headers, &body).await.status, 415, "{encoding}");
    }
    let headers = format!("content-length: {}\r\ncontent-type: application/json", body.len());
    assert_eq!(patch(&site, &cookie, &headers, &body).await.status, 415, "two types");
}

#[tokio::test]
async fn json_must_say_one_thing_only() {
    let site = Site::start(Store::sqlite().await).await;
    let visitor = cookie(&site).await;
    let deep = format!("{{\"name\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [
        r#"{"name": "a", "name": "b"}"#,
        r#"{"name": "a", "nickname": "b"}"#,
        r#"{"name": 7}"#,
        r#"{"name": null}"#,
        r#"{"name": ["a"]}"#,
        r#"{"name": "a"} {"name": "b"}"#,
        r#"{"name": "a""#,
        r#"{"name": "\ud800"}"#,
        r#"["a"]"#,
        r#"{"name": "a\u0000b"}"#,
        r#"{"name": "a\u202eb"}"#,
        "{}",
        "",
        "null",
        &deep,
    ] {
        let answer = patch(&site, &visitor, &format!("content-length: {}", body.len()), body).await;
        assert!([400, 422].contains(&answer.status), "{body:.80} {answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let invalid = b"{\"name\": \"\xff\xfe\"}";
    let head = format!(
        "PATCH /api/v1/me HTTP/1.1\r\nhost: {}\r\norigin: {}\r\nconnection: close\r\n{visitor}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        site.address,
        site.origin,
        invalid.len()
    );
    assert_eq!(send(site.address, [head.as_bytes(), invalid].concat()).await.status, 400);
    assert_eq!(site.db_count("select count(*) from users where name <> 'Ada Sample'").await, 0);
}

#[tokio::test]
async fn query_parameters_come_once_and_are_known() {
    let site = Site::start(Store::sqlite().await).await;
    for query in ["return_to=/a&return_to=/b", "return_to=/a&return%5fto=/b", "unknown=1", "return_to=/&x"] {
        for path in ["/login", "/auth/google"] {
            assert_eq!(get(site.address, &format!("{path}?{query}")).await.status, 422, "{path}?{query}");
        }
    }
}

#[tokio::test]
async fn a_slow_head_and_an_idle_connection_are_cut_off() {
    let site = Site::on(Store::sqlite().await).header_timeout(Duration::from_millis(400)).start().await;
    let started = Instant::now();
    let open = async |bytes: &str| {
        let mut stream = TcpStream::connect(site.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    };
    let mut silent = open("").await;
    let mut slow = open("GET /login HTTP/1.1\r\nhost: ").await;
    let mut idle = open(&format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", site.address)).await;
    for (stream, expected) in [(&mut silent, ""), (&mut slow, ""), (&mut idle, "HTTP/1.1 200 OK")] {
        let text = read_to_end(stream).await;
        let status = text.lines().next().unwrap_or_default();
        assert!(status == expected || status.contains(" 408 "), "{expected:?}: {text}");
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_off_too() {
    let site = Site::on(Store::sqlite().await).header_timeout(Duration::from_millis(400)).start().await;
    let (mut reads, mut writes) = TcpStream::connect(site.address).await.unwrap().into_split();
    let trickle = async move {
        let mut pause = tokio::time::interval(Duration::from_millis(50));
        loop {
            pause.tick().await;
            if writes.write_all(b"x").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let mut bytes = Vec::new();
    tokio::select! {
        () = trickle => {}
        ended = tokio::time::timeout(Duration::from_secs(5), reads.read_to_end(&mut bytes)) => {
            assert!(ended.is_ok(), "bytes now and then do not keep a connection open");
        }
    }
}

/// Two hundred values nobody would send, the same ones each time.
fn nonsense() -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = [
        &b""[..],
        b"=",
        b";",
        b";;;=;",
        b"freehold",
        b"freehold=",
        b"freehold==",
        b"freehold=\"",
        b"freehold=%00",
        b"freehold=AAAAAAAAAAAAAAAAAAAAAA",
        b"freehold=____________________-_",
        b"freehold=\xff\xfe",
        b"\xff",
        b"freehold=../../x",
        b"freehold=' or 1=1 --",
        b"Bearer",
        b"Bearer ",
        b"Bearer  x",
        b"bearer x",
        b"Basic",
        b"Basic !!!",
        b"Basic Og==",
        b"Bearer fhp_",
        b"Bearer fhp_\xff",
        b"Digest a=b",
        b"Bearer a b",
        b"\t",
        b",,,",
    ]
    .iter()
    .map(|value| value.to_vec())
    .collect();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    while values.len() < 200 {
        let length = usize::try_from(state % 90).unwrap();
        let bytes = (0..length).map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let byte = state.to_le_bytes()[3];
            // What would end the header, or never be let in, is left out.
            if byte < b' ' || byte == 0x7f { b'~' } else { byte }
        });
        let mut value = b"freehold=".to_vec();
        value.extend(bytes);
        state = state.wrapping_add(length as u64 + 1);
        values.push(value);
    }
    values
}

#[tokio::test]
async fn malformed_cookies_and_credentials_are_never_our_fault() {
    let site = Site::start(Store::sqlite().await).await;
    for value in nonsense() {
        for header in ["cookie", "authorization"] {
            for path in ["/api/v1/me", "/login", "/auth/google/callback"] {
                let head = format!(
                    "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{header}: ",
                    site.address
                );
                let answer = send(site.address, [head.as_bytes(), &value, b"\r\n\r\n"].concat()).await;
                let shown = String::from_utf8_lossy(&value);
                assert!(answer.status < 500, "{header}: {shown} {answer:?}");
                if path == "/api/v1/me" {
                    assert!([400, 401].contains(&answer.status), "{header}: {shown} {answer:?}");
                }
            }
        }
    }
}
