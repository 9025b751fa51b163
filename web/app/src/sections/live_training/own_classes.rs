//! Classes with images of the visitor's own.

use crate::{
    browser,
    choice::Choice,
    parts::image::Image,
    say,
    sections::live_training::state::{LiveTraining, OwnClass},
    selection::Selection,
};
use leptos::{html, prelude::*, task::spawn_local};
use protocol::messages::Source;
use web_sys::{File, HtmlInputElement};

/// Classes with images of the visitor's own.
#[component]
pub fn OwnClasses() -> impl IntoView {
    let training = expect_context::<LiveTraining>();
    let name = NodeRef::<html::Input>::new();
    let add = move || {
        if let Some(name) = name.get_untracked() {
            training.add_class(&name.value());
            name.set_value("");
        }
    };
    let submitted = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        add();
    };
    let names =
        Memo::new(move |_| training.own.with(|own| own.iter().map(|class| class.name.clone()).collect::<Vec<_>>()));
    view! {
        <form class="controls" on:submit=submitted>
            <label class="select">
                <span>{say::train_own()}</span>
                <input type="text" maxlength="40" placeholder=say::train_own_example() data-testid="train-name" node_ref=name />
            </label>
            <button data-testid="train-add-class">{say::train_add_class()}</button>
        </form>
        {move || names.get().into_iter().map(|name| view! { <Own name /> }).collect_view()}
    }
}

/// One of them.
#[component]
fn Own(name: String) -> impl IntoView {
    let (training, selection) = (expect_context::<LiveTraining>(), expect_context::<Selection>());
    let own = {
        let name = name.clone();
        Memo::new(move |_| {
            training
                .own
                .with(|own| own.iter().find(|class| class.name == name).cloned())
                .unwrap_or(OwnClass { name: String::new(), images: Vec::new() })
        })
    };
    let taken = {
        let name = name.clone();
        move |event| {
            let input: HtmlInputElement = event_target(&event);
            let files = input.files();
            let count = files.as_ref().map_or(0, |files| files.length());
            for file in (0..count).filter_map(|at| files.as_ref()?.get(at)) {
                read_into(training, name.clone(), file);
            }
            input.set_value("");
        }
    };
    let add_chosen = {
        let name = name.clone();
        move |_| {
            if let Some(choice) = selection.choice.get_untracked() {
                training.add_image(name.clone(), choice.source());
            }
        }
    };
    let remove = {
        let name = name.clone();
        move |_| training.remove_class(&name)
    };
    let image = |pixels: Vec<u8>| {
        view! { <Image choice=Choice::Upload { name: String::new(), bytes: Vec::new(), pixels, notes: Vec::new() } /> }
    };
    view! {
        <div class="own upload" data-testid="train-own" data-count=move || own.get().images.len().to_string()>
            <strong>{name}</strong>
            <span class="note">{move || counted(own.get().images.len())}</span>
            <label>
                <input type="file" accept="image/*" multiple data-testid="train-files" on:change=taken />
                <span class="upload-button">{say::train_files()}</span>
            </label>
            <button type="button" data-testid="train-add-chosen" on:click=add_chosen>{say::train_add_chosen()}</button>
            <button type="button" data-testid="train-remove" on:click=remove>{say::train_remove()}</button>
            <div class="own-images">{move || own.get().images.into_iter().map(image).collect_view()}</div>
        </div>
    }
}

fn counted(images: usize) -> String {
    if images == 1 { say::train_one_image().to_owned() } else { say::train_images(images) }
}

fn read_into(training: LiveTraining, class: String, file: File) {
    spawn_local(async move {
        match browser::read_file(&file).await {
            Ok(bytes) => training.add_image(class, Source::File(bytes)),
            Err(_) => training.note.set(Some(say::upload_unreadable(file.name()))),
        }
    });
}
