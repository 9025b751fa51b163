//! Models to and from the visitor's files.

use super::LiveTraining;
use crate::say;
use leptos::prelude::*;
use protocol::training::{Fitted, ToTrainer};
use vocabulary::Mode;
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlAnchorElement, Url};

impl LiveTraining {
    /// Takes fitted models from files, to predict with.
    pub fn load(self, files: impl Iterator<Item = Blob>) {
        self.pause();
        for file in files {
            if !self.send_file(&file) {
                return self.note.set(Some(say::engine_not_ready().to_owned()));
            }
            self.files.update_value(|files| files.push(file));
        }
    }

    pub(super) fn send_file(self, file: &Blob) -> bool {
        self.send(ToTrainer::Load { id: self.id.get_value(), file: file.clone() })
    }

    /// A file's model is there: its classes and its scope are now those that are set.
    pub(super) fn take_loaded(self, fitted: &Fitted) {
        let all = match self.loaded.get_untracked() {
            Some(mut all) => {
                all.add(fitted.clone());
                all
            }
            None => fitted.clone(),
        };
        self.reset();
        self.scope.set(all.scope);
        self.set_classes(&all.classes);
        self.loaded.set(Some(all));
    }

    /// Has a model's file made.
    pub fn save(self, mode: Mode) {
        self.send(ToTrainer::Save { id: self.id.get_value(), mode });
    }
}

/// Gives the visitor a file.
pub(super) fn download(mode: Mode, file: &Blob) {
    let anchor = document().create_element("a").ok().map(JsCast::unchecked_into::<HtmlAnchorElement>);
    let (Some(anchor), Ok(address)) = (anchor, Url::create_object_url_with_blob(file)) else { return };
    anchor.set_href(&address);
    anchor.set_download(&format!("gradfeat-{}.safetensors", mode.name()));
    anchor.click();
    // The browser has taken hold of the file by then.
    let _ = Url::revoke_object_url(&address);
}
