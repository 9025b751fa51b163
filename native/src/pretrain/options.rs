//! The recipe options: how a run may differ from the published recipes. Each is spelled in this file alone: for the
//! command line, the checkpoint, the checks and the report.

use super::recipe_name::RecipeName;
use anyhow::{Result, bail};
use clap::Args;
use serde::{Deserialize, Serialize};

/// How a run differs from the published recipe. An option that is not given has the value of the checkpoint of a resumed
/// run, or else the published value, which is the default of its type: 0 or false.
#[derive(Debug, Clone, Copy, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct RecipeOptions {
    /// For ali and wali: for so many steps the encoder and generator learn as an autoencoder, before the game begins [default: 0, as published]
    #[arg(long, value_name = "STEPS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<usize>,
    /// For ali and wali: how much ‖x − G(E(x))‖ counts beside the game, which holds reconstructions to their images (Li et al. 2017) [default: 0, as published]
    #[arg(long, value_name = "WEIGHT", allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycle: Option<f64>,
    /// For ali: the encoder and generator learn at this many times the discriminator's edge over chance, as a share of the rate, so that they do not outrun it [default: 0, always at the whole rate, as published]
    #[arg(long, value_name = "TIMES", allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pace: Option<f64>,
    /// For ali and wali: latents of images are μ, without noise, as Donahue et al. 2017 have them and the published run of wali on CIFAR-10 [default: false, as ALI's]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deterministic: Option<bool>,
    /// For ali and wali: the network that is kept is the moving average over so many steps of encoder and generator (in wali's game every sixth step is one) [default: 0, the last step's, as published]
    #[arg(long, value_name = "STEPS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average: Option<usize>,
}

/// What the checks and the report need to know of one option.
struct OptionDescription {
    flag: &'static str,
    /// The recipes that take it.
    recipes: &'static [RecipeName],
    /// Why other recipes cannot take it.
    refusal: &'static str,
    /// Its name in the report.
    label: &'static str,
    /// As a number, where it is given: a switch is 0 or 1.
    value: Option<f64>,
    is_switch: bool,
}

impl OptionDescription {
    /// An option of both bidirectional GANs.
    fn of_bigans(flag: &'static str, label: &'static str, value: Option<f64>) -> Self {
        let recipes = &[RecipeName::Ali, RecipeName::Wali];
        Self { flag, recipes, refusal: "no encoder that plays with a generator", label, value, is_switch: false }
    }
}

impl RecipeOptions {
    fn descriptions(&self) -> [OptionDescription; 5] {
        let steps = |steps: usize| steps as f64;
        let of_bigans = OptionDescription::of_bigans;
        [
            of_bigans("--warm-up", "Steps as an autoencoder, before the game", self.warm_up.map(steps)),
            of_bigans("--cycle", "Weight of the cycle-consistency, with latents held to the prior", self.cycle),
            OptionDescription {
                recipes: &[RecipeName::Ali],
                refusal: "no discriminator that could be at chance",
                ..of_bigans("--pace", "Pace of the encoder and generator, times the discriminator's edge", self.pace)
            },
            OptionDescription {
                is_switch: true,
                ..of_bigans("--deterministic", "Latents without noise", self.deterministic.map(f64::from))
            },
            of_bigans("--average", "Steps of encoder and generator that are averaged", self.average.map(steps)),
        ]
    }

    /// These, with what they leave open taken from `other`.
    pub fn or(self, other: Self) -> Self {
        Self {
            warm_up: self.warm_up.or(other.warm_up),
            cycle: self.cycle.or(other.cycle),
            pace: self.pace.or(other.pace),
            deterministic: self.deterministic.or(other.deterministic),
            average: self.average.or(other.average),
        }
    }

    /// Checks that the recipe takes what is given, and that it is in range.
    ///
    /// # Errors
    /// When it does not, with the recipes that do; when a number is negative or not finite.
    pub fn check(&self, recipe: RecipeName) -> Result<()> {
        let descriptions = self.descriptions();
        let given = || descriptions.iter().filter_map(|option| Some((option, option.value?)));
        if let Some((option, _)) = given().find(|(option, _)| !option.recipes.contains(&recipe)) {
            let takers: Vec<&str> = option.recipes.iter().map(|recipe| recipe.name()).collect();
            bail!("{} is for {}: {recipe} has {}", option.flag, takers.join(" and "), option.refusal);
        }
        if let Some((option, _)) = given().find(|(_, value)| !value.is_finite() || *value < 0.0) {
            bail!("{} has to be a finite number, 0 or above", option.flag);
        }
        Ok(())
    }

    /// What is not as published, for the report: name and value.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let row = |option: OptionDescription| {
            let value = option.value.filter(|value| *value > 0.0)?;
            Some((option.label, if option.is_switch { "yes".to_owned() } else { value.to_string() }))
        };
        self.descriptions().into_iter().filter_map(row).collect()
    }

    /// The deviation of the noise ε in the latents `μ + σ ε` of images.
    pub fn noise_deviation(&self) -> f32 {
        f32::from(!self.deterministic.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Args, Command};
    use std::collections::BTreeSet;

    /// An option that is added to the struct has a row in the table too.
    #[test]
    fn every_option_is_in_the_table() {
        let command = RecipeOptions::augment_args(Command::new("test"));
        let spelled =
            command.get_arguments().filter_map(|argument| argument.get_long().map(|long| format!("--{long}")));
        let known = RecipeOptions::default().descriptions().map(|option| option.flag.to_owned());
        assert_eq!(spelled.collect::<BTreeSet<_>>(), BTreeSet::from(known));
    }

    #[test]
    fn each_option_is_for_its_recipes() {
        let cycle = RecipeOptions { cycle: Some(1.0), ..RecipeOptions::default() };
        let pace = RecipeOptions { pace: Some(1.0), ..RecipeOptions::default() };
        let refusal = |options: RecipeOptions, recipe| options.check(recipe).err().map(|error| error.to_string());
        assert_eq!(refusal(cycle, RecipeName::Ali), None);
        assert_eq!(refusal(cycle, RecipeName::Wali), None);
        let expected = "--cycle is for ali and wali: vae has no encoder that plays with a generator";
        assert_eq!(refusal(cycle, RecipeName::Vae).as_deref(), Some(expected));
        assert_eq!(refusal(pace, RecipeName::Ali), None);
        let expected = "--pace is for ali: wali has no discriminator that could be at chance";
        assert_eq!(refusal(pace, RecipeName::Wali).as_deref(), Some(expected));
        for number in [-1.0, f64::NAN, f64::INFINITY] {
            let options = RecipeOptions { pace: Some(number), ..RecipeOptions::default() };
            let expected = "--pace has to be a finite number, 0 or above";
            assert_eq!(refusal(options, RecipeName::Ali).as_deref(), Some(expected));
        }
    }

    #[test]
    fn the_report_shows_what_is_not_as_published() {
        let options = RecipeOptions {
            warm_up: Some(300),
            cycle: Some(0.5),
            pace: Some(0.0),
            deterministic: Some(true),
            average: None,
        };
        let values: Vec<String> = options.rows().into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, ["300", "0.5", "yes"]);
        assert!(RecipeOptions::default().rows().is_empty());
    }
}
