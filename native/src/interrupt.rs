//! Ctrl-C (and a polite kill): the work in hand is saved, then the program leaves.

use anyhow::{Context, Result};
use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

/// Signals within this time count as one request: a program that ends a group of processes may signal each of them and
/// the group as well, as coreutils' `timeout` does.
const ONE_REQUEST: Duration = Duration::from_secs(1);

/// Tells whether the user has asked to stop, and since when.
#[derive(Clone)]
pub struct Interrupt(Arc<OnceLock<Instant>>);

impl Interrupt {
    /// Starts listening. A second Ctrl-C ends the program at once.
    pub fn listen() -> Result<Self> {
        let asked = Arc::new(OnceLock::new());
        let since = Arc::clone(&asked);
        ctrlc::set_handler(move || {
            if since.get_or_init(Instant::now).elapsed() >= ONE_REQUEST {
                std::process::exit(1);
            }
        })
        .context("cannot listen for Ctrl-C")?;
        Ok(Self(asked))
    }

    /// One that never asks to stop.
    #[cfg(test)]
    pub fn never() -> Self {
        Self(Arc::default())
    }

    /// Whether to stop now.
    pub fn asked(&self) -> bool {
        self.0.get().is_some()
    }
}
