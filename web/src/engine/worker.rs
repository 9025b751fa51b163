//! The worker's two ends: messages in, messages out.

use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web::messages::{FromEngine, ToEngine};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// The worker's own global object.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Calls `handle` with every message, for as long as the worker lives.
pub fn listen(handle: impl Fn(ToEngine) + 'static) {
    let receive = move |event: MessageEvent| match serde_wasm_bindgen::from_value(event.data()) {
        Ok(message) => handle(message),
        Err(error) => post(&FromEngine::Broken(format!("a message could not be read: {error}"))),
    };
    let receive = Closure::<dyn Fn(MessageEvent)>::new(receive);
    scope().set_onmessage(Some(receive.into_js_value().unchecked_ref()));
}

/// Sends a message to the interface.
pub fn post(message: &FromEngine) {
    let serializer = serde_wasm_bindgen::Serializer::new();
    let sent = message
        .serialize(&serializer)
        .map_err(JsValue::from)
        .and_then(|value| scope().post_message(&value));
    if let Err(error) = sent {
        web_sys::console::error_1(&error);
    }
}

/// Makes a panic known to the interface before it takes the worker down.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| post(&FromEngine::Broken(panic.to_string()))));
}
