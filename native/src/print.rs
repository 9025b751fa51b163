//! Results on standard output, and text that is fit for a terminal.

use anyhow::{Context, Result};
use serde::Serialize;
use std::{
    io::{ErrorKind, Write},
    path::Path,
};

/// Writes a text for people to standard output.
pub fn text(text: &str) -> Result<()> {
    line(&clean(text))
}

/// Writes to standard output, with a line's end. A reader who closes the pipe early is no error.
fn line(text: &str) -> Result<()> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("the results cannot be written"),
        _ => Ok(()),
    }
}

/// Writes a value as JSON, for programs.
pub fn json(value: &(impl Serialize + ?Sized)) -> Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

/// A figure for a table, or a gap where there is none.
pub fn percent(figure: Option<f64>) -> String {
    figure.map_or(String::new(), |figure| format!("{figure:.2}"))
}

/// An error with its causes, each said once: some libraries repeat a cause in their own words.
pub fn error(error: &anyhow::Error) -> String {
    let mut said: Vec<String> = vec![];
    for cause in error.chain().map(ToString::to_string) {
        if !said.iter().any(|earlier| earlier.contains(&cause)) {
            said.push(cause);
        }
    }
    said.join(": ")
}

/// The name of a file on one line.
pub fn name(path: &Path) -> String {
    clean(&path.display().to_string()).replace('\n', "\\n")
}

/// A text in which nothing makes a terminal do anything but write: control characters, and those that change the
/// direction of writing, are spelled out. Line ends stay.
pub fn clean(text: &str) -> String {
    let turns = |letter| matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let mut cleaned = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter != '\n' && (letter.is_control() || turns(letter)) {
            true => cleaned.extend(letter.escape_default()),
            false => cleaned.push(letter),
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn a_cause_is_said_once() {
        let repeated = anyhow!("bad chunk").context("cannot decode: bad chunk").context("a.png cannot be used");
        assert_eq!(error(&repeated), "a.png cannot be used: cannot decode: bad chunk");
    }

    #[test]
    fn names_cannot_command_the_terminal() {
        assert_eq!(name(Path::new("a\u{1b}[31m\n\u{202e}gnp.猫")), "a\\u{1b}[31m\\n\\u{202e}gnp.猫");
        assert_eq!(clean("one\ntwo"), "one\ntwo");
    }
}
