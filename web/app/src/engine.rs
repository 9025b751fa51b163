//! The engine as the page sees it: one handle to send to it, listen to it, and show its status.

use crate::{engine_link::Link, say, url_state, words};
use leptos::prelude::*;
use protocol::{
    loading::{Backend, Processor, Progress, Ready},
    messages::{FromEngine, Request, Source, ToEngine},
    recovery::Recovery,
};
use std::rc::Rc;
use vocabulary::Scope;

/// A section's function that takes in messages.
type Listener = Rc<dyn Fn(&FromEngine)>;

/// The engine: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Engine {
    /// How it is.
    pub status: RwSignal<Status>,
    link: StoredValue<Link, LocalStorage>,
    listeners: StoredValue<Vec<Listener>, LocalStorage>,
}

/// How the engine is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Status {
    /// Where it stands.
    pub phase: Phase,
    /// The file that it waits for.
    pub progress: Option<Progress>,
    /// What went wrong on the way here.
    pub note: Option<String>,
}

/// Where the engine stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Phase {
    /// It loads.
    #[default]
    Loading,
    /// It predicts.
    Ready(Ready),
    /// It has given up, and why.
    Failed(String),
}

impl Engine {
    /// Not started yet.
    pub fn new() -> Self {
        Self {
            status: RwSignal::new(Status::default()),
            link: StoredValue::new_local(Link::default()),
            listeners: StoredValue::new_local(Vec::new()),
        }
    }

    /// From now on calls `listener` with every message of the engine. A section takes what is its own and leaves the
    /// rest. [`FromEngine::Broken`] comes to it once for each engine that stops by itself.
    pub fn listen(self, listener: impl Fn(&FromEngine) + 'static) {
        self.listeners.update_value(|listeners| listeners.push(Rc::new(listener)));
    }

    /// Whether it can be asked for more than predictions.
    pub fn is_ready(self) -> bool {
        self.status.with(|status| matches!(status.phase, Phase::Ready(_)))
    }

    /// Asks for the predictions of an image in place of any that are still wanted, and gives the number that they will
    /// have. An engine that is not ready predicts it once it is.
    pub fn predict(self, source: Source, scope: Scope) -> u32 {
        self.link.try_update_value(|link| link.predict(source, scope)).unwrap_or_default()
    }

    /// The image that was asked for last.
    pub fn request(self) -> Option<Request> {
        self.link.try_with_value(Link::request).flatten()
    }

    /// Asks for something; whether there is an engine that is ready for it.
    pub fn send(self, message: &ToEngine) -> bool {
        self.link.try_with_value(|link| link.send_if_ready(message)).unwrap_or_default()
    }

    /// The engine has predicted what it was asked for.
    pub fn answered(self, id: u32) {
        self.link.update_value(|link| link.answered(id));
    }

    /// The engine has done all of something.
    pub fn proved(self) {
        self.link.update_value(Link::proved);
    }

    /// Shows it as loading.
    pub fn reset(self) {
        self.status.set(Status::default());
    }

    /// Starts it as for the first time.
    pub fn start(self) {
        self.launch(Recovery::new(url_state::backend()));
    }

    /// It has given up, and a visitor may want to try again.
    pub fn fail(self, message: String) {
        self.status.set(Status { phase: Phase::Failed(message), ..Status::default() });
    }

    fn launch(self, recovery: Recovery) {
        let started = self.link.try_update_value(|link| {
            link.start(recovery, move |message| self.receive(&message), move |why| self.stopped(why))
        });
        if let Some(Err(error)) = started {
            self.fail(say::engine_cannot_start(format!("{error:?}")));
        }
    }

    /// Takes in a message, and passes it on to the sections.
    fn receive(self, message: &FromEngine) {
        match message {
            FromEngine::Listening => self.link.update_value(Link::listening),
            FromEngine::Progress(progress) => self.status.update(|status| status.progress = Some(progress.clone())),
            FromEngine::Ready(ready) => self.link.update_value(|link| link.ready(ready.processor.backend)),
            FromEngine::RunsOn(processor) => self.runs_on(processor),
            FromEngine::Failed(trouble) => self.fail(say::engine_failed(words::trouble(trouble))),
            FromEngine::Broken(why) => return self.stopped(why.clone()),
            FromEngine::Predicted { .. } | FromEngine::Insight { .. } | FromEngine::Refused { .. } => {
                self.status.update(|status| status.progress = None);
            }
            _ => {}
        }
        self.pass_on(message);
        if let FromEngine::Ready(ready) = message {
            self.status.update(|status| {
                status.progress = None;
                status.phase = Phase::Ready(ready.clone());
            });
        }
    }

    /// The engine has gone over to another processor, or stays where it is.
    fn runs_on(self, processor: &Processor) {
        self.link.update_value(|link| link.runs_on(processor.backend));
        self.status.update(|status| {
            if let Phase::Ready(ready) = &mut status.phase {
                ready.processor = processor.clone();
            }
        });
    }

    fn pass_on(self, message: &FromEngine) {
        for listener in self.listeners.get_value() {
            listener(message);
        }
    }

    /// The engine has stopped by itself: starts another, or gives up.
    fn stopped(self, why: String) {
        let Some(broken) = self.link.try_update_value(Link::broken).flatten() else { return };
        self.pass_on(&FromEngine::Broken(why.clone()));
        match broken.next {
            Some(next) => {
                let note = match next.backend {
                    Some(Backend::Cpu) => say::engine_again_cpu(why),
                    _ => say::engine_again_gpu(why),
                };
                self.status.set(Status { note: Some(note), ..Status::default() });
                self.launch(next);
            }
            None if broken.had_loaded => self.fail(say::engine_stopped(why)),
            None => self.fail(say::engine_not_loaded().to_owned()),
        }
    }
}
