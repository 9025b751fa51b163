//! What comes behind the first look: the list of sections. It is a program of its own, which `web/split` makes of all
//! that is used only from here, so that the first one is small and there at once.

use crate::{
    engine::Engine,
    logit::Logit,
    parts::section::Section,
    say,
    sections::{appendix, camera, drawing_canvas, gradient, linearization, live_training, tour},
    selection::Selection,
};
use leptos::{
    prelude::*,
    reactive::owner::Owner,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

/// What the first program knows of the second.
pub struct Program {
    /// Listens to the engine, and provides what these sections share.
    set_up: fn(),
    /// Starts the engine.
    start_engine: fn(Engine),
    /// Other sources of images than the gallery and files.
    sources: [Section; 2],
    /// The gradient.
    gradient: Section,
    /// The network against its linearization.
    line: Section,
    /// Live training.
    train: Section,
    /// What goes deeper.
    appendix: Section,
    /// The guided tour.
    tour: Section,
}

static PROGRAM: Program = Program {
    set_up,
    start_engine: Engine::start,
    sources: [camera::SECTION, drawing_canvas::SECTION],
    gradient: gradient::SECTION,
    line: linearization::SECTION,
    train: live_training::SECTION,
    appendix: appendix::SECTION,
    tour: tour::SECTION,
};

/// A section's id, and its name for people.
pub type Link = (&'static str, fn() -> &'static str);

/// The sections that the page's contents name, by their ids and their names.
pub const CONTENTS: [Link; 5] = [
    ("gradient", say::to_gradient),
    ("predictions", say::to_predictions),
    ("line", say::to_line),
    ("train", say::to_train),
    ("appendix", say::to_appendix),
];

fn set_up() {
    let selection = expect_context::<Selection>();
    selection.listen();
    provide_context(Logit::new(selection));
}

/// Loads the second program, once.
#[wasm_split(later, wasm_split_path = leptos::wasm_split, fallible)]
pub fn program() -> Result<&'static Program, SplitLoaderError> {
    Ok(&PROGRAM)
}

impl Program {
    /// Makes the sections' states, in the order of the data: a section finds those before it.
    fn set_up(&self) {
        (self.set_up)();
        let story = [&self.gradient, &self.line, &self.train, &self.appendix, &self.tour];
        for section in self.sources.iter().chain(story) {
            (section.set_up)();
        }
    }

    /// Other sources of images than the gallery and files.
    pub fn sources(&self) -> AnyView {
        shown(&self.sources)
    }

    /// The gradient.
    pub fn gradient(&self) -> AnyView {
        (self.gradient.view)()
    }

    /// The network against its linearization.
    pub fn line(&self) -> AnyView {
        (self.line.view)()
    }

    /// Live training.
    pub fn train(&self) -> AnyView {
        (self.train.view)()
    }

    /// What goes deeper.
    pub fn appendix(&self) -> AnyView {
        (self.appendix.view)()
    }

    /// The guided tour.
    pub fn tour(&self) -> AnyView {
        (self.tour.view)()
    }
}

fn shown(sections: &[Section]) -> AnyView {
    sections.iter().map(|section| (section.view)()).collect_view().into_any()
}

/// The second program as far as it has come: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Later {
    /// The program, once it is there and set up.
    pub program: RwSignal<Option<&'static Program>>,
    engine: Engine,
    /// The page, to which the sections' states belong.
    owner: StoredValue<Option<Owner>>,
}

impl Later {
    /// Not loaded yet.
    pub fn new(engine: Engine) -> Self {
        Self { program: RwSignal::new(None), engine, owner: StoredValue::new(Owner::current()) }
    }

    /// Loads the program, unless it is there, and has it start the engine.
    pub fn start(self) {
        self.engine.reset();
        spawn_local(async move {
            match program().await {
                Ok(program) => {
                    self.take(program);
                    (program.start_engine)(self.engine);
                }
                Err(_) => self.engine.fail(say::later_failed().to_owned()),
            }
        });
    }

    fn take(self, program: &'static Program) {
        if self.program.with_untracked(Option::is_none)
            && let Some(owner) = self.owner.get_value()
        {
            owner.with(|| program.set_up());
            self.program.set(Some(program));
        }
    }
}
