//! The visitor's own classes.

use super::LiveTraining;
use crate::{say, words};
use leptos::prelude::*;
use protocol::{
    messages::Source,
    training::{Classes, ToTrainer},
    trouble::Trouble,
};
use vocabulary::classes::CIFAR10;

/// A class of the visitor's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnClass {
    /// Its name.
    pub name: String,
    /// Its images, planar.
    pub images: Vec<Vec<u8>>,
}

impl LiveTraining {
    /// Adds a class of the visitor's own, unless there is one of that name.
    pub fn add_class(self, name: &str) {
        let name = name.trim().to_owned();
        let is_taken = CIFAR10.contains(&name.as_str())
            || self.own.with_untracked(|own| own.iter().any(|class| class.name == name));
        match (name.is_empty(), is_taken) {
            (true, _) => self.note.set(Some(say::train_no_name().to_owned())),
            (_, true) => self.note.set(Some(say::train_taken(name))),
            _ => self.own.update(|own| own.push(OwnClass { name, images: Vec::new() })),
        }
    }

    /// Removes a class of the visitor's own.
    pub fn remove_class(self, name: &str) {
        self.own.update(|own| own.retain(|class| class.name != name));
    }

    /// Gives one of the visitor's own classes another image, once the engine has read it.
    pub fn add_image(self, class: String, source: Source) {
        let id = self.id.get_value();
        self.reading.update_value(|reading| reading.push(class));
        if !self.send(ToTrainer::Read { id, source }) {
            self.reading.update_value(Vec::clear);
            self.note.set(Some(say::engine_not_ready().to_owned()));
        }
    }

    /// Sets the classes by their names. Those that are not of CIFAR-10 are the visitor's own, and keep their images.
    pub(super) fn set_classes(self, names: &[String]) {
        let known = std::array::from_fn(|label| names.iter().any(|name| name == CIFAR10[label]));
        self.classes.set(Classes(known));
        let own = names.iter().filter(|name| !CIFAR10.contains(&name.as_str()));
        self.own.update(|before| {
            let images = |name: &String| before.iter().find(|class| class.name == *name).cloned();
            let none = |name: &String| OwnClass { name: name.clone(), images: Vec::new() };
            *before = own.map(|name| images(name).unwrap_or_else(|| none(name))).collect();
        });
    }

    pub(super) fn read(self, image: &Result<Vec<u8>, Trouble>) {
        // The engine answers in the order in which it is asked.
        let class = self.reading.try_update_value(|reading| (!reading.is_empty()).then(|| reading.remove(0))).flatten();
        match (class, image) {
            (Some(class), Ok(pixels)) => self.own.update(|own| {
                if let Some(class) = own.iter_mut().find(|own| own.name == class) {
                    class.images.push(pixels.clone());
                }
            }),
            (_, Err(trouble)) => self.note.set(Some(say::sentence(words::trouble(trouble)))),
            (None, Ok(_)) => {}
        }
    }
}
