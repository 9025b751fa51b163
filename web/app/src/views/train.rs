//! Training: the four models side by side on a few images, with the visitor's own classes if there are any.

use super::{Deeper, choice::Image, formula, select::Select, title};
use crate::{
    browser,
    choice::Choice,
    say,
    settings::SCOPES,
    state::State,
    training::{OwnClass, Phase},
};
use leptos::{html, prelude::*, task::spawn_local};
use protocol::{
    messages::Source,
    numbers::percent,
    training::{Course, MOST_IMAGES, Mark, path},
};
use vocabulary::Mode;
use vocabulary::classes::CIFAR10;
use web_sys::{File, HtmlInputElement};

/// Points of a loss curve.
const POINTS: usize = 100;

/// What the curves run along.
#[derive(Clone, Copy, PartialEq)]
enum Axis {
    Steps,
    Seconds,
}

/// The section.
#[component]
pub fn TrainView() -> impl IntoView {
    let state = expect_context::<State>();
    let training = state.training;
    reset_on_change(state);
    let step = move || training.course.with(|course| course.taken.len().to_string());
    let steps = move || training.course.with(|course| course.steps.to_string());
    view! {
        <section
            class="train"
            id="train"
            aria-labelledby="train-title"
            data-testid="train"
            data-phase=move || training.phase.with(Phase::name)
            data-step=step
            data-steps=steps
            data-playing=move || training.playing.get().to_string()
        >
            <h2 id="train-title">{say::train_title()}</h2>
            <p class="lead" inner_html=say::train_lead()></p>
            <Deeper text=say::train_deeper() />
            <Classes />
            <OwnClasses />
            <Settings />
            <Controls />
            <Curves />
            <Models />
            <p class="note">{say::train_note()}</p>
        </section>
    }
}

/// A lesson is of its settings: when they change, it is over.
fn reset_on_change(state: State) {
    let (settings, training) = (state.settings, state.training);
    let set = Memo::new(move |_| {
        let numbers = (settings.images.get(), settings.steps.get(), settings.seed.get());
        (settings.classes.get(), settings.train_scope.get(), numbers, training.own.get())
    });
    Effect::new(move |before: Option<()>| {
        // A memo that nobody reads is never computed.
        set.with(|_| ());
        if before.is_some() {
            untrack(|| training.reset());
        }
    });
}

/// Which classes of CIFAR-10.
#[component]
fn Classes() -> impl IntoView {
    let classes = expect_context::<State>().settings.classes;
    let option = move |label: usize| {
        let changed = move |event| classes.update(|classes| classes.0[label] = event_target_checked(&event));
        view! {
            <label>
                <input
                    type="checkbox"
                    data-testid="train-class"
                    data-class=label.to_string()
                    prop:checked=move || classes.get().0[label]
                    on:change=changed
                />
                {say::class(label)}
            </label>
        }
    };
    view! {
        <fieldset class="scopes">
            <legend>{say::train_classes()}</legend>
            {(0..CIFAR10.len()).map(option).collect_view()}
        </fieldset>
    }
}

/// Classes with images of the visitor's own.
#[component]
fn OwnClasses() -> impl IntoView {
    let training = expect_context::<State>().training;
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
    let state = expect_context::<State>();
    let training = state.training;
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
                read_into(state, name.clone(), file);
            }
            input.set_value("");
        }
    };
    let add_chosen = {
        let name = name.clone();
        move |_| {
            if let Some(choice) = state.choice.get_untracked() {
                training.add_image(state, name.clone(), choice.source());
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

fn read_into(state: State, class: String, file: File) {
    spawn_local(async move {
        match browser::read_file(&file).await {
            Ok(bytes) => state.training.add_image(state, class, Source::File(bytes)),
            Err(_) => state.training.note.set(Some(say::upload_unreadable(file.name()))),
        }
    });
}

/// How the lesson goes.
#[component]
fn Settings() -> impl IntoView {
    let settings = expect_context::<State>().settings;
    let plain = |numbers: &[usize]| numbers.iter().map(|number| (*number, number.to_string())).collect::<Vec<_>>();
    let seed = move |event| {
        if let Ok(seed) = event_target_value(&event).parse() {
            settings.seed.set(seed);
        }
    };
    view! {
        <div class="controls">
            <Select label=say::images_a_class() testid="train-images" setting=settings.images options=plain(&[2, 5, 10, 20, 50, 80, MOST_IMAGES]) />
            <Select label=say::train_scope() testid="train-scope" setting=settings.train_scope options=SCOPES.map(|scope| (scope, scope.to_string())).to_vec() />
            <Select label=say::train_steps() testid="train-steps" setting=settings.steps options=plain(&[5, 50, 100, 200, 500, 1000, 2000]) />
            <Select label=say::train_speed() testid="train-speed" setting=settings.speed options=plain(&[1, 2, 4, 10, 50]) />
            <label class="select">
                <span>{say::seed()}</span>
                <input type="number" min="0" max="999999" data-testid="train-seed" prop:value=move || settings.seed.get().to_string() on:change=seed />
            </label>
        </div>
    }
}

/// Play, pause, step, reset, load.
#[component]
fn Controls() -> impl IntoView {
    let state = expect_context::<State>();
    let training = state.training;
    let playing = training.playing;
    let toggle = move |_| if playing.get_untracked() { training.pause() } else { training.play(state) };
    let is_over = move || training.phase.with(|phase| *phase == Phase::Done);
    let chosen = move |event| {
        let input: HtmlInputElement = event_target(&event);
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            training.load(state, file.into());
        }
        input.set_value("");
    };
    view! {
        <div class="controls upload">
            <button data-testid="train-play" prop:disabled=is_over on:click=toggle>
                {move || if playing.get() { say::train_pause() } else { say::train_play() }}
            </button>
            <button data-testid="train-step" prop:disabled=is_over on:click=move |_| training.step(state)>{say::train_step()}</button>
            <button data-testid="train-reset" on:click=move |_| training.reset()>{say::train_reset()}</button>
            <label>
                <input type="file" accept=".safetensors" data-testid="train-load" on:change=chosen />
                <span class="upload-button">{say::train_load()}</span>
            </label>
        </div>
        <p class="note phase-note" role="status" data-testid="train-status">{move || status(state)}</p>
        {move || training.note.get().map(|note| view! { <p class="error" role="alert" data-testid="train-note">{note}</p> })}
    }
}

/// Where the lesson stands, said seldom enough to be listened to.
fn status(state: State) -> String {
    match state.training.phase.get() {
        Phase::Idle => say::train_idle().to_owned(),
        // In quarters: every change is read out.
        Phase::Preparing(share) => say::train_preparing((share * 4.0) as u32 * 25),
        Phase::Learning if state.training.playing.get() => say::train_learning().to_owned(),
        Phase::Learning => say::train_paused().to_owned(),
        Phase::Done => say::train_done().to_owned(),
        Phase::Failed(message) => message,
    }
}

/// Loss and held-out accuracy, by step or by second.
#[component]
fn Curves() -> impl IntoView {
    let state = expect_context::<State>();
    let (course, steps) = (state.training.course, state.settings.steps);
    let axis = RwSignal::new(Axis::Steps);
    let button = move |value, name, testid| {
        let pressed = move || (axis.get() == value).to_string();
        view! { <button data-testid=testid aria-pressed=pressed on:click=move |_| axis.set(value)>{name}</button> }
    };
    let right = Memo::new(move |_| course.with(|course| right(course, axis.get(), steps.get())));
    let end = move || match axis.get() {
        Axis::Steps => say::train_end_steps(right.get() as u32),
        Axis::Seconds => say::train_end_seconds(right.get().ceil() as u32),
    };
    let top = Memo::new(move |_| {
        course.with(|course| {
            (0..4).flat_map(|mode| course.losses(mode, POINTS)).fold(0.1, |top: f32, (_, loss)| top.max(loss))
        })
    });
    let loss = move |mode: usize| {
        course
            .with(|course| path(along(course, axis.get(), mode, &course.losses(mode, POINTS)), right.get(), top.get()))
    };
    let held = move |mode: usize| {
        course.with(|course| {
            let points: Vec<(usize, f32)> = course.marks.iter().map(|mark| (mark.step, mark.held[mode])).collect();
            path(along(course, axis.get(), mode, &points), right.get(), 1.0)
        })
    };
    let paths = |path: Box<dyn Fn(usize) -> String + Send + Sync>| {
        let path = std::sync::Arc::new(path);
        (0..4)
            .map(|mode| {
                let path = path.clone();
                view! { <path class=Mode::ALL[mode].name() d=move || path(mode) /> }
            })
            .collect_view()
    };
    let key = |mode: Mode| view! { <span><i class=format!("swatch {}", mode.name())></i>{title(mode)}</span> };
    view! {
        <div class="curves-head">
            <div class="legend">{Mode::ALL.iter().copied().map(key).collect_view()}</div>
            <div class="zoom" role="group" aria-label=say::train_axis()>
                {button(Axis::Steps, say::train_by_steps(), "train-by-steps")}
                {button(Axis::Seconds, say::train_by_seconds(), "train-by-seconds")}
            </div>
        </div>
        <div class="curves">
            <figure>
                <figcaption>{say::train_losses()}</figcaption>
                <div class="curve">
                    {ticks(move || [format!("{:.1}", top.get()), "0".to_owned()])}
                    <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label=say::train_losses_label()>
                        {paths(Box::new(loss))}
                    </svg>
                </div>
                <div class="ticks" aria-hidden="true"><span>"0"</span><span>{end}</span></div>
            </figure>
            <figure>
                <figcaption>{say::train_accuracies()}</figcaption>
                <div class="curve">
                    {ticks(|| [100, 50, 0].map(|share| format!("{share}\u{a0}%")))}
                    <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label=say::train_accuracies_label()>
                        <path class="grid" d="M0 250H1000M0 500H1000M0 750H1000" />
                        {paths(Box::new(held))}
                    </svg>
                </div>
                <div class="ticks" aria-hidden="true"><span>"0"</span><span>{end}</span></div>
            </figure>
        </div>
    }
}

/// Numbers beside a curve, from the top down, evenly spaced.
fn ticks<const N: usize>(numbers: impl Fn() -> [String; N] + Send + 'static) -> impl IntoView {
    let ticks = move || {
        let place = |at: usize| format!("top:{}%", 100 * at / (N - 1));
        numbers()
            .into_iter()
            .enumerate()
            .map(|(at, number)| view! { <span style=place(at)>{number}</span> })
            .collect_view()
    };
    view! { <div class="plot-ticks" aria-hidden="true">{ticks}</div> }
}

/// Where the curves end; `steps` are those that were asked for.
fn right(course: &Course, axis: Axis, steps: usize) -> f32 {
    match axis {
        Axis::Steps if course.steps == 0 => steps as f32,
        Axis::Steps => course.steps as f32,
        Axis::Seconds => (0..4).map(|mode| course.seconds(course.taken.len(), mode)).fold(1e-3, f32::max),
    }
}

/// Points by step, along an axis.
fn along(course: &Course, axis: Axis, mode: usize, points: &[(usize, f32)]) -> impl Iterator<Item = (f32, f32)> {
    points.iter().map(move |&(step, value)| match axis {
        Axis::Steps => (step as f32, value),
        Axis::Seconds => (course.seconds(step, mode), value),
    })
}

/// What every model reaches, in numbers.
#[component]
fn Models() -> impl IntoView {
    let rows = (0..4).map(|mode| view! { <Model mode /> }).collect_view();
    view! {
        <div class="table" tabindex="0" role="region" aria-label=say::train_table()>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{say::train_column_model()}</th>
                        <th scope="col">{say::train_column_fitted()}</th>
                        <th scope="col">{say::train_column_held()}</th>
                        <th scope="col">{say::train_column_loss()}</th>
                        <th scope="col">{say::train_column_seconds()}</th>
                        <th scope="col"><span class="visually-hidden">{say::train_column_file()}</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// One row.
#[component]
fn Model(mode: usize) -> impl IntoView {
    let state = expect_context::<State>();
    let course = state.training.course;
    let share = move |number: fn(&Mark) -> [f32; 4]| {
        course.with(|course| course.marks.last().map(|mark| number(mark)[mode])).filter(|share| share.is_finite())
    };
    let shown = |share: Option<f32>| share.map_or_else(|| "–".to_owned(), |share| percent(f64::from(share)));
    let (fitted, held) = (move || share(|mark| mark.fitted), move || share(|mark| mark.held));
    let last = move |number: fn(&protocol::training::Step) -> [f32; 4]| {
        course.with(|course| course.taken.last().map(|step| number(step)[mode]))
    };
    let (loss, seconds) = (move || last(|step| step.losses), move || last(|step| step.seconds));
    let text =
        |number: Option<f32>, digits| number.map_or_else(|| "–".to_owned(), |number| format!("{number:.digits$}"));
    let name = Mode::ALL[mode];
    let nothing = move || course.with(|course| course.marks.is_empty());
    view! {
        <tr
            data-testid="train-model"
            data-mode=name.name()
            data-fitted=move || fitted().map(|share| share.to_string())
            data-held=move || held().map(|share| share.to_string())
            data-loss=move || loss().map(|loss| loss.to_string())
            data-seconds=move || seconds().map(|seconds| seconds.to_string())
        >
            <th scope="row">{title(name)}" "<span class="subtitle">{formula(name)}</span></th>
            <td>{move || shown(fitted())}</td>
            <td><strong>{move || shown(held())}</strong></td>
            <td>{move || text(loss(), 3)}</td>
            <td>{move || text(seconds(), 1)}</td>
            <td>
                <button
                    data-testid="train-save"
                    data-mode=name.name()
                    aria-label=say::train_save_model(title(name))
                    prop:disabled=nothing
                    on:click=move |_| state.training.save(state, name)
                >
                    {say::train_save()}
                </button>
            </td>
        </tr>
    }
}
