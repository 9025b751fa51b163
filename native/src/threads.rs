//! The threads that compute on the CPU.

use crate::progress::Progress;
use anyhow::{Context, Result};
use std::{num::NonZero, thread};

/// Starts as many threads as are asked for, or as many as the machine runs at once; more would only wait for each other.
///
/// # Errors
/// When the system does not let this user start so many.
pub fn start(asked: Option<u16>, progress: Progress) -> Result<()> {
    let most = thread::available_parallelism().map_or(1, NonZero::get);
    let count = asked.map_or(most, usize::from);
    if count > most {
        progress.say(format_args!("This machine runs {most} threads at once: --threads {count} is taken as {most}"));
    }
    let count = count.min(most);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(count);
    pool.build_global().with_context(|| {
        format!(
            "{count} threads cannot be started; end other programs, raise the limit (ulimit -u), or give a smaller \
             --threads"
        )
    })
}
