//! Files that are written whole or not at all.

use anyhow::{Context, Result, bail};
use std::{
    fs::{self, File, TryLockError},
    io::Write,
    path::Path,
};
use tempfile::{Builder, NamedTempFile};

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
        let mut file = temporary(folder, UNDER_WAY)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| {
        format!("cannot write {} ({} bytes); make the folder writable or free some space", path.display(), bytes.len())
    })
}

/// Opens a temporary file whose name begins and ends with `ends`. Its permissions are those of any new file: the umask's.
pub fn temporary(folder: &Path, ends: [&str; 2]) -> std::io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(ends[0]).suffix(ends[1]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Keeps other runs out of a folder until the file that is returned is dropped, or its process ends in any way.
///
/// # Errors
/// When another run is writing there, or the folder cannot be written.
pub fn lock_folder(folder: &Path) -> Result<File> {
    let file = File::options().create(true).write(true).truncate(false).open(folder.join(".lock"));
    let file = file.with_context(|| format!("cannot write in {}; make the folder writable", folder.display()))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            bail!("another run is writing in {}; wait for its end, or name another folder with --out", folder.display())
        }
        // Some network file systems have no locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// Removes what a killed process left half-written in a folder that is locked for this one.
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn files_have_the_permissions_of_any_new_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mode = |name: &str| fs::metadata(folder.path().join(name)).expect("it is there").permissions().mode();
        fs::write(folder.path().join("usual"), "").expect("the folder can be written");
        write_whole(&folder.path().join("whole"), b"").expect("the folder can be written");
        assert_eq!(mode("whole"), mode("usual"));
        let kept = temporary(folder.path(), ["", ""]).expect("the folder can be written");
        kept.persist(folder.path().join("kept")).expect("the folder can be written");
        assert_eq!(mode("kept"), mode("usual"));
    }
}
