//! What to do when the engine stops by itself.

/// Starts in a row, none of which came to anything, after which another of the same kind would be no use.
const MOST_REPEATS: u8 = 3;

/// How the engine is started, and what that says about how to start it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovery {
    /// Leave the GPU alone.
    pub cpu_only: bool,
    /// How often this very start has been repeated.
    repeats: u8,
}

impl Recovery {
    /// A first start.
    pub fn new(cpu_only: bool) -> Self {
        Self { cpu_only, repeats: 0 }
    }

    /// The next start after the engine broke, `was_ready` or not; `None` when another would be no use.
    ///
    /// A GPU that worked is tried again, one that never did is not; the CPU always is.
    pub fn next(self, was_ready: bool) -> Option<Self> {
        match self {
            Self { cpu_only, repeats } if repeats < MOST_REPEATS && (cpu_only || was_ready) => {
                Some(Self { cpu_only, repeats: repeats + 1 })
            }
            Self { cpu_only: false, .. } => Some(Self::new(true)),
            Self { cpu_only: true, .. } => None,
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

    /// The starts after `first` when each breaks, `was_ready` or not.
    fn chain(first: Recovery, was_ready: bool) -> impl Iterator<Item = Recovery> {
        std::iter::successors(first.next(was_ready), move |start| start.next(was_ready))
    }

    #[test]
    fn a_gpu_that_worked_is_tried_a_few_times_before_the_cpu() {
        let on_gpu = chain(Recovery::new(false), true).take_while(|start| !start.cpu_only);
        assert_eq!(on_gpu.count(), 3);
    }

    #[test]
    fn a_gpu_that_comes_to_something_is_taken_up_again_however_often_it_is_lost() {
        let mut start = Recovery::new(false);
        for _ in 0..50 {
            start = start.next(true).unwrap();
            start.proved();
        }
        assert!(!start.cpu_only);
    }

    #[test]
    fn a_gpu_that_never_worked_is_not_tried_again() {
        assert_eq!(Recovery::new(false).next(false), Some(Recovery::new(true)));
    }

    #[test]
    fn every_chain_of_failures_ends() {
        for was_ready in [false, true] {
            assert!(chain(Recovery::new(false), was_ready).take(10).count() < 10);
        }
    }
}
