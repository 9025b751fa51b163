//! `report.html` of `train` and `compare`: everything about a run on one page that needs nothing else, and its charts as
//! files of their own.

use super::frame;
use crate::{
    data::Dataset,
    draw::{
        gradient::{self, GradientPictures},
        palette,
        plot::{self, Curve},
        tiles,
    },
    experiment::{outcome::MeasuredFit, predictions::corrected, run::FinishedRun},
    paper, print,
};
use anyhow::Result;
use gradient_features::{Mode, model::encoder::Encoder};
use image::RgbImage;
use maud::{Markup, PreEscaped, html};

/// Images shown of those that one model corrects.
const SHOWN: usize = 32;
/// Images whose gradients are drawn.
const DRAWN: usize = 8;

/// Writes the page and the charts into the run's folder.
pub fn write(run: &FinishedRun, device: &str) -> Result<()> {
    let charts = charts(run)?;
    frame::publish(&run.folder, &page(run, device, &charts)?, &charts)
}

fn page(run: &FinishedRun, device: &str, charts: &[(&str, String)]) -> Result<String> {
    let measured = if run.held_out { "held-out training images" } else { "test images" };
    let title = format!("Gradients as features on {}", run.dataset);
    let body = html! {
        p { "Accuracy on " (run.images.len()) " " (measured) ", beside the paper's (Mu, Liang, Li, ICLR 2020)." }
        (accuracies(run))
        h2 { "Curves" }
        div.charts { @for (_, svg) in charts { (PreEscaped(svg)) } }
        (corrections(run)?)
        h2 { "Confusion" }
        p { "Rows: what an image shows. Columns: what the model says. In % of the row." }
        @for fit in &run.fits { (confusion(run.dataset, fit)) }
        (gradients(run)?)
        (filters(&run.encoder)?)
        (frame::settings(device, &run.settings.to_toml()?))
    };
    Ok(frame::page(&title, &body))
}

fn accuracies(run: &FinishedRun) -> Markup {
    let percent = |share: f64| format!("{:.2}", 100.0 * share);
    html! {
        div.scroll { table {
            thead { tr {
                @for name in ["mode", "scope", "accuracy, %", "paper, %", "training images, %", "calibration error, %", "fit, s"] {
                    th scope="col" { (name) }
                }
            } }
            tbody { @for fit in &run.fits { tr {
                th scope="row" { (fit.outcome.mode) }
                td { (fit.outcome.scope) }
                td { (percent(fit.predictions.accuracy())) }
                td { (print::percent(paper::accuracy(run.dataset, fit.outcome.mode, fit.outcome.scope))) }
                td { (fit.outcome.train_accuracy.map_or(String::new(), percent)) }
                td { (percent(fit.predictions.calibration_error())) }
                td { (format!("{:.1}", fit.outcome.train_seconds)) }
            } } }
        } }
    }
}

/// The charts, by the names of their files.
fn charts(run: &FinishedRun) -> Result<Vec<(&'static str, String)>> {
    let curves = |points: &dyn Fn(&MeasuredFit) -> Vec<(f64, f64)>| -> Vec<Curve> {
        let of_fit = |fit: &MeasuredFit| Curve { name: fit.outcome.mode.to_string(), points: points(fit) };
        run.fits.iter().map(of_fit).collect()
    };
    let losses = curves(&|fit| fit.losses.clone());
    let mut calibration = curves(&|fit| {
        fit.predictions.calibration().into_iter().map(|bin| (100.0 * bin.confidence, 100.0 * bin.accuracy)).collect()
    });
    calibration.push(Curve { name: "as sure as right".to_owned(), points: vec![(0.0, 0.0), (100.0, 100.0)] });
    let classes = curves(&|fit| {
        fit.predictions.by_class().into_iter().enumerate().map(|(class, share)| (class as f64, 100.0 * share)).collect()
    });
    let mut charts = vec![
        ("calibration", plot::lines("right, %, by confidence", "confidence, %", &calibration)?),
        ("by-class", plot::dots("right, %, by class", "", &run.dataset.classes(), &classes)?),
    ];
    // What is fitted in one go has none.
    if losses.iter().any(|curve| !curve.points.is_empty()) {
        charts.insert(0, ("learning-curves", plot::lines("training loss", "pass or iteration", &losses)?));
    }
    Ok(charts)
}

fn confusion(dataset: Dataset, fit: &MeasuredFit) -> Markup {
    let classes = dataset.classes();
    let rows = fit.predictions.confusion();
    html! {
        details open[fit.outcome.mode == Mode::Full] {
            summary { (fit.outcome.mode) ", " (fit.outcome.scope) }
            div.scroll { table.heat {
                tr { th {} @for class in &classes { th scope="col" { (class) } } }
                @for (class, row) in classes.iter().zip(rows) {
                    @let total = row.iter().sum::<usize>().max(1) as f64;
                    tr {
                        th scope="row" { (class) }
                        @for count in row {
                            @let share = 100.0 * count as f64 / total;
                            td style=(format!("background: {}", palette::css_heat(share.sqrt() * 8.0))) { (format!("{share:.0}")) }
                        }
                    }
                }
            } }
        }
    }
}

/// The images that activation has wrong and the model with gradients has right.
fn corrections(run: &FinishedRun) -> Result<Markup> {
    let of = |mode| run.fits.iter().find(|fit| fit.outcome.mode == mode);
    let (Some(before), Some(after)) = (of(Mode::Activation), of(Mode::Full).or_else(|| of(Mode::Gradient))) else {
        return Ok(html! {});
    };
    let gained = corrected(&before.predictions, &after.predictions);
    let lost = corrected(&after.predictions, &before.predictions).len();
    let shown = &gained[..SHOWN.min(gained.len())];
    let classes = run.dataset.classes();
    let (winners_before, picture) =
        (before.predictions.winners(), tiles::data_url(&tiles::images(&run.images.gather(shown)))?);
    let captions: Vec<String> = shown
        .iter()
        .map(|&index| {
            format!("{} (not {})", classes[usize::from(run.images.labels[index])], classes[winners_before[index]])
        })
        .collect();
    Ok(html! {
        h2 { "Where gradient features correct what activation has wrong" }
        p {
            "The " (after.outcome.mode) " model has " (gained.len()) " images right that activation has wrong, and "
            (lost) " wrong that activation has right."
        }
        @if !shown.is_empty() {
            figure {
                img src=(picture) alt="The first images that are corrected, in the order of the list below.";
                figcaption { "The first " (shown.len()) ", row by row: " (captions.join(", ")) "." }
            }
        }
    })
}

/// The gradient features of the first images.
fn gradients(run: &FinishedRun) -> Result<Markup> {
    let indices: Vec<usize> = (0..DRAWN.min(run.images.len())).collect();
    let omega = run.fits.iter().find_map(|fit| fit.omega.as_ref());
    let Some(omega) = omega else { return Ok(html! {}) };
    let drawn = gradient::draw(&run.encoder, omega, &run.images, &indices)?;
    let Some(GradientPictures { pictures, shape, covered }) = drawn else { return Ok(html! {}) };
    let classes = run.dataset.classes();
    let figure = |(index, picture): (usize, &RgbImage)| -> Result<Markup> {
        let class = &classes[usize::from(run.images.labels[index])];
        let image = tiles::data_url(&tiles::images(run.images.image(index)))?;
        Ok(html! {
            figure {
                img src=(image) width="96" height="96" alt=(format!("Image {index}: {class}."));
                " "
                img src=(tiles::data_url(picture)?) width="192" height="96" alt=(format!("Its gradient for {class}."));
                figcaption { (class) }
            }
        })
    };
    let figures: Result<Vec<Markup>> = pictures.iter().enumerate().map(figure).collect();
    Ok(html! {
        h2 { "Gradient features" }
        p {
            "The gradient of each image's own class by the weights of the last layer, (ω ∘ d) yᵀ: " (shape[0]) " × "
            (shape[1]) " numbers, and a pixel covers " (covered[0]) " × " (covered[1]) " of them and shows the one of the \
             greatest magnitude. Purple is below 0 and green above, each picture drawn to its own greatest magnitude, \
             by the square root."
        }
        div.charts { @for figure in figures? { (figure) } }
    })
}

fn filters(encoder: &Encoder) -> Result<Markup> {
    let Some(picture) = tiles::filters(encoder) else { return Ok(html! {}) };
    Ok(html! {
        h2 { "First layer" }
        figure {
            img src=(tiles::data_url(&picture)?) alt="The filters of the base network's first convolution.";
            figcaption { "The filters of the base network's first convolution, each scaled to its own range." }
        }
    })
}
