//! The worker's two ends: messages in, messages out.

use js_sys::{ArrayBuffer, WebAssembly};
use protocol::messages::{self, FromEngine, ToEngine};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, PromiseRejectionEvent};

/// The worker's own global object.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Calls `handle` with every message, for as long as the worker lives.
pub fn listen(handle: impl Fn(ToEngine) + 'static) {
    let receive = move |event: MessageEvent| match messages::read(&event.data()) {
        Ok(message) => handle(message),
        Err(error) => post(&FromEngine::Broken(format!("a message could not be read: {error}"))),
    };
    let receive = Closure::<dyn Fn(MessageEvent)>::new(receive);
    scope().set_onmessage(Some(receive.into_js_value().unchecked_ref()));
}

/// Sends a message to the interface.
pub fn post(message: &FromEngine) {
    let value = messages::write(message).map_err(|error| JsValue::from_str(&error.to_string()));
    let sent = value.and_then(|value| scope().post_message(&value));
    if let Err(error) = sent {
        web_sys::console::error_1(&error);
    }
}

/// Milliseconds since the worker began.
pub fn now() -> f64 {
    scope().performance().map_or(0.0, |performance| performance.now())
}

/// Bytes of memory that this program has taken from the browser. It never gives any back, but uses it again.
pub fn memory() -> f64 {
    let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    f64::from(memory.buffer().unchecked_into::<ArrayBuffer>().byte_length())
}

/// Lets the messages in that wait.
pub async fn breathe() {
    let soon = js_sys::Promise::new(&mut |resolve, _| {
        // Without a timer the work goes on at once.
        if scope().set_timeout_with_callback(&resolve).is_err() {
            let _ = resolve.call0(&JsValue::NULL);
        }
    });
    // This promise is never rejected.
    let _ = JsFuture::from(soon).await;
}

/// Makes whatever takes the worker down known to the interface: a panic in Rust, or an exception in the browser's
/// own functions, which surfaces as a promise that nobody awaits.
pub fn report_breakage() {
    std::panic::set_hook(Box::new(|panic| {
        web_sys::console::error_1(&panic.to_string().into());
        post(&FromEngine::Broken(panic.payload_as_str().unwrap_or("a panic").to_owned()));
    }));
    let report = |event: PromiseRejectionEvent| {
        event.prevent_default();
        post(&FromEngine::Broken(say(&event.reason())));
    };
    let report = Closure::<dyn Fn(PromiseRejectionEvent)>::new(report);
    let listening = scope().add_event_listener_with_callback("unhandledrejection", report.as_ref().unchecked_ref());
    match listening {
        Ok(()) => report.forget(),
        Err(error) => web_sys::console::error_1(&error),
    }
}

/// What was thrown, for people.
fn say(thrown: &JsValue) -> String {
    match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => format!("{thrown:?}"),
    }
}
