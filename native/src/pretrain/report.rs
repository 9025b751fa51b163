//! `report.html`: a run of pre-training on one page that needs nothing else.

use super::{event::Event, pictures::Picture, recipe::Departures};
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
pub struct Facts {
    /// Recipe and data set.
    pub title: String,
    /// Steps done of steps in all.
    pub position: String,
    /// Images a step.
    pub batch: usize,
    /// The learning rate at the start.
    pub learning_rate: f64,
    /// Where all randomness comes from.
    pub seed: u64,
    /// What is not as published.
    pub departures: Departures,
    /// Seconds of training.
    pub seconds: f64,
}

/// The page.
pub fn page(facts: &Facts, events: &[Event], pictures: &[Picture]) -> Result<String> {
    let curves: Vec<PreEscaped<String>> = charts(events)?.into_iter().map(PreEscaped).collect();
    let images: Result<Vec<Markup>> = pictures.iter().map(figure).collect();
    let last_probe = events.iter().rev().find_map(|event| match event {
        Event::Probe { accuracy, .. } => Some(format!("{:.1} %", 100.0 * accuracy)),
        _ => None,
    });
    let above_0 = |number: f64| (number > 0.0).then(|| number.to_string());
    let departures = [
        ("Steps as an autoencoder, before the game", above_0(facts.departures.warm_up as f64)),
        ("Weight of the cycle-consistency, with latents held to the prior", above_0(facts.departures.cycle)),
        ("Pace of the encoder and generator, times the discriminator's edge", above_0(facts.departures.pace)),
        ("Latents without noise", facts.departures.deterministic.then(|| "yes".to_owned())),
        ("Steps of encoder and generator that are averaged", above_0(facts.departures.average as f64)),
    ];
    let departures = departures.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let rows = [
        ("Progress", facts.position.clone()),
        ("Images a step", facts.batch.to_string()),
        ("Learning rate at the start", facts.learning_rate.to_string()),
        ("Seed", facts.seed.to_string()),
        ("Hours of training", format!("{:.2}", facts.seconds / 3600.0)),
        ("Linear classifier on f, held-out training images", last_probe.unwrap_or_else(|| "not yet".to_owned())),
    ];
    let body = html! {
        table { @for (name, value) in rows.into_iter().chain(departures) { tr { th scope="row" { (name) } td { (value) } } } }
        h2 { "Curves" }
        div.charts { @for curve in curves { (curve) } }
        @if !pictures.is_empty() { h2 { "Pictures" } }
        @for image in images? { (image) }
    };
    Ok(frame::page(&format!("Pre-training: {}", facts.title), &body))
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
