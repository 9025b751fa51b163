//! Results on standard output.

use anyhow::{Context, Result};
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// Writes to standard output, with a line's end. A reader who closes the pipe early is no error.
pub fn text(text: &str) -> Result<()> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("the results cannot be written"),
        _ => Ok(()),
    }
}

/// Writes a value as JSON, for programs.
pub fn json(value: &(impl Serialize + ?Sized)) -> Result<()> {
    text(&serde_json::to_string_pretty(value)?)
}

/// A figure for a table, or a gap where there is none.
pub fn percent(figure: Option<f64>) -> String {
    figure.map_or(String::new(), |figure| format!("{figure:.2}"))
}
