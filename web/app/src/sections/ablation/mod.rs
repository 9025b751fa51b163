//! Ablation: which parts of the network have to be trained for the gradient to be a good feature.

mod state;

use self::state::{Ablation, MOST_IMAGES, STEPS};
use crate::{
    engine::Engine,
    gallery::Gallery,
    parts::{deeper::Deeper, section::Section, select::Select},
    say,
    setting::MOST_SEED,
};
use leptos::prelude::*;
use protocol::{
    ablation::{PARTS, ROWS, Row, effects, foremost, trained},
    numbers::percent,
};

/// The section.
pub const SECTION: Section = Section { set_up, view: || view! { <AblationView /> }.into_any() };

fn set_up() {
    provide_context(Ablation::new(expect_context::<Engine>(), expect_context::<Gallery>()));
}

#[component]
fn AblationView() -> impl IntoView {
    let ablation = expect_context::<Ablation>();
    forget_on_change(ablation);
    let row = |at: usize| view! { <RowView at /> };
    view! {
        <section
            class="train ablation"
            id="ablation"
            aria-labelledby="ablation-title"
            data-testid="ablation"
            data-state=move || state_name(ablation)
            data-rows=move || ablation.rows.with(|rows| rows.len().to_string())
            data-held=move || ablation.shown_held().to_string()
            data-source=move || if ablation.is_idle() { "precomputed" } else { "own" }
        >
            <h2 id="ablation-title">{say::ablation_title()}</h2>
            <p class="lead" inner_html=say::ablation_lead()></p>
            <Deeper text=say::ablation_deeper() />
            <div class="table" tabindex="0" role="region" aria-label=say::ablation_table()>
                <table>
                    <caption class="visually-hidden">{say::ablation_caption()}</caption>
                    <thead>
                        <tr>
                            {PARTS.map(|part| view! { <th scope="col"><span class="formula">{part}</span></th> }).collect_view()}
                            <th scope="col">{say::mode_gradient()}</th>
                            <th scope="col">{say::mode_full()}</th>
                        </tr>
                    </thead>
                    <tbody>{(0..ROWS).map(row).collect_view()}</tbody>
                </table>
            </div>
            <p class="note" data-testid="ablation-measured">{move || origin(ablation)}</p>
            <p data-testid="ablation-finding" role="status">{move || finding(ablation)}</p>
            <p class="note" inner_html=say::ablation_note(STEPS)></p>
            <h3>{say::ablation_own()}</h3>
            <Controls />
        </section>
    }
}

/// What was found is of its settings.
fn forget_on_change(ablation: Ablation) {
    let (images, seed) = (ablation.images, ablation.seed);
    Effect::new(move |before: Option<(usize, u32)>| {
        let set = (images.get(), seed.get());
        if before.is_some_and(|before| before != set) {
            untrack(|| {
                ablation.stop();
                ablation.forget();
            });
        }
        set
    });
}

fn state_name(ablation: Ablation) -> &'static str {
    let rows = ablation.rows.with(Vec::len);
    match (ablation.trouble.get(), ablation.progress.get(), rows) {
        (Some(_), _, _) => "failed",
        (_, Some(_), _) => "running",
        (_, _, 0) => "idle",
        (_, _, ROWS) => "done",
        _ => "stopped",
    }
}

/// How many images, the seed, start and stop.
#[component]
fn Controls() -> impl IntoView {
    let (engine, ablation) = (expect_context::<Engine>(), expect_context::<Ablation>());
    let images = [2, 5, 10, 20, MOST_IMAGES].map(|number| (number, number.to_string())).to_vec();
    let seed = move |event| {
        if let Ok(seed) = event_target_value(&event).parse() {
            ablation.seed.set(MOST_SEED.min(seed));
        }
    };
    let runs = Memo::new(move |_| ablation.progress.with(Option::is_some));
    let toggle = move |_| if runs.get_untracked() { ablation.stop() } else { ablation.start() };
    view! {
        <div class="controls">
            <Select label=say::images_a_class() testid="ablation-images" setting=ablation.images options=images />
            <label class="select">
                <span>{say::seed()}</span>
                <input type="number" min="0" max=MOST_SEED.to_string() data-testid="ablation-seed" prop:value=move || ablation.seed.get().to_string() on:change=seed />
            </label>
            <button class="primary" data-testid="ablation-start" prop:disabled=move || !engine.is_ready() on:click=toggle>
                {move || if runs.get() { say::ablation_stop() } else { say::ablation_start() }}
            </button>
        </div>
        <p class="note phase-note" role="status" data-testid="ablation-status">{move || status(ablation)}</p>
        {move || ablation.trouble.get().map(|trouble| view! { <p class="error" role="alert">{trouble}</p> })}
    }
}

/// Where it stands, said seldom enough to be listened to.
fn status(ablation: Ablation) -> String {
    let rows = ablation.rows.with(Vec::len);
    match state_name(ablation) {
        "idle" => say::ablation_idle().to_owned(),
        // In eighths: every change is read out.
        "running" => {
            let eighths = ablation.progress.get().map_or(0, |share| (share * 8.0) as usize);
            say::ablation_running(eighths * 100 / 8, rows, ROWS)
        }
        "done" => say::ablation_done(ablation.held.get()),
        _ => say::ablation_stopped(rows, ROWS),
    }
}

/// Where the numbers come from that were measured beforehand.
fn origin(ablation: Ablation) -> Option<String> {
    let measured = ablation.measured.get().filter(|_| ablation.is_idle())?;
    Some(say::ablation_measured(measured.seeds.len(), measured.images, measured.held))
}

/// One mixture.
#[component]
fn RowView(at: usize) -> impl IntoView {
    let ablation = expect_context::<Ablation>();
    let row = Memo::new(move |_| ablation.shown().get(at).copied());
    let number = move |of: fn(&Row) -> f32| row.get().as_ref().map(of);
    let cell = move |name: &'static str, of: fn(&Row) -> f32| {
        let style = move || format!("width:{}%", 100.0 * number(of).unwrap_or(0.0));
        let text = move || number(of).map_or_else(|| "–".to_owned(), |share| percent(f64::from(share)));
        view! { <td class=name><i class=format!("swatch {name}") style=style aria-hidden="true"></i><span>{text}</span></td> }
    };
    let part = |trained: bool| {
        let (class, word) =
            if trained { ("is-trained", say::ablation_trained()) } else { ("is-random", say::ablation_random()) };
        view! { <td class=class>{word}</td> }
    };
    let digits: String = trained(at).map(|trained| if trained { '1' } else { '0' }).iter().collect();
    view! {
        <tr
            data-testid="ablation-row"
            data-trained=digits
            data-gradient=move || number(|row| row.gradient).map(|share| share.to_string())
            data-full=move || number(|row| row.full).map(|share| share.to_string())
        >
            {trained(at).map(part).collect_view()}
            {cell("gradient", |row| row.gradient)}
            {cell("full", |row| row.full)}
        </tr>
    }
}

/// What the numbers say, and no more.
fn finding(ablation: Ablation) -> Option<String> {
    let effects = effects(&ablation.shown())?;
    let points = |at: usize| format!("{} {:+.1}", PARTS[at], 100.0 * effects[at]).replace('-', "−");
    let conclusion = match foremost(effects, ablation.shown_held()) {
        Some(at) => say::ablation_foremost(PARTS[at]),
        None => say::ablation_unclear().to_owned(),
    };
    Some(say::ablation_finding((0..3).map(points).reduce(say::list_item)?, conclusion))
}
