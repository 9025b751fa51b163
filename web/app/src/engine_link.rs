//! The engine's worker: it is started, asked, and started again when it stops.

use crate::{browser, say};
use protocol::{
    loading::Backend,
    messages::{self, FromEngine, Request, Source, Start, ToEngine},
    recovery::Recovery,
};
use vocabulary::Scope;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

/// The running engine, if there is one, and what it was last asked.
#[derive(Default)]
pub struct Link {
    worker: Option<Running>,
    recovery: Recovery,
    request: Option<Request>,
    last_id: u32,
}

/// A worker and the functions that it calls, which must live as long as it does.
struct Running {
    worker: Worker,
    listening: bool,
    /// The last request before it was ready.
    ready_at: Option<u32>,
    /// What it predicts on.
    backend: Option<Backend>,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(ErrorEvent)>,
}

/// What is known of an engine that has stopped.
pub struct Broken {
    /// Whether its program had come at all.
    pub had_loaded: bool,
    /// How to start it again; `None` when that would be no use.
    pub next: Option<Recovery>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

impl Link {
    /// Starts the engine anew, in place of any that runs. `receive` gets its messages; `stopped` is called with the
    /// reason when it cannot go on.
    pub fn start(
        &mut self,
        recovery: Recovery,
        receive: impl Fn(FromEngine) + 'static,
        stopped: impl Fn(String) + Copy + 'static,
    ) -> Result<(), JsValue> {
        self.recovery = recovery;
        self.worker = None;
        self.worker = Some(launch(receive, stopped)?);
        Ok(())
    }

    /// Asks for a prediction in place of any that is still wanted, and gives the number it will be answered by.
    pub fn predict(&mut self, source: Source, scope: Scope) -> u32 {
        self.last_id += 1;
        let request = Request { id: self.last_id, source, scope };
        self.request = Some(request.clone());
        if self.worker.as_ref().is_some_and(|running| running.listening) {
            self.send(&ToEngine::Predict(request));
        }
        self.last_id
    }

    /// What was asked for last.
    pub fn request(&self) -> Option<Request> {
        self.request.clone()
    }

    /// Sends a message; whether there is an engine that is ready for it.
    pub fn send_if_ready(&self, message: &ToEngine) -> bool {
        let is_ready = self.worker.as_ref().is_some_and(|running| running.ready_at.is_some());
        if is_ready {
            self.send(message);
        }
        is_ready
    }

    /// The engine has predicted what it was asked for. If it was asked when it was ready already, that proves it; an
    /// older request may be the one that the engine before it stopped by, in what comes after the prediction.
    pub fn answered(&mut self, id: u32) {
        if self.worker.as_ref().is_some_and(|running| running.ready_at.is_some_and(|last| id > last)) {
            self.proved();
        }
    }

    /// The engine has done all of something: it is as good as any, however often earlier ones have stopped. One that
    /// stops by what it is asked again does not get here.
    pub fn proved(&mut self) {
        self.recovery.proved();
    }

    /// The engine listens: tells it to start, and what is wanted.
    pub fn listening(&mut self) {
        if let Some(running) = &mut self.worker {
            running.listening = true;
        }
        let (base, models) = (browser::base(), browser::published("models"));
        self.send(&ToEngine::Start(Start { base, models, backend: self.recovery.backend }));
        if let Some(request) = self.request.clone() {
            self.send(&ToEngine::Predict(request));
        }
    }

    /// The engine predicts.
    pub fn ready(&mut self, backend: Backend) {
        if let Some(running) = &mut self.worker {
            running.ready_at = Some(self.last_id);
        }
        self.runs_on(backend);
    }

    /// What the engine predicts on from now on.
    pub fn runs_on(&mut self, backend: Backend) {
        if let Some(running) = &mut self.worker {
            running.backend = Some(backend);
        }
    }

    /// The engine has stopped by itself; `None` when that was known already.
    pub fn broken(&mut self) -> Option<Broken> {
        let running = self.worker.take()?;
        let gpu_worked = running.backend == Some(Backend::Webgpu);
        let next = if running.listening { self.recovery.next(gpu_worked) } else { None };
        Some(Broken { had_loaded: running.listening, next })
    }

    fn send(&self, message: &ToEngine) {
        let Some(running) = &self.worker else { return };
        let value = messages::write(message).map_err(|error| JsValue::from_str(&error.to_string()));
        if let Err(error) = value.and_then(|value| running.worker.post_message(&value)) {
            leptos::logging::error!("a message could not be sent: {error:?}");
        }
    }
}

fn launch(
    receive: impl Fn(FromEngine) + 'static,
    stopped: impl Fn(String) + Copy + 'static,
) -> Result<Running, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options(&browser::published("engine"), &options)?;
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        match messages::read::<FromEngine>(&event.data()) {
            Ok(message) => receive(message),
            Err(error) => stopped(say::engine_unreadable(error)),
        }
    });
    let on_error = Closure::<dyn Fn(ErrorEvent)>::new(move |event: ErrorEvent| {
        event.prevent_default();
        stopped(event.message());
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    Ok(Running {
        worker,
        listening: false,
        ready_at: None,
        backend: None,
        _on_message: on_message,
        _on_error: on_error,
    })
}
