//! `report.html` of `ablate`: the paper's Table 1 with the figures of this run beside it, as a table and as charts.

use super::frame;
use crate::{
    draw::plot::{self, Curve},
    experiment::ablation::{Ablation, Row},
    paper, print,
};
use anyhow::Result;
use gradient_features::model::ablation::Origin;
use maud::{Markup, PreEscaped, html};

/// Writes the page and a chart for each scope into the run's folder.
pub fn write(ablation: &Ablation, device: &str, settings: &str) -> Result<()> {
    let scopes: Vec<&[Row]> = ablation.rows.chunk_by(|a, b| a.scope == b.scope).collect();
    let charts: Result<Vec<(String, String)>> = scopes.iter().map(|rows| chart(ablation, rows)).collect();
    let charts = charts?;
    let measured = if ablation.held_out { "held-out training images" } else { "test images" };
    let body = html! {
        p {
            "The gradient is taken in a network whose layers below the scope (θ1), layers of the scope (θ2) and \
             classifier (ω) are each random or pre-trained. The activation term is always the pre-trained network's. \
             Accuracy on the " (measured) " in %, beside the paper's (Mu, Liang, Li, ICLR 2020, Table 1: BiGAN), where \
             it has one."
        }
        div.charts { @for (_, svg) in &charts { (PreEscaped(svg)) } }
        h2 { "Figures" }
        (table(ablation))
        (frame::settings(device, settings))
    };
    let title = format!("What pre-training gives the gradient features, on {}", ablation.dataset);
    frame::publish(&ablation.folder, &frame::page(&title, &body), &charts)
}

fn table(ablation: &Ablation) -> Markup {
    html! {
        div.scroll { table {
            thead { tr {
                @for name in ["scope", "θ1", "θ2", "ω", "gradient", "paper", "full", "paper"] {
                    th scope="col" { (name) }
                }
            } }
            tbody { @for row in &ablation.rows { tr {
                @let [gradient, full] = figures(ablation, row);
                th scope="row" { (row.scope) }
                @for origin in [row.theta1, row.theta2, row.omega] { td { (origin) } }
                @for figure in gradient.into_iter().chain(full) { td { (print::percent(figure)) } }
            } } }
        } }
    }
}

/// In %: of the gradient model and of the full model, ours and the paper's.
fn figures(ablation: &Ablation, row: &Row) -> [[Option<f64>; 2]; 2] {
    let papers = paper::ablation(ablation.dataset, row.origins(), row.scope);
    let of = |at: usize, ours: f64| [Some(100.0 * ours), papers.map(|figures| figures[at])];
    [of(0, row.gradient), of(1, row.full)]
}

/// The rows of one scope, with the name of the chart's file.
fn chart(ablation: &Ablation, rows: &[Row]) -> Result<(String, String)> {
    let scope = rows[0].scope;
    let names = ["gradient", "gradient, paper", "full", "full, paper"];
    let curves = names.iter().enumerate().map(|(at, name)| {
        let figure = |row: &Row| figures(ablation, row)[at / 2][at % 2];
        let points = rows.iter().enumerate().filter_map(|(index, row)| Some((index as f64, figure(row)?)));
        Curve { name: (*name).to_owned(), points: points.collect() }
    });
    let curves: Vec<Curve> = curves.filter(|curve| !curve.points.is_empty()).collect();
    let categories: Vec<String> = rows.iter().map(trained_parts).collect();
    let svg = plot::dots(&format!("{scope}: right, %, by what is pre-trained"), "", &categories, &curves)?;
    Ok((format!("ablation-{scope}"), svg))
}

/// The parts of a row's network that are not random.
fn trained_parts(row: &Row) -> String {
    let parts = [("θ1", row.theta1), ("θ2", row.theta2), ("ω", row.omega)];
    let trained: Vec<&str> = parts.iter().filter(|part| part.1 == Origin::Trained).map(|part| part.0).collect();
    if trained.is_empty() { "nothing".to_owned() } else { trained.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;
    use gradient_features::Scope;
    use std::fs;

    fn ablation(dataset: Dataset, scopes: &[Scope]) -> (tempfile::TempDir, Ablation) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let both = [Origin::Random, Origin::Trained];
        let row = |scope, at: usize| Row {
            theta1: both[at / 4],
            theta2: both[at / 2 % 2],
            omega: both[at % 2],
            scope,
            gradient: 0.1 + 0.0123 * at as f64,
            full: 0.3,
        };
        let rows = scopes.iter().flat_map(|&scope| (0..8).map(move |at| row(scope, at))).collect();
        let path = folder.path().to_owned();
        (folder, Ablation { rows, dataset, held_out: false, folder: path })
    }

    #[test]
    fn the_page_has_every_row_and_the_papers_beside_it() {
        let (folder, ablation) = ablation(Dataset::Cifar10, &[Scope::Conv5, Scope::Conv45]);
        write(&ablation, "a CPU", "seed = 1").expect("it can be written");
        let page = fs::read_to_string(folder.path().join("report.html")).expect("it is there");
        assert_eq!(page.matches("<td>trained</td>").count(), 2 * 12, "half of the parts of each scope");
        for figure in ["<td>18.61</td><td>70.14</td><td>30.00</td><td>70.51</td>", "<td>70.89</td>", "seed = 1"] {
            assert!(page.contains(figure), "no {figure}");
        }
        for scope in ["conv5", "conv4-5"] {
            let chart = fs::read_to_string(folder.path().join(format!("ablation-{scope}.svg"))).expect("it is there");
            assert!(page.contains(&chart), "the page shows the chart of {scope}");
            assert_eq!(chart.matches("r=\"4\"").count(), 4 * (8 + 1), "a dot a figure, and the legend's");
            assert!(chart.contains("θ1 ω") && chart.contains("nothing"), "{chart}");
        }
    }

    #[test]
    fn what_the_paper_has_not_is_left_out() {
        let (folder, ablation) = ablation(Dataset::Svhn, &[Scope::Conv5]);
        write(&ablation, "a CPU", "").expect("it can be written");
        let chart = fs::read_to_string(folder.path().join("ablation-conv5.svg")).expect("it is there");
        assert_eq!(chart.matches("r=\"4\"").count(), 2 * (8 + 1));
        assert!(!chart.contains("paper"));
    }
}
