//! The colours of charts and pictures.

use image::Rgb;

/// Okabe and Ito's colours for lines and categories, which colour-blind people can tell apart.
pub const SERIES: [[u8; 3]; 5] = [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0]];
/// Text and axes: a grey that can be read on light and on dark.
pub const GREY: [u8; 3] = [120, 120, 120];
/// The page's palette of signed quantities (ColorBrewer's PRGn), from the least through 0 to the greatest.
const SIGNED: [[u8; 3]; 5] = [[118, 42, 131], [186, 153, 202], [247, 246, 244], [154, 210, 149], [15, 113, 52]];

/// The colour of a number from −1 to 1, by the root of its magnitude, so that small ones are seen beside large ones.
pub fn signed(number: f32) -> Rgb<u8> {
    let place = (1.0 + number.abs().min(1.0).sqrt().copysign(number)) * 2.0;
    let below = (place as usize).min(SIGNED.len() - 2);
    let mix = |a: u8, b: u8| (f32::from(a) + (place - below as f32) * (f32::from(b) - f32::from(a))).round() as u8;
    Rgb([0, 1, 2].map(|part| mix(SIGNED[below][part], SIGNED[below + 1][part])))
}

/// The first colour of [`SERIES`] for CSS, of an opacity in %.
pub fn css_heat(opacity: f64) -> String {
    let [red, green, blue] = SERIES[0];
    format!("rgb({red} {green} {blue} / {opacity:.0}%)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_palette_is_even_about_zero() {
        assert_eq!([signed(-1.0), signed(0.0), signed(1.0)], [SIGNED[0], SIGNED[2], SIGNED[4]].map(Rgb));
        assert_eq!([signed(-0.25), signed(0.25)], [SIGNED[1], SIGNED[3]].map(Rgb));
    }
}
