//! Loads a base network and a fitted model, decodes an image, and prints the two terms of its logits (Eq. 2).
//!
//! ```text
//! cargo run --release -p gradient-features --example predict [MODEL_FOLDER] [IMAGE]
//! ```

use burn::tensor::Device;
use gradient_features::{argmax, images, numbers_blocking, weights};
use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().unwrap_or_else(|| here.join("../models/cifar10-rotation"));
    let image = arguments.next().unwrap_or_else(|| here.join("examples/ship.png"));

    let device = Device::flex();
    let encoder = weights::read_base(&fs::read(folder.join("model.safetensors"))?, &device)?;
    let head = weights::read_head(&fs::read(folder.join("heads/full-conv5.safetensors"))?, &encoder, &device)?;

    let picture = images::decode(&fs::read(image)?)?;
    picture.notes.iter().for_each(|note| println!("note: {note}"));
    let input = images::to_tensor(&picture.pixels, encoder.config().input_range, &device);

    let logits = head.logits(&encoder, &encoder.freeze(input, head.scope));
    let total = numbers_blocking(logits.total())?;
    let (activation, gradient) = (numbers_blocking(logits.activation)?, numbers_blocking(logits.gradient)?);
    println!("{:<12} {:>10} {:>10} {:>10}", "class", "w1ᵀ f + b", "ω̄ᵀ J w2", "logit");
    for (class, name) in head.classes.iter().enumerate() {
        println!("{name:<12} {:>10.3} {:>10.3} {:>10.3}", activation[class], gradient[class], total[class]);
    }
    if let Some(class) = argmax(total) {
        println!("the model says: {}", head.classes[class]);
    }
    Ok(())
}
