//! The suite on wgpu: on whichever adapter wgpu finds, such as Mesa's lavapipe where there is no GPU
//! (`VK_DRIVER_FILES` names its `lvp_icd.*.json`). Without an adapter these tests fail; `GRADFEAT_NO_WGPU=1` is the
//! way to say that there is none.

mod suite;

use burn::tensor::Device;
use std::{io::Write, sync::LazyLock};

/// One device for the process: a second one would be refused.
static DEVICE: LazyLock<Option<Device>> = LazyLock::new(|| {
    if std::env::var("GRADFEAT_NO_WGPU").is_ok_and(|value| value == "1") {
        // Not `eprintln!`, which the test runner would swallow.
        writeln!(std::io::stderr(), "skipped: the tests on wgpu, for GRADFEAT_NO_WGPU is 1").expect("stderr is open");
        return None;
    }
    let device = Device::wgpu_options().init();
    Some(device.expect("no adapter for wgpu: install Mesa's lavapipe, or set GRADFEAT_NO_WGPU=1 to skip these tests"))
});

fn wgpu() -> Option<Device> {
    DEVICE.clone()
}

/// A name of its own in every test's, so that one run can leave these out and another run them beside it.
mod on_wgpu {
    crate::suite::every_body_on!(crate::wgpu);
}
