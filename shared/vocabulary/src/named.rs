/// A word that names no known setting.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("unknown {what} `{word}`: it is one of {choices}")]
pub struct UnknownName {
    /// What was being named: "mode", "scope", ….
    pub what: &'static str,
    /// The word that was given.
    pub word: String,
    /// The words that are known, for people.
    pub choices: String,
}

/// Gives an enum its one spelling, for the command line, the saved files and the page alike: `ALL`, `name`, `Display`,
/// `FromStr`, and conversions from and to `String` for serde's `into` and `try_from`.
#[macro_export]
macro_rules! named {
    ($type:ident, $what:literal, { $($variant:ident => $name:literal),+ $(,)? }) => {
        impl $type {
            /// Every value, in the order in which they are shown.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The one spelling of this value in files, on the command line and in the page.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl ::std::str::FromStr for $type {
            type Err = $crate::UnknownName;
            fn from_str(word: &str) -> Result<Self, $crate::UnknownName> {
                Self::ALL.iter().copied().find(|value| value.name() == word).ok_or_else(|| $crate::UnknownName {
                    what: $what,
                    word: word.to_owned(),
                    choices: [$($name),+].join(", "),
                })
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.name().to_owned()
            }
        }

        impl TryFrom<String> for $type {
            type Error = $crate::UnknownName;
            fn try_from(word: String) -> Result<Self, $crate::UnknownName> {
                word.parse()
            }
        }
    };
}
