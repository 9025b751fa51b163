//! Ctrl-C (and a polite kill): the work in hand is saved, then the program leaves.

use anyhow::{Context, Result};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Tells whether the user has asked to stop.
#[derive(Clone)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Starts listening. A second Ctrl-C ends the program at once.
    pub fn listen() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&asked);
        ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(1);
            }
        })
        .context("cannot listen for Ctrl-C")?;
        Ok(Self(asked))
    }

    /// Nobody asks.
    #[cfg(test)]
    pub fn never() -> Self {
        Self(Arc::default())
    }

    /// Whether to stop now.
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
