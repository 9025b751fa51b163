//! Where each logit comes from: its activation term and its gradient term, and their sum.

use crate::{
    parts::modes::{formula, title},
    say,
    selection::Selection,
};
use leptos::prelude::*;
use protocol::{
    numbers::{Span, bar, best, scale, signed},
    terms::Terms,
};
use vocabulary::Mode;
use vocabulary::classes::CIFAR10;

/// One table a model, all drawn to the same scale: the full model's, and the others for those who ask.
#[component]
pub fn TermsView() -> impl IntoView {
    let selection = expect_context::<Selection>();
    let extent = Memo::new(move |_| {
        selection.shown.with(|shown| shown.as_ref().map_or(1.0, |shown| scale(shown.terms.values().flatten())))
    });
    let others = Mode::ALL.iter().filter(|&&mode| mode != Mode::Full);
    view! {
        <div class="terms" id="terms" data-testid="terms">
            <h3>{say::terms_title()}</h3>
            <div class="legend">
                <span><i class="swatch activation"></i>{say::terms_activation()}</span>
                <span><i class="swatch gradient"></i>{say::terms_gradient()}</span>
                <span><i class="swatch total"></i>{say::terms_total()}</span>
                <span class="note" inner_html=move || say::terms_scale(format!("{:.1}", extent.get()))></span>
            </div>
            <Table mode=Mode::Full extent />
            <details class="advanced" data-testid="terms-others">
                <summary data-testid="terms-others-summary">{say::terms_others()}</summary>
                <div class="legend"><span><i class="swatch whole"></i>{say::terms_whole()}</span></div>
                <div class="tables">{others.map(|&mode| view! { <Table mode extent /> }).collect_view()}</div>
            </details>
        </div>
    }
}

#[component]
fn Table(mode: Mode, extent: Memo<f64>) -> impl IntoView {
    let selection = expect_context::<Selection>();
    let terms = selection.shown_terms(mode);
    let best = Memo::new(move |_| terms.with(|terms| best(terms.as_ref()?)).map(|(class, _)| class));
    let label = Memo::new(move |_| selection.shown.with(|shown| shown.as_ref()?.label));
    let rows = move || (0..CIFAR10.len()).map(|class| row(mode, class, terms, extent, best, label)).collect_view();
    view! {
        <table class=mode.name()>
            <caption>{title(mode)}" "{formula(mode)}</caption>
            <thead>
                <tr>
                    <th scope="col">{say::terms_class()}</th>
                    <td class="bar-column" aria-hidden="true"></td>
                    <th scope="col" class="number">{if splits(mode) { say::terms_column_activation() } else { say::terms_column_network() }}</th>
                    <th scope="col" class="number">{say::terms_column_gradient()}</th>
                    <th scope="col" class="number">"logit"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// Whether the logits are a sum of terms; those of a fine-tuned network are not.
fn splits(mode: Mode) -> bool {
    mode != Mode::Finetune
}

fn row(
    mode: Mode,
    class: usize,
    terms: Memo<Option<Vec<Terms>>>,
    extent: Memo<f64>,
    best: Memo<Option<usize>>,
    label: Memo<Option<usize>>,
) -> impl IntoView {
    let terms = Memo::new(move |_| terms.with(|terms| terms.as_ref()?.get(class).copied()));
    let attribute = move |part: fn(Terms) -> f32| move || terms.get().map(|terms| part(terms).to_string());
    let number = move |part: fn(Terms) -> f32| move || terms.get().map(|terms| signed(part(terms)));
    // A term that the model does not have is not a zero to be read.
    let term = move |has: bool, part: fn(Terms) -> f32| if has { number(part).into_any() } else { "–".into_any() };
    view! {
        <tr
            data-testid=move || terms.get().map(|_| "logit")
            data-mode=mode.name()
            data-class=class.to_string()
            data-activation=attribute(|terms| terms.activation)
            data-gradient=attribute(|terms| terms.gradient)
            data-total=attribute(Terms::total)
            class:best=move || best.get() == Some(class)
            class:labelled=move || label.get() == Some(class)
        >
            <th scope="row">{say::class(class)}</th>
            <td class="bar-column" aria-hidden="true">{bar_view(terms, extent)}</td>
            <td class="number activation">{term(mode.has_classifier(), |terms| terms.activation)}</td>
            <td class="number gradient">{term(mode.has_gradient(), |terms| terms.gradient)}</td>
            <td class="number total">{number(Terms::total)}</td>
        </tr>
    }
}

fn bar_view(terms: Memo<Option<Terms>>, extent: Memo<f64>) -> impl IntoView {
    let nothing = Terms { activation: 0.0, gradient: 0.0 };
    let laid_out = Memo::new(move |_| bar(terms.get().unwrap_or(nothing), extent.get()));
    view! {
        <div class="bar">
            <i class="activation" style=move || place(laid_out.get().activation)></i>
            <i class="gradient" style=move || place(laid_out.get().gradient)></i>
            <i class="zero"></i>
            <i class="total" style=move || format!("left:{:.2}%", percent_from_left(laid_out.get().total))></i>
        </div>
    }
}

fn place(span: Span) -> String {
    format!("left:{:.2}%;width:{:.2}%", percent_from_left(span.from), 50.0 * (span.to - span.from))
}

/// `-1..=1` as a share of the bar's whole width.
fn percent_from_left(value: f64) -> f64 {
    50.0 * (1.0 + value)
}
