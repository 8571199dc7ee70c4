//! Pages that are each wrong in one way, and one that is right. Served to the tests that prove that faults are
//! seen; must never be like the panel in anything but its policy.

use axum::Router;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{StatusCode, Uri};
use tokio::net::TcpListener;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' http:";

/// What each page has beside its heading.
const PAGES: &[(&str, &str)] = &[
    ("/right", "<p><label for=name>Name</label> <input id=name> <a href=/right>Again</a>"),
    ("/console", "<script src=/says.js></script>"),
    ("/policy", "<script>document.title = 'never'</script>"),
    ("/missing", "<img src=/missing.png alt='' width=9 height=9>"),
    ("/cut", "<img src=http://127.0.0.1:1/ alt='' width=9 height=9>"),
    ("/shift", "<p>This is pushed down.</p><script src=/pushes.js></script>"),
    ("/unlabelled", "<input>"),
    ("/pale", "<p class=pale>Hard to read in the dark.</p>"),
    ("/wide", "<p class=wide>Wider than a phone.</p>"),
    ("/unseen", "<p><a class=unseen href=/right>Right</a>"),
    ("/lit", "<p><a class='unseen lit' href=/right>Right</a>"),
    ("/far", "<p><a class=far href=/right>Right</a>"),
    ("/covered", "<p><a href=/right>Right</a></p><p class=cover>Over it.</p>"),
    ("/skipped", "<p><a href=/right tabindex=-1>Right</a>"),
    (
        "/fields",
        "<label for=name>Name</label> <input id=name value=old>
         <label for=size>Size</label> <select id=size><option>Small<option>Large</select>
         <fieldset><legend>Colour</legend><label><input type=radio name=colour checked> Red</label>
         <label><input type=radio name=colour> Green</label>
         <label><input type=radio name=colour id=blue> Blue</label></fieldset>
         <label><input type=checkbox id=often> Often</label>",
    ),
    (
        "/menus",
        "<p><button popovertarget=menu>Menu</button><nav id=menu popover><a href=/right>Right</a></nav>
         <details><summary>More</summary><a href=/right>More right</a></details>
         <p><button commandfor=sure command=show-modal>Remove</button>
         <dialog id=sure aria-label=Sure><a href=/right>Keep</a> <a href=/right>Do remove</a></dialog>",
    ),
];

const SCRIPTS: &[(&str, &str)] = &[
    ("/says.js", "console.error('said')"),
    (
        "/pushes.js",
        "requestAnimationFrame(() => requestAnimationFrame(() =>
            document.querySelector('h1').prepend(document.createElement('hr'))))",
    ),
];

const STYLE: &str = "
    hr { height: 200px }
    .wide { width: 700px }
    .unseen:focus { outline: none }
    .lit { box-shadow: 0 0 2px gray }
    .far { position: fixed; left: -999px }
    .cover { position: fixed; inset: 0; margin: 0; background: white }
    @media (prefers-color-scheme: dark) { .pale { color: #333; background: #000 } }";

/// Serves until the test ends, and says where.
pub(super) async fn serve() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let pages = Router::new().fallback(async |uri: Uri| answer(uri.path()));
    tokio::spawn(async { axum::serve(listener, pages).await.unwrap() });
    origin
}

fn answer(path: &str) -> Response {
    let find = |list: &[(&str, &'static str)]| list.iter().find(|(at, _)| *at == path).map(|found| found.1);
    if path == "/style.css" {
        return ([(CONTENT_TYPE, "text/css")], STYLE).into_response();
    }
    if path == "/icon.svg" {
        return ([(CONTENT_TYPE, "image/svg+xml")], "<svg xmlns='http://www.w3.org/2000/svg'/>")
            .into_response();
    }
    if let Some(script) = find(SCRIPTS) {
        return ([(CONTENT_TYPE, "text/javascript")], script).into_response();
    }
    let status = if path == "/secret" { StatusCode::FORBIDDEN } else { StatusCode::OK };
    let Some(content) = find(PAGES).or((path == "/secret").then_some("")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Mirror</title>\
         <meta name=viewport content='width=device-width'><link rel=icon href=/icon.svg>\
         <link rel=stylesheet href=/style.css><main><h1>Mirror</h1>{content}</main>"
    );
    (status, [(CONTENT_TYPE, "text/html"), (CONTENT_SECURITY_POLICY, POLICY)], page).into_response()
}
