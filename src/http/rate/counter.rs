//! What was counted in the present minute, here and on other nodes, in two words. Called by `rate`; must never lock.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::Timestamp;

/// How long a window is, in seconds. All nodes count in the same windows, by the clock.
pub(super) const WINDOW: u64 = 60;

/// The window of a moment: minutes since 1970.
pub(super) fn window(now: Timestamp) -> u32 {
    u32::try_from(now.micros().unsigned_abs() / 1_000_000 / WINDOW).unwrap_or(u32::MAX)
}

/// A count of one window in a word: the window above, the count below. A count of another window is none.
#[derive(Debug, Default)]
struct Word(AtomicU64);

impl Word {
    fn pack(window: u32, count: u32) -> u64 {
        u64::from(window) << 32 | u64::from(count)
    }

    #[allow(clippy::cast_possible_truncation, reason = "the lower half of the word is what is wanted")]
    fn read(word: u64, window: u32) -> u32 {
        if word >> 32 == u64::from(window) { word as u32 } else { 0 }
    }

    fn get(&self, window: u32) -> u32 {
        Self::read(self.0.load(Ordering::Acquire), window)
    }

    fn set(&self, window: u32, count: u32) {
        self.0.store(Self::pack(window, count), Ordering::Release);
    }

    fn add(&self, window: u32) -> u32 {
        let mut word = self.0.load(Ordering::Acquire);
        loop {
            let next = Self::read(word, window).saturating_add(1);
            match self.0.compare_exchange_weak(
                word,
                Self::pack(window, next),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return next,
                Err(changed) => word = changed,
            }
        }
    }
}

/// The requests of one peer, credential or tenant.
#[derive(Debug, Default)]
pub(super) struct Counter {
    own: Word,
    others: Word,
}

impl Counter {
    /// Counts one more; how many it is on this node, and on all of them as far as is known.
    pub(super) fn add(&self, window: u32) -> (u32, u32) {
        let own = self.own.add(window);
        (own, own.saturating_add(self.others.get(window)))
    }

    /// How many this node has counted.
    pub(super) fn own(&self, window: u32) -> u32 {
        self.own.get(window)
    }

    /// Takes note of how many other nodes have counted.
    pub(super) fn heard(&self, window: u32, others: u32) {
        self.others.set(window, others);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_at_nothing() {
        let counter = Counter::default();
        assert_eq!([counter.add(7), counter.add(7)], [(1, 1), (2, 2)]);
        counter.heard(7, 40);
        assert_eq!(counter.add(7), (3, 43));
        assert_eq!(counter.add(8), (1, 1), "what others counted before is over too");
        assert_eq!((counter.own(7), counter.own(8)), (0, 1));
    }

    #[test]
    fn a_count_stops_at_its_end() {
        let counter = Counter::default();
        counter.own.set(3, u32::MAX);
        counter.heard(3, 5);
        assert_eq!(counter.add(3), (u32::MAX, u32::MAX));
    }
}
