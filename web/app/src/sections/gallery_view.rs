//! Real test images to choose from. One tab stop; the arrow keys move within.

use crate::{
    choice::Choice,
    gallery::{Gallery, Index, Loaded, Tile},
    parts::focus::{children, focus},
    say,
    selection::Selection,
};
use leptos::{ev::KeyboardEvent, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The gallery: the first sheet at once, the others when they are asked for.
#[component]
pub fn GalleryView() -> impl IntoView {
    let gallery = expect_context::<Gallery>();
    view! {
        <div class="gallery">
            {move || match gallery.index.get() {
                Loaded::Waiting => view! { <p class="note">{say::gallery_loading()}</p> }.into_any(),
                Loaded::Failed(error) => failed(gallery, &error).into_any(),
                Loaded::Ready(index) => view! { <Sheets index /> }.into_any(),
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

#[component]
fn Sheets(index: Index) -> impl IntoView {
    let (gallery, selection) = (expect_context::<Gallery>(), expect_context::<Selection>());
    let group = NodeRef::<html::Div>::new();
    let sheets = index.sheets();
    let chosen = Memo::new(move |_| selection.choice.with(chosen_index));
    let first = index.tiles(0).first().map(|tile| tile.index);
    // The one button that Tab reaches: the chosen image's, or else the first.
    let tab_stop = Memo::new(move |_| chosen.get().or(first));
    let more = move |_| {
        gallery.open_sheets.update(|open| *open += 1);
        focus_first_of_sheet(group, gallery.open_sheets.get_untracked() - 1);
    };
    view! {
        <div
            class="tiles"
            role="group"
            aria-label=say::gallery_keys()
            node_ref=group
            on:keydown=move |event| move_focus(&event, group)
        >
            <For each=move || 0..gallery.open_sheets.get().min(sheets) key=|sheet| *sheet let:sheet>
                {index.tiles(sheet).into_iter().map(|tile| tile_button(selection, tile, chosen, tab_stop)).collect_view()}
            </For>
        </div>
        <Show when=move || gallery.open_sheets.get() < sheets>
            <button class="more" data-testid="gallery-more" on:click=more>{say::gallery_more()}</button>
        </Show>
    }
}

fn chosen_index(choice: &Option<Choice>) -> Option<u32> {
    match choice {
        Some(Choice::Tile(tile)) => Some(tile.index),
        _ => None,
    }
}

fn tile_button(
    selection: Selection,
    tile: Tile,
    chosen: Memo<Option<u32>>,
    tab_stop: Memo<Option<u32>>,
) -> impl IntoView {
    let index = tile.index;
    let style = tile.style();
    let sheet = tile.sheet.to_string();
    let name = say::gallery_tile(say::class(tile.label), index);
    let title = name.clone();
    let pressed = move || if chosen.get() == Some(index) { "true" } else { "false" };
    let tabindex = move || if tab_stop.get() == Some(index) { "0" } else { "-1" };
    view! {
        <button
            class="tile"
            data-testid="gallery-item"
            data-index=index.to_string()
            data-sheet=sheet
            style=style
            aria-label=name
            title=title
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
