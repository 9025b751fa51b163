//! The data sets that the program knows by name.

use super::{records::Sizes, store::Store};
use anyhow::{Result, bail, ensure};
use gradient_features::classes;
use serde::{Deserialize, Serialize};
use std::path::Path;
use vocabulary::named;

/// A data set that the program knows by name: on the command line, in files and as its folder.
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
named!(Dataset, "data set", {
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

    /// How many classes and images it has.
    pub const fn sizes(self) -> Sizes {
        match self {
            Self::Cifar10 => Sizes { classes: 10, train: 50_000, test: 10_000 },
            Self::Cifar100 => Sizes { classes: 100, train: 50_000, test: 10_000 },
            Self::Svhn => Sizes { classes: 10, train: 73_257, test: 26_032 },
            Self::SvhnExtra => Sizes { classes: 10, train: 531_131, test: 0 },
        }
    }

    /// The images to train on beside its own.
    ///
    /// # Errors
    /// When there are none.
    pub fn extra(self) -> Result<Self> {
        match self {
            Self::Svhn => Ok(Self::SvhnExtra),
            _ => bail!("{self} has no extra images; svhn has"),
        }
    }

    /// Checks that there are test images, which an experiment needs.
    ///
    /// # Errors
    /// When there are none.
    pub fn check_whole(self) -> Result<()> {
        ensure!(self.sizes().test > 0, "{self} has training images alone; it comes beside svhn, with --extra");
        Ok(())
    }

    /// Its place in the folder for data sets.
    pub fn store(self, data_dir: &Path) -> Store {
        Store { folder: data_dir.join(self.name()), manifest: format!("{self}.json"), sizes: self.sizes() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() -> Result<()> {
        for &dataset in Dataset::ALL {
            assert_eq!(dataset.to_string().parse::<Dataset>()?, dataset);
        }
        assert!("cifar".parse::<Dataset>().unwrap_err().to_string().contains("cifar10, cifar100, svhn, svhn-extra"));
        Ok(())
    }

    #[test]
    fn every_label_has_a_name() {
        for dataset in Dataset::ALL {
            assert_eq!(dataset.classes().len(), usize::from(dataset.sizes().classes));
        }
        assert!(classes::CIFAR100.is_sorted());
    }
}
