//! A document whose blocks of code are run in their order as one program. A block of `text` or `json` after one of code is
//! what it says: `…` stands for anything, and of JSON there may be more than is shown.

use std::fs;

use serde_json::Value;

use super::root;

/// What the program says between its blocks.
const MARK: &str = "~~~~";

pub(super) struct Document {
    /// The language and the text of each block.
    blocks: Vec<(String, String)>,
}

impl Document {
    pub(super) fn read(name: &str) -> Self {
        let text = fs::read_to_string(root().join("docs").join(name)).unwrap();
        let mut blocks = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some(language) = line.strip_prefix("```") else { continue };
            let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((language.to_owned(), format!("{}\n", inside.join("\n"))));
        }
        Self { blocks }
    }

    /// The only block in this language.
    pub(super) fn only(&self, language: &str) -> &str {
        let mut found = self.blocks.iter().filter(|(known, _)| known == language);
        let (Some((_, text)), None) = (found.next(), found.next()) else { panic!("one block of {language}") };
        text
    }

    /// The blocks in this language as one program, which `says` the mark after each.
    pub(super) fn script(&self, language: &str, says: &str) -> String {
        let code = self.blocks.iter().filter(|(known, _)| known == language);
        let mark =
            if says.starts_with("echo") { format!("{says} '{MARK}'") } else { format!("{says}('{MARK}')") };
        code.flat_map(|(_, text)| [text.clone(), format!("{mark}\n")]).collect()
    }

    /// Holds that the program said after each block what the document shows.
    #[track_caller]
    pub(super) fn says(&self, language: &str, said: &str) {
        let mut said = said.split(&format!("\n{MARK}\n")).map(str::to_owned).collect::<Vec<_>>().into_iter();
        let mut blocks = self.blocks.iter().peekable();
        let mut shown = 0;
        while let Some((known, _)) = blocks.next() {
            if known != language {
                continue;
            }
            let part = said.next().expect("each block was run");
            if let Some((kind, expected)) = blocks.next_if(|(kind, _)| kind == "text" || kind == "json") {
                holds(kind, expected, &part);
                shown += 1;
            }
        }
        assert!(shown >= 6, "the document shows what is answered");
    }
}

/// Holds that what was said is what is shown.
#[track_caller]
pub(super) fn holds(kind: &str, shown: &str, said: &str) {
    if kind == "json" {
        let parse = |text: &str| -> Value {
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
        };
        assert!(within(&parse(shown), &parse(said)), "shown: {shown}\nsaid: {said}");
    } else {
        assert_eq!(said.trim_end(), shown.trim_end());
    }
}

/// Whether all of `shown` is in `said`.
fn within(shown: &Value, said: &Value) -> bool {
    match (shown, said) {
        (Value::String(text), said) if text == "…" => !said.is_null(),
        (Value::Object(shown), Value::Object(said)) => {
            shown.iter().all(|(name, shown)| said.get(name).is_some_and(|said| within(shown, said)))
        }
        (Value::Array(shown), Value::Array(said)) => {
            shown.len() == said.len() && shown.iter().zip(said).all(|(shown, said)| within(shown, said))
        }
        (shown, said) => shown == said,
    }
}
