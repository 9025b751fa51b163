//! An image from the visitor's camera, which is on only for as long as its picture is on show.

use crate::{canvas, parts::section::Section, say, selection::Selection};
use leptos::{html, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, HtmlVideoElement, MediaStream, MediaStreamConstraints, MediaStreamTrack};

/// The section.
pub const SECTION: Section = Section { set_up: || (), view: || view! { <Camera /> }.into_any() };

/// The button that turns the camera on, and then its picture.
#[component]
fn Camera() -> impl IntoView {
    let selection = expect_context::<Selection>();
    let stream = RwSignal::new_local(None::<MediaStream>);
    let asking = RwSignal::new(false);
    let video = NodeRef::<html::Video>::new();
    Effect::new(move |_| {
        if let Some(video) = video.get() {
            video.set_src_object(stream.get().as_ref());
        }
    });
    on_cleanup(move || stop(stream));
    let start = move |_| {
        asking.set(true);
        spawn_local(async move {
            match open().await {
                Ok(opened) => stream.set(Some(opened)),
                Err(error) => selection.upload_error.set(Some(explain(&error).to_owned())),
            }
            asking.set(false);
        });
    };
    let take_picture = move |_| match video.get_untracked().map(|video| take(selection, &video)) {
        Some(true) => stop(stream),
        _ => selection.upload_error.set(Some(say::camera_nothing().to_owned())),
    };
    view! {
        <div class="camera">
            <Show
                when=move || stream.with(Option::is_some)
                fallback=move || view! {
                    <button data-testid="camera-start" disabled=move || asking.get() on:click=start>{say::camera_start()}</button>
                }
            >
                <video node_ref=video autoplay muted playsinline data-testid="camera-video" aria-label=say::camera_video()></video>
                <button data-testid="camera-take" on:click=take_picture>{say::camera_take()}</button>
                <button data-testid="camera-stop" on:click=move |_| stop(stream)>{say::camera_stop()}</button>
            </Show>
        </div>
    }
}

async fn open() -> Result<MediaStream, JsValue> {
    // Absent where the page is not served securely, whatever its type says.
    let devices = js_sys::Reflect::get(&window().navigator(), &"mediaDevices".into())?;
    if devices.is_undefined() {
        return Err(JsValue::UNDEFINED);
    }
    let wanted = MediaStreamConstraints::new();
    wanted.set_video(&JsValue::TRUE);
    let devices: web_sys::MediaDevices = devices.unchecked_into();
    Ok(JsFuture::from(devices.get_user_media_with_constraints(&wanted)?).await?.unchecked_into())
}

/// Why there is no camera, and what to do.
fn explain(error: &JsValue) -> &'static str {
    let name = error.dyn_ref::<DomException>().map(DomException::name).unwrap_or_default();
    match name.as_str() {
        "NotAllowedError" => say::camera_forbidden(),
        "NotFoundError" => say::camera_none(),
        "NotReadableError" => say::camera_taken(),
        _ => say::camera_unavailable(),
    }
}

fn stop(stream: RwSignal<Option<MediaStream>, LocalStorage>) {
    let stopped = stream.try_update(Option::take).flatten();
    for track in stopped.iter().flat_map(|stream| stream.get_tracks().to_vec()) {
        track.unchecked_into::<MediaStreamTrack>().stop();
    }
}

/// Offers the square at the centre of what the camera sees; whether it shows anything.
fn take(selection: Selection, video: &HtmlVideoElement) -> bool {
    let (width, height) = (video.video_width(), video.video_height());
    let side = width.min(height);
    let canvas = document().create_element("canvas").map(JsCast::unchecked_into::<web_sys::HtmlCanvasElement>);
    let (Ok(canvas), true) = (canvas, side > 0) else { return false };
    canvas.set_width(side);
    canvas.set_height(side);
    let Some(context) = canvas::context(&canvas) else { return false };
    let (left, top) = (f64::from(width - side) / -2.0, f64::from(height - side) / -2.0);
    let drawn = context.draw_image_with_html_video_element(video, left, top).is_ok();
    canvas::to_file(&canvas, say::camera_file(), move |file| selection.offer(file));
    drawn
}
