//! The names of operations, read off their paths. Called for each operation; must never give two
//! operations one name, for clients are generated from it.

use crate::http::routes::RouteInfo;

/// The words of a path, parameters left out; those that a parameter follows in the singular.
fn words(path: &str) -> impl Iterator<Item = String> {
    let segments: Vec<&str> =
        path.trim_start_matches("/api/v1").split('/').filter(|segment| !segment.is_empty()).collect();
    let words = segments.iter().zip(segments.iter().skip(1).chain(&[""])).filter_map(|(segment, next)| {
        let word = segment.replace(['-', '.'], "_");
        match (segment.starts_with('{'), next.starts_with('{')) {
            (true, _) => None,
            (false, false) => Some(word),
            (false, true) => Some(match word.strip_suffix("ies") {
                Some(stem) => format!("{stem}y"),
                None => word.trim_end_matches('s').to_owned(),
            }),
        }
    });
    words.collect::<Vec<_>>().into_iter()
}

/// `get /api/v1/tenants/{tenant}/members` → `get_tenant_members`.
pub(super) fn operation_id(route: &RouteInfo) -> String {
    let mut id = route.method.as_str().to_ascii_lowercase();
    for word in words(route.path) {
        id.push('_');
        id.push_str(&word);
    }
    id
}
