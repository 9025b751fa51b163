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

/// Has the signals that are ignored now ignored for good: `nohup` has a program ignore a hang-up, and a shell without job
/// control has its background jobs ignore Ctrl-C. They are blocked, since listening would end the ignoring. To be called
/// before any thread is started, for threads inherit what is blocked.
#[cfg(target_os = "linux")]
pub fn keep_ignored_signals() {
    use nix::sys::signal::{SigSet, Signal};
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The first signal is the lowest bit.
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    let is_ignored = |signal: &Signal| (mask >> (*signal as i32 - 1)) & 1 == 1;
    let ignored = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM].into_iter().filter(is_ignored);
    // Where this is refused, the signals are listened to as elsewhere.
    let _ = ignored.collect::<SigSet>().thread_block();
}

/// Elsewhere nothing tells which signals are ignored.
#[cfg(not(target_os = "linux"))]
pub fn keep_ignored_signals() {}
