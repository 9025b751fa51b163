//! Which device computes: a GPU through wgpu, or the CPU.

use anyhow::{Result, bail};
use burn::tensor::Device;
use clap::ValueEnum;
use wgpu::DeviceType;

/// What `--device` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// A real GPU if there is one, else the CPU.
    Auto,
    /// A GPU, a software one if there is no other.
    Gpu,
    /// The CPU.
    Cpu,
}

/// A device with its name for people.
#[derive(Debug, Clone)]
pub struct ComputeDevice {
    /// Burn's.
    pub device: Device,
    /// Say, "CPU" or "NVIDIA H100 (Vulkan)".
    pub name: String,
}

/// Opens the device that `choice` means.
pub fn choose(choice: Choice) -> Result<ComputeDevice> {
    let cpu = || ComputeDevice { device: Device::flex(), name: "CPU".to_owned() };
    if choice == Choice::Cpu {
        return Ok(cpu());
    }
    let found = usable_adapters();
    let is_real = |adapter: &wgpu::AdapterInfo| adapter.device_type != DeviceType::Cpu;
    match (choice, found.iter().any(is_real), found.is_empty()) {
        (Choice::Auto, false, _) => Ok(cpu()),
        (Choice::Gpu, _, true) => bail!(
            "there is no GPU that wgpu can use (Vulkan, Metal or DirectX 12, with timestamp queries); \
             install its driver, or compute with --device cpu"
        ),
        _ => open(),
    }
}

/// Sets what the libraries below read from the environment, unless the user has. To be called before any thread is
/// started.
///
/// Burn restores an optimiser's state on its default device, which would be a GPU, there or not. And a Mesa layer,
/// which sorts GPUs by the desktop session's, writes "error:" lines where there is no session.
#[allow(unsafe_code, reason = "setting an environment variable is unsafe once there are threads; here there are none")]
pub fn prepare_environment() {
    let set_unless = |is_set: &str, name: &str, value: &str| {
        if std::env::var_os(is_set).is_none() {
            // SAFETY: `main` calls this first, while there is one thread and nobody else reads the environment.
            unsafe { std::env::set_var(name, value) };
        }
    };
    set_unless("BURN_DEVICE", "BURN_DEVICE", "flex");
    if cfg!(target_os = "linux") {
        set_unless("XDG_RUNTIME_DIR", "NODEVICE_SELECT", "1");
    }
}

/// The adapters that Burn can run on: it needs timestamp queries.
fn usable_adapters() -> Vec<wgpu::AdapterInfo> {
    // Without OpenGL, which Burn does not run on and whose loaders write to standard error.
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::PRIMARY,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    adapters
        .into_iter()
        .filter(|adapter| adapter.features().contains(wgpu::Features::TIMESTAMP_QUERY))
        .map(|adapter| adapter.get_info())
        .collect()
}

fn open() -> Result<ComputeDevice> {
    let opened = Device::wgpu_options().init_with_setup();
    let (device, setup) = opened.map_err(|error| anyhow::anyhow!("the GPU cannot be opened: {error}"))?;
    let info = setup.adapter.get_info();
    Ok(ComputeDevice { device, name: format!("{} ({})", info.name, info.backend) })
}
