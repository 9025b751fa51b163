//! The page's languages.

use crate::url_state;
use leptos::prelude::{document, window};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The parameter of the address that names a language.
const PARAMETER: &str = "lang";

/// A language that the page speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Simplified Chinese.
    Chinese,
}

/// The place of the spoken language among all.
static SPOKEN: AtomicUsize = AtomicUsize::new(0);

impl Language {
    /// Every language; the first is for all who read none of the others.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The one spelling in addresses and in the page's attributes.
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// What documents name it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-Hans",
        }
    }

    /// Its name for those who read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "中文",
        }
    }

    /// The one that the address names, or else the first of the browser's that the page speaks.
    pub fn wanted() -> Self {
        let named = url_state::get_if(PARAMETER, |name: &String| Self::of(name).is_some());
        let named = named.and_then(|name| Self::of(&name));
        let preferred = window().navigator().languages();
        named.or_else(|| preferred.iter().find_map(|name| Self::of(&name.as_string()?))).unwrap_or(Self::English)
    }

    /// The language that a tag like `zh-CN` is of.
    fn of(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?;
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(primary))
    }

    /// The one that the page speaks now.
    pub fn spoken() -> Self {
        Self::ALL[SPOKEN.load(Ordering::Relaxed)]
    }

    /// From now on the page speaks this one.
    pub fn speak(self) {
        SPOKEN.store(self as usize, Ordering::Relaxed);
        if let Some(root) = document().document_element() {
            // It fails only for a name that no attribute can have.
            let _ = root.set_attribute("lang", self.tag());
        }
    }

    /// Puts it into the address, where it stays whatever the browser prefers.
    pub fn keep(self) {
        url_state::set(PARAMETER, Some(self.code().to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_language_is_known_by_the_first_part_of_its_tag() {
        assert_eq!(
            ["zh-CN", "ZH", "en-GB"].map(Language::of),
            [Some(Language::Chinese), Some(Language::Chinese), Some(Language::English)]
        );
        assert_eq!(["fr", "", "zhx"].map(Language::of), [None; 3]);
    }
}
