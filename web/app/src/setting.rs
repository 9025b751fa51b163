//! Settings that are kept in the address. Each section has its own.

use crate::url_state;
use leptos::prelude::*;
use std::{fmt::Display, ops::RangeInclusive, str::FromStr, time::Duration};
use vocabulary::Scope;

/// How long a setting stays as it is before it is written: browsers count the writes.
const SETTLED: Duration = Duration::from_millis(250);

/// The scopes of the page's network, the narrowest first.
pub const SCOPES: [Scope; 3] = [Scope::Conv5, Scope::Conv45, Scope::Conv35];

/// The largest seed that the controls offer.
pub const MOST_SEED: u32 = 999_999;

/// A setting that starts as the address says and is written there unless it is the default.
pub fn kept<T>(name: &'static str, default: T) -> RwSignal<T>
where
    T: Clone + PartialEq + Display + FromStr + Send + Sync + 'static,
{
    kept_if(name, default, |_| true)
}

/// A number that the controls offer; the default unless the address names another.
pub fn kept_within<T>(name: &'static str, default: T, range: RangeInclusive<T>) -> RwSignal<T>
where
    T: Copy + PartialOrd + Display + FromStr + Send + Sync + 'static,
{
    kept_if(name, default, move |value| range.contains(value))
}

/// A scope of the page's network; the narrowest unless the address names another.
pub fn kept_scope(name: &'static str) -> RwSignal<Scope> {
    kept_if(name, SCOPES[0], |scope| SCOPES.contains(scope))
}

/// The same, where the address may name values that are no choice here.
fn kept_if<T>(name: &'static str, default: T, is_choice: impl Fn(&T) -> bool) -> RwSignal<T>
where
    T: Clone + PartialEq + Display + FromStr + Send + Sync + 'static,
{
    let named = url_state::get(name).filter(is_choice);
    let signal = RwSignal::new(named.unwrap_or_else(|| default.clone()));
    let write = move |value: T| url_state::set(name, (value != default).then(|| value.to_string()));
    let mut write = leptos::leptos_dom::helpers::debounce(SETTLED, write);
    Effect::new(move |before: Option<T>| {
        let value = signal.get();
        if before.is_some_and(|before| before != value) {
            write(value.clone());
        }
        value
    });
    signal
}
