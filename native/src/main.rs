//! `gradfeat`: fetches data, pre-trains base networks, fits and measures models on their gradients.

mod cache;
mod cli;
mod commands;
mod data;
mod device;
mod draw;
mod experiment;
mod files;
mod import;
mod interrupt;
mod model_folder;
mod paper;
mod pretrain;
mod print;
mod progress;
mod report;
mod run;
#[cfg(test)]
mod test_support;
mod threads;

use clap::Parser;
use cli::Cli;
use std::{io::Write, process::ExitCode};

/// Keeps memory that was given back for what is asked for next. A training step takes and gives back hundreds of
/// megabytes; the C library's allocator returns them to the system, and getting them again was a sixth of a step of
/// the rotation recipe.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    interrupt::keep_ignored_signals();
    device::prepare_environment();
    match commands::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {}", print::clean(&print::error(&error)));
            ExitCode::FAILURE
        }
    }
}
