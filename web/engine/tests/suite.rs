//! The shared suite in WebAssembly: on the CPU under Node, on WebGPU in a browser (`web/e2e/webgpu_runner.js`).

#![cfg(target_family = "wasm")]

#[path = "../../../shared/tests/suite/mod.rs"]
mod suite;

use burn::tensor::Device;
use std::cell::RefCell;

thread_local! {
    /// One device for the program: a second one would be refused.
    static DEVICE: RefCell<Option<Device>> = const { RefCell::new(None) };
}

/// Node has no WebGPU. A browser that has none fails the tests.
async fn device() -> Device {
    if let Some(device) = DEVICE.with_borrow(Clone::clone) {
        return device;
    }
    let is_node = js_sys::Reflect::has(&js_sys::global(), &"process".into()).expect("there is a global object");
    let device = match is_node {
        true => Device::flex(),
        false => Device::wgpu_options().init_async().await.expect("there is WebGPU"),
    };
    DEVICE.set(Some(device.clone()));
    device
}

suite::every_body_on!(crate::device);
