//! Buffers that a thread uses again: what they hold at first is left over, and so costs no pass over memory.

use std::{
    cell::RefCell,
    ops::{Deref, DerefMut},
};

thread_local! {
    static UNUSED: RefCell<Vec<Vec<f32>>> = const { RefCell::new(vec![]) };
}

/// So many numbers, to be written before they are read. When it is dropped, its memory is its thread's for the next.
pub struct Scratch {
    numbers: Vec<f32>,
    length: usize,
}

impl Scratch {
    /// Of some length, with anything in it.
    pub fn new(length: usize) -> Self {
        let mut numbers = UNUSED.with_borrow_mut(Vec::pop).unwrap_or_default();
        if numbers.len() < length {
            numbers.resize(length, 0.0);
        }
        Self { numbers, length }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let numbers = std::mem::take(&mut self.numbers);
        // While a thread ends there is nobody to keep it for.
        UNUSED.try_with(|unused| unused.borrow_mut().push(numbers)).ok();
    }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.numbers[..self.length]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.numbers[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_one_has_the_memory_of_the_last_and_its_own_length() {
        let mut first = Scratch::new(5);
        first.fill(3.0);
        let place = first.as_ptr();
        let other = Scratch::new(2);
        assert_ne!(other.as_ptr(), place, "two at once are apart");
        drop(other);
        drop(first);
        let next = Scratch::new(4);
        assert_eq!((next.len(), next.as_ptr()), (4, place));
        assert_eq!(&*next, [3.0; 4], "nothing was cleared");
    }
}
