//! Where the tour is.

use crate::setting::kept;
use leptos::prelude::*;
use std::{fmt, str::FromStr};

/// How many steps the tour has.
pub const STEPS: usize = 7;

/// The tour: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Tour {
    /// Where it is.
    pub place: RwSignal<Place>,
}

impl Tour {
    /// As the address says.
    pub fn from_address() -> Self {
        Self { place: kept("tour", Place::default()) }
    }
}

/// Where the tour is, counted from 0; nowhere when nobody is on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place(pub Option<usize>);

impl Place {
    /// Whether it is at the last step.
    pub fn is_last(self) -> bool {
        self.0 == Some(STEPS - 1)
    }

    /// Goes to the next step, and from the last one out.
    pub fn next(&mut self) {
        self.0 = self.0.map(|step| step + 1).filter(|&step| step < STEPS);
    }

    /// Goes back by a step, as far as there is one.
    pub fn back(&mut self) {
        self.0 = self.0.map(|step| step.saturating_sub(1));
    }
}

/// A step is counted from 1 where people see it.
impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |step| write!(out, "{}", step + 1))
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let step = text.parse::<usize>().ok().and_then(|step| step.checked_sub(1));
        step.filter(|&step| step < STEPS).map(|step| Self(Some(step))).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn places_are_counted_from_one_and_end_with_the_steps() {
        assert_eq!("1".parse(), Ok(Place(Some(0))));
        assert_eq!(Place(Some(STEPS - 1)).to_string().parse(), Ok(Place(Some(STEPS - 1))));
        for wrong in ["0", "", "-1", "8", "two"] {
            assert_eq!(wrong.parse::<Place>(), Err(()), "{wrong}");
        }
    }

    #[wasm_bindgen_test]
    fn the_steps_lead_from_the_first_to_the_last_and_out() {
        let mut place = Place(Some(0));
        place.back();
        assert_eq!(place, Place(Some(0)));
        for _ in 1..STEPS {
            place.next();
        }
        assert!(place.is_last());
        place.next();
        assert_eq!(place, Place(None));
    }
}
