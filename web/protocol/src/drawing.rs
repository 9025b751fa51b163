//! A drawing of 32×32 pixels.

use vocabulary::SIDE;

/// How far the brush reaches from its middle.
const REACH: i32 = 1;

/// Where on the canvas.
pub type Place = [i32; 2];
/// Red, green and blue.
pub type Colour = [u8; 3];

/// The canvas: `[32, 32]` pixels of four bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// Row by row.
    pub pixels: Vec<u8>,
}

impl Default for Drawing {
    fn default() -> Self {
        Self { pixels: vec![u8::MAX; 4 * SIDE * SIDE] }
    }
}

impl Drawing {
    /// Draws a line with the brush, both ends included.
    pub fn stroke(&mut self, from: Place, to: Place, colour: Colour) {
        let [x, y] = [0, 1].map(|at| to[at] - from[at]);
        let steps = x.abs().max(y.abs()).max(1);
        for step in 0..=steps {
            self.dab([from[0] + x * step / steps, from[1] + y * step / steps], colour);
        }
    }

    fn dab(&mut self, [x, y]: Place, colour: Colour) {
        let side = SIDE as i32;
        let canvas = |at: i32| (at - REACH).max(0)..(at + REACH + 1).min(side);
        for (row, column) in canvas(y).flat_map(|row| canvas(x).map(move |column| (row, column))) {
            let at = 4 * (row * side + column) as usize;
            self.pixels[at..at + 3].copy_from_slice(&colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Colour = [200, 10, 10];

    fn is_red(drawing: &Drawing, x: usize, y: usize) -> bool {
        drawing.pixels[4 * (y * SIDE + x)..][..4] == [200, 10, 10, 255]
    }

    #[test]
    fn a_stroke_has_no_gaps() {
        let mut drawing = Drawing::default();
        drawing.stroke([2, 3], [20, 12], RED);
        assert!((0..=18).all(|step| is_red(&drawing, 2 + step, 3 + step / 2)));
        assert!(!is_red(&drawing, 2, 12) && !is_red(&drawing, 24, 12));
    }

    #[test]
    fn the_brush_may_leave_the_canvas() {
        let mut drawing = Drawing::default();
        drawing.stroke([-40, -40], [0, 0], RED);
        drawing.stroke([31, 31], [i32::from(i16::MAX), 31], RED);
        assert!(is_red(&drawing, 0, 0) && is_red(&drawing, 31, 31) && !is_red(&drawing, 16, 16));
    }
}
