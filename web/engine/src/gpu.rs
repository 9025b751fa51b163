//! Whether there is a GPU that Burn can use, and how it becomes a device.
//!
//! Burn's WebGPU panics on a browser without an adapter and on an adapter without timestamps, so the browser is
//! asked first.

use crate::worker;
use burn::tensor::Device;
use protocol::{loading::NoGpu, messages::FromEngine};
use std::sync::atomic::{AtomicBool, Ordering};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = js_sys::Object)]
    type Navigator;
    #[wasm_bindgen(method, getter)]
    fn gpu(this: &Navigator) -> Option<Gpu>;

    type Gpu;
    #[wasm_bindgen(method, catch, js_name = requestAdapter)]
    async fn request_adapter(this: &Gpu, options: &JsValue) -> Result<Option<Adapter>, JsValue>;

    type Adapter;
    #[wasm_bindgen(method, getter)]
    fn features(this: &Adapter) -> js_sys::Set;
    #[wasm_bindgen(method, getter)]
    fn info(this: &Adapter) -> Option<AdapterInfo>;

    type AdapterInfo;
    #[wasm_bindgen(method, getter)]
    fn vendor(this: &AdapterInfo) -> String;
    #[wasm_bindgen(method, getter)]
    fn architecture(this: &AdapterInfo) -> String;
    #[wasm_bindgen(method, getter)]
    fn description(this: &AdapterInfo) -> String;
}

/// The feature that Burn's WebGPU cannot be without.
const NEEDED: &str = "timestamp-query";

/// Whether the engine cannot do without the GPU that it has opened.
static IS_NEEDED: AtomicBool = AtomicBool::new(false);

/// From now on the loss of the GPU is the end of the engine, or not.
pub fn need(is_needed: bool) {
    IS_NEEDED.store(is_needed, Ordering::Relaxed);
}

/// A GPU as a device, and its name.
pub async fn open() -> Result<(Device, String), NoGpu> {
    let name = usable_adapter().await?;
    let (device, setup) = Device::wgpu_options()
        .init_with_setup_async()
        .await
        .map_err(|error| NoGpu::Other(format!("the GPU could not be set up ({error})")))?;
    setup.device.set_device_lost_callback(|_, message| {
        if IS_NEEDED.load(Ordering::Relaxed) {
            worker::post(&FromEngine::Broken(format!("the GPU was lost ({})", message.trim_end_matches('.'))));
        }
    });
    need(true);
    Ok((device, name))
}

/// The name of an adapter that Burn can use.
async fn usable_adapter() -> Result<String, NoGpu> {
    let navigator: Navigator = worker::scope().navigator().unchecked_into();
    let gpu = navigator.gpu().ok_or(NoGpu::NoWebgpu)?;
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"powerPreference".into(), &"high-performance".into()).map_err(refused)?;
    let adapter = gpu.request_adapter(&options).await.map_err(refused)?.ok_or(NoGpu::NoAdapter)?;
    match adapter.features().has(&NEEDED.into()) {
        true => Ok(adapter.info().map(|info| describe(&info)).unwrap_or_default()),
        false => Err(NoGpu::Other(format!("the GPU lacks the feature {NEEDED}"))),
    }
}

fn refused(error: JsValue) -> NoGpu {
    NoGpu::Other(format!("the browser refused the GPU ({error:?})"))
}

/// What browsers tell of a GPU differs: its description where there is one, else vendor and architecture.
fn describe(info: &AdapterInfo) -> String {
    match info.description() {
        description if !description.is_empty() => description,
        _ => [info.vendor(), info.architecture()].join(" ").trim().to_owned(),
    }
}
