//! Keeps docs/adding-a-resource.md true: what it names is there, what it shows stands in the source, and nothing that
//! belongs to projects is left out. Reads the source as text; says what is wrong, all at once.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::harness::process::Program;

const GUIDE: &str = "docs/adding-a-resource.md";

/// Fewer steps than this.
const STEPS: usize = 10;

/// What a file of `src` that deals with projects has in it.
const SIGNS: [&str; 2] = ["ProjectId", "projects::"];

#[test]
fn the_guide_to_adding_a_resource_is_true() {
    let wrong = wrong_with(&read(GUIDE).expect("the guide"));
    assert!(wrong.is_empty(), "{GUIDE}:\n{}", wrong.join("\n"));
}

#[test]
fn the_guide_names_every_file_of_projects() {
    let guide = read(GUIDE).expect("the guide");
    let missing: Vec<String> =
        files_of_projects().into_iter().filter(|file| !guide.contains(&format!("`{file}`"))).collect();
    assert!(missing.is_empty(), "{GUIDE} does not name {missing:#?}");
    assert!(files_of_projects().len() > 20, "they are found");
}

#[test]
fn what_the_guide_to_pages_shows_stands_in_the_source() {
    let guide = read("docs/panel.md").expect("the guide");
    let (_, blocks) = apart(&guide);
    let wrong: Vec<String> = blocks.iter().filter_map(|(_, block)| wrong_excerpt(block)).collect();
    assert!(wrong.is_empty() && blocks.len() > 2, "docs/panel.md:\n{}", wrong.join("\n"));
}

#[test]
fn a_guide_that_is_wrong_is_seen() {
    let guide = |text: &str| format!("# Adding\n\n## 1. Do it\n\n{text}\n");
    let right = "Call `create` in `src/projects/mod.rs`, then `cargo fmt`, as [this](panel.md) says.\n\n\
        ```rust\n// src/projects/mod.rs\npub async fn create(\n// …\n    grant: &Grant<perm::ProjectsCreate>,\n```\n\n\
        ```sh\ncargo run -- access\nUPDATE_SNAPSHOTS=1 cargo nextest run -E 'test(documents)'\n```";
    assert_eq!(wrong_with(&guide(right)), Vec::<String>::new());
    for (good, bad) in [
        ("`create`", "`creates_nothing`"),
        ("`src/projects/mod.rs`", "`src/projects/lost.rs`"),
        ("// src/projects/mod.rs", "// src/projects/lost.rs"),
        ("// src/projects/mod.rs", "// nothing"),
        ("pub async fn create(", "pub async fn creates("),
        ("perm::ProjectsCreate>", "perm::ProjectsRead>,\n    more: &Grant<perm::ProjectsCreate>"),
        ("// …\n", ""),
        ("`cargo fmt`", "`cargo frobnicate`"),
        ("run -- access", "run -- excess"),
        ("test(documents)", "test(nothing_is_called_this)"),
        ("UPDATE_SNAPSHOTS=1", "UPDATE_SNAPS=1"),
        ("(panel.md)", "(nowhere.md)"),
        ("## 1.", "## 2."),
    ] {
        let broken = guide(&right.replace(good, bad)).replace(good, bad);
        assert!(!wrong_with(&broken).is_empty(), "{bad} is not seen");
    }
    let many: Vec<String> = (1..=STEPS).map(|step| format!("\n## {step}. Step\n\nText.\n")).collect();
    assert_eq!(wrong_with(&many.concat()), [format!("{STEPS} steps are not fewer than {STEPS}")]);
}

/// Everything in the text that is not so.
fn wrong_with(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let steps: Vec<&str> = text.split("\n## ").skip(1).collect();
    if steps.is_empty() || steps.len() >= STEPS {
        wrong.push(format!("{} steps are not fewer than {STEPS}", steps.len()));
    }
    for (number, step) in steps.iter().enumerate() {
        let title = step.lines().next().unwrap_or_default();
        if !title.starts_with(&format!("{}. ", number + 1)) {
            wrong.push(format!("{title}: it is step {}", number + 1));
        }
        wrong.extend(wrong_in_step(step).into_iter().map(|what| format!("{title}: {what}")));
    }
    wrong
}

/// What a step names in code is a file, a command, or stands in one of the files it names.
fn wrong_in_step(step: &str) -> Vec<String> {
    let (prose, blocks) = apart(step);
    let words: Vec<&str> = prose.split('`').skip(1).step_by(2).collect();
    let looks_like_a_file =
        |word: &str| word.contains('/') && !word.starts_with('/') && !word.contains([' ', '{']);
    let is_file = |word: &&&str| looks_like_a_file(word) || root().join(word).is_file();
    let files: Vec<&str> = words.iter().filter(is_file).copied().collect();
    let texts: Vec<String> = files.iter().filter_map(|file| read(file)).collect();
    let links = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let lost = links.filter(|link| !root().join("docs").join(link).exists());
    let mut wrong: Vec<String> = lost.map(|link| format!("the link to {link} leads nowhere")).collect();
    for word in words {
        if files.contains(&word) {
            wrong.extend((!root().join(word).exists()).then(|| format!("there is no {word}")));
        } else if word.contains("cargo ") {
            wrong.extend(wrong_command(word));
        } else if !texts.iter().any(|text| text.contains(word)) {
            wrong.push(format!("`{word}` is in no file that this step names"));
        }
    }
    for (language, block) in blocks {
        if language == "sh" {
            wrong.extend(block.iter().filter_map(|command| wrong_command(command)));
        } else {
            wrong.extend(wrong_excerpt(&block));
        }
    }
    wrong
}

/// A block of a text: its language, and its lines.
type Block<'a> = (&'a str, Vec<&'a str>);

/// The text without its blocks, and the blocks.
fn apart(step: &str) -> (String, Vec<Block<'_>>) {
    let (mut prose, mut blocks, mut inside) = (String::new(), Vec::<Block<'_>>::new(), false);
    for line in step.lines() {
        match (line.strip_prefix("```"), blocks.last_mut()) {
            (Some(_), _) if inside => inside = false,
            (Some(language), _) => {
                inside = true;
                blocks.push((language, Vec::new()));
            }
            (None, Some((_, lines))) if inside => lines.push(line),
            (None, _) => prose.extend([line, "\n"]),
        }
    }
    (prose, blocks)
}

/// An excerpt names its file in a comment; the rest stands in that file, in this order, `…` for what is left out.
fn wrong_excerpt(block: &[&str]) -> Option<String> {
    let comment = |line: &str| {
        let bare = line.trim().trim_start_matches(['/', '#', '-', '{']).trim_end_matches(['}', '#']);
        bare.trim().to_owned()
    };
    let (first, lines) = block.split_first()?;
    let file = comment(first);
    let Some(source) = read(&file) else {
        return Some(format!("an excerpt is of {file:?}, which is no file"));
    };
    let mut rest = source.as_str();
    for piece in lines.split(|line| comment(line) == "…") {
        let piece = piece.join("\n");
        match rest.split_once(piece.as_str()) {
            Some((_, after)) => rest = after,
            None => return Some(format!("this is not in {file}, or not there:\n{piece}")),
        }
    }
    None
}

/// A command of cargo's, of the program's, or a run of tests that there are.
fn wrong_command(command: &str) -> Option<String> {
    let (settings, words): (Vec<&str>, Vec<&str>) =
        command.split_whitespace().partition(|word| word.contains('=') && !word.starts_with('\''));
    let right = match words.as_slice() {
        ["cargo", "fmt" | "clippy", ..] => settings.is_empty(),
        ["cargo", "run", "--", command, ..] => Program::new(&[command, "--help"]).run().status.success(),
        ["cargo", "nextest", "run", "-E", wanted @ ..] => {
            let (wanted, tests) = (wanted.join(" "), tests());
            let mut wanted =
                wanted.split("test(").skip(1).filter_map(|rest| rest.split(')').next()).peekable();
            wanted.peek().is_some()
                && wanted.all(|wanted| tests.iter().any(|test| test.contains(wanted)))
                && settings.iter().all(|setting| *setting == "UPDATE_SNAPSHOTS=1")
        }
        _ => false,
    };
    (!right).then(|| format!("`{command}` does not run"))
}

/// The functions of the tests, by their full names.
fn tests() -> Vec<String> {
    let mut tests = Vec::new();
    for file in files("tests/it") {
        let module = file.trim_start_matches("tests/it/").trim_end_matches(".rs").trim_end_matches("/mod");
        let text = read(&file).unwrap_or_default();
        let names = text.split("fn ").skip(1).filter_map(|rest| rest.split('(').next());
        tests.extend(names.map(|name| format!("{}::{name}", module.replace('/', "::"))));
    }
    tests
}

/// Every file that projects are made of, or that has something of them.
fn files_of_projects() -> BTreeSet<String> {
    let all = ["src", "templates", "migrations", "tests/it"].into_iter().flat_map(files);
    let own = all.filter(|file| file.contains("project"));
    let with_signs = files("src").into_iter().filter(|file| {
        let text = read(file).unwrap_or_default();
        SIGNS.iter().any(|sign| text.contains(sign))
    });
    own.chain(with_signs).collect()
}

fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).into_iter().flatten().flatten() {
        let name = format!("{folder}/{}", entry.file_name().to_str().expect("a name"));
        if entry.path().is_dir() {
            found.extend(files(&name));
        } else {
            found.push(name);
        }
    }
    found
}

fn read(file: &str) -> Option<String> {
    fs::read_to_string(root().join(file)).ok()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
