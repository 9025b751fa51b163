//! The one palette of signed quantities: purple below zero, green above it, the page's own colour at zero. The hues are
//! those of ColorBrewer's PRGn, which stay apart for every kind of colour vision.

/// A colour: red, green, blue.
pub type Colour = [u8; 3];

/// Colours at evenly spaced numbers from −1 to 1.
type Stops = [Colour; 5];

const LIGHT: Stops = [[118, 42, 131], [186, 153, 202], [247, 246, 244], [154, 210, 149], [15, 113, 52]];
const DARK: Stops = [[226, 190, 243], [134, 84, 160], [29, 32, 36], [44, 126, 78], [158, 235, 166]];

/// The palette of a colour scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// On light paper.
    Light,
    /// On dark paper.
    Dark,
}

impl Palette {
    /// The colour of a number from −1 to 1. It depends on the square root of the magnitude, so that small numbers
    /// can be told from zero beside large ones.
    pub fn colour(self, number: f32) -> Colour {
        let stops = match self {
            Self::Light => LIGHT,
            Self::Dark => DARK,
        };
        let rooted = number.abs().min(1.0).sqrt().copysign(number);
        let place = (1.0 + rooted) * 2.0;
        // NaN becomes 0, and every other number lies within.
        let below = (place as usize).min(stops.len() - 2);
        let share = place - below as f32;
        let mix = |a: u8, b: u8| (f32::from(a) + share * (f32::from(b) - f32::from(a))).round() as u8;
        std::array::from_fn(|part| mix(stops[below][part], stops[below + 1][part]))
    }

    /// Numbers as the pixels of an image, red, green, blue and opaque, drawn so that `extent` has the last colour.
    pub fn paint(self, numbers: &[f32], extent: f32) -> Vec<u8> {
        let scale = 1.0 / extent.max(f32::MIN_POSITIVE);
        numbers
            .iter()
            .flat_map(|number| {
                let [red, green, blue] = self.colour(number * scale);
                [red, green, blue, 255]
            })
            .collect()
    }
}

/// The largest magnitude.
pub fn extent<'a>(numbers: impl IntoIterator<Item = &'a f32>) -> f32 {
    numbers.into_iter().fold(0.0, |largest, number| number.abs().max(largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_in_the_middle_and_the_ends_are_the_last_colours() {
        for (palette, stops) in [(Palette::Light, LIGHT), (Palette::Dark, DARK)] {
            for (number, stop) in [(-1.0, 0), (-0.25, 1), (0.0, 2), (0.25, 3), (1.0, 4), (7.0, 4)] {
                assert_eq!(palette.colour(number), stops[stop], "{number}");
            }
        }
    }

    #[test]
    fn nothing_to_scale_by_is_no_reason_to_fail() {
        assert_eq!(Palette::Light.paint(&[0.0, f32::NAN], 0.0).len(), 8);
        assert_eq!(extent(&[0.5, -2.0]), 2.0);
    }
}
