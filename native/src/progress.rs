//! What the user sees while something takes time: a bar on a terminal, plain lines elsewhere.

use crate::print;
use indicatif::{DecimalBytes, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::ffi::OsStr;
use std::fmt::Display;
use std::io::{IsTerminal, Write as _};
use std::time::{Duration, Instant};

/// How often a plain line is written where there is no terminal.
const PLAIN_EVERY: Duration = Duration::from_secs(5);
/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// Where progress goes: standard error, or nowhere.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    quiet: bool,
}

impl Progress {
    /// Progress on standard error; with `quiet`, none at all.
    pub const fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Writes one line, unless quiet. Not to be called while a [`Bar`] is alive.
    pub fn say(self, line: impl Display) {
        if !self.quiet {
            // When standard error is closed there is no other place to report it.
            let _ = writeln!(std::io::stderr(), "{}", print::clean(&line.to_string()));
        }
    }

    /// A bar over bytes, which begins at `start`: with rate and time left when `total` is known.
    pub fn bytes(self, what: &str, start: u64, total: Option<u64>) -> Bar {
        let template = match total {
            Some(_) => "{msg} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}",
            None => "{msg} {spinner} {decimal_bytes} {decimal_bytes_per_sec} {elapsed}",
        };
        self.bar(what, Unit::Bytes, start, total, template)
    }

    /// A bar over `total` things of a kind, which begins at `start`.
    pub fn items(self, what: &str, start: u64, total: u64) -> Bar {
        self.bar(what, Unit::Items, start, Some(total), "{msg} {wide_bar} {human_pos}/{human_len} {rate} {eta}")
    }

    /// A spinner with the time that has passed, for work whose progress cannot be seen.
    pub fn spinner(self, what: &str) -> Bar {
        let bar = self.bar(what, Unit::Items, 0, None, "{spinner} {msg} {elapsed}");
        if bar.plain.is_none() {
            bar.bar.enable_steady_tick(TICK);
        }
        bar
    }

    fn bar(self, what: &str, unit: Unit, start: u64, total: Option<u64>, template: &str) -> Bar {
        let terminal = draws_bars(std::io::stderr().is_terminal(), std::env::var_os("TERM").as_deref());
        let target = if terminal && !self.quiet { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // A rate that cannot be written is left out.
            let _ = write!(out, "{}/s", short(state.per_sec()));
        };
        let style = style.with_key("rate", rate);
        let bar = ProgressBar::with_draw_target(total, target).with_style(style).with_message(what.to_owned());
        bar.set_position(start);
        bar.reset_eta();
        if !terminal {
            self.say(format_args!("{what} …"));
        }
        let plain = (!terminal && !self.quiet).then(|| Plain::new(what, unit, start, total));
        Bar { what: what.to_owned(), bar, plain }
    }
}

/// Whether bars can be drawn: a dumb terminal can only write lines.
fn draws_bars(is_terminal: bool, kind: Option<&OsStr>) -> bool {
    is_terminal && kind.is_none_or(|kind| kind != "dumb")
}

/// A rate with at least two digits.
fn short(rate: f64) -> String {
    if rate < 10.0 { format!("{rate:.2}") } else { format!("{rate:.0}") }
}

#[derive(Debug, Clone, Copy)]
enum Unit {
    Bytes,
    Items,
}

/// A running bar or spinner. It disappears when it is dropped.
#[derive(Debug)]
pub struct Bar {
    what: String,
    bar: ProgressBar,
    plain: Option<Plain>,
}

impl Bar {
    /// Moves to `position`, counted from the beginning of the whole.
    pub fn set(&mut self, position: u64) {
        self.bar.set_position(position);
        if let Some(plain) = &mut self.plain {
            plain.set(position);
        }
    }

    /// Writes one line above the bar.
    pub fn say(&self, line: &str) {
        if self.plain.is_some() {
            let _ = writeln!(std::io::stderr(), "{line}");
        }
        self.bar.println(line);
    }

    /// Shows a short text beside the bar.
    pub fn describe(&mut self, text: &str) {
        match &mut self.plain {
            Some(plain) => plain.note = format!(", {text}"),
            None => self.bar.set_message(format!("{} ({text})", self.what)),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The lines that replace a bar where there is no terminal.
#[derive(Debug)]
struct Plain {
    what: String,
    note: String,
    unit: Unit,
    start: u64,
    total: Option<u64>,
    began: Instant,
    written: Instant,
}

impl Plain {
    fn new(what: &str, unit: Unit, start: u64, total: Option<u64>) -> Self {
        let now = Instant::now();
        Self { what: what.to_owned(), note: String::new(), unit, start, total, began: now, written: now }
    }

    fn set(&mut self, position: u64) {
        if self.written.elapsed() < PLAIN_EVERY {
            return;
        }
        self.written = Instant::now();
        let _ = writeln!(std::io::stderr(), "{}", self.line(position, self.began.elapsed()));
    }

    /// Where it stands after so much time.
    fn line(&self, position: u64, elapsed: Duration) -> String {
        let done = position.saturating_sub(self.start) as f64;
        let rate = done / elapsed.as_secs_f64().max(1e-3);
        let total = self.total.map_or(String::new(), |total| format!(" of {}", self.amount(total)));
        let left = self.total.filter(|_| done > 0.0).map(|total| total.saturating_sub(position) as f64 / rate);
        let left = left.map_or(String::new(), |seconds| format!(", {seconds:.0} s left"));
        let rate = match self.unit {
            Unit::Bytes => self.amount(rate as u64),
            Unit::Items => short(rate),
        };
        format!("{}: {}{total}, {rate}/s{left}{}", self.what, self.amount(position), self.note)
    }

    fn amount(&self, value: u64) -> String {
        match self.unit {
            Unit::Bytes => DecimalBytes(value).to_string(),
            Unit::Items => value.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_steps_have_a_rate_and_a_time_left() {
        let plain = Plain::new("training", Unit::Items, 10, Some(110));
        assert_eq!(plain.line(20, Duration::from_secs(25)), "training: 20 of 110, 0.40/s, 225 s left");
        assert_eq!(plain.line(10, Duration::from_secs(5)), "training: 10 of 110, 0.00/s");
        let plain = Plain::new("reading", Unit::Bytes, 0, None);
        assert_eq!(plain.line(3_000_000, Duration::from_secs(2)), "reading: 3.00 MB, 1.50 MB/s");
    }

    #[test]
    fn a_dumb_terminal_gets_lines() {
        let kind = |name| Some(OsStr::new(name));
        assert!(draws_bars(true, kind("xterm")) && draws_bars(true, None));
        assert!(!draws_bars(true, kind("dumb")) && !draws_bars(false, kind("xterm")));
    }
}
