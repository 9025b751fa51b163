//! What every report has: the page around it, its style, its settings and its charts.

use crate::files;
use anyhow::Result;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::{fmt::Display, path::Path};

/// The style of every report.
const STYLE: &str = "
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

/// Writes a page, and its charts as files of their own.
pub fn publish(folder: &Path, page: &str, charts: &[(impl Display, String)]) -> Result<()> {
    for (name, svg) in charts {
        files::write_whole(&folder.join(format!("{name}.svg")), svg.as_bytes())?;
    }
    files::write_whole(&folder.join("report.html"), page.as_bytes())
}

/// A page that needs nothing else.
pub fn page(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                style { (PreEscaped(STYLE)) }
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
