//! The ablation in the page: the gradient and the full model learn in networks that are partly random, one mixture after
//! the other, each as in live training. It is done in pieces, as training is.

use crate::{
    model::Model,
    plan::{TrainingError, examples, live_settings, scope_of},
    sources::Sheets,
    training::{MEASURED, PIECE, READ},
    worker,
};
use burn::tensor::Tensor;
use gradient_features::{
    Mode, Scope, argmax,
    fit::live::LiveTraining,
    model::{
        ablation::{self, Origin},
        encoder::Encoder,
        features::FrozenFeatures,
        linear::Head,
    },
    numbers,
};
use protocol::{
    ablation::{FromAblation, ROWS, Row, ToAblation, trained},
    messages::FromEngine,
    training::Plan,
};

/// The models that are fitted in each mixture.
const MODES: [Mode; 2] = [Mode::Gradient, Mode::Full];

/// The ablation that goes on, if one does.
#[derive(Default)]
pub struct Ablation {
    current: Option<Current>,
    /// Whether a job for it waits already.
    queued: bool,
}

struct Current {
    plan: Plan,
    scope: Scope,
    /// Planar bytes of the images read so far.
    pixels: Vec<Vec<u8>>,
    random: Encoder,
    /// The base network's activation model and f. The first network is the base itself.
    base: Option<(Head, Tensor<2>)>,
    row: usize,
    stage: Stage,
}

enum Stage {
    /// The features of a network are frozen.
    Keeping(Box<Encoder>, Vec<FrozenFeatures>),
    /// Its own ω is fitted.
    Preparing(Box<Encoder>, Box<LiveTraining>),
    /// The row's models learn, so many steps each so far.
    Learning(Box<Encoder>, Box<LiveTraining>, usize),
    /// They are measured: how many images so far, and how often each model was right.
    Measuring(Box<Encoder>, Box<LiveTraining>, usize, [usize; 2]),
    /// There is no more, or it is between two stages.
    Over,
}

impl Ablation {
    /// Takes in what the interface says; whether there is work to queue for it.
    pub fn receive(&mut self, model: &Model, message: ToAblation) -> bool {
        self.current = match message {
            ToAblation::Stop => None,
            ToAblation::Begin(plan) => begun(model, plan),
        };
        self.current.is_some() && !std::mem::replace(&mut self.queued, true)
    }

    /// Whether there is one, however far.
    pub fn has_begun(&self) -> bool {
        self.current.is_some()
    }

    /// Does a piece of work; whether there is more.
    pub async fn go_on(&mut self, model: &Model, sheets: &Sheets) -> bool {
        worker::breathe().await;
        let until = worker::now() + PIECE;
        while worker::now() < until {
            let Some(current) = &mut self.current else { break };
            if let Err(error) = current.work(model, sheets).await {
                send(FromAblation::Failed(current.plan.id, error.into()));
                self.current = None;
            } else if matches!(current.stage, Stage::Over) {
                self.current = None;
            }
        }
        if let Some(current) = &self.current {
            send(FromAblation::Progress(current.plan.id, current.share()));
        }
        self.queued = self.current.is_some();
        self.queued
    }
}

fn begun(model: &Model, plan: Plan) -> Option<Current> {
    let id = plan.id;
    let begun = Current::new(model, plan).map_err(|error| send(FromAblation::Failed(id, error.into())));
    begun.ok()
}

impl Current {
    fn new(model: &Model, plan: Plan) -> Result<Self, TrainingError> {
        let scope = scope_of(model, &plan)?;
        let random = ablation::untrained(model.encoder().config(), u64::from(plan.seed), model.device());
        let stage = Stage::Keeping(Box::new(model.encoder().clone()), Vec::new());
        Ok(Self { plan, scope, pixels: Vec::new(), random, base: None, row: 0, stage })
    }

    /// The share of all rows that is done; the stages of one count alike.
    fn share(&self) -> f32 {
        let of = |done: usize, all: usize| done as f32 / all as f32;
        let within = match &self.stage {
            Stage::Keeping(_, frozen) => 0.4 * of(frozen.len() * READ, self.plan.images.len()),
            Stage::Preparing(_, live) => 0.4 + 0.1 * of(live.prepared(), live.steps()),
            Stage::Learning(_, live, step) => 0.5 + 0.4 * of(*step, live.steps()),
            Stage::Measuring(_, _, done, _) => 0.9 + 0.1 * of(*done, self.plan.images.len()),
            Stage::Over => 0.0,
        };
        (self.row as f32 + within) / ROWS as f32
    }

    async fn work(&mut self, model: &Model, sheets: &Sheets) -> Result<(), TrainingError> {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Keeping(encoder, frozen) => self.keep(model, sheets, encoder, frozen).await?,
            Stage::Preparing(encoder, live) => self.prepare(model, encoder, live),
            Stage::Learning(encoder, live, step) => self.learn(encoder, live, step).await?,
            Stage::Measuring(encoder, live, done, right) => self.measure(model, encoder, live, done, right).await?,
            Stage::Over => Stage::Over,
        };
        Ok(())
    }

    /// Keeps the features of the next few images.
    async fn keep(
        &mut self,
        model: &Model,
        sheets: &Sheets,
        encoder: Box<Encoder>,
        mut frozen: Vec<FrozenFeatures>,
    ) -> Result<Stage, TrainingError> {
        let Some(images) = self.plan.images.chunks(READ).nth(frozen.len()) else {
            let examples = examples(&self.plan, frozen)?;
            let plan = live_settings(&self.plan, self.scope);
            let live = LiveTraining::new(plan, *encoder.clone(), examples, model.device());
            return Ok(Stage::Preparing(encoder, Box::new(live)));
        };
        if frozen.len() == self.pixels.len() {
            self.pixels.push(sheets.all_pixels(images).await?);
        }
        frozen.push(model.keep_by(&encoder, &self.pixels[frozen.len()], self.scope));
        Ok(Stage::Keeping(encoder, frozen))
    }

    fn prepare(&mut self, model: &Model, encoder: Box<Encoder>, mut live: Box<LiveTraining>) -> Stage {
        live.prepare();
        if live.is_preparing() {
            return Stage::Preparing(encoder, live);
        }
        let features = || encoder.features(&live.examples().frozen, &[]).primal;
        let (_, activation) = self.base.get_or_insert_with(|| (live.base(), features()));
        live.replace_activation(activation.clone());
        self.start(model, encoder, live)
    }

    /// Puts the row's models where they start.
    fn start(&self, model: &Model, encoder: Box<Encoder>, mut live: Box<LiveTraining>) -> Stage {
        let own = live.base();
        let base = self.base.as_ref().map_or(&own, |(base, _)| base);
        let [_, _, omega] = self.origins();
        for mode in MODES {
            let seed = u64::from(self.plan.seed);
            live.put(ablation::start(mode, &encoder, base, &own, omega, seed, model.device()), 0);
        }
        Stage::Learning(encoder, live, 0)
    }

    fn origins(&self) -> [Origin; 3] {
        trained(self.row).map(|trained| if trained { Origin::Trained } else { Origin::Random })
    }

    /// Takes a step of both models.
    async fn learn(
        &self,
        encoder: Box<Encoder>,
        mut live: Box<LiveTraining>,
        step: usize,
    ) -> Result<Stage, TrainingError> {
        if step == live.steps() {
            let fitted = self.plan.fitted;
            return Ok(Stage::Measuring(encoder, live, fitted, [0; 2]));
        }
        for mode in MODES {
            let loss = numbers(live.step(mode).ok_or(TrainingError::NotBegun)?).await?[0];
            if !loss.is_finite() {
                return Err(TrainingError::Diverged(mode.name()));
            }
        }
        Ok(Stage::Learning(encoder, live, step + 1))
    }

    /// Counts how often the models are right on the next few images that were held out; after the last, tells the row.
    async fn measure(
        &mut self,
        model: &Model,
        encoder: Box<Encoder>,
        live: Box<LiveTraining>,
        done: usize,
        mut right: [usize; 2],
    ) -> Result<Stage, TrainingError> {
        let examples = live.examples();
        let to = examples.labels.len().min(done + MEASURED);
        if done < to {
            let frozen = examples.frozen.select(&(done..to).collect::<Vec<_>>());
            for (mode, right) in MODES.into_iter().zip(&mut right) {
                let head = live.head(mode).ok_or(TrainingError::NotBegun)?;
                let logits = numbers(head.logits(&encoder, &frozen).total()).await?;
                let rows = logits.chunks(self.plan.classes.len()).zip(&examples.labels[done..to]);
                *right +=
                    rows.filter(|(logits, label)| argmax(logits.iter().copied()) == Some(usize::from(**label))).count();
            }
            return Ok(Stage::Measuring(encoder, live, to, right));
        }
        let held = (to - examples.fitted) as f32;
        let [gradient, full] = right.map(|right| right as f32 / held);
        send(FromAblation::Row(self.plan.id, Row { gradient, full }));
        self.row += 1;
        Ok(self.next(model, encoder, live))
    }

    /// The next row: the same network with the other ω, or the next network.
    fn next(&self, model: &Model, encoder: Box<Encoder>, live: Box<LiveTraining>) -> Stage {
        let [theta1, theta2, omega] = self.origins();
        match (self.row < ROWS, omega) {
            (false, _) => Stage::Over,
            (true, Origin::Random) => self.start(model, encoder, live),
            (true, Origin::Trained) => {
                let mixture = ablation::mixed(&self.random, model.encoder(), self.scope, theta1, theta2);
                Stage::Keeping(Box::new(mixture), Vec::new())
            }
        }
    }
}

fn send(message: FromAblation) {
    worker::post(&FromEngine::Ablated(message));
}
