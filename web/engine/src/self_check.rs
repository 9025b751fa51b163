//! The page's check of itself, on the chosen image. It comes in pieces, so that a new image never waits.

use crate::{model::Model, model_error::ModelError, worker};
use gradient_features::Mode;
use protocol::{
    loading::Backend,
    self_check,
    self_check::{Check, Quantity, Timing},
    trouble::Trouble,
};
use std::collections::VecDeque;

/// Predictions that are timed on each processor, after one that warms it up.
const RUNS: usize = 9;

/// A check, as far as it goes.
pub struct SelfCheck {
    /// The request whose image it is on.
    pub id: u32,
    pixels: Vec<u8>,
    pieces: VecDeque<Piece>,
    /// The same network on the CPU, where the page's own is on the GPU.
    cpu: Option<Model>,
    /// What was found so far.
    pub found: Check,
}

/// What is done without a pause.
enum Piece {
    /// The difference quotient of one step.
    Quotient(f32),
    /// The network once more on the CPU, and whether it says the same.
    Compare,
    /// One prediction of either kind that does not count.
    WarmUp(Backend),
    /// One of either kind that does.
    Time(Backend),
}

impl SelfCheck {
    /// Of a network on `backend`, on a request's image.
    pub fn new(id: u32, pixels: Vec<u8>, backend: Backend) -> Self {
        let time =
            |backend| std::iter::once(Piece::WarmUp(backend)).chain((0..RUNS).map(move |_| Piece::Time(backend)));
        let mut pieces: VecDeque<Piece> = self_check::steps().map(Piece::Quotient).collect();
        if backend == Backend::Webgpu {
            pieces.push_back(Piece::Compare);
            pieces.extend(time(Backend::Webgpu));
        }
        pieces.extend(time(Backend::Cpu));
        let found = Check { pieces: pieces.len(), ..Check::default() };
        Self { id, pixels, pieces, cpu: None, found }
    }

    /// Does the next piece; whether there is another.
    pub async fn go_on(&mut self, model: &mut Model) -> bool {
        let Some(piece) = self.pieces.pop_front() else { return false };
        self.found.digest = model.digest();
        self.found.trouble = self.work(piece, model).await.err().map(Trouble::from);
        self.found.memory = worker::memory();
        self.found.done += 1;
        self.found.trouble.is_none() && !self.pieces.is_empty()
    }

    async fn work(&mut self, piece: Piece, model: &mut Model) -> Result<(), ModelError> {
        match piece {
            Piece::Quotient(h) => self.differ(model, h).await,
            Piece::Compare => self.compare(model).await,
            Piece::WarmUp(backend) => {
                self.found.timings.push(Timing::new(backend));
                self.time(model, backend).await.map(|_| ())
            }
            Piece::Time(backend) => {
                let (plain, with_jvp) = self.time(model, backend).await?;
                if let Some(timing) = self.found.timings.last_mut() {
                    timing.plain.push(plain);
                    timing.with_jvp.push(with_jvp);
                }
                Ok(())
            }
        }
    }

    async fn differ(&mut self, model: &Model, h: f32) -> Result<(), ModelError> {
        let frozen = model.keep(&self.pixels);
        let Some(line) = model.tangent_line(&frozen, h).await? else { return Ok(()) };
        let (at_zero, at_h) = (model.logits_at(&frozen, 0.0).await?, model.logits_at(&frozen, h).await?);
        self.found.rounding = self_check::rounding(&at_zero, &line.slope);
        self.found.quotients.push(self_check::quotient(h, &at_zero, &at_h, &line.slope));
        Ok(())
    }

    async fn compare(&mut self, model: &mut Model) -> Result<(), ModelError> {
        let cpu = self.cpu.insert(model.on_cpu().await?);
        let (found, expected) = (model.activations(&self.pixels).await?, cpu.activations(&self.pixels).await?);
        self.found.agreements.push(self_check::agreement(Quantity::Activations, &found, &expected));
        for &mode in Mode::ALL {
            let (found, expected) = (logits(model, &self.pixels, mode).await?, logits(cpu, &self.pixels, mode).await?);
            self.found.agreements.push(self_check::agreement(Quantity::Logits(mode), &found, &expected));
        }
        Ok(())
    }

    /// The milliseconds of a plain prediction and of one with the JVP.
    async fn time(&mut self, model: &mut Model, backend: Backend) -> Result<(f32, f32), ModelError> {
        let model = match (&mut self.cpu, backend) {
            (Some(cpu), Backend::Cpu) => cpu,
            _ => model,
        };
        let start = worker::now();
        logits(model, &self.pixels, Mode::Activation).await?;
        let middle = worker::now();
        logits(model, &self.pixels, Mode::Full).await?;
        Ok(((middle - start) as f32, (worker::now() - middle) as f32))
    }
}

/// From the image to the logits.
async fn logits(model: &mut Model, pixels: &[u8], mode: Mode) -> Result<Vec<f32>, ModelError> {
    let frozen = model.keep(pixels);
    Ok(model.terms(&frozen, mode).await?.into_iter().map(|terms| terms.total()).collect())
}
