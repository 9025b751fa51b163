//! The page's words for the kinds of trouble, files and notes that the engine sends.

use crate::{parts::modes::title, say};
use protocol::{
    loading::Part,
    scopes::{in_units, parameters},
    trouble::Trouble,
};
use vocabulary::{ImageNote, Scope};

/// Why something cannot be, as a part of a sentence.
pub fn trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Format => say::trouble_format().to_owned(),
        Trouble::Damaged(why) => say::trouble_damaged(why),
        Trouble::Empty { width, height } => say::trouble_empty(width, height),
        Trouble::Large { width, height, side, megabytes } => say::trouble_large(width, height, side, megabytes),
        Trouble::Unreachable(file) => say::trouble_unreachable(file),
        Trouble::Status(file, status) => say::trouble_status(file, status),
        Trouble::BrokenOff(file) => say::trouble_broken_off(file),
        Trouble::Model(which, why) => say::trouble_model(part(*which), why),
        Trouble::File(why) => say::trouble_file(why),
        Trouble::Other(english) => english.clone(),
    }
}

/// What is loaded.
pub fn part(part: Part) -> String {
    match part {
        Part::Network => say::engine_network().to_owned(),
        Part::Model(mode) => say::engine_model(title(mode).to_lowercase()),
    }
}

/// What was done to a picture.
pub fn note(note: ImageNote) -> &'static str {
    match note {
        ImageNote::FirstFrame => say::note_first_frame(),
        ImageNote::Turned => say::note_turned(),
        ImageNote::Cropped => say::note_cropped(),
        ImageNote::OverWhite => say::note_over_white(),
        ImageNote::BrokenOff => say::note_broken_off(),
    }
}

/// How many numbers the gradient feature of a scope has, as people say it.
pub fn feature_size(scope: Scope) -> String {
    // The unit is a part of the language's texts, and a number.
    let unit = say::large_unit().parse().unwrap_or(1);
    say::large_number(in_units(parameters(scope), unit))
}

/// Some things, one after the other, the last by an "and".
pub fn list(mut things: Vec<String>) -> Option<String> {
    let last = things.pop()?;
    Some(match things.into_iter().reduce(say::list_item) {
        Some(others) => say::list_last(others, last),
        None => last,
    })
}

/// Some clauses in a row.
pub fn clauses(clauses: impl IntoIterator<Item = String>) -> String {
    clauses.into_iter().reduce(say::list_clause).unwrap_or_default()
}
