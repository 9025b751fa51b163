//! Test images to choose from, each marked right or wrong under the chosen model where that is known. A group of them
//! is one tab stop; the arrow keys move within.

use super::ClaimState;
use crate::{
    choice::Choice,
    gallery::{Gallery, Index, Loaded, Tile},
    parts::focus::{children, focus},
    say,
    selection::Selection,
};
use leptos::{ev::KeyboardEvent, html, prelude::*};
use std::ops::Range;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The first sheet.
#[component]
pub fn FirstSheet() -> impl IntoView {
    let gallery = expect_context::<Gallery>();
    view! {
        <div class="gallery first-sheet">
            {move || match gallery.index.get() {
                Loaded::Waiting => view! { <p class="note">{say::gallery_loading()}</p> }.into_any(),
                Loaded::Failed(error) => failed(gallery, &error).into_any(),
                Loaded::Ready(index) => view! { <Tiles index sheets=Signal::stored(0..1) group=NodeRef::new() /> }.into_any(),
            }}
        </div>
    }
}

fn failed(gallery: Gallery, error: &str) -> impl IntoView {
    view! {
        <p class="error" role="alert">{say::gallery_failed(error)}</p>
        <button class="retry" on:click=move |_| gallery.load()>{say::try_again()}</button>
    }
}

/// The other sheets, one by one when they are asked for.
#[component]
pub fn MoreSheets() -> impl IntoView {
    let gallery = expect_context::<Gallery>();
    move || match gallery.index.get() {
        Loaded::Ready(index) => view! { <OpenSheets index /> }.into_any(),
        _ => ().into_any(),
    }
}

#[component]
fn OpenSheets(index: Index) -> impl IntoView {
    let gallery = expect_context::<Gallery>();
    let group = NodeRef::<html::Div>::new();
    let sheets = index.sheets();
    let open = Memo::new(move |_| gallery.open_sheets.get().min(sheets));
    let index = StoredValue::new(index);
    let more = move |_| {
        gallery.open_sheets.update(|open| *open += 1);
        focus_first_of_sheet(group, gallery.open_sheets.get_untracked() - 1);
    };
    let is_more_open = move || open.get() > 1;
    view! {
        <div class="gallery">
            <Show when=is_more_open>
                <Tiles index=index.get_value() sheets=Signal::derive(move || 1..open.get()) group />
            </Show>
            <Show when=move || open.get() < sheets>
                <button class="more" data-testid="gallery-more" on:click=more>{say::gallery_more()}</button>
            </Show>
        </div>
    }
}

/// The images of some sheets.
#[component]
fn Tiles(index: Index, sheets: Signal<Range<usize>>, group: NodeRef<html::Div>) -> impl IntoView {
    let selection = expect_context::<Selection>();
    let chosen = Memo::new(move |_| selection.choice.with(chosen_tile));
    let first = index.tiles(sheets.get_untracked().start).first().map(|tile| tile.index);
    // The one button that Tab reaches: the chosen image's, or else the first.
    let tab_stop = Memo::new(move |_| match chosen.get() {
        Some((sheet, image)) if sheets.get().contains(&sheet) => Some(image),
        _ => first,
    });
    let chosen = Memo::new(move |_| chosen.get().map(|(_, image)| image));
    view! {
        <div
            class="tiles"
            role="group"
            aria-label=say::gallery_keys()
            node_ref=group
            on:keydown=move |event| move_focus(&event, group)
        >
            <For each=move || sheets.get() key=|sheet| *sheet let:sheet>
                {index.tiles(sheet).into_iter().map(|tile| tile_button(selection, tile, chosen, tab_stop)).collect_view()}
            </For>
        </div>
    }
}

fn chosen_tile(choice: &Option<Choice>) -> Option<(usize, u32)> {
    match choice {
        Some(Choice::Tile(tile)) => Some((tile.sheet, tile.index)),
        _ => None,
    }
}

fn tile_button(
    selection: Selection,
    tile: Tile,
    chosen: Memo<Option<u32>>,
    tab_stop: Memo<Option<u32>>,
) -> impl IntoView {
    let mode = expect_context::<ClaimState>().mode;
    let index = tile.index;
    let style = tile.style();
    let sheet = tile.sheet.to_string();
    let judged = tile.clone();
    let right = Memo::new(move |_| selection.is_right(&judged, mode.get()));
    let class = say::class(tile.label);
    let name = Memo::new(move |_| match right.get() {
        None => say::gallery_tile(&class, index),
        Some(true) => say::gallery_right(&class, index),
        Some(false) => say::gallery_wrong(&class, index),
    });
    let pressed = move || if chosen.get() == Some(index) { "true" } else { "false" };
    let tabindex = move || if tab_stop.get() == Some(index) { "0" } else { "-1" };
    view! {
        <button
            class="tile"
            data-testid="gallery-item"
            data-index=index.to_string()
            data-sheet=sheet
            style=style
            data-right=move || right.get().map(|right| right.to_string())
            aria-label=name
            title=name
            aria-pressed=pressed
            tabindex=tabindex
            on:click=move |_| selection.choose_tile(tile.clone())
        ></button>
    }
}

/// Moves the focus among the tiles with the arrow keys, Home and End.
fn move_focus(event: &KeyboardEvent, group: NodeRef<html::Div>) {
    let Some(group) = group.get_untracked() else { return };
    let tiles: Vec<HtmlElement> = children(&group);
    let focused = document().active_element();
    let Some(at) = tiles.iter().position(|tile| focused.as_ref() == Some(tile.as_ref())) else { return };
    let row = tiles.iter().take_while(|tile| tile.offset_top() == tiles[0].offset_top()).count();
    let to = match event.key().as_str() {
        "ArrowLeft" => at.checked_sub(1),
        "ArrowRight" => Some(at + 1),
        "ArrowUp" => at.checked_sub(row),
        "ArrowDown" => Some(at + row),
        "Home" => Some(0),
        "End" => Some(tiles.len() - 1),
        _ => return,
    };
    event.prevent_default();
    if let Some(tile) = to.and_then(|to| tiles.get(to)) {
        focus(tile);
    }
}

/// Puts the focus on a sheet's first tile once it is there.
fn focus_first_of_sheet(group: NodeRef<html::Div>, sheet: usize) {
    request_animation_frame(move || {
        let first = group
            .get_untracked()
            .and_then(|group| group.query_selector(&format!("[data-sheet='{sheet}']")).ok().flatten());
        if let Some(first) = first {
            focus(first.unchecked_ref());
        }
    });
}
