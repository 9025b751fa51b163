//! How the engine is: what it loads, what it runs on, what went wrong.

use crate::{
    engine::{Engine, Phase},
    later::Later,
    say, words,
};
use leptos::prelude::*;
use protocol::{
    loading::{Backend, NoGpu, Processor, Progress, Reason},
    numbers::{megabytes, milliseconds},
};

/// The engine's state in one line, with its progress, and a way to try again.
#[component]
pub fn EngineView() -> impl IntoView {
    let (engine, later) = (expect_context::<Engine>().status, expect_context::<Later>());
    let phase = Memo::new(move |_| engine.with(|engine| engine.phase.clone()));
    let progress = Memo::new(move |_| engine.with(|engine| engine.progress.clone()));
    let note = Memo::new(move |_| engine.with(|engine| engine.note.clone()));
    let failed = move || phase.with(|phase| matches!(phase, Phase::Failed(_)));
    view! {
        <div
            class="engine"
            data-testid="engine"
            data-state=move || phase.with(state_name)
            data-backend=move || phase.with(|phase| processor(phase).map(|processor| processor.backend.name()))
            data-reason=move || phase.with(|phase| processor(phase).map(|processor| processor.reason.name()))
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

fn processor(phase: &Phase) -> Option<&Processor> {
    match phase {
        Phase::Ready(ready) => Some(&ready.processor),
        _ => None,
    }
}

fn phase_text(phase: &Phase) -> String {
    match phase {
        Phase::Loading => say::engine_loading().to_owned(),
        Phase::Ready(ready) => processor_text(&ready.processor),
        Phase::Failed(message) => message.clone(),
    }
}

/// What the engine runs on, and why.
fn processor_text(Processor { backend, adapter, reason }: &Processor) -> String {
    let gpu = if adapter.is_empty() { "WebGPU".to_owned() } else { say::engine_adapter(adapter) };
    match (backend, reason) {
        (_, Reason::NoGpu(why)) => say::engine_not_gpu(no_gpu(why)),
        (_, Reason::Trying) => say::engine_trying().to_owned(),
        (_, Reason::Busy) => say::engine_busy().to_owned(),
        (Backend::Cpu, Reason::Asked) => say::engine_cpu().to_owned(),
        (Backend::Webgpu, Reason::Asked) => say::engine_gpu(gpu),
        (Backend::Cpu, Reason::Faster(times)) => {
            say::engine_cpu_faster(milliseconds(times.cpu), milliseconds(times.webgpu))
        }
        (Backend::Webgpu, Reason::Faster(times)) => {
            say::engine_gpu_faster(gpu, milliseconds(times.webgpu), milliseconds(times.cpu))
        }
    }
}

/// Why it is not the GPU.
fn no_gpu(no_gpu: &NoGpu) -> &str {
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
