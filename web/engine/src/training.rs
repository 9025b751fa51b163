//! Training in the page: its images are read, then its models learn from them. All of it is done in pieces, so
//! that whatever else is asked of the engine is answered in between.

use crate::{
    model::Model,
    plan::{TrainingError, examples, live_settings, scope_of},
    sources::Sheets,
    worker,
};
use gradient_features::{
    Mode, Scope, argmax,
    fit::live::{Examples, LiveTraining},
    model::{features::FrozenFeatures, linear::Head},
    numbers,
};
use js_sys::{ArrayBuffer, Uint8Array};
use protocol::{
    messages::{FromEngine, Source},
    training::{Fitted, FromTrainer, MODES, Mark, Plan, Report, Snapshot, Step, ToTrainer, Verdicts},
    trouble::Trouble,
};
use std::ops::Range;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

/// Images that are read at a time.
pub const READ: usize = 10;
/// Images that are measured on at a time.
pub const MEASURED: usize = 100;
/// Accuracies are measured after so many steps, or fewer measurements the more images there are: their cost should not
/// be that of the steps.
const STEPS_A_MARK: usize = 10;
const IMAGES_A_STEP: usize = 20;
/// Milliseconds of work, after which what has come meanwhile gets its turn.
pub const PIECE: f64 = 25.0;
/// Milliseconds after which a report is sent although not all of the steps that were asked for are done.
const REPORT: f64 = 200.0;
/// Milliseconds of training that are lost at most when the engine breaks.
const SNAPSHOT: f64 = 10_000.0;
/// The largest file that is read as a model, in bytes.
const LARGEST: f64 = 512e6;

/// The training in progress, if there is one, or else the models that were loaded.
#[derive(Default)]
pub struct Training {
    current: Option<Current>,
    /// From files, of the same scope and classes.
    loaded: Vec<Head>,
    /// Whether a job for it waits already.
    queued: bool,
}

struct Current {
    plan: Plan,
    scope: Scope,
    stage: Stage,
    /// What is to be sent next.
    report: Report,
    /// Steps that were asked for.
    wanted: usize,
    /// The model whose step is next, by its place.
    next: usize,
    losses: [f32; MODES],
    seconds: [f32; MODES],
    sent_at: f64,
    saved_at: f64,
    saved_step: usize,
}

enum Stage {
    /// The images are read.
    Reading(Vec<FrozenFeatures>),
    /// ω̄ is fitted.
    Preparing(Box<LiveTraining>),
    /// The models learn.
    Learning(Box<LiveTraining>),
    /// The models are measured.
    Measuring(Box<LiveTraining>, Measured),
    /// Between two stages, and after a failure.
    Over,
}

/// How often the models were right so far.
#[derive(Default)]
struct Measured {
    mode: usize,
    done: usize,
    fitted: [usize; MODES],
    held: [usize; MODES],
}

impl Training {
    /// Takes in what the interface says; whether there is work to queue for it.
    pub async fn receive(&mut self, model: &Model, sheets: &Sheets, message: ToTrainer) -> bool {
        match message {
            ToTrainer::Begin(plan) => self.begin(model, plan),
            ToTrainer::Advance { id, steps } => {
                if let Some(current) = self.of(id) {
                    current.wanted = steps;
                    current.sent_at = worker::now();
                }
            }
            ToTrainer::Save { id, mode } => {
                let saved = self.save(model, id, mode).await;
                send(saved.unwrap_or_else(|error| refused(id, error)));
            }
            ToTrainer::Load { id, file } => {
                let loaded = self.load(model, &file).await.map(|fitted| FromTrainer::Loaded { id, fitted });
                send(loaded.unwrap_or_else(|error| refused(id, error)));
            }
            ToTrainer::Predict { id, source } => {
                let verdicts = self.predict(model, sheets, source).await.map_err(Trouble::from);
                send(FromTrainer::Predicted { id, verdicts });
            }
            ToTrainer::Read { id, source } => {
                let image = sheets.pixels(source).await.map_err(Trouble::from);
                send(FromTrainer::Read { id, image });
            }
        }
        self.has_work() && !std::mem::replace(&mut self.queued, true)
    }

    fn of(&mut self, id: u32) -> Option<&mut Current> {
        self.current.as_mut().filter(|current| current.plan.id == id)
    }

    fn begin(&mut self, model: &Model, plan: Plan) {
        let id = plan.id;
        self.current = None;
        self.loaded.clear();
        match Current::new(model, plan) {
            Ok(current) => self.current = Some(current),
            Err(error) => send(FromTrainer::Failed { id, trouble: error.into() }),
        }
    }

    async fn save(&mut self, model: &Model, id: u32, mode: Mode) -> Result<FromTrainer, TrainingError> {
        let head = self.of(id).and_then(|current| current.live()?.head(mode));
        let bytes = model.model_file(&head.ok_or(TrainingError::NotBegun)?).await?;
        Ok(FromTrainer::Saved { id, mode, file: blob(&bytes)? })
    }

    /// Takes a file's model beside those of the same scope and classes, in place of all others.
    async fn load(&mut self, model: &Model, file: &Blob) -> Result<Fitted, TrainingError> {
        if file.size() > LARGEST {
            return Err(TrainingError::Large(file.size() / 1e6));
        }
        let head = model.read_head(&read(file).await?)?;
        let fitted = Fitted { scope: head.scope, classes: head.classes.clone(), modes: vec![head.mode] };
        self.current = None;
        self.loaded
            .retain(|other| other.mode != head.mode && (other.scope, &other.classes) == (head.scope, &head.classes));
        self.loaded.push(head);
        Ok(fitted)
    }

    /// The models as they are now.
    fn heads(&self) -> Vec<Head> {
        match self.current.as_ref().and_then(Current::live) {
            Some(live) => Mode::ALL.iter().filter_map(|&mode| live.head(mode)).collect(),
            None => self.loaded.clone(),
        }
    }

    async fn predict(&self, model: &Model, sheets: &Sheets, source: Source) -> Result<Verdicts, TrainingError> {
        let heads = self.heads();
        let first = heads.first().ok_or(TrainingError::NotBegun)?;
        let classes = first.classes.clone();
        let frozen = model.keep_for(&sheets.pixels(source).await?, first.scope);
        let mut models = Vec::new();
        for head in &heads {
            models.push((head.mode, numbers(head.logits(model.encoder(), &frozen).probabilities()).await?));
        }
        Ok(Verdicts { classes, models })
    }

    fn has_work(&self) -> bool {
        self.current.as_ref().is_some_and(Current::has_work)
    }

    /// Does a piece of work; whether there is more.
    pub async fn go_on(&mut self, model: &Model, sheets: &Sheets) -> bool {
        worker::breathe().await;
        let until = worker::now() + PIECE;
        while self.has_work() && worker::now() < until {
            let Some(current) = &mut self.current else { break };
            if let Err(error) = current.work(model, sheets).await {
                send(FromTrainer::Failed { id: current.plan.id, trouble: error.into() });
                self.current = None;
            }
        }
        self.queued = self.has_work();
        self.queued
    }
}

impl Current {
    fn new(model: &Model, plan: Plan) -> Result<Self, TrainingError> {
        let scope = scope_of(model, &plan)?;
        let step = plan.from.as_ref().map_or(0, |snapshot| snapshot.step);
        Ok(Self {
            report: Report { id: plan.id, step, ..Report::default() },
            plan,
            scope,
            stage: Stage::Reading(Vec::new()),
            wanted: 0,
            next: 0,
            losses: [0.0; MODES],
            seconds: [0.0; MODES],
            sent_at: worker::now(),
            saved_at: worker::now(),
            saved_step: step,
        })
    }

    fn has_work(&self) -> bool {
        match &self.stage {
            Stage::Learning(_) => self.wanted > 0,
            Stage::Over => false,
            _ => true,
        }
    }

    fn live(&self) -> Option<&LiveTraining> {
        match &self.stage {
            Stage::Learning(live) | Stage::Measuring(live, _) => Some(live),
            _ => None,
        }
    }

    async fn work(&mut self, model: &Model, sheets: &Sheets) -> Result<(), TrainingError> {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Reading(frozen) => self.read(model, sheets, frozen).await?,
            Stage::Preparing(live) => self.prepare(live),
            Stage::Learning(live) => self.learn(model, live).await?,
            Stage::Measuring(live, measured) => self.measure(model, live, measured).await?,
            Stage::Over => Stage::Over,
        };
        Ok(())
    }

    /// Keeps the features of the next few images.
    async fn read(
        &mut self,
        model: &Model,
        sheets: &Sheets,
        mut frozen: Vec<FrozenFeatures>,
    ) -> Result<Stage, TrainingError> {
        let count = self.plan.images.len();
        let (from, to) = (frozen.len() * READ, count.min((frozen.len() + 1) * READ));
        let pixels = sheets.all_pixels(&self.plan.images[from..to]).await?;
        frozen.push(model.keep_for(&pixels, self.scope));
        self.send_share(0.5 * to as f32 / count as f32);
        if to < count {
            return Ok(Stage::Reading(frozen));
        }
        let examples = examples(&self.plan, frozen)?;
        let plan = live_settings(&self.plan, self.scope);
        let live = Box::new(LiveTraining::new(plan, model.encoder().clone(), examples, model.device()));
        self.report.steps = live.steps();
        match self.plan.from.take() {
            Some(snapshot) => restored(model, live, &snapshot).await,
            None => Ok(Stage::Preparing(live)),
        }
    }

    fn prepare(&mut self, mut live: Box<LiveTraining>) -> Stage {
        live.prepare();
        self.send_share(0.5 + 0.5 * live.prepared() as f32 / live.steps() as f32);
        if live.is_preparing() { Stage::Preparing(live) } else { Stage::Measuring(live, Measured::default()) }
    }

    /// Takes one step of the next model.
    async fn learn(&mut self, model: &Model, mut live: Box<LiveTraining>) -> Result<Stage, TrainingError> {
        if self.report.step >= self.report.steps {
            self.send(model, &live).await?;
            return Ok(Stage::Learning(live));
        }
        let mode = Mode::ALL[self.next];
        let begun = worker::now();
        let loss = live.step(mode).ok_or(TrainingError::NotBegun)?;
        let loss = numbers(loss).await?[0];
        self.seconds[self.next] += ((worker::now() - begun) / 1000.0) as f32;
        if !loss.is_finite() {
            return Err(TrainingError::Diverged(mode.name()));
        }
        self.losses[self.next] = loss;
        self.next = (self.next + 1) % MODES;
        if self.next > 0 {
            return Ok(Stage::Learning(live));
        }
        self.report.taken.push(Step { losses: self.losses, seconds: self.seconds });
        self.report.step += 1;
        self.wanted -= 1;
        if self.is_to_be_measured(live.examples().labels.len()) {
            return Ok(Stage::Measuring(live, Measured::default()));
        }
        if self.wanted == 0 || worker::now() - self.sent_at >= REPORT {
            self.send(model, &live).await?;
        }
        Ok(Stage::Learning(live))
    }

    fn is_to_be_measured(&self, images: usize) -> bool {
        let Report { step, steps, .. } = self.report;
        step == steps || step.is_multiple_of(STEPS_A_MARK.max(images / IMAGES_A_STEP))
    }

    /// Counts how often a model is right on the next few images; after the last, says so.
    async fn measure(
        &mut self,
        model: &Model,
        live: Box<LiveTraining>,
        mut measured: Measured,
    ) -> Result<Stage, TrainingError> {
        let examples = live.examples();
        let count = examples.labels.len();
        let range = measured.done..count.min(measured.done + MEASURED);
        let head = live.head(Mode::ALL[measured.mode]).ok_or(TrainingError::NotBegun)?;
        let indices: Vec<usize> = range.clone().collect();
        let logits = head.logits(model.encoder(), &examples.frozen.select(&indices)).total();
        measured.add(&numbers(logits).await?, examples, range);
        if measured.mode < MODES {
            return Ok(Stage::Measuring(live, measured));
        }
        let mark = measured.mark(self.report.step, examples.fitted, count - examples.fitted);
        self.report.marks.push(mark);
        self.send(model, &live).await?;
        Ok(Stage::Learning(live))
    }

    /// Sends what happened since the last time; with it, where enough did, the models themselves.
    async fn send(&mut self, model: &Model, live: &LiveTraining) -> Result<(), TrainingError> {
        let Report { id, step, steps, .. } = self.report;
        let report = std::mem::replace(&mut self.report, Report { id, step, steps, ..Report::default() });
        send(FromTrainer::Report(report));
        self.wanted = 0;
        if step > self.saved_step && worker::now() - self.saved_at >= SNAPSHOT {
            let mut models = Vec::new();
            for &mode in Mode::ALL {
                let head = live.head(mode).ok_or(TrainingError::NotBegun)?;
                models.push(blob(&model.head_file(&head).await?)?);
            }
            send(FromTrainer::Snapshot { id, snapshot: Snapshot { step, models } });
            (self.saved_at, self.saved_step) = (worker::now(), step);
        }
        Ok(())
    }

    /// Sends how far the beginning is, not too often.
    fn send_share(&mut self, share: f32) {
        if worker::now() - self.sent_at > PIECE {
            send(FromTrainer::Preparing { id: self.plan.id, share });
            self.sent_at = worker::now();
        }
    }
}

impl Measured {
    /// Takes in the logits `[N, c]` of some of the images.
    fn add(&mut self, logits: &[f32], examples: &Examples, range: Range<usize>) {
        let classes = logits.len() / range.len();
        for (index, logits) in range.clone().zip(logits.chunks(classes)) {
            let count = if index < examples.fitted { &mut self.fitted } else { &mut self.held };
            count[self.mode] +=
                usize::from(argmax(logits.iter().copied()) == Some(usize::from(examples.labels[index])));
        }
        self.done = range.end;
        if self.done == examples.labels.len() {
            (self.mode, self.done) = (self.mode + 1, 0);
        }
    }

    fn mark(&self, step: usize, fitted: usize, held: usize) -> Mark {
        let share = |right: [usize; MODES], of| right.map(|right| right as f32 / of as f32);
        Mark { step, fitted: share(self.fitted, fitted), held: share(self.held, held) }
    }
}

/// Training that continues from where it was.
async fn restored(model: &Model, mut live: Box<LiveTraining>, snapshot: &Snapshot) -> Result<Stage, TrainingError> {
    for file in &snapshot.models {
        live.put(model.read_head(&read(file).await?)?, snapshot.step);
    }
    Ok(Stage::Measuring(live, Measured::default()))
}

fn refused(id: u32, error: TrainingError) -> FromTrainer {
    FromTrainer::Refused { id, trouble: error.into() }
}

fn send(message: FromTrainer) {
    worker::post(&FromEngine::Trained(message));
}

fn browser(error: JsValue) -> TrainingError {
    TrainingError::Browser(format!("{error:?}"))
}

fn blob(bytes: &[u8]) -> Result<Blob, TrainingError> {
    let parts = js_sys::Array::of1(&Uint8Array::from(bytes));
    Blob::new_with_u8_array_sequence(&parts).map_err(browser)
}

async fn read(blob: &Blob) -> Result<Vec<u8>, TrainingError> {
    let buffer: ArrayBuffer = JsFuture::from(blob.array_buffer()).await.map_err(browser)?.unchecked_into();
    Ok(Uint8Array::new(&buffer).to_vec())
}
