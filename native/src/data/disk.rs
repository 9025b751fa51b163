//! Files on the user's disk: errors that say which folder and what to do, checksums, and a lock.

use crate::{files, progress::Progress};
use anyhow::{Context, Result, bail};
use md5::Md5;
use sha2::{Digest, Sha256, Sha512};
use std::fmt::{self, Display, Formatter};
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The free space that fetching needs: for the archives, and for the images read from them.
const SPACE_NEEDED: &str = "600 MB (svhn-extra: 3 GB)";

/// A folder cannot be written. Another source would not help, so fetching ends with this error.
#[derive(Debug)]
pub struct DiskError {
    folder: PathBuf,
    cause: io::Error,
}

impl DiskError {
    /// The error `cause` of writing in `folder`.
    pub fn new(folder: &Path, cause: io::Error) -> Self {
        Self { folder: folder.to_owned(), cause }
    }

    /// The same error with another folder in its message.
    pub fn with_folder(self, folder: &Path) -> Self {
        Self::new(folder, self.cause)
    }
}

impl Display for DiskError {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let folder = self.folder.display();
        match self.cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => write!(
                out,
                "the disk is full: fetching needs about {SPACE_NEEDED} free in {folder}; make room there, or choose \
                 another folder with --data-dir"
            ),
            _ => write!(out, "cannot write in {folder}; make it writable, or choose another folder with --data-dir"),
        }
    }
}

impl std::error::Error for DiskError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// A digest that a file must have, in hexadecimal.
#[derive(Debug, Clone, Copy)]
pub enum Checksum {
    /// 32 digits.
    Md5(&'static str),
    /// 128 digits.
    Sha512(&'static str),
}

impl Checksum {
    /// Compares with the file at `path`.
    ///
    /// # Errors
    /// When the file cannot be read, or is another one.
    pub fn check(self, path: &Path) -> Result<()> {
        let (name, expected, found) = match self {
            Self::Md5(expected) => ("MD5", expected, digest::<Md5>(path)?),
            Self::Sha512(expected) => ("SHA-512", expected, digest::<Sha512>(path)?),
        };
        if found != expected {
            let size = length(path);
            bail!(
                "{} is cut short, damaged or another file: it has {size} bytes and the {name} {found}, which should \
                 be {expected}",
                path.display()
            );
        }
        Ok(())
    }
}

/// The SHA-256 of the file at `path`, in hexadecimal.
///
/// # Errors
/// When the file cannot be read.
pub fn sha256(path: &Path) -> Result<String> {
    digest::<Sha256>(path)
}

fn digest<D: Digest>(path: &Path) -> Result<String> {
    let hash = || -> io::Result<String> {
        let mut file = File::open(path)?;
        let mut hasher = D::new();
        let mut buffer = vec![0; 1 << 18];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(files::hex(&hasher.finalize())),
                count => hasher.update(&buffer[..count]),
            }
        }
    };
    hash().with_context(|| format!("cannot read {}", path.display()))
}

/// The length of the file at `path`, 0 when there is none.
pub fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Moves a finished file to its final name, in one step.
///
/// # Errors
/// [`DiskError`] when it cannot be moved.
pub fn publish(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|cause| DiskError::new(to.parent().unwrap_or(to), cause).into())
}

/// Makes `folder` and what is above it.
///
/// # Errors
/// [`DiskError`] when it cannot be made.
pub fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|cause| DiskError::new(folder, cause).into())
}

/// Keeps other processes from fetching into `folder` until the file that is returned is dropped.
///
/// # Errors
/// [`DiskError`] when `folder` cannot be written.
pub fn lock(folder: &Path, progress: Progress) -> Result<File> {
    let file = File::create(folder.join(".lock")).map_err(|cause| DiskError::new(folder, cause))?;
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        progress.say(format_args!("waiting for another process that fetches into {}", folder.display()));
        // Some network file systems have no locks. Fetching goes on: its checksums still find any mix-up.
        let _ = file.lock();
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_tells_files_apart() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("file");
        fs::write(&path, "abc")?;
        Checksum::Md5("900150983cd24fb0d6963f7d28e17f72").check(&path)?;
        fs::write(&path, "ab")?;
        let error = Checksum::Md5("900150983cd24fb0d6963f7d28e17f72").check(&path).unwrap_err().to_string();
        assert!(error.contains("2 bytes") && error.contains("900150983cd24fb0d6963f7d28e17f72"), "{error}");
        Ok(())
    }

    #[test]
    fn a_full_disk_names_the_folder_and_the_space() {
        let error = DiskError::new(Path::new("some/folder"), ErrorKind::StorageFull.into()).to_string();
        assert!(error.contains("some/folder") && error.contains("600 MB"), "{error}");
    }

    #[test]
    fn a_file_in_the_way_of_a_folder_is_reported() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("file");
        fs::write(&path, "")?;
        assert!(make_folder(&path.join("inner")).unwrap_err().is::<DiskError>());
        Ok(())
    }
}
