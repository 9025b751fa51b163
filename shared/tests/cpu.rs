//! The suite on the CPU.

mod suite;

fn cpu() -> Option<burn::tensor::Device> {
    Some(burn::tensor::Device::flex())
}

suite::every_body_on!(crate::cpu);
