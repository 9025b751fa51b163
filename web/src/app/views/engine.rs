//! How the engine is: what it loads, what it runs on, what went wrong.

use crate::state::{Engine, Phase, State};
use leptos::prelude::*;
use web::{
    messages::{Backend, Progress, Ready},
    numbers::megabytes,
};

/// The engine's state in one line, with its progress, and a way to try again.
#[component]
pub fn EngineView() -> impl IntoView {
    let state = expect_context::<State>();
    let engine = state.engine;
    let phase = Memo::new(move |_| engine.with(|engine| engine.phase.clone()));
    let progress = Memo::new(move |_| engine.with(|engine| engine.progress.clone()));
    let note = Memo::new(move |_| engine.with(note));
    let failed = move || phase.with(|phase| matches!(phase, Phase::Failed(_)));
    view! {
        <div
            class="engine"
            data-testid="engine"
            data-state=move || phase.with(state_name)
            data-backend=move || phase.with(backend_name)
        >
            <div class="engine-line">
                <p class="phase" role="status">{move || phase.with(phase_text)}</p>
                {move || progress.get().map(progress_view)}
            </div>
            {move || note.get().map(|note| view! { <p class="note">{note}</p> })}
            <Show when=failed>
                <button class="retry" data-testid="engine-retry" on:click=move |_| state.start_engine()>
                    "Try again"
                </button>
            </Show>
        </div>
    }
}

fn state_name(phase: &Phase) -> &'static str {
    match phase {
        Phase::Loading => "loading",
        Phase::Ready(_) => "ready",
        Phase::Failed(_) => "failed",
    }
}

fn backend_name(phase: &Phase) -> Option<&'static str> {
    match phase {
        Phase::Ready(ready) => Some(ready.backend.name()),
        _ => None,
    }
}

fn phase_text(phase: &Phase) -> String {
    match phase {
        Phase::Loading => "The engine is loading".to_owned(),
        Phase::Ready(Ready { backend: Backend::Cpu, .. }) => "Ready on the CPU (WebAssembly)".to_owned(),
        Phase::Ready(Ready { adapter, .. }) if adapter.is_empty() => "Ready on the GPU (WebGPU)".to_owned(),
        Phase::Ready(Ready { adapter, .. }) => format!("Ready on the GPU (WebGPU, {adapter})"),
        Phase::Failed(message) => message.clone(),
    }
}

/// Why things are not as they might be.
fn note(engine: &Engine) -> Option<String> {
    let from_start = match &engine.phase {
        Phase::Ready(ready) => ready.note.as_ref().map(|note| format!("Not on the GPU: {note}.")),
        _ => None,
    };
    let parts: Vec<String> = engine.note.clone().into_iter().chain(from_start).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn progress_view(Progress { what, received, total }: Progress) -> impl IntoView {
    let amount = match total {
        Some(total) => format!("{what}: {} of {} MB", megabytes(received), megabytes(total)),
        None => format!("{what}: {} MB", megabytes(received)),
    };
    view! {
        <span class="progress">
            <progress max=total.map(|_| "1") value=total.map(|total| (received / total).to_string()) aria-label=what></progress>
            <span>{amount}</span>
        </span>
    }
}
