//! What a page weighs on the wire: the document, one stylesheet, one script. Must never count what a browser fetches
//! only once for all pages as if it were free.

use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING};

use super::first_day::freehold_dev;

/// The most a page may weigh with its stylesheet and its script, in bytes.
const MOST: usize = 50_000;

/// The addresses that stand in attributes like `href="…"`.
fn addresses<'a>(html: &'a str, attribute: &'a str) -> impl Iterator<Item = &'a str> {
    html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next())
}

#[tokio::test]
async fn every_page_is_light_and_its_style_and_script_are_kept_for_good() {
    let node = freehold_dev().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |path: &str| {
        let request = client.get(format!("{}{path}", node.url)).header(ACCEPT_ENCODING, "gzip");
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        assert_eq!(answer.headers()[CONTENT_ENCODING], "gzip", "{path}");
        let kept = answer.headers()[CACHE_CONTROL].to_str().unwrap().to_owned();
        (answer.bytes().await.unwrap().len(), kept)
    };
    let text = async |path: &str| {
        client.get(format!("{}{path}", node.url)).send().await.unwrap().text().await.unwrap()
    };
    let index = text("/dev/gallery").await;
    let mut heaviest = (0, String::new());
    let mut pages = 0;
    for page in addresses(&index, "href=\"").filter(|path| path.starts_with("/dev/gallery/")) {
        let html = text(page).await;
        let parts: Vec<&str> = addresses(&html, "<script type=\"module\" src=\"")
            .chain(addresses(&html, "<link rel=\"stylesheet\" href=\""))
            .collect();
        assert_eq!(parts.len(), 2, "{page} has one stylesheet and one script: {parts:?}");
        let (document, kept) = get(page).await;
        assert_eq!(kept, "no-store", "{page}");
        let mut weight = document;
        for part in parts {
            let (bytes, kept) = get(part).await;
            assert_eq!(kept, "public, max-age=31536000, immutable", "{part}");
            weight += bytes;
        }
        println!("{page} {document} + {} bytes", weight - document);
        assert!(weight < MOST, "{page} weighs {weight} bytes");
        heaviest = heaviest.max((weight, page.to_owned()));
        pages += 1;
    }
    println!("{pages} pages, the heaviest {heaviest:?}");
    assert!(pages > 10, "the gallery is there");
}
