mod data;
mod files;
mod interrupt;
mod pretrain;
mod progress;
use burn::tensor::Device;
fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let settings = pretrain::Settings {
        recipe: "rotation".into(), dataset: data::Dataset::Cifar10, data_dir: args[1].clone().into(), out: args[2].clone().into(),
        epochs: args[3].parse()?, batch: 64, seed: 1, resume: args.len() > 4,
    };
    pretrain::run(&settings, &Device::flex(), progress::Progress::new(false))
}
