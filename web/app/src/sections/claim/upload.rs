//! The visitor's own images: by file, by drop anywhere on the page, by paste.

use crate::{say, selection::Selection};
use leptos::{
    ev::{self, DragEvent},
    html,
    prelude::*,
};
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, File};

/// The file input.
#[component]
pub fn Upload() -> impl IntoView {
    let selection = expect_context::<Selection>();
    let input = NodeRef::<html::Input>::new();
    let dragging = RwSignal::new(false);
    listen(selection, dragging);
    let changed = move |_| {
        let Some(input) = input.get_untracked() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            selection.offer(file);
        }
        // So that the same file can be chosen again.
        input.set_value("");
    };
    view! {
        <div class="upload" class:dragging=dragging>
            <label>
                <input type="file" accept="image/*" data-testid="image-upload" node_ref=input on:change=changed />
                <span class="upload-button">{say::upload_button()}</span>
            </label>
            <span class="note">{say::upload_hint()}</span>
        </div>
    }
}

/// Takes images that are dropped or pasted anywhere on the page.
fn listen(selection: Selection, dragging: RwSignal<bool>) {
    let over = window_event_listener(ev::dragover, move |event| {
        event.prevent_default();
        dragging.set(true);
    });
    let leave = window_event_listener(ev::dragleave, move |_| dragging.set(false));
    let drop = window_event_listener(ev::drop, move |event: DragEvent| {
        event.prevent_default();
        dragging.set(false);
        offer_first(selection, event.data_transfer());
    });
    let paste = window_event_listener(ev::paste, move |event| {
        offer_first(selection, event.unchecked_ref::<ClipboardEvent>().clipboard_data());
    });
    on_cleanup(move || [over, leave, drop, paste].into_iter().for_each(|handle| handle.remove()));
}

fn offer_first(selection: Selection, data: Option<DataTransfer>) {
    let file: Option<File> = data.and_then(|data| data.files()).and_then(|files| files.get(0));
    if let Some(file) = file {
        selection.offer(file);
    }
}
