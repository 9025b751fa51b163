//! Charts as SVG, for reports.

use anyhow::{Context, Result};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

/// Width and height of a chart, in pixels.
const SIZE: (u32, u32) = (480, 280);
/// Okabe and Ito's colours, which the colour-blind can tell apart.
const COLORS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
];
/// The text and the axes: a grey that reads on light and on dark.
const GREY: RGBColor = RGBColor(120, 120, 120);

/// Radius of a curve's points.
const POINT: u32 = 2;
/// The most names along an axis.
const MOST_NAMES: usize = 20;

/// The style of every report.
pub const STYLE: &str = "
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: 0.2rem 1rem 0.2rem 0; font-weight: normal; }
td { font-variant-numeric: tabular-nums; }
figure { margin: 1.5rem 0; }
img { max-width: 100%; height: auto; image-rendering: pixelated; }
figcaption { color: GrayText; }
.charts { display: flex; flex-wrap: wrap; gap: 1rem; }
svg { max-width: 100%; height: auto; }
.scroll { overflow-x: auto; }
.heat th, .heat td { text-align: right; padding: 0.2rem 0.5rem; }
";

/// A line of a chart.
pub struct Curve {
    /// For the legend.
    pub name: String,
    /// In order.
    pub points: Vec<(f64, f64)>,
}

/// Curves over a common axis.
pub fn lines(title: &str, x_label: &str, curves: &[Curve]) -> Result<String> {
    let mut svg = String::new();
    draw(&mut svg, title, x_label, curves)
        .map_err(|error| anyhow::anyhow!("{error}"))
        .context("a chart cannot be drawn")?;
    Ok(svg)
}

fn draw(svg: &mut String, title: &str, x_label: &str, curves: &[Curve]) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let (x_range, y_range) = (extent(points().map(|point| point.0)), extent(points().map(|point| point.1)));
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 15).into_font().color(&GREY))
        .margin(8)
        .x_label_area_size(34)
        .y_label_area_size(52)
        .build_cartesian_2d(x_range, y_range)?;
    let text = ("sans-serif", 12).into_font().color(&GREY);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(GREY.mix(0.3))
        .light_line_style(TRANSPARENT)
        .axis_style(GREY)
        .label_style(text.clone())
        .x_desc(x_label)
        .draw()?;
    for (curve, color) in curves.iter().zip(COLORS.iter().cycle()) {
        let drawn = chart
            .draw_series(LineSeries::new(curve.points.iter().copied(), color.stroke_width(2)).point_size(POINT))?;
        drawn.label(&curve.name).legend(|(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
    }
    if curves.len() > 1 {
        chart.configure_series_labels().border_style(TRANSPARENT).label_font(text).draw()?;
    }
    area.present()?;
    drop(chart);
    drop(area);
    Ok(())
}

/// One dot a category for each curve, whose points have the category's index as x.
pub fn dots(title: &str, categories: &[String], curves: &[Curve]) -> Result<String> {
    let mut svg = String::new();
    draw_dots(&mut svg, title, categories, curves)
        .map_err(|error| anyhow::anyhow!("{error}"))
        .context("a chart cannot be drawn")?;
    Ok(svg)
}

fn draw_dots(
    svg: &mut String,
    title: &str,
    categories: &[String],
    curves: &[Curve],
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let y_range = extent(curves.iter().flat_map(|curve| &curve.points).map(|point| point.1));
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 15).into_font().color(&GREY))
        .margin(8)
        .x_label_area_size(70)
        .y_label_area_size(52)
        .build_cartesian_2d((0..categories.len()).into_segmented(), y_range)?;
    let text = ("sans-serif", 12).into_font().color(&GREY);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(GREY.mix(0.3))
        .light_line_style(TRANSPARENT)
        .axis_style(GREY)
        .label_style(text.clone())
        .x_labels(categories.len().min(MOST_NAMES))
        .x_label_style(text.clone().transform(FontTransform::Rotate90).pos(Pos::new(HPos::Left, VPos::Center)))
        .x_label_formatter(&|at| match at {
            SegmentValue::CenterOf(index) => categories.get(*index).cloned().unwrap_or_default(),
            _ => String::new(),
        })
        .draw()?;
    for (curve, color) in curves.iter().zip(COLORS.iter().cycle()) {
        let dots =
            curve.points.iter().map(|&(x, y)| Circle::new((SegmentValue::CenterOf(x as usize), y), 4, color.filled()));
        let drawn = chart.draw_series(dots)?;
        drawn.label(&curve.name).legend(|(x, y)| Circle::new((x + 8, y), 4, color.filled()));
    }
    let labels = SeriesLabelPosition::LowerLeft;
    chart.configure_series_labels().position(labels).border_style(TRANSPARENT).label_font(text).draw()?;
    area.present()?;
    drop(chart);
    drop(area);
    Ok(())
}

/// From the least to the greatest of some numbers, never empty.
fn extent(numbers: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (least, most) = numbers
        .filter(|number| number.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    if least > most {
        return 0.0..1.0;
    }
    let room = ((most - least) * 0.05).max(most.abs() * 1e-3).max(1e-6);
    least - room..most + room
}
