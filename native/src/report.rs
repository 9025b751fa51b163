//! `report.html` of `train` and `compare`: everything about a run on one page that needs nothing else, and its charts as
//! files of their own.

use crate::{
    answers::{Answers, mended},
    data::Dataset,
    experiment::Outcome,
    files,
    gradient_pictures::{self, Pictures},
    plot::{self, Curve},
    show, tiles,
};
use anyhow::Result;
use burn::tensor::Tensor;
use gradient_features::{Mode, images::ImageSet, model::encoder::Encoder};
use image::RgbImage;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::{fmt::Display, path::Path};

/// Images shown of those that one model mends.
const SHOWN: usize = 32;
/// Images whose gradients are drawn.
const DRAWN: usize = 8;

/// A fitted model with all that is told of it.
pub struct Entry {
    /// What it reaches.
    pub outcome: Outcome,
    /// Its answers on the images that are measured on.
    pub answers: Answers,
    /// The training loss against passes over the data.
    pub losses: Vec<(f64, f64)>,
    /// ω̄, where there is a gradient term.
    pub omega: Option<Tensor<2>>,
}

/// A run.
pub struct Story<'a> {
    /// The data set.
    pub dataset: Dataset,
    /// Whether training images were held out and measured on, rather than the test images.
    pub held_out: bool,
    /// The settings, as TOML.
    pub settings: String,
    /// What computed.
    pub device: &'a str,
    /// The base network.
    pub encoder: &'a Encoder,
    /// The images that are measured on, in the order of the answers.
    pub images: &'a ImageSet,
    /// The models.
    pub entries: &'a [Entry],
}

/// Writes the page and the charts into `folder`.
pub fn write(folder: &Path, story: &Story) -> Result<()> {
    let charts = charts(story)?;
    publish(folder, &page(story, &charts)?, &charts)
}

/// Writes a page, and its charts as files of their own.
pub fn publish(folder: &Path, page: &str, charts: &[(impl Display, String)]) -> Result<()> {
    for (name, svg) in charts {
        files::write_whole(&folder.join(format!("{name}.svg")), svg.as_bytes())?;
    }
    files::write_whole(&folder.join("report.html"), page.as_bytes())
}

fn page(story: &Story, charts: &[(&str, String)]) -> Result<String> {
    let measured = if story.held_out { "held-out training images" } else { "test images" };
    let title = format!("Gradients as features on {}", story.dataset);
    let body = html! {
        p { "Accuracy on " (story.images.len()) " " (measured) ", beside the paper's (Mu, Liang, Li, ICLR 2020)." }
        (accuracies(story))
        h2 { "Curves" }
        div.charts { @for (_, svg) in charts { (PreEscaped(svg)) } }
        (mendings(story)?)
        h2 { "Confusion" }
        p { "Rows: what an image shows. Columns: what the model says. In % of the row." }
        @for entry in story.entries { (confusion(story.dataset, entry)) }
        (gradients(story)?)
        (filters(story.encoder)?)
        (settings(story.device, &story.settings))
    };
    Ok(frame(&title, &body))
}

/// A page that needs nothing else.
pub fn frame(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                style { (PreEscaped(plot::STYLE)) }
            }
            body {
                h1 { (title) }
                (body)
            }
        }
    }
    .into_string()
}

/// What a run was done with.
pub fn settings(device: &str, settings: &str) -> Markup {
    html! {
        h2 { "Settings" }
        p { "Computed on: " (device) "." }
        pre { (settings) }
    }
}

fn accuracies(story: &Story) -> Markup {
    let percent = |share: f64| format!("{:.2}", 100.0 * share);
    html! {
        div.scroll { table {
            thead { tr {
                @for name in ["mode", "scope", "accuracy, %", "paper, %", "training images, %", "calibration error, %", "fit, s"] {
                    th scope="col" { (name) }
                }
            } }
            tbody { @for entry in story.entries { tr {
                th scope="row" { (entry.outcome.mode) }
                td { (entry.outcome.scope) }
                td { (percent(entry.answers.accuracy())) }
                td { (show::paper(story.dataset, entry.outcome.mode, entry.outcome.scope).map_or("".to_owned(), |x| format!("{x:.2}"))) }
                td { (entry.outcome.train_accuracy.map_or(String::new(), percent)) }
                td { (percent(entry.answers.calibration_error())) }
                td { (format!("{:.1}", entry.outcome.train_seconds)) }
            } } }
        } }
    }
}

/// The charts, by the names of their files.
fn charts(story: &Story) -> Result<Vec<(&'static str, String)>> {
    let curves = |points: &dyn Fn(&Entry) -> Vec<(f64, f64)>| -> Vec<Curve> {
        let of_entry = |entry: &Entry| Curve { name: entry.outcome.mode.to_string(), points: points(entry) };
        story.entries.iter().map(of_entry).collect()
    };
    let losses = curves(&|entry| entry.losses.clone());
    let mut calibration = curves(&|entry| {
        entry.answers.calibration().into_iter().map(|bin| (100.0 * bin.confidence, 100.0 * bin.accuracy)).collect()
    });
    calibration.push(Curve { name: "as sure as right".to_owned(), points: vec![(0.0, 0.0), (100.0, 100.0)] });
    let classes = curves(&|entry| {
        entry.answers.by_class().into_iter().enumerate().map(|(class, share)| (class as f64, 100.0 * share)).collect()
    });
    let mut charts = vec![
        ("calibration", plot::lines("right, %, by confidence", "confidence, %", &calibration)?),
        ("by-class", plot::dots("right, %, by class", "", &story.dataset.classes(), &classes)?),
    ];
    // What is fitted in one go has none.
    if losses.iter().any(|curve| !curve.points.is_empty()) {
        charts.insert(0, ("learning-curves", plot::lines("training loss", "pass or iteration", &losses)?));
    }
    Ok(charts)
}

fn confusion(dataset: Dataset, entry: &Entry) -> Markup {
    let classes = dataset.classes();
    let rows = entry.answers.confusion();
    html! {
        details open[entry.outcome.mode == Mode::Full] {
            summary { (entry.outcome.mode) ", " (entry.outcome.scope) }
            div.scroll { table.heat {
                tr { th {} @for class in &classes { th scope="col" { (class) } } }
                @for (class, row) in classes.iter().zip(rows) {
                    @let total = row.iter().sum::<usize>().max(1) as f64;
                    tr {
                        th scope="row" { (class) }
                        @for count in row {
                            @let share = 100.0 * count as f64 / total;
                            td style=(format!("background: rgb(0 114 178 / {:.0}%)", share.sqrt() * 8.0)) { (format!("{share:.0}")) }
                        }
                    }
                }
            } }
        }
    }
}

/// The images that activation has wrong and the model with gradients has right.
fn mendings(story: &Story) -> Result<Markup> {
    let of = |mode| story.entries.iter().find(|entry| entry.outcome.mode == mode);
    let (Some(before), Some(after)) = (of(Mode::Activation), of(Mode::Full).or_else(|| of(Mode::Gradient))) else {
        return Ok(html! {});
    };
    let gained = mended(&before.answers, &after.answers);
    let lost = mended(&after.answers, &before.answers).len();
    let shown = &gained[..SHOWN.min(gained.len())];
    let classes = story.dataset.classes();
    let (chosen_before, picture) =
        (before.answers.chosen(), tiles::data_url(&tiles::images(&story.images.gather(shown)))?);
    let told: Vec<String> = shown
        .iter()
        .map(|&index| {
            format!("{} (not {})", classes[usize::from(story.images.labels[index])], classes[chosen_before[index]])
        })
        .collect();
    Ok(html! {
        h2 { "Where gradient features mend what activation has wrong" }
        p {
            "The " (after.outcome.mode) " model has " (gained.len()) " images right that activation has wrong, and "
            (lost) " wrong that activation has right."
        }
        @if !shown.is_empty() {
            figure {
                img src=(picture) alt="The first images that are mended, in the order of the list below.";
                figcaption { "The first " (shown.len()) ", row by row: " (told.join(", ")) "." }
            }
        }
    })
}

/// The gradient features of the first images.
fn gradients(story: &Story) -> Result<Markup> {
    let indices: Vec<usize> = (0..DRAWN.min(story.images.len())).collect();
    let omega = story.entries.iter().find_map(|entry| entry.omega.as_ref());
    let drawn = omega.and_then(|omega| gradient_pictures::draw(story.encoder, omega, story.images, &indices));
    let Some(Pictures { pictures, shape, covered }) = drawn else { return Ok(html! {}) };
    let classes = story.dataset.classes();
    let figure = |(index, picture): (usize, &RgbImage)| -> Result<Markup> {
        let class = &classes[usize::from(story.images.labels[index])];
        let image = tiles::data_url(&tiles::images(story.images.image(index)))?;
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
            (shape[1]) " numbers, of which a pixel covers " (covered[0]) " × " (covered[1]) " and shows the one of the \
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
