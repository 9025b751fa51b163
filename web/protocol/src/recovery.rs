//! What to do when the engine stops by itself.

use crate::loading::Backend;

/// Starts in a row, none of which came to anything, after which another of the same kind would be no use.
const MOST_REPEATS: u8 = 3;

/// How the engine is started, and what that says about how to start it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovery {
    /// What it is to run on; the faster one if nothing is asked for.
    pub backend: Option<Backend>,
    /// How often this very start has been repeated.
    repeats: u8,
}

impl Recovery {
    /// A first start.
    pub fn new(backend: Option<Backend>) -> Self {
        Self { backend, repeats: 0 }
    }

    /// The next start after the engine broke, which predicted on the GPU or not; `None` when another would be no use.
    ///
    /// A GPU that worked is tried again, one that never did is not; the CPU always is.
    pub fn next(self, gpu_worked: bool) -> Option<Self> {
        let on_cpu = self.backend == Some(Backend::Cpu);
        match self {
            Self { backend, repeats } if repeats < MOST_REPEATS && (on_cpu || gpu_worked) => {
                Some(Self { backend, repeats: repeats + 1 })
            }
            _ if on_cpu => None,
            _ => Some(Self::new(Some(Backend::Cpu))),
        }
    }

    /// The start has come to something: it counts as the first.
    pub fn proved(&mut self) {
        self.repeats = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON_CPU: Option<Backend> = Some(Backend::Cpu);
    /// What the address may ask for, without the CPU.
    const MAY_BE_GPU: [Option<Backend>; 2] = [None, Some(Backend::Webgpu)];

    /// The starts after `first` when each breaks, and the GPU `worked` or not.
    fn chain(first: Recovery, worked: bool) -> impl Iterator<Item = Recovery> {
        std::iter::successors(first.next(worked), move |start| start.next(worked))
    }

    #[test]
    fn a_gpu_that_worked_is_tried_a_few_times_before_the_cpu() {
        for backend in MAY_BE_GPU {
            let starts = chain(Recovery::new(backend), true).take_while(|start| start.backend == backend);
            assert_eq!(starts.count(), 3);
        }
    }

    #[test]
    fn a_gpu_that_comes_to_something_is_taken_up_again_however_often_it_is_lost() {
        let mut start = Recovery::new(None);
        for _ in 0..50 {
            start = start.next(true).unwrap();
            start.proved();
        }
        assert_eq!(start.backend, None);
    }

    #[test]
    fn a_gpu_that_never_worked_is_not_tried_again() {
        for backend in MAY_BE_GPU {
            assert_eq!(Recovery::new(backend).next(false), Some(Recovery::new(ON_CPU)));
        }
    }

    #[test]
    fn every_chain_of_failures_ends() {
        for worked in [false, true] {
            assert!(chain(Recovery::new(None), worked).take(10).count() < 10);
        }
    }
}
