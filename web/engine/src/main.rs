//! The engine: the model of `shared`, in a worker of its own.
//!
//! It loads the network, finds out whether the GPU can be trusted with it, and then answers one request after the
//! other. It never decides what happens when it breaks: it says so, and the interface starts another.

mod ablation;
mod comparison;
mod gpu;
mod map;
mod model;
mod model_error;
mod plan;
mod self_check;
mod self_test;
mod sources;
mod training;
mod trial;
mod trouble;
mod worker;

use crate::{
    ablation::Ablation,
    comparison::Comparison,
    model::Model,
    model_error::ModelError,
    self_check::SelfCheck,
    sources::{Files, Sheets},
    training::Training,
    trial::Candidate,
};
use futures_channel::mpsc;
use futures_util::StreamExt;
use gradient_features::{Mode, Scope, images::Picture, model::features::FrozenFeatures};
use protocol::{
    ablation::ToAblation,
    insight::{Insight, Linearization, Similar},
    loading::{Backend, Processor, Ready, Reason},
    messages::{Draw, FromEngine, Request, Source, Start, ToEngine},
    self_check::Check,
    training::ToTrainer,
    trouble::Trouble,
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen_futures::spawn_local;

/// What the model is wanted for.
enum Job {
    /// An image that was read, and the request it is for.
    Predict { id: u32, pixels: Vec<u8>, scope: Scope },
    /// A picture.
    Draw(Draw),
    /// The next point of a curve. Long work comes in pieces that queue up again behind what has come meanwhile.
    Trace(Box<Trace>),
    /// The next few images of a comparison.
    Compare,
    /// The page is to be checked, on a request's image.
    BeginCheck { id: u32, pixels: Vec<u8> },
    /// The next piece of a check.
    Check(Box<SelfCheck>),
    /// What the interface says of training.
    Train(Box<ToTrainer>),
    /// The next piece of training.
    GoOn,
    /// What the interface says of the ablation.
    Ablate(Box<ToAblation>),
    /// The next piece of it.
    AblateOn,
    /// The GPU can be used: it is to be compared with the CPU.
    Try(Box<Candidate>),
}

/// What learns here.
#[derive(Default)]
struct Learners {
    training: Training,
    ablation: Ablation,
}

impl Learners {
    /// Whether there is anything that is bound to the processor it began on.
    fn have_begun(&self) -> bool {
        self.training.has_begun() || self.ablation.has_begun()
    }
}

/// The curve of a request's image, as far as it goes.
struct Trace {
    id: u32,
    frozen: FrozenFeatures,
    line: Linearization,
}

/// The network is evaluated at r = 0, 0.05, …, 2.
const STEP: f32 = 0.05;
const POINTS: usize = 41;

/// What is set up once the first message has come.
#[derive(Clone)]
struct Desk {
    sheets: Rc<Sheets>,
    jobs: mpsc::UnboundedSender<Job>,
    /// The newest request: work for an older one is given up.
    newest: Rc<Cell<u32>>,
    comparison: Rc<RefCell<Comparison>>,
}

impl Desk {
    fn queue(&self, job: Job) {
        // The receiver is gone only when loading has failed, and the interface knows of that.
        let _ = self.jobs.unbounded_send(job);
    }

    /// Goes on with the comparison, once at a time.
    fn queue_comparison(&self) {
        if !std::mem::replace(&mut self.comparison.borrow_mut().queued, true) {
            self.queue(Job::Compare);
        }
    }
}

fn main() {
    worker::report_breakage();
    let desk = RefCell::new(None);
    worker::listen(move |message| match message {
        ToEngine::Start(start) => *desk.borrow_mut() = Some(open(start)),
        ToEngine::Predict(request) => {
            if let Some(desk) = desk.borrow().clone() {
                spawn_local(read(desk, request));
            }
        }
        ToEngine::Draw(draw) => {
            if let Some(desk) = &*desk.borrow() {
                desk.queue(Job::Draw(draw));
            }
        }
        ToEngine::Compare(compare) => {
            if let Some(desk) = &*desk.borrow() {
                desk.comparison.borrow_mut().want(compare);
                desk.queue_comparison();
            }
        }
        ToEngine::Check(request) => {
            if let Some(desk) = desk.borrow().clone() {
                spawn_local(begin_check(desk, request));
            }
        }
        ToEngine::Train(message) => {
            if let Some(desk) = &*desk.borrow() {
                desk.queue(Job::Train(Box::new(message)));
            }
        }
        ToEngine::Ablate(message) => {
            if let Some(desk) = &*desk.borrow() {
                desk.queue(Job::Ablate(Box::new(message)));
            }
        }
    });
    worker::post(&FromEngine::Listening);
}

/// Begins to load the network, and is ready to read images meanwhile.
fn open(start: Start) -> Desk {
    let (jobs, queue) = mpsc::unbounded();
    let newest = Rc::new(Cell::new(0));
    let files = Files::new(start.base, start.models);
    let sheets = Rc::new(Sheets::new(files.clone()));
    let desk = Desk { sheets, jobs, newest, comparison: Rc::default() };
    spawn_local(serve(desk.clone(), files, start.backend, queue));
    desk
}

/// Reads a request's image, shows what the network will see, and passes it on.
async fn read(desk: Desk, request: Request) {
    let id = request.id;
    match desk.sheets.picture(request.source).await {
        Ok(Picture { pixels, notes }) => {
            // Only an image takes the place of another, and an older one that was slower to come does not.
            desk.newest.set(id.max(desk.newest.get()));
            worker::post(&FromEngine::Seen { id, pixels: pixels.clone(), notes });
            desk.queue(Job::Predict { id, pixels, scope: request.scope });
        }
        Err(error) => worker::post(&FromEngine::Refused { id, trouble: error.into() }),
    }
}

/// Reads the image that the page is to be checked on.
async fn begin_check(desk: Desk, Request { id, source, .. }: Request) {
    match desk.sheets.pixels(source).await {
        Ok(pixels) => desk.queue(Job::BeginCheck { id, pixels }),
        Err(error) => {
            let check = Check { trouble: Some(error.into()), ..Check::default() };
            worker::post(&FromEngine::Insight { id, insight: Insight::Check(check) });
        }
    }
}

/// Loads the network, then does whatever comes.
async fn serve(desk: Desk, files: Files, backend: Option<Backend>, mut queue: mpsc::UnboundedReceiver<Job>) {
    let mut model = match Model::load(files).await {
        Ok(model) => model,
        Err(error) => return worker::post(&FromEngine::Failed(error.into())),
    };
    let processor = choose(&mut model, backend).await;
    if processor.reason == Reason::Trying {
        spawn_local(try_gpu(desk.clone(), model.clone()));
    }
    worker::post(&FromEngine::Ready(Ready { processor, network: model.network() }));
    let mut learners = Learners::default();
    while let Some(job) = queue.next().await {
        let id = job.id();
        match (work(&mut model, &mut learners, &desk, job).await, id) {
            (Ok(()), _) => {}
            (Err(error), Some(id)) => worker::post(&FromEngine::Refused { id, trouble: error.into() }),
            (Err(error), None) => worker::post(&FromEngine::Broken(error.to_string())),
        }
    }
}

/// Goes over to the processor that is asked for; the CPU is there at once.
async fn choose(model: &mut Model, backend: Option<Backend>) -> Processor {
    match backend {
        None => trial::on_cpu(Reason::Trying),
        Some(Backend::Cpu) => trial::on_cpu(Reason::Asked),
        Some(Backend::Webgpu) => match Candidate::new(model).await {
            Ok(gpu) => gpu.replace(model, Reason::Asked),
            Err(why) => trial::on_cpu(Reason::NoGpu(why)),
        },
    }
}

/// Sets up the GPU beside all other work, and queues its trial.
async fn try_gpu(desk: Desk, cpu: Model) {
    match Candidate::new(&cpu).await {
        Ok(gpu) => desk.queue(Job::Try(Box::new(gpu))),
        Err(why) => worker::post(&FromEngine::RunsOn(trial::on_cpu(Reason::NoGpu(why)))),
    }
}

/// Compares the GPU with the CPU once there is nothing else to do: all other work is bound to one processor.
async fn compete(model: &mut Model, learners: &Learners, desk: &Desk, gpu: Box<Candidate>) {
    worker::breathe().await;
    if !desk.jobs.is_empty() {
        return desk.queue(Job::Try(gpu));
    }
    let processor = match learners.have_begun() {
        true => gpu.give_up(Reason::Busy),
        false => gpu.compete(model).await,
    };
    worker::post(&FromEngine::RunsOn(processor));
}

impl Job {
    /// The request that it is for.
    fn id(&self) -> Option<u32> {
        match self {
            Self::Predict { id, .. } => Some(*id),
            Self::Trace(trace) => Some(trace.id),
            Self::Draw(_)
            | Self::Compare
            | Self::BeginCheck { .. }
            | Self::Check(_)
            | Self::Train(_)
            | Self::GoOn
            | Self::Ablate(_)
            | Self::AblateOn
            | Self::Try(_) => None,
        }
    }
}

async fn work(model: &mut Model, learners: &mut Learners, desk: &Desk, job: Job) -> Result<(), ModelError> {
    match job {
        Job::Predict { id, pixels, scope } => {
            model.take_scope(scope);
            predict(model, desk, id, &pixels).await
        }
        Job::Draw(draw) => {
            worker::post(&FromEngine::Drawn(model.draw(draw).await?));
            Ok(())
        }
        Job::Trace(trace) => extend(model, desk, trace).await,
        Job::Compare => {
            compare(model, desk).await;
            Ok(())
        }
        Job::BeginCheck { id, pixels } => {
            desk.queue(Job::Check(Box::new(SelfCheck::new(id, pixels, model.backend))));
            Ok(())
        }
        Job::Check(self_check) => {
            check(model, desk, self_check).await;
            Ok(())
        }
        Job::Train(message) => {
            if learners.training.receive(model, &desk.sheets, *message).await {
                desk.queue(Job::GoOn);
            }
            Ok(())
        }
        Job::GoOn => {
            if learners.training.go_on(model, &desk.sheets).await {
                desk.queue(Job::GoOn);
            }
            Ok(())
        }
        Job::Ablate(message) => {
            if learners.ablation.receive(model, *message) {
                desk.queue(Job::AblateOn);
            }
            Ok(())
        }
        Job::Try(gpu) => {
            compete(model, learners, desk, gpu).await;
            Ok(())
        }
        Job::AblateOn => {
            if learners.ablation.go_on(model, &desk.sheets).await {
                desk.queue(Job::AblateOn);
            }
            Ok(())
        }
    }
}

/// Predicts one image by every mode, cheapest first, and then tells what else there is to see, unless a newer request
/// has come.
async fn predict(model: &mut Model, desk: &Desk, id: u32, pixels: &[u8]) -> Result<(), ModelError> {
    let pass = model.pass(pixels);
    let frozen = model.freeze(&pass);
    for &mode in Mode::ALL {
        if desk.newest.get() != id {
            return Ok(());
        }
        let terms = model.terms(&frozen, mode).await?;
        worker::post(&FromEngine::Predicted { id, mode, terms });
    }
    let narrow = model.freeze_narrowest(&pass);
    if let Some(features) = model.rank_one(&narrow).await?.pop() {
        desk.comparison.borrow_mut().look_at(id, features);
    }
    let send = |insight| worker::post(&FromEngine::Insight { id, insight });
    if let Some(gradient) = model.gradient(&narrow).await? {
        send(Insight::Gradient(gradient));
    }
    send(Insight::Maps(model.maps(&pass).await?));
    if let Some(line) = model.tangent_line(&frozen, STEP).await? {
        desk.queue(Job::Trace(Box::new(Trace { id, frozen, line })));
    }
    Ok(())
}

/// Adds a point to a curve, and tells it once it is whole, unless a newer request has come.
async fn extend(model: &Model, desk: &Desk, mut trace: Box<Trace>) -> Result<(), ModelError> {
    worker::breathe().await;
    if desk.newest.get() != trace.id {
        return Ok(());
    }
    let done = trace.line.points();
    if done == POINTS {
        worker::post(&FromEngine::Insight { id: trace.id, insight: Insight::Linearization(trace.line) });
        return Ok(());
    }
    trace.line.network.extend(model.logits_at(&trace.frozen, done as f32 * STEP).await?);
    desk.queue(Job::Trace(trace));
    Ok(())
}

/// Goes on with a check, unless a newer request has come.
async fn check(model: &mut Model, desk: &Desk, mut self_check: Box<SelfCheck>) {
    worker::breathe().await;
    if desk.newest.get() != self_check.id {
        return;
    }
    let goes_on = self_check.go_on(model).await;
    worker::post(&FromEngine::Insight { id: self_check.id, insight: Insight::Check(self_check.found.clone()) });
    if goes_on {
        desk.queue(Job::Check(self_check));
    }
}

/// Takes in a few more images of the gallery, or goes on with their map, and tells what is new.
async fn compare(model: &Model, desk: &Desk) {
    worker::breathe().await;
    desk.comparison.borrow_mut().queued = false;
    let missing = desk.comparison.borrow().missing();
    let all_known = missing.is_empty();
    let taken_in = take_in(model, desk, missing).await;
    let goes_on = if all_known { desk.comparison.borrow_mut().lay_out() } else { taken_in.is_ok() };
    send_comparison(desk, taken_in.err().map(Trouble::from));
    if goes_on {
        desk.queue_comparison();
    }
}

/// Sends how alike all images are that are known, and where they are on the map.
fn send_comparison(desk: &Desk, trouble: Option<Trouble>) {
    let Some((id, similar, layout)) = desk.comparison.borrow_mut().news(trouble.is_some()) else { return };
    let send = |insight| worker::post(&FromEngine::Insight { id, insight });
    send(Insight::Similar(Similar { trouble, ..similar }));
    if let Some(layout) = layout {
        send(Insight::Layout(layout));
    }
}

/// Computes the features of images of the gallery.
async fn take_in(model: &Model, desk: &Desk, tiles: Vec<Source>) -> Result<(), ModelError> {
    let mut pixels = Vec::new();
    for tile in &tiles {
        pixels.extend(desk.sheets.pixels(tile.clone()).await?);
    }
    if !tiles.is_empty() {
        let features = model.rank_one(&model.keep_for(&pixels, model.narrowest())).await?;
        desk.comparison.borrow_mut().learn(tiles.into_iter().zip(features));
    }
    Ok(())
}
