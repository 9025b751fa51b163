//! Files that are written whole or not at all.

use anyhow::{Context, Result};
use std::{fs, io::Write, path::Path};
use tempfile::Builder;

/// Makes a folder with those above it.
pub fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| {
        format!("cannot make the folder {}; choose another, or make its parent writable", path.display())
    })
}

/// A checksum in letters.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the names of files under way begin and end with.
const UNDER_WAY: [&str; 2] = [".gradfeat-", ".part"];

/// Writes a file under a temporary name and renames it when all of it is on the disk.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(folder)?;
    let write = || -> std::io::Result<()> {
        let mut file = Builder::new().prefix(UNDER_WAY[0]).suffix(UNDER_WAY[1]).tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        readable_by_all(file.path())?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| {
        format!("cannot write {} ({} bytes); make the folder writable or free some space", path.display(), bytes.len())
    })
}

/// Removes what a killed process left half-written in a folder that nobody else is writing in.
pub fn remove_leftovers(folder: &Path) -> Result<()> {
    let failed = || format!("cannot clear {} of half-written files", folder.display());
    for entry in fs::read_dir(folder).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(UNDER_WAY[0]) && name.ends_with(UNDER_WAY[1]) {
            fs::remove_file(&path).with_context(failed)?;
        }
    }
    Ok(())
}

/// A temporary file is private; one that stays is like any other.
#[cfg(unix)]
fn readable_by_all(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &Path) -> std::io::Result<()> {
    Ok(())
}
