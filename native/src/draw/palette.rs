//! The colours of charts and pictures.

use gradient_features::palette::Palette;
use image::Rgb;

/// Okabe and Ito's colours for lines and categories, which colour-blind people can tell apart.
pub const SERIES: [[u8; 3]; 5] = [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0]];
/// Text and axes: a grey that can be read on light and on dark.
pub const GREY: [u8; 3] = [120, 120, 120];

/// The colour of a number from −1 to 1 in the one palette of signed quantities, on light paper.
pub fn signed(number: f32) -> Rgb<u8> {
    Rgb(Palette::Light.colour(number))
}

/// The first colour of [`SERIES`] for CSS, of an opacity in %.
pub fn css_heat(opacity: f64) -> String {
    let [red, green, blue] = SERIES[0];
    format!("rgb({red} {green} {blue} / {opacity:.0}%)")
}
