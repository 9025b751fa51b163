//! Which processor is the faster one here: the CPU predicts from the start, and the GPU has to show that it is faster.

use crate::{gpu, model::Model, model_error::ModelError, worker};
use protocol::loading::{Backend, NoGpu, Processor, Reason, Times};

/// Predictions that are timed at most, after one that warms up.
const RUNS: u32 = 5;
/// Milliseconds after which no more are timed: nothing else is done meanwhile.
const ENOUGH: f64 = 60.0;

/// The network on the GPU, tested and warm.
pub struct Candidate {
    model: Model,
    adapter: String,
}

impl Candidate {
    /// The GPU with the network of a CPU, if it can be used.
    pub async fn new(cpu: &Model) -> Result<Self, NoGpu> {
        let (model, adapter) = cpu.on_gpu().await?;
        Ok(Self { model, adapter })
    }

    /// Takes the place of the CPU without a trial.
    pub fn replace(self, cpu: &mut Model, reason: Reason) -> Processor {
        *cpu = self.model;
        Processor { backend: Backend::Webgpu, adapter: self.adapter, reason }
    }

    /// Takes the place of the CPU if it is faster.
    pub async fn compete(mut self, cpu: &mut Model) -> Processor {
        match self.race(cpu).await {
            Ok(times) if times.webgpu < times.cpu => self.replace(cpu, Reason::Faster(times)),
            Ok(times) => self.give_up(Reason::Faster(times)),
            Err(error) => self.give_up(Reason::NoGpu(NoGpu::Other(error.to_string()))),
        }
    }

    /// Leaves the CPU in its place.
    pub fn give_up(self, reason: Reason) -> Processor {
        gpu::need(false);
        on_cpu(reason)
    }

    async fn race(&mut self, cpu: &Model) -> Result<Times, ModelError> {
        let times = Times { cpu: time(cpu).await?, webgpu: time(&self.model).await? };
        if times.webgpu < times.cpu {
            self.model.take_models_of(cpu).await?;
        }
        Ok(times)
    }
}

/// The CPU, and why.
pub fn on_cpu(reason: Reason) -> Processor {
    Processor { backend: Backend::Cpu, adapter: String::new(), reason }
}

/// The mean milliseconds of a prediction, from the image until its numbers are read back.
async fn time(model: &Model) -> Result<f64, ModelError> {
    model.probe().await?;
    let start = worker::now();
    let mut runs = 0;
    loop {
        model.probe().await?;
        runs += 1;
        let spent = worker::now() - start;
        if runs == RUNS || spent > ENOUGH {
            return Ok(spent / f64::from(runs));
        }
    }
}
