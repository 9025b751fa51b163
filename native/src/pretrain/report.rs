//! `report.html`: a run of pre-training on one page that needs nothing else.

use super::{checkpoint::Identity, event::Event, options::RecipeOptions, pictures::Picture};
use crate::{
    draw::{
        plot::{self, Curve},
        tiles,
    },
    report::frame,
};
use anyhow::Result;
use maud::{Markup, PreEscaped, html};
use std::collections::BTreeMap;

/// What the run is and where it stands.
pub struct RunSummary<'a> {
    /// Recipe, data set and what else tells the run from others.
    pub identity: &'a Identity,
    /// Steps done of steps in all.
    pub position: String,
    /// What is not as published.
    pub options: RecipeOptions,
    /// Seconds of training.
    pub seconds: f64,
}

/// The page.
pub fn page(summary: &RunSummary, events: &[Event], pictures: &[Picture]) -> Result<String> {
    let identity = summary.identity;
    let title = format!("{} on {}", identity.recipe, identity.dataset);
    let curves: Vec<PreEscaped<String>> = charts(events)?.into_iter().map(PreEscaped).collect();
    let images: Result<Vec<Markup>> = pictures.iter().map(figure).collect();
    let last_probe = events.iter().rev().find_map(|event| match event {
        Event::Probe { accuracy, .. } => Some(format!("{:.1} %", 100.0 * accuracy)),
        _ => None,
    });
    let rows = [
        ("Progress", summary.position.clone()),
        ("Images a step", identity.batch.to_string()),
        ("Learning rate at the start", identity.learning_rate.to_string()),
        ("Seed", identity.seed.to_string()),
        ("Hours of training", format!("{:.2}", summary.seconds / 3600.0)),
        ("Linear classifier on f, held-out training images", last_probe.unwrap_or_else(|| "not yet".to_owned())),
    ];
    let rows = rows.into_iter().chain(summary.options.rows());
    let body = html! {
        table { @for (name, value) in rows { tr { th scope="row" { (name) } td { (value) } } } }
        h2 { "Curves" }
        div.charts { @for curve in curves { (curve) } }
        @if !pictures.is_empty() { h2 { "Pictures" } }
        @for image in images? { (image) }
    };
    Ok(frame::page(&format!("Pre-training: {title}"), &body))
}

/// One chart for each value, and one for the probe.
fn charts(events: &[Event]) -> Result<Vec<String>> {
    let mut values: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    let mut probe = vec![];
    for event in events {
        match event {
            Event::Steps { step, values: of_step, .. } => {
                for (name, &value) in of_step {
                    values.entry(name).or_default().push((*step as f64, value));
                }
            }
            Event::Probe { step, accuracy, .. } => probe.push((*step as f64, 100.0 * accuracy)),
            Event::Collapse { .. } => (),
        }
    }
    let probe = (!probe.is_empty()).then_some(("accuracy of the linear classifier on f, %", probe));
    let curves = probe.into_iter().chain(values);
    curves.map(|(name, points)| plot::lines(name, "step", &[Curve { name: name.to_owned(), points }])).collect()
}

fn figure(picture: &Picture) -> Result<Markup> {
    let source = tiles::data_url(&picture.image)?;
    Ok(html! {
        figure {
            img src=(source) alt=(picture.caption) width=(picture.image.width()) height=(picture.image.height());
            figcaption { (picture.caption) }
        }
    })
}
