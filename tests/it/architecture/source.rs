//! One source file as the architecture tests see it: code without comments, strings and unit tests. Not a parser:
//! it finds paths that start at the crate, and names; must never hide a line number.

use std::iter::Peekable;
use std::str::Chars;

/// A file of `src/`.
pub(super) struct Source {
    /// From `src/`.
    pub(super) path: String,
    code: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let code = code_of(text);
        let end = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
        Self { path: path.to_owned(), code: code[..end].to_owned() }
    }

    /// The module of `src/` this file belongs to.
    pub(super) fn module(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// True when `place`, as the tables write it, holds this file.
    pub(super) fn lies_in(&self, place: &str) -> bool {
        if let Some(folder) = place.strip_prefix('*').filter(|_| place.ends_with('/')) {
            self.path.contains(folder)
        } else if let Some(ending) = place.strip_prefix('*') {
            self.path.ends_with(ending)
        } else if let Some(beginning) = place.strip_suffix('*') {
            self.path.starts_with(beginning)
        } else {
            self.path == place || (place.ends_with('/') && self.path.starts_with(place))
        }
    }

    /// Lines that contain `word`.
    pub(super) fn lines_with(&self, word: &str) -> Vec<usize> {
        self.code.match_indices(word).map(|(at, _)| self.line(at)).collect()
    }

    /// Lines with a path into the outside crate `name`.
    pub(super) fn lines_naming_crate(&self, name: &str) -> Vec<usize> {
        self.starts_of(&format!("{name}::")).map(|at| self.line(at)).collect()
    }

    /// The top modules this file names, each with its line. Paths by `super` count where they reach the crate's
    /// root, and there only names that are `known` modules.
    pub(super) fn used_modules(&self, known: impl Fn(&str) -> bool) -> Vec<(usize, &str)> {
        let mut used = Vec::new();
        for root in ["crate::", "freehold::"] {
            for at in self.starts_of(root) {
                used.extend(heads(&self.code[at + root.len()..]).map(|head| (self.line(at), head)));
            }
        }
        for at in self.starts_of("super::") {
            let path = &self.code[at..];
            let inner = path.trim_start_matches("super::");
            if (path.len() - inner.len()) / "super::".len() == self.depth() {
                used.extend(heads(inner).filter(|head| known(head)).map(|head| (self.line(at), head)));
            }
        }
        used
    }

    /// How many `super` lead from this file's module to the crate's root.
    fn depth(&self) -> usize {
        self.path.split('/').count() - usize::from(self.path.ends_with("/mod.rs"))
    }

    /// Where paths start that begin with `word`.
    fn starts_of(&self, word: &str) -> impl Iterator<Item = usize> {
        let inside = |last: char| last.is_alphanumeric() || last == '_' || last == ':';
        let starts = move |at: &usize| !self.code[..*at].ends_with(inside);
        self.code.match_indices(word).map(|(at, _)| at).filter(starts)
    }

    fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }
}

/// The first names of a path or of a group of paths: `a, b` for `{a::c, b}`. Types and macros, which the crate's
/// root may lend from anywhere, are left out.
fn heads(path: &str) -> impl Iterator<Item = &str> {
    let mut starts = vec![0];
    let mut depth = 0;
    // Only a group has several paths: elsewhere the depth stays 0, and a comma ends what is looked at.
    for (at, letter) in path.char_indices().take_while(|_| path.starts_with('{')) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => starts.push(at + 1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    starts.into_iter().filter_map(|start| {
        let path = path[start..].trim_start_matches(|letter: char| letter == '{' || letter.is_whitespace());
        let end = path.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
        let (head, rest) = path.split_at(end);
        (head.starts_with(char::is_lowercase) && !rest.starts_with('!')).then_some(head)
    })
}

/// The text with comments and the insides of strings blanked, every line kept.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match (letter, rest.peek()) {
            ('/', Some('/')) => while rest.next_if(|next| *next != '\n').is_some() {},
            ('/', Some('*')) => skip_past(&mut rest, &mut code, "*/"),
            ('"', _) => skip_string(&mut rest, &mut code),
            ('r', Some('#' | '"')) if !code.ends_with(|last: char| last.is_alphanumeric() || last == '_') => {
                let mut end = String::from("\"");
                while rest.next_if_eq(&'#').is_some() {
                    end.push('#');
                }
                if rest.next_if_eq(&'"').is_some() {
                    skip_past(&mut rest, &mut code, &end);
                }
            }
            ('\'', Some(_)) => skip_character(&mut rest),
            _ => code.push(letter),
        }
    }
    code
}

fn skip_past(rest: &mut Peekable<Chars>, code: &mut String, end: &str) {
    let mut seen = String::new();
    for letter in rest.by_ref() {
        code.extend((letter == '\n').then_some('\n'));
        seen.push(letter);
        if seen.ends_with(end) {
            break;
        }
    }
}

fn skip_string(rest: &mut Peekable<Chars>, code: &mut String) {
    while let Some(letter) = rest.next() {
        code.extend((letter == '\n').then_some('\n'));
        match letter {
            '\\' => code.extend(rest.next().filter(|next| *next == '\n')),
            '"' => break,
            _ => {}
        }
    }
}

/// Skips a character such as `'"'`; a lifetime has no quote two further on.
fn skip_character(rest: &mut Peekable<Chars>) {
    let mut ahead = rest.clone();
    let escaped = ahead.next() == Some('\\');
    if escaped {
        rest.next();
        rest.next();
        while rest.next().is_some_and(|letter| letter != '\'') {}
    } else if ahead.next() == Some('\'') {
        rest.next();
        rest.next();
    }
}
