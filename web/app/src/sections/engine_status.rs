//! How the engine is: what it loads, what it runs on, what went wrong.

use crate::{
    engine::{Engine, Phase, Status},
    later::Later,
    say, words,
};
use leptos::prelude::*;
use protocol::{
    loading::{Backend, NoGpu, Progress, Ready},
    numbers::megabytes,
};

/// The engine's state in one line, with its progress, and a way to try again.
#[component]
pub fn EngineView() -> impl IntoView {
    let (engine, later) = (expect_context::<Engine>().status, expect_context::<Later>());
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
                <button class="retry" data-testid="engine-retry" on:click=move |_| later.start()>
                    {say::try_again()}
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
        Phase::Loading => say::engine_loading().to_owned(),
        Phase::Ready(Ready { backend: Backend::Cpu, .. }) => say::engine_cpu().to_owned(),
        Phase::Ready(Ready { adapter, .. }) if adapter.is_empty() => say::engine_gpu().to_owned(),
        Phase::Ready(Ready { adapter, .. }) => say::engine_gpu_named(adapter),
        Phase::Failed(message) => message.clone(),
    }
}

/// Why things are not as they might be.
fn note(engine: &Status) -> Option<String> {
    let from_start = match &engine.phase {
        Phase::Ready(ready) => ready.no_gpu.as_ref().map(|no_gpu| say::engine_not_gpu(reason(no_gpu))),
        _ => None,
    };
    let parts: Vec<String> = engine.note.clone().into_iter().chain(from_start).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Why it is not the GPU.
fn reason(no_gpu: &NoGpu) -> &str {
    match no_gpu {
        NoGpu::NoWebgpu => say::engine_no_webgpu(),
        NoGpu::NoAdapter => say::engine_no_gpu(),
        NoGpu::Other(english) => english,
    }
}

fn progress_view(Progress { what, received, total }: Progress) -> impl IntoView {
    let what = words::part(what);
    let amount = match total {
        Some(total) => say::engine_amount(&what, megabytes(received), megabytes(total)),
        None => say::engine_amount_so_far(&what, megabytes(received)),
    };
    view! {
        <span class="progress">
            <progress max=total.map(|_| "1") value=total.map(|total| (received / total).to_string()) aria-label=what></progress>
            <span>{amount}</span>
        </span>
    }
}
