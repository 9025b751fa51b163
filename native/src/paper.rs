//! The paper's figures (Mu, Liang, Li, ICLR 2020).

use crate::data::Dataset;
use gradient_features::{Mode, Scope, model::ablation::Origin};

/// Test accuracy in % (Tables 1 and 3), where the paper has one: with a VAE as the base network for conv8, with
/// a BiGAN for the other scopes.
pub fn accuracy(dataset: Dataset, mode: Mode, scope: Scope) -> Option<f64> {
    let [activation, gradient, full, finetune] = match (dataset, scope) {
        (Dataset::Cifar10, Scope::Conv5) => [62.87, 70.14, 70.51, 71.78],
        (Dataset::Cifar10, Scope::Conv45) => [62.87, 70.89, 70.78, 73.18],
        (Dataset::Cifar10, Scope::Conv35) => [62.87, 71.55, 71.37, 74.30],
        (Dataset::Cifar10, Scope::Conv8) => [52.05, 61.47, 61.16, 65.16],
        (Dataset::Cifar100, Scope::Conv5) => [34.30, 38.99, 39.37, 41.05],
        (Dataset::Cifar100, Scope::Conv8) => [29.20, 35.10, 34.83, 37.86],
        (Dataset::Svhn, Scope::Conv5) => [82.04, 89.91, 89.96, 91.15],
        (Dataset::Svhn, Scope::Conv8) => [81.95, 91.44, 90.90, 93.61],
        (Dataset::Cifar100 | Dataset::Svhn | Dataset::SvhnExtra, _) => return None,
    };
    Some(match mode {
        Mode::Activation => activation,
        Mode::Gradient => gradient,
        Mode::Full => full,
        Mode::Finetune => finetune,
    })
}

/// Test accuracy in % of the gradient and the full model, where the gradient is taken in a network whose θ1, θ2 and ω
/// are random or trained (Table 1: CIFAR-10, BiGAN).
pub fn ablation(dataset: Dataset, [theta1, theta2, omega]: [Origin; 3], scope: Scope) -> Option<[f64; 2]> {
    use Origin::{Random, Trained};
    if dataset != Dataset::Cifar10 {
        return None;
    }
    let figures = match (theta1, theta2, omega) {
        (Random, Random, Random) => [[23.09, 62.83], [26.30, 62.83], [27.52, 62.85]],
        (Random, Random, Trained) => [[40.23, 63.11], [43.36, 63.42], [44.36, 63.38]],
        (Random, Trained, Random) => [[32.50, 62.98], [33.20, 63.10], [35.13, 63.10]],
        (Random, Trained, Trained) => [[44.07, 63.99], [45.87, 64.21], [48.88, 64.51]],
        (Trained, Random, Random) => [[53.39, 63.74], [56.24, 64.30], [57.20, 64.60]],
        (Trained, Random, Trained) => [[59.98, 65.46], [61.47, 65.38], [59.89, 64.73]],
        (Trained, Trained, Random) => [[70.28, 69.84], [71.08, 70.10], [71.60, 70.64]],
        (Trained, Trained, Trained) => [[70.14, 70.51], [70.89, 70.78], [71.55, 71.37]],
    };
    let column = [Scope::Conv5, Scope::Conv45, Scope::Conv35].iter().position(|&column| column == scope)?;
    Some(figures[column])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_table_is_whole() {
        let figures = |dataset, origin, scope| ablation(dataset, [origin; 3], scope);
        assert_eq!(figures(Dataset::Cifar10, Origin::Trained, Scope::Conv35), Some([71.55, 71.37]));
        assert_eq!(figures(Dataset::Cifar10, Origin::Random, Scope::Conv8), None);
        assert_eq!(figures(Dataset::Svhn, Origin::Trained, Scope::Conv35), None);
    }
}
