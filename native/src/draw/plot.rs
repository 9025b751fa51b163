//! Charts as SVG, for reports.

use super::palette;
use anyhow::{Context, Result};
use plotters::{
    coord::ranged1d::ValueFormatter,
    coord::types::RangedCoordf64,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

/// Width and height of a chart, in pixels.
const SIZE: (u32, u32) = (480, 280);
/// The text and the axes.
const GREY: RGBColor = color(palette::GREY);
/// The most names along an axis.
const MOST_NAMES: usize = 20;

/// A line of a chart.
pub struct Curve {
    /// For the legend.
    pub name: String,
    /// In order.
    pub points: Vec<(f64, f64)>,
}

/// Curves over a common axis.
pub fn lines(title: &str, x_label: &str, curves: &[Curve]) -> Result<String> {
    let range = RangedCoordf64::from(extent(curves.iter().flat_map(|curve| &curve.points).map(|point| point.0)));
    let legend = SeriesLabelPosition::MiddleRight;
    let looks = Looks { title, x_label, x_height: 34, x_style: text(), line: 2, point: 2, legend };
    chart(&looks, Axis { range, at: |x| x, labels: None }, curves)
}

/// One dot a category for each curve, whose points have the category's index as x.
pub fn dots(title: &str, x_label: &str, categories: &[String], curves: &[Curve]) -> Result<String> {
    let x_style = text().transform(FontTransform::Rotate90).pos(Pos::new(HPos::Left, VPos::Center));
    let legend = SeriesLabelPosition::LowerRight;
    let looks = Looks { title, x_label, x_height: 70, x_style, line: 0, point: 4, legend };
    let name = |at: &SegmentValue<usize>| match at {
        SegmentValue::CenterOf(index) => categories.get(*index).cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let labels = Some((categories.len().min(MOST_NAMES), &name as &dyn Fn(&SegmentValue<usize>) -> String));
    let range = (0..categories.len()).into_segmented();
    chart(&looks, Axis { range, at: |x| SegmentValue::CenterOf(x as usize), labels }, curves)
}

/// What kinds of chart differ in, their horizontal axis aside.
struct Looks<'a> {
    title: &'a str,
    x_label: &'a str,
    /// Pixels below the chart for its labels.
    x_height: u32,
    x_style: TextStyle<'a>,
    /// Width of a curve, in pixels.
    line: u32,
    /// Radius of its points.
    point: u32,
    legend: SeriesLabelPosition,
}

/// The horizontal axis.
struct Axis<'a, X: Ranged> {
    range: X,
    /// Where a curve's number is on it.
    at: fn(f64) -> X::ValueType,
    /// How many places are labelled, and how; else as numbers are.
    labels: Option<(usize, Label<'a, X>)>,
}

/// What a place on an axis is called.
type Label<'a, X> = &'a dyn Fn(&<X as Ranged>::ValueType) -> String;

fn chart<X>(looks: &Looks, axis: Axis<X>, curves: &[Curve]) -> Result<String>
where
    X: Ranged<ValueType: Clone + 'static> + ValueFormatter<X::ValueType>,
{
    let mut svg = String::new();
    draw(&mut svg, looks, axis, curves)
        .map_err(|error| anyhow::anyhow!("{error}"))
        .context("a chart cannot be drawn")?;
    Ok(svg)
}

fn draw<X>(svg: &mut String, looks: &Looks, axis: Axis<X>, curves: &[Curve]) -> Result<(), Box<dyn std::error::Error>>
where
    X: Ranged<ValueType: Clone + 'static> + ValueFormatter<X::ValueType>,
{
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let y_range = extent(curves.iter().flat_map(|curve| &curve.points).map(|point| point.1));
    let mut chart = ChartBuilder::on(&area)
        .caption(looks.title, ("sans-serif", 15).into_font().color(&GREY))
        .margin(8)
        .x_label_area_size(looks.x_height)
        .y_label_area_size(52)
        .build_cartesian_2d(axis.range, y_range)?;
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh()
        .bold_line_style(GREY.mix(0.3))
        .light_line_style(TRANSPARENT)
        .axis_style(GREY)
        .label_style(text())
        .x_label_style(looks.x_style.clone())
        .x_desc(looks.x_label);
    if let Some((count, label)) = axis.labels {
        mesh.x_labels(count).x_label_formatter(label);
    }
    mesh.draw()?;
    for (curve, color) in curves.iter().zip(palette::SERIES.into_iter().cycle().map(color)) {
        let style = color.filled().stroke_width(looks.line);
        let points = curve.points.iter().map(|&(x, y)| ((axis.at)(x), y));
        let drawn = chart.draw_series(LineSeries::new(points, style).point_size(looks.point))?;
        let point = looks.point;
        drawn.label(&curve.name).legend(move |at| {
            EmptyElement::at(at) + PathElement::new([(0, 0), (16, 0)], style) + Circle::new((8, 0), point, style)
        });
    }
    if curves.len() > 1 {
        let labels = &mut chart.configure_series_labels();
        labels.position(looks.legend.clone()).border_style(TRANSPARENT).label_font(text()).draw()?;
    }
    area.present()?;
    drop(chart);
    drop(area);
    Ok(())
}

const fn color([red, green, blue]: [u8; 3]) -> RGBColor {
    RGBColor(red, green, blue)
}

fn text() -> TextStyle<'static> {
    ("sans-serif", 12).into_font().color(&GREY)
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
