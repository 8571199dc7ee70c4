//! Holds the house of DESIGN section 5: which module may use which, where each outside crate lives, how long a
//! file may be. Reads the source as text, so that it needs no build and a violation is named by file and line.
//! To change the house, edit the tables; the reason stands beside each row.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use source::Source;

mod source;

/// The modules of `src/`, top to bottom. A module uses itself and what stands below its row; neighbours in one
/// row do not use each other.
const LAYERS: &[(&[&str], &str)] = &[
    (&["main"], "the command line: no logic"),
    (&["app"], "the composition root knows every part"),
    (&["dev", "http"], "what speaks to the outside; the built-in provider must not depend on our own routes"),
    (&["operators"], "operators look at tenants and people from outside, and end sessions"),
    (&["login"], "signing in may create accounts, join tenants and send mail"),
    (&["device"], "tools are let in as clients, and get tokens of people"),
    (&["oauth"], "tokens are issued to apps of tenants"),
    (
        &["tenants", "invitations", "domains", "requests", "undo", "apps", "projects"],
        "what tenants own; each is a resource alone",
    ),
    (&["tokens"], "tokens are members' and apps', whom they know by id"),
    (&["members"], "members hold roles"),
    (&["roles"], "roles are edited without knowing who holds them elsewhere"),
    (&["mail"], "mail is written by the domains above and knows none of them"),
    (&["audit", "decisions"], "every domain writes audit events, and may ask what was decided lately"),
    (&["authz"], "decisions know tenants and principals, not the domains"),
    (&["db"], "data access knows no rule"),
    (&["telemetry"], "logs and metrics are set up from the settings"),
    (&["config"], "settings are values of the types below"),
    (&["email", "lists", "names"], "an address, a slug, a name and a place in a list are values"),
    (&["error"], "errors name ids and times"),
    (&["ids"], "identifiers are values"),
    (&["clock"], "the time is a value"),
];

/// Outside crates that have a home: their names, the files that may name them, and why only those.
/// A place ends in `/` for a folder, in `*` for a beginning, and starts with `*` for an ending.
const HOMES: &[(&[&str], &[&str], &str)] = &[
    (&["casbin"], &["authz/policy.rs", "authz/policy/"], "requests read compiled tables, never the engine"),
    (&["axum"], &["http/", "app.rs", "dev/"], "domains are called by the API, the panel and tests alike"),
    (&["askama"], &["http/panel/", "http/login.rs", "mail/", "dev/"], "text for people is made at the edge"),
    (&["oauth2"], &["login/", "dev/"], "sign-in protocols end where a user begins"),
    (&["jsonwebtoken"], &["login/", "oauth/", "dev/"], "signed tokens are read where their rules stand"),
    (&["tower_sessions"], &["login/session*", "http/", "app.rs"], "the session record has one reader"),
    (
        &["fred", "tower_sessions_redis_store"],
        &["login/session*", "authz/freshness.rs", "http/rate/shared.rs", "app.rs"],
        "Redis may vanish; only these know what then",
    ),
    (&["hickory_resolver"], &["domains/dns.rs"], "name servers are asked with the time limits of one place"),
    (&["lettre"], &["mail/"], "mail leaves through the outbox"),
    (
        &["reqwest"],
        &["login/client.rs", "login/google*", "login/github*"],
        "outbound calls need the timeouts, limits and redirect policy of one client",
    ),
    (
        &["sqlx"],
        &["db/", "*/store.rs", "*/store/"],
        "every query stands where the tenant filter is looked for",
    ),
];

/// Words that have a home, in the same way.
const WORDS: &[(&[&str], &[&str], &str)] = &[
    (
        &[".route(", ".route_service(", ".nest(", ".nest_service("],
        &["http/routes.rs", "dev/"],
        "a route added elsewhere declares nobody; dev's own listener holds no tenant's data",
    ),
    (&["env::var"], &["config.rs", "config/"], "settings are read once, checked together and redacted"),
];

const LONGEST_FILE: usize = 500;
const LONGEST_MEDIAN: usize = 120;

/// Folders whose text people read, and what in them is not written by hand.
const WRITTEN: &[&str] =
    &["src", "tests", "benches", "templates", "assets", "migrations", "policies", "scripts", "deploy"];
const GENERATED: &[&str] = &["/generated/", "/vendor/", "/node_modules/", "/venv/"];

#[test]
fn modules_use_only_what_stands_below_them() {
    report(sources().iter().flat_map(misplaced_modules));
}

#[test]
fn outside_crates_stay_in_their_homes() {
    report(sources().iter().flat_map(misplaced_crates));
}

#[test]
fn routes_and_the_environment_have_one_door() {
    report(sources().iter().flat_map(misplaced_words));
}

#[test]
fn every_module_opens_by_saying_what_it_is() {
    let silent = |file: &(String, String)| is_rust(&file.0) && !file.1.starts_with("//!");
    let line = |file: (String, String)| format!("{}: opens without `//!`: what it is, who calls it", file.0);
    report(written().into_iter().filter(silent).map(line));
}

#[test]
fn files_stay_short() {
    let long = |(path, text): (String, String)| {
        let lines = text.lines().count();
        (lines > LONGEST_FILE).then(|| format!("{path}: {lines} lines, more than {LONGEST_FILE}"))
    };
    report(written().into_iter().filter_map(long));
}

#[test]
fn the_median_file_is_short() {
    let rust = written().into_iter().filter(|(path, _)| path.starts_with("src/") && is_rust(path));
    let mut lengths: Vec<usize> = rust.map(|(_, text)| text.lines().count()).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= LONGEST_MEDIAN, "the median file has {median} lines, more than {LONGEST_MEDIAN}");
}

#[test]
fn violations_are_seen() {
    let seen = |path: &str, text: &str| {
        let source = Source::new(path, text);
        let all = [misplaced_modules(&source), misplaced_crates(&source), misplaced_words(&source)];
        all.concat().len()
    };
    assert_eq!(seen("members/mod.rs", "use crate::{db::{ReadTx, tx}, http::Problem};"), 1);
    assert_eq!(seen("members/mod.rs", "fn f() { super::invitations::accept(); }"), 1);
    assert_eq!(seen("members/store.rs", "fn f() { super::rule(); super::super::login::end(); }"), 1);
    assert_eq!(seen("members/mod.rs", "use crate::unheard_of::Thing;"), 1);
    assert_eq!(seen("unheard_of.rs", ""), 1);
    assert_eq!(seen("members/mod.rs", "use crate::db::{pool, tx}; crate::sql!(x); crate::db::f(login)"), 0);
    assert_eq!(seen("main.rs", "use freehold::{app, config};"), 0);
    assert_eq!(seen("roles/mod.rs", "type E = sqlx::Error; fn f() { casbin::x(std::env::var(\"A\")) }"), 3);
    assert_eq!(seen("http/api/mod.rs", "router.route(\"/x\", get(f))"), 1);
    assert_eq!(seen("authz/policy/adapter.rs", "use casbin::Adapter; use crate::db::ReadTx;"), 0);
    assert_eq!(seen("roles/store/write.rs", "use {sqlx::Row, crate::clock::Clock};"), 0);
    assert_eq!(
        seen("clock.rs", "// sqlx::Row\n/* axum::X */ const A: &str = \"crate::http '\"; fn f<'a>() {}"),
        0
    );
    assert_eq!(seen("ids.rs", "fn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::app::App;\n}"), 0);
}

fn misplaced_modules(source: &Source) -> Vec<String> {
    let row = |module: &str| LAYERS.iter().position(|(modules, _)| modules.contains(&module));
    let own = source.module();
    if own == "lib" {
        return Vec::new();
    }
    let Some(own_row) = row(own) else {
        return vec![format!("src/{}: `{own}` stands in no layer; add it to LAYERS", source.path)];
    };
    let judge = |(line, used): (usize, &str)| match row(used) {
        _ if used == own => None,
        Some(used_row) if used_row > own_row => None,
        Some(_) => Some(format!("src/{}:{line}: `{own}` ({}) uses `{used}`", source.path, LAYERS[own_row].1)),
        None => Some(format!("src/{}:{line}: `{used}` stands in no layer; add it to LAYERS", source.path)),
    };
    source.used_modules(|module| row(module).is_some()).into_iter().filter_map(judge).collect()
}

fn misplaced_crates(source: &Source) -> Vec<String> {
    misplaced(source, HOMES, Source::lines_naming_crate)
}

fn misplaced_words(source: &Source) -> Vec<String> {
    misplaced(source, WORDS, Source::lines_with)
}

type Homes = [(&'static [&'static str], &'static [&'static str], &'static str)];

fn misplaced(source: &Source, homes: &Homes, find: fn(&Source, &str) -> Vec<usize>) -> Vec<String> {
    let mut found = Vec::new();
    for (names, places, why) in homes {
        if !places.iter().any(|place| source.lies_in(place)) {
            for name in *names {
                let line = |line| format!("src/{}:{line}: `{name}` lives in {places:?}: {why}", source.path);
                found.extend(find(source, name).into_iter().map(line));
            }
        }
    }
    found
}

fn report(violations: impl Iterator<Item = String>) {
    let list = violations.fold(String::new(), |mut list, line| {
        writeln!(list, "  {line}").unwrap();
        list
    });
    assert!(list.is_empty(), "the house is not in order (tests/it/architecture.rs):\n{list}");
}

/// The files of `src/`, but for unit tests: these may use what they like.
fn sources() -> Vec<Source> {
    let test = |path: &str| path.contains("/tests/") || path.ends_with("/tests.rs");
    let rust = written().into_iter().filter(|(path, _)| is_rust(path) && !test(path));
    rust.filter_map(|(path, text)| Some(Source::new(path.strip_prefix("src/")?, &text))).collect()
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

/// Paths from the root, and texts, of every file written by hand.
fn written() -> Vec<(String, String)> {
    fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                collect(root, &path, files);
            } else if !GENERATED.iter().any(|part| name.contains(part)) {
                // What is not text has no lines.
                files.extend(fs::read_to_string(&path).ok().map(|text| (name, text)));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in WRITTEN {
        collect(root, &root.join(folder), &mut files);
    }
    assert!(!files.is_empty(), "the source is where it was built");
    files.sort();
    files
}
