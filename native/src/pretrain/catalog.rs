//! From a recipe's name to the recipe.

use super::{ali::Ali, recipe::Recipe, recipe_name::RecipeName, rotation::Rotation, vae::Vae, wali::Wali};
use burn::tensor::Device;
use gradient_features::images::ImageSet;

/// The recipe at its start; `device` has reverse mode.
pub fn start(name: RecipeName, images: &ImageSet, seed: u64, device: &Device) -> Box<dyn Recipe> {
    match name {
        RecipeName::Ali => Box::new(Ali::new(images, seed, device)),
        RecipeName::Wali => Box::new(Wali::new(images, seed, device)),
        RecipeName::Vae => Box::new(Vae::new(seed, device)),
        RecipeName::Rotation => Box::new(Rotation::new(seed, device)),
    }
}
