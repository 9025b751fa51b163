//! What the page says, in the language that it speaks: a function a message, made from `web/locales` by `build.rs`.

use crate::language::Language;
use std::fmt::Display;

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

/// A class's name; a number where there is none.
pub fn class(class: usize) -> String {
    let names = [class_0, class_1, class_2, class_3, class_4, class_5, class_6, class_7, class_8, class_9];
    names.get(class).map_or_else(|| class_other(class), |name| name().to_owned())
}

/// One text of all languages'.
fn say(texts: [&'static str; 2]) -> &'static str {
    texts[Language::spoken() as usize]
}

/// The same with its variables filled in.
fn fill(texts: [&'static str; 2], values: &[(&str, &dyn Display)]) -> String {
    values.iter().fold(say(texts).to_owned(), |text, (name, value)| text.replace(name, &value.to_string()))
}
